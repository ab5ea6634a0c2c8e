"""Compose an answer without a model: the sentences that answer, verbatim, each with the number of its source.

The best passage is quoted nearly whole, since a guideline is an advice, its reason and its way of doing, and so is the second
where it is nearly as good; of the next ones only the sentences that add something. A yes/no question is led by the sentence that
says yes or no.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from coach.languages import content_words, language_data, sentences, stem, words
from coach.library.plaintext import ITEM
from coach.model.fence import without_commands
from coach.records import Citation, Hit, Language, Passage

MOST_PASSAGES = 4
MOST_CHARACTERS = 1_800  # of an answer; a minute and a half of reading
WHOLE = 800  # characters of the best passage that are quoted before a choice is made in it
CLOSE = 0.8  # the second passage is quoted as the best one is if its score is at least this share of that one's
NEAR = 0.72  # a further passage is quoted if its score is at least this share of the best one's
SENTENCES_OF_OTHERS = 2
VERDICT_AMONG = 3  # of the best passages that may lead the answer to a yes/no question

_FOOTNOTE = re.compile(r"\s*\[\d{1,3}\]")  # a document's own; in an answer it would be taken for the number of a source
_QUOTE_MARK = re.compile(r"^>\s?", re.MULTILINE)
_MARKER = re.compile(r"\s*(?:>\s*)?(?:(?:[-–—•*·▪‣]|\d{1,2}[.)])\s+)?")
_NEGATION = frozenset(
    [
        "niet",
        "geen",
        "nooit",
        "nee",
        "hoeft",
        "hoef",
        "vermijd",
        "not",
        "never",
        "no",
        "don't",
        "doesn't",
        "needn't",
        "avoid",
        "cannot",
        "can't",
    ]
)
_ENDS = re.compile(r"[.!?:;…][\"'”’»)\]]*$")


@dataclass(frozen=True)
class Unit:
    """A sentence, or an example with its marker: the least that is quoted. `start:end` counts in the document."""

    start: int
    end: int
    text: str
    kind: str  # "sentence", "example", "evidence" or "lead-in"


@dataclass(frozen=True)
class Quotation:
    """The units of one passage that an answer quotes, in order of the text."""

    passage: Passage
    units: tuple[Unit, ...]


@lru_cache(maxsize=256)  # one answer asks for those of a passage up to three times
def units(passage: Passage) -> tuple[Unit, ...]:
    """The quotable units of a passage: not what speaks to a language model. A list mark or `>` before one is no part of it."""
    data = language_data(passage.language)
    found: list[Unit] = []
    position = 0
    written = without_commands(passage.text)
    for line in written.split("\n"):
        if line.lstrip().startswith(">"):
            content = _QUOTE_MARK.sub("", line.lstrip()).strip()
            marked = content.startswith(tuple(f"{marker}:" for marker in data.example_markers))
            start = passage.start + position + line.index(content) if content else 0
            if content:
                text = _FOOTNOTE.sub("", content)
                found.append(Unit(start, start + len(content), text, "example" if marked else "sentence"))
        position += len(line) + 1
    taken = [(unit.start, unit.end) for unit in found]
    for first, last in sentences(written, passage.language):
        mark = _MARKER.match(written, first, last)
        begin = mark.end() if mark else first
        start, end = passage.start + begin, passage.start + last
        if begin >= last or any(start < other_end and other < end for other, other_end in taken):
            continue
        text = _FOOTNOTE.sub("", " ".join(written[begin:last].split()))
        if text:
            found.append(Unit(start, end, text, _kind(text, data.evidence_marker)))
    return tuple(sorted(found, key=lambda unit: unit.start))


def _kind(text: str, evidence_marker: str) -> str:
    if text.startswith(f"{evidence_marker}:"):
        return "evidence"
    return "lead-in" if text.endswith(":") else "sentence"


def select(hits: Sequence[Hit], question: str, language: Language) -> list[Quotation]:
    """The quotations that answer a question, best source first."""
    if not hits:
        return []
    wanted = _wanted(question, language)
    asks_evidence = bool(set(words(question)) & language_data(language).evidence_words)
    chosen: list[Quotation] = []
    length = 0
    for hit in hits[: MOST_PASSAGES + 2]:
        best = not chosen
        if not best and (hit.score < NEAR * hits[0].score or hit.passage.promotional):
            continue
        found = [unit for unit in units(hit.passage) if asks_evidence or unit.kind != "evidence"]
        if best:
            picked = _of_best(found, wanted, language)
        elif len(chosen) == 1 and hit.score >= CLOSE * hits[0].score:
            picked = _of_best(_unsaid(found, chosen, language), wanted, language)
        else:
            picked = _of_other(found, wanted, chosen, language)
        size = sum(len(unit.text) for unit in picked)
        if not picked or (not best and length + size > MOST_CHARACTERS):
            continue
        chosen.append(Quotation(hit.passage, tuple(picked)))
        length += size
        if len(chosen) == MOST_PASSAGES:
            break
    return chosen


def _wanted(question: str, language: Language) -> frozenset[str]:
    return frozenset(stem(word, language) for word in content_words(question, language))


def _overlap(unit: Unit, wanted: frozenset[str], language: Language) -> float:
    own = {stem(word, language) for word in content_words(unit.text, language)}
    return len(own & wanted) / (1 + math.sqrt(len(own)))


def _of_best(found: Sequence[Unit], wanted: frozenset[str], language: Language) -> list[Unit]:
    """The whole passage where it is short; else its first sentence and those that share most with the question."""
    if sum(len(unit.text) for unit in found) <= WHOLE:
        return _without_loose_ends(found)
    ranked = sorted(found[1:], key=lambda unit: (unit.kind == "example", _overlap(unit, wanted, language)), reverse=True)
    picked, length = [found[0]], len(found[0].text)
    for unit in ranked:
        if length + len(unit.text) <= WHOLE:
            picked.append(unit)
            length += len(unit.text)
    return _without_loose_ends(sorted(picked, key=lambda unit: unit.start), found)


def _of_other(found: Sequence[Unit], wanted: frozenset[str], chosen: Sequence[Quotation], language: Language) -> list[Unit]:
    """The first sentence of a further passage, and the one that shares most with the question, unless said already."""
    fresh = [unit for unit in _unsaid(found, chosen, language) if unit.kind == "sentence"]
    if not fresh:
        return []
    ranked = sorted(fresh[1:], key=lambda unit: _overlap(unit, wanted, language), reverse=True)
    return sorted([fresh[0], *ranked[: SENTENCES_OF_OTHERS - 1]], key=lambda unit: unit.start)


def _unsaid(found: Sequence[Unit], chosen: Sequence[Quotation], language: Language) -> list[Unit]:
    said = [_stems(unit.text, language) for quotation in chosen for unit in quotation.units]
    return [unit for unit in found if not _repeats(_stems(unit.text, language), said)]


def _stems(text: str, language: Language) -> frozenset[str]:
    return frozenset(stem(word, language) for word in content_words(text, language))


def _repeats(own: frozenset[str], said: Iterable[frozenset[str]]) -> bool:
    return any(len(own & other) >= 0.75 * max(1, len(own)) for other in said)


def _without_loose_ends(picked: Sequence[Unit], found: Sequence[Unit] = ()) -> list[Unit]:
    """Leave out a line that introduces what is not quoted after it."""
    order = list(found or picked)
    kept = []
    for unit in picked:
        following = order[order.index(unit) + 1] if order.index(unit) + 1 < len(order) else None
        if unit.kind != "lead-in" or (following is not None and following in picked):
            kept.append(unit)
    return kept


def is_yes_no(question: str, language: Language) -> bool:
    """Whether a question asks for a yes or a no, by the word it opens with."""
    last = re.split(r"(?<=[.!?])\s+", question.strip())[-1]
    own = words(last)
    return bool(own) and own[0] in language_data(language).yes_no_openers


def lead_with_verdict(hits: Sequence[Hit], question: str, language: Language) -> list[Hit]:
    """The hits of a yes/no question with the one first whose opening sentence gives the verdict, where the best does not.

    A verdict forbids or exempts ("Vraag niet ...", "Je hoeft geen ...") and speaks of what the question asks.
    """
    order = list(hits)
    if len(order) < 2 or not is_yes_no(question, language):
        return order
    wanted = _wanted(question, language)
    openings = [next(iter(units(hit.passage)), None) for hit in order[:VERDICT_AMONG]]
    overlaps = [_overlap(unit, wanted, language) if unit else 0.0 for unit in openings]
    for place, unit in enumerate(openings):
        negates = unit is not None and bool(_NEGATION & set(words(unit.text)))
        nearer = not place or overlaps[place] > overlaps[0]
        if negates and nearer and order[place].score >= NEAR * order[0].score:
            return [order[place], *order[:place], *order[place + 1 :]]
    return order


def compose(quotations: Sequence[Quotation]) -> tuple[str, tuple[Citation, ...]]:
    """The answer, every sentence with its `[n]`, a paragraph a source, and the citations."""
    paragraphs = []
    citations = []
    for n, quotation in enumerate(quotations, start=1):
        paragraphs.append("\n".join(_lines(quotation, n)))
        citations.append(cite(quotation, n))
    return "\n\n".join(paragraphs), tuple(citations)


def _lines(quotation: Quotation, n: int) -> Iterator[str]:
    """Running sentences on one line; examples and list items on lines of their own."""
    line = ""
    listed = _listed(quotation.passage)
    for unit in quotation.units:
        text = unit.text if _ENDS.search(unit.text) else f"{unit.text}."
        text = f"{text} [{n}]"
        if unit.kind == "example" or unit.start in listed:
            if line:
                yield line
            line = ""
            yield f"- {text}" if unit.start in listed else text
        else:
            line = f"{line} {text}".strip()
    if line:
        yield line


def _listed(passage: Passage) -> frozenset[int]:
    """Offsets in the document at which the items of a passage's list begin, where it has more than one."""
    starts = []
    position = passage.start
    for line in passage.text.split("\n"):
        mark = _MARKER.match(line)
        if ITEM.match(line) and mark:
            starts.append(position + mark.end())
        position += len(line) + 1
    return frozenset(starts) if len(starts) > 1 else frozenset()


def cite(quotation: Quotation, n: int) -> Citation:
    """The citation of a quotation: the span from its first to its last unit."""
    passage = quotation.passage
    start, end = quotation.units[0].start, quotation.units[-1].end
    return Citation(
        n=n,
        document=passage.document,
        title=passage.title,
        heading=" › ".join(passage.heading),
        start=start,
        end=end,
        quote=passage.text[start - passage.start : end - passage.start],
    )
