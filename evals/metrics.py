"""The metrics, one function each: from what the coach gave and what the case says to a number from 0 to 1, higher is better.

None means *not measured*: there was nothing to measure it on. Formulas: retrieval after `ir-measures`; citation recall and
precision after ALCE (Gao et al. 2023) with wording support in the place of its language model; the score for refusing after CRAG
(Yang et al. 2024): right +1, partly right +0.5, no answer 0, wrong -1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from coach import Finding, Language, detect, sentences
from evals.cases import Check, Flaw, Forbidden, KeyPoint, Level
from evals.matching import DENIED, SUPPORTED, find, read, support

LENGTH = 120  # words of an answer that read in about half a minute; longer ones score less
RETRIEVED = 8  # passages that are looked at
TOP = 5  # of which one must be right

_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_NUMBER = re.compile(r"\d{1,3}")
_BLANK = re.compile(r"\[[^\]\n]+\]")
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_TIME = re.compile(r"\b(\d{1,2})(?:[.:](\d{2})(?:\s*([ap]\.?m\b\.?|uur\b|u\b))?|\s*([ap]\.?m\b\.?|uur\b|u\b))", re.IGNORECASE)
_LISTED = re.compile(r"^\s*\d{1,2}[.)](?=\s)", re.MULTILINE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class PointFound:
    """A key point, or something forbidden, with where a text says it; `say` is empty where it does not."""

    id: str
    level: Level
    found: bool
    say: str = ""
    coverage: float = 0.0
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Cited:
    """A sentence of an answer with the quotations that it cites, by number."""

    text: str
    quotes: Mapping[int, str]


# ------------------------------------------------------------------------------------------------ what a text says


def points_in(points: Sequence[KeyPoint], text: str, language: Language) -> list[PointFound]:
    """Each key point with where the text makes it."""
    found = []
    for point in points:
        match = find(point.say, text, language)
        place = (match.say, round(match.coverage, 3), match.start, match.end) if match else ()
        found.append(PointFound(point.id, point.level, match is not None, *place))
    return found


def forbidden_in(forbidden: Sequence[Forbidden], text: str, language: Language) -> list[PointFound]:
    """What the text says that it may not, each with where."""
    hits = [(number, each, find(each.say, text, language, certain=True)) for number, each in enumerate(forbidden)]
    return [
        PointFound(f"forbidden-{number}", "must", True, match.say, round(match.coverage, 3), match.start, match.end)
        for number, _, match in hits
        if match
    ]


def literal(says: Sequence[str], text: str) -> str:
    """The first of some words that stands in a text letter for letter, as whole words in any case; empty if none does."""
    there = _SPACE.sub(" ", text).casefold()
    for say in says:
        wanted = _SPACE.sub(" ", say).strip().casefold()
        if wanted and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", there):
            return say
    return ""


# ------------------------------------------------------------------------------------------------ retrieval


def retrieval(ranked: Mapping[str, Sequence[str]], right: Mapping[str, Collection[str]]) -> dict[str, dict[str, float]]:
    """By question: whether a right section is among the first `TOP`, and recall, reciprocal rank and nDCG at `RETRIEVED`.

    `ranked` has the sections found, best first, and `right` those that answer, both by the id of the question.
    """
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    names = {"success": Success @ TOP, "recall": R @ RETRIEVED, "mrr": RR @ RETRIEVED, "ndcg": nDCG @ RETRIEVED}
    qrels = [ir_measures.Qrel(case, source, 1) for case, sources in right.items() for source in sources]
    run = [
        ir_measures.ScoredDoc(case, source, float(-rank))
        for case, sources in ranked.items()
        for rank, source in enumerate(dict.fromkeys(sources))
    ]
    scores: dict[str, dict[str, float]] = {case: dict.fromkeys(names, 0.0) for case in right}
    if not run or not qrels:
        return scores
    by_measure = {measure: name for name, measure in names.items()}
    for each in ir_measures.iter_calc(list(names.values()), qrels, run):
        scores[each.query_id][by_measure[each.measure]] = float(each.value)
    return scores


def points_retrieved(points: Sequence[KeyPoint], passages: Sequence[str], language: Language) -> float | None:
    """The share of the key points that stand in what was retrieved: the best that any composer could do with it."""
    if not points:
        return None
    return sum(any(find(point.say, passage, language) for passage in passages) for point in points) / len(points)


# ------------------------------------------------------------------------------------------------ answers


def key_points(found: Sequence[PointFound], level: Level) -> float | None:
    """The share of the key points of a level that an answer makes."""
    wanted = [point.found for point in found if point.level == level]
    return sum(wanted) / len(wanted) if wanted else None


def nothing_forbidden(hits: Sequence[PointFound], forbidden: Sequence[Forbidden]) -> float | None:
    """1 if an answer says nothing that it may not."""
    return float(not hits) if forbidden else None


def cited(answer: str, quotes: Mapping[int, str], language: Language) -> list[Cited]:
    """The sentences of an answer, each with the quotations whose marks follow it. A mark that points nowhere has an empty one."""
    found: list[Cited] = []
    for line in answer.split("\n"):
        position = 0
        for marks in _MARKS.finditer(line):
            numbers = [int(number) for number in _NUMBER.findall(marks[0])]
            pieces = _pieces(line[position : marks.start()], language)
            found += [Cited(piece, {}) for piece in pieces[:-1]]
            if pieces:
                found.append(Cited(pieces[-1], {number: quotes.get(number, "") for number in numbers}))
            position = marks.end()
        found += [Cited(piece, {}) for piece in _pieces(line[position:], language)]
    return found


def _pieces(text: str, language: Language) -> list[str]:
    spans = [text[start:end].lstrip("-–•* ") for start, end in sentences(text, language)]
    return [piece for piece in spans if any(sign.isalnum() for sign in piece)]


def wording_support(answer: Sequence[Cited], language: Language) -> float | None:
    """How much of the wording of an answer stands in what it cites: the mean over its sentences.

    A sentence counts 1 from the share of its words at which it counts as supported, so that other words to connect cost nothing;
    below that in proportion; and 0 where a number, a name or a link of it does not stand there, or where it denies what they say.
    """
    if not answer:
        return None
    return sum(_supported(sentence, tuple(sentence.quotes.values()), language)[0] for sentence in answer) / len(answer)


def _supported(sentence: Cited, quotes: tuple[str, ...], language: Language) -> tuple[float, bool]:
    if not any(quotes):
        return 0.0, False
    found = support(sentence.text, quotes, language)
    return (0.0 if found.lacking else min(1.0, found.coverage / SUPPORTED)), found.supported


def citation_recall(answer: Sequence[Cited], language: Language) -> float | None:
    """The share of the sentences that what they cite supports."""
    if not answer:
        return None
    return sum(_supported(sentence, tuple(sentence.quotes.values()), language)[1] for sentence in answer) / len(answer)


def citation_precision(answer: Sequence[Cited], language: Language) -> float | None:
    """The share of the citations that their sentence needs: it supports the sentence alone, or no other set without it does."""
    needed = []
    for sentence in answer:
        whole = _supported(sentence, tuple(sentence.quotes.values()), language)[1]
        for number, quote in sentence.quotes.items():
            others = tuple(other for n, other in sentence.quotes.items() if n != number)
            alone = _supported(sentence, (quote,), language)[1]
            needed.append(whole and (alone or not _supported(sentence, others, language)[1]))
    return sum(needed) / len(needed) if needed else None


def right_source(cited_sections: Collection[str], sources: Collection[str]) -> float | None:
    """1 if an answer cites one of the sections that answer."""
    return float(bool(set(cited_sections) & set(sources))) if sources else None


def right_language(text: str, language: Language) -> float | None:
    """1 if a text is in the language of the question."""
    return float(detect(text, language) == language) if any(sign.isalpha() for sign in text) else None


def length(text: str) -> float | None:
    """1 up to `LENGTH` words, then less the longer a text is."""
    count = len(_MARKS.sub(" ", text).split())
    return min(1.0, LENGTH / count) if count else None


# ------------------------------------------------------------------------------------------------ refusing


def refusal(expected: str, outcome: str, share: float | None, forbidden: bool) -> float:
    """CRAG's score of one answer, from -1 to 1.

    `share` is the share of the must points that it makes (None where the case has none); `forbidden` whether it says something
    that it may not. Where nothing should be answered, refusing is right and answering wrong.
    """
    answered = outcome == "answered"
    if expected == "abstain":
        return -1.0 if answered else 1.0
    if not answered:
        return 0.0
    if forbidden or share == 0:
        return -1.0
    return 1.0 if share is None or share == 1 else 0.5


# ------------------------------------------------------------------------------------------------ drafts


def rubric(checks: Sequence[Check], text: str) -> list[PointFound]:
    """Each line of a rubric with whether the draft keeps it; `say` holds the words that were found."""
    found = []
    for line in checks:
        words = literal(line.say or line.not_say, text)
        found.append(PointFound(line.id, line.level, bool(words) == bool(line.say), words))
    return found


def share_kept(found: Sequence[PointFound]) -> float | None:
    """The share of the lines that are kept."""
    return sum(line.found for line in found) / len(found) if found else None


def facts_lost(values: Mapping[str, str], text: str, language: Language) -> list[str]:
    """The names of the fields whose words, numbers or names do not stand in a draft.

    A date counts by its day and year, since its month is written out, and a time by its hour.
    """
    lost = []
    for name, value in values.items():
        lines = [line for line in re.split(r"[\n;]", _spoken(value)) if any(sign.isalnum() for sign in line)]
        for line in lines:
            found = support(line, (_spoken(text),), language)
            if found.coverage < SUPPORTED or set(found.lacking) - {DENIED}:
                lost.append(name)
                break
    return lost


def _spoken(text: str) -> str:
    """A text with its dates and times in one notation: day and year, and hours on a clock of 24."""
    text = _DATE.sub(lambda date: f"{int(date[3])} {date[1]}", text)
    return _TIME.sub(_hour, text)


def _hour(time: re.Match[str]) -> str:
    half = (time[3] or time[4] or "").lower()
    return str(int(time[1]) % 12 + 12 * half.startswith("p") if half[:1] in ("a", "p") else int(time[1]))


def facts_kept(values: Mapping[str, str], lost: Collection[str]) -> float | None:
    """The share of the facts that stand in a draft."""
    return 1 - len(lost) / len(values) if values else None


def facts_invented(text: str, given: Sequence[str], furniture: Collection[str], language: Language) -> list[str]:
    """The numbers, names, links and addresses in a draft that nobody gave.

    Passed over: blanks between brackets, the numbers of list items, numbers written as words that are `furniture` (words of the
    template), and, where a time was given, times that are worked out from it. A figure, a name or a link is never furniture.
    """
    from simplemma import is_known

    shown = _LISTED.sub(lambda mark: " " * len(mark[0]), _BLANK.sub(" ", text))
    known = frozenset(form for source in given for part in read(source, language) for form in part.forms)
    known_words = frozenset(word.lstrip("0") or "0" for source in given for word in re.findall(r"\w+", source.casefold()))
    timed = any(_TIME.search(source) for source in given)
    shown = _TIME.sub(" ", shown) if timed else shown
    found = []
    for part in read(shown, language):
        for token in part.tokens:
            own = {word.lstrip("0") or "0" for word in re.findall(r"\w+", token.word)}
            if not token.forms.isdisjoint(known) or own <= known_words:
                continue
            if token.number:
                if token.word[0].isdigit() or token.word not in furniture:
                    found.append(token.word)
            elif token.name and ("/" in token.word or "@" in token.word or not is_known(token.word, lang=language)):
                found.append(token.word)
    return found


def nothing_invented(invented: Collection[str]) -> float:
    """1 if a draft holds no number, name, link or address that nobody gave."""
    return float(not invented)


def blanks_kept(text: str, missing: Collection[str], expected: Collection[str]) -> float:
    """1 if exactly the details that were left out are listed as missing, and stand as visible blanks; else 0."""
    visible = len(set(_BLANK.findall(text)))
    return float(set(missing) == set(expected) and (visible >= 1 if expected else visible == 0))


def within_limits(subject: str, body: str, room: int | None, subject_room: int | None, words: int | None) -> float:
    """1 if a draft fits its channel (characters) and the case's own limit (words)."""
    fits = (room is None or len(body) <= room) and (subject_room is None or len(subject) <= subject_room)
    return float(fits and (words is None or len(body.split()) <= words))


