"""The gate for messages that a model writes: every fact from the fields kept, none added, blanks left blank, rules kept.

The template's own text is the measure: it holds what was filled in and the words that go around it. A model may say that in other
words; it may not say more. What is compared are hard facts, the share of words that nobody gave, and where a *not* stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coach.drafts.letter import Letter
from coach.drafts.review import review
from coach.facts import strange_amounts, strange_links, strange_names
from coach.languages import content_words, detect, sentences, stem, words
from coach.records import Draft, Finding, Language

KEPT = 0.6  # of the content words of what was filled in, that a message must have
NEW_WORDS = 4  # content words in one sentence that nobody gave; beyond it, it says something of its own
NEW_SHARE = 0.5  # of the content words of a whole message
_BLANK = re.compile(r"\[[^\]\n]{1,80}\]")
_NEGATIONS = frozenset(
    ["niet", "geen", "nooit", "niemand", "niets", "zonder", "not", "no", "never", "nobody", "nothing", "without"]
)
_NOT = re.compile(r"n['’]t\b|\bcannot\b")


@dataclass(frozen=True)
class Fault:
    """What keeps a message from being served: a key of `reasons` in `prompts/model/texts.yaml`, and the words it is about."""

    reason: str
    about: str = ""


def faults(subject: str, body: str, letter: Letter, plain: Draft) -> list[Fault]:
    """Everything that is wrong with a model's message; nothing where it may be served."""
    text = f"{subject}\n{body}"
    if not body.strip() or "\ufffd" in text or re.search(r"^#|\*\*|```", body, re.MULTILINE):
        return [Fault("form")]
    if detect(body, letter.language) != letter.language:
        return [Fault("language")]
    found = [*_added(text, letter, plain), *_lost(text, letter), *_blanks(text, letter, plain), *_turned(body, letter, plain)]
    limit = letter.channel.room if letter.channel.room is not None else letter.channel.hard
    if limit is not None and len(body) > limit:
        found.append(Fault("long", str(limit)))
    return [*found, *(Fault("rules", f"{one.quote}: {one.reason}") for one in _broken(subject, body, letter, plain))]


def _sources(letter: Letter, plain: Draft) -> list[str]:
    """What may be said: the writer's words, and every way in which the template says them."""
    forms = [source for _, source in letter.template.sources()]
    return [plain.subject, plain.body, *letter.given.values(), *letter.values.values(), *forms]


def _added(text: str, letter: Letter, plain: Draft) -> Iterator[Fault]:
    """Numbers, names and links that nobody gave, and sentences that are mostly words of the model's own."""
    known, language = _sources(letter, plain)[: -len(list(letter.template.sources()))], letter.language
    strange = (*strange_links(text, known), *strange_names(text, known), *strange_amounts(text, known, language))
    for fact in dict.fromkeys(strange):
        yield Fault("added", fact)
    given = {stem(word, language) for source in _sources(letter, plain) for word in content_words(source, language)}
    own = [word for word in content_words(text, language) if stem(word, language) not in given]
    for start, end in sentences(text, language):
        new = [word for word in content_words(text[start:end], language) if stem(word, language) not in given]
        if len(new) > NEW_WORDS:
            yield Fault("added", text[start:end])
    if len(own) > NEW_SHARE * max(1, len(content_words(text, language))):
        yield Fault("added")


def _lost(text: str, letter: Letter) -> Iterator[Fault]:
    """What was filled in and is not there: names by their letters, numbers and links by value, other words by most of them."""
    said = Counter(stem(word, letter.language) for word in words(text))
    for field in letter.kind.fields:
        value = letter.given[field.name]
        if not value or not field.in_text or field.shape == "choice":
            continue
        if field.shape == "name":
            kept = value in text or value.split()[0] in text
        else:
            own = [stem(word, letter.language) for word in content_words(value, letter.language)]
            kept = sum(word in said for word in own) >= KEPT * len(own)
            kept = kept and not strange_amounts(value, [text], letter.language) and not strange_links(value, [text])
            kept = kept and not strange_names(f"- {value}", [text])
        if not kept:
            yield Fault("lost", value)


def _blanks(text: str, letter: Letter, plain: Draft) -> Iterator[Fault]:
    """Blanks that were filled in, and blanks that are new."""
    wanted = {letter.values[name] for name in plain.missing}
    found = set(_BLANK.findall(text))
    for blank in wanted - found:
        yield Fault("lost", blank)
    for blank in found - wanted - set(_BLANK.findall(" ".join(letter.given.values()))):
        yield Fault("added", blank)


def _turned(body: str, letter: Letter, plain: Draft) -> Iterator[Fault]:
    """Values that stand beside a *not* in the message and not in the template, or the other way round."""
    language = letter.language
    for field in letter.kind.fields:
        own = {stem(word, language) for word in content_words(letter.given[field.name], language)}
        if len(own) < 2 or field.shape in ("name", "choice"):
            continue
        here, there = _sentence_with(own, body, language), _sentence_with(own, plain.body, language)
        if here and there and _negated(here) != _negated(there):
            yield Fault("negation", here)


def _sentence_with(stems: set[str], text: str, language: Language) -> str:
    """The sentence that has most of these stems, if it has half of them."""
    spans = [text[start:end] for start, end in sentences(text, language)]
    shares = [len(stems & {stem(word, language) for word in words(span)}) / len(stems) for span in spans]
    best = max(shares, default=0.0)
    return spans[shares.index(best)] if best >= 0.5 else ""


def _negated(text: str) -> bool:
    own = words(text)
    return (sum(word in _NEGATIONS for word in own) + len(_NOT.findall(text.lower()))) % 2 == 1


def _broken(subject: str, body: str, letter: Letter, plain: Draft) -> list[Finding]:
    """What the kind's rules find in the message that they do not find in the template's."""
    before = {finding.rule for finding in _found(plain.subject, plain.body, letter)}
    return [one for one in _found(subject, body, letter) if one.severity == "must" and one.rule not in before]


def _found(subject: str, body: str, letter: Letter) -> tuple[Finding, ...]:
    known = subject if letter.channel.subject is not None else None
    return review(letter.kind.id, body, channel=letter.channel.id, language=letter.language, subject=known).findings


def worst(found: Sequence[Fault]) -> str:
    """The reason that most faults share."""
    return Counter(fault.reason for fault in found).most_common(1)[0][0]
