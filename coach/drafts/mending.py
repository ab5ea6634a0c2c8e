"""What a finding's fix can be made of: words taken out, the sentence that the fix suggests put in.

Most fixes are advice, and only the writer can follow them. Where the fix carries a sentence to use, between “ and ”, or the
words themselves can go, the changed text is offered; and only if the review of that text finds the flaw no more and no new one
but the blanks to fill in. A word that turns a sentence around ("never") does not go alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from coach.drafts.phrasing import phrasing
from coach.languages import sentences, words
from coach.records import Finding, Language, Review

SAMPLES = 2  # of a fix that are tried
_SAMPLE = re.compile(r"“([^”]{3,})”")
_TRAILING = re.compile(r"\s*(?:…|\.\.\.)\s*$")
_GREETING = re.compile(r"\A[^\n]{0,60},[ \t]*\n+")
_SIGN_OFF = re.compile(r"\n[ \t]*\n(?=(?:[^\n.?!]{1,45}\n?){1,3}\s*\Z)")  # short lines at the end, none a sentence
# The length of a text and blanks in it are mended by its writer alone.
_BY_HAND = frozenset({"placeholder", "too-long", "over-limit"})
_SPACES = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Mend:
    """A text in which a finding is dealt with: `words` are those taken out (`take_out`) or put in (`replace`, `add`)."""

    how: Literal["take_out", "replace", "add"]
    words: str
    text: str


def mends(text: str, finding: Finding, language: Language, review: Callable[[str], Review]) -> tuple[Mend, ...]:
    """The changed texts that do away with a finding; none where only the writer can."""
    if finding.rule in _BY_HAND:
        return ()
    before = _count(review(text))
    found: list[Mend] = []
    for mend in _candidates(text, finding, language):
        if not mend.text.strip() or any(mend.text == other.text for other in found):
            continue
        after = _count(review(mend.text))
        worse = [rule for rule, count in after.items() if count > before[rule] and rule != "placeholder"]
        if after[finding.rule] < before[finding.rule] and not worse:
            found.append(mend)
    return tuple(found)


def _count(review: Review) -> Counter[str]:
    return Counter(finding.rule for finding in review.findings)


def _candidates(text: str, finding: Finding, language: Language) -> Iterator[Mend]:
    samples = [sample for sample in _SAMPLE.findall(finding.fix)[:SAMPLES] if _addresses_alike(sample, text, language)]
    if not finding.quote:
        for sample in samples:
            yield Mend("add", sample, _added(text, finding, sample))
        return
    first, last = _sentence(text, finding.start, finding.end, language)
    whole = finding.end - finding.start > (last - first) * 0.6
    if whole or not set(words(finding.quote)) & phrasing(language).negations:
        yield Mend("take_out", finding.quote, _without(text, finding.start, finding.end))
    for sample in samples:
        if _is_sentence(sample):
            yield Mend("replace", sample, text[:first] + sample + text[last:])
    if not whole:
        yield Mend("take_out", text[first:last], _without(text, first, last))


def _addresses_alike(sample: str, text: str, language: Language) -> bool:
    """Whether a sentence addresses the reader as the text does: not with je where that says u."""
    data, own = phrasing(language), set(words(text))
    formal = bool(own & data.polite) and not own & data.familiar
    return not set(words(sample)) & (data.familiar if formal else data.polite - data.familiar)


def _sentence(text: str, start: int, end: int, language: Language) -> tuple[int, int]:
    """The span of the sentences that hold some words."""
    inside = [(first, last) for first, last in sentences(text, language) if first < end and start < last]
    return (inside[0][0], inside[-1][1]) if inside else (start, end)


def _is_sentence(sample: str) -> bool:
    return sample[0].isupper() and sample[-1] in ".?!"


def _added(text: str, finding: Finding, sample: str) -> str:
    """The text with a sentence at the start of its body or at the end, before the sign-off."""
    opening = finding.start < len(text.strip()) / 2
    if opening:
        greeting = _GREETING.match(text)
        place = greeting.end() if greeting else 0
        lead = _TRAILING.sub(":", sample) if _TRAILING.search(sample) else sample
        return f"{text[:place]}{lead} {text[place:].lstrip()}"
    sign_off = _SIGN_OFF.search(text)
    place = sign_off.start() if sign_off else len(text.rstrip())
    gap = "\n\n" if "\n\n" in text.strip() else " "
    return f"{text[:place].rstrip()}{gap}{_TRAILING.sub('', sample)}{text[place:]}"


def _without(text: str, start: int, end: int) -> str:
    """The text without some words, with a capital and single spaces where they stood."""
    before, after = text[:start], text[end:]
    if before.endswith((" ", "\n")) or not before:
        after = after.lstrip(" \t,")
    opens = not before.strip() or re.search(r"[.!?:]\s*\Z|\n\s*\Z", before)
    if opens and after[:1].islower():
        after = after[:1].upper() + after[1:]
    joined = before + after
    joined = _SPACES.sub(" ", re.sub(r"[ \t]+([,.!?;:\n])", r"\1", joined))
    return joined if before.strip() else joined.lstrip()