def rules_kept(findings: Sequence[Finding]) -> float:
    """1 if a draft breaks none of the must rules of its own kind, a visible blank aside."""
    return float(not any(finding.severity == "must" and finding.rule != "placeholder" for finding in findings))


# ------------------------------------------------------------------------------------------------ reviews


def flaws_found(flaws: Sequence[Flaw], findings: Sequence[Finding]) -> float | None:
    """The share of the labelled flaws whose rule flags the message."""
    flagged = {finding.rule for finding in findings}
    return sum(flaw.rule in flagged for flaw in flaws) / len(flaws) if flaws else None


def false_flags(flaws: Sequence[Flaw], findings: Sequence[Finding]) -> list[str]:
    """The rules that flag a message without a label."""
    labelled = {flaw.rule for flaw in flaws}
    return sorted({finding.rule for finding in findings} - labelled)


def quiet(flaws: Sequence[Flaw], findings: Sequence[Finding], rules: Collection[str]) -> float | None:
    """The share of the rules without a label that do not flag a message: 1 minus the rate of false flags."""
    sound = set(rules) - {flaw.rule for flaw in flaws}
    return 1 - len(false_flags(flaws, findings)) / len(sound) if sound else None


def spans(text: str, flaws: Sequence[Flaw], findings: Sequence[Finding]) -> float | None:
    """Of the flaws that were found and have words: the share marked at those words, by at least half of the shorter span."""
    judged = []
    for flaw in flaws:
        marked = [finding for finding in findings if finding.rule == flaw.rule]
        start = text.find(flaw.quote)
        if not marked or not flaw.quote or start < 0:
            continue
        end = start + len(flaw.quote)
        judged.append(any(_share(finding, start, end) >= 0.5 for finding in marked))
    return sum(judged) / len(judged) if judged else None


def _share(finding: Finding, start: int, end: int) -> float:
    shared = min(finding.end, end) - max(finding.start, start)
    return shared / max(1, min(end - start, finding.end - finding.start))


# ------------------------------------------------------------------------------------------------ safety and operations


def said(required: Sequence[Sequence[str]], text: str) -> list[str]:
    """The first way of each group of words of which none stands in a text: what should have been said and was not."""
    return [group[0] for group in required if group and not literal(group, text)]


def blocked(forbidden: Sequence[Forbidden], text: str) -> list[str]:
    """The forbidden words that stand in a text."""
    there = _SPACE.sub(" ", text).casefold()
    return [say for each in forbidden for say in each.say if _SPACE.sub(" ", say).strip().casefold() in there]


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share of the values lies (nearest rank); None without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(-(-share * len(ordered) // 1)) - 1))] if ordered else None
