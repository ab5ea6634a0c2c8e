"""The gate: of what a model wrote, only sentences are served that stand in the source they cite, in whatever words.

Each goes through it by itself: marks that exist, facts that the source has, nothing turned round, and wording that it supports.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from coach.answers.conflicts import conflict, denies, echoes, shunned
from coach.answers.ground import flat
from coach.answers.reading import Claim
from coach.answers.support import Judge, Source
from coach.facts import strange_amounts, strange_links, strange_names
from coach.languages import vote, words
from coach.records import Language

ELSEWHERE = 1.0  # how much better than needed a passage must support a sentence that cites another one
QUOTED = 3.0  # how much less a suggested message needs: its words are the user's own case, and its rules were checked
PART = 0.35  # likeness, about the mean of the index, at which a passage has a part in a sentence
INTRODUCES = 2.0  # new words that a line above a list may have
FOREIGN = 2  # function words of the other language, and more than of the own, that make a sentence foreign
LONGEST_CLAIM = 700  # characters; what is longer is no sentence
_QUOTED = re.compile(r"[“\"«]([^”\"»]{12,})[”\"»]")
_NO_TEXT = re.compile(r"[\ufffd|{}]|\\n")  # what cannot be read, tables, JSON
_SHORT_QUOTE = 4  # words; a shorter quotation is a term and no suggested message

# Whether a suggested message breaks the rules for messages: (text, the document that it rests on, its section, language).
BreaksRules = Callable[[str, str, str, Language], bool]


@dataclass(frozen=True)
class Verdict:
    """What the gate made of a sentence: the words to serve and the sources they rest on by place; or why it is stopped."""

    text: str = ""
    sources: tuple[int, ...] = ()
    reason: str = ""


class Gate:
    """Judges the sentences of one answer.

    `sources` are the passages as the model was given them, in order, and `given` what the user said, whose facts may be used.
    """

    def __init__(
        self, question: str, language: Language, sources: Sequence[Source], given: str, judge: Judge, breaks_rules: BreaksRules
    ) -> None:
        self._question = question
        self._language = language
        self._sources = sources
        self._given = given
        self._judge = judge
        self._breaks_rules = breaks_rules
        self._said: set[str] = set()

    def forget(self) -> None:
        """Begin anew, as if nothing had been said."""
        self._said.clear()

    def judge(self, claim: Claim) -> Verdict:
        """Let a sentence through, with the sources that carry it, or say why not."""
        reason = self._form(claim)
        if reason:
            return Verdict(reason=reason)
        cited = [mark - 1 for mark in claim.marks if 0 < mark <= len(self._sources)]
        if claim.own and len(cited) < len(claim.marks):
            return Verdict(reason="mark")
        found = Verdict(reason="support")
        for places, margin in self._candidates(cited, own=claim.own):
            tried = self._try(claim.text, places, margin)
            if not tried.reason:
                self._said.add(" ".join(words(claim.text)))
                return tried
            found = found if found.reason not in ("support", "mark") else tried
        return found

    def introduces(self, text: str, places: Sequence[int]) -> bool:
        """Whether a line may stand above a list that rests on these sources: it adds no fact and few words of its own."""
        known = [*(self._sources[n].whole for n in places), self._given]
        if strange_links(text, known) or strange_names(text, known) or strange_amounts(text, known, self._language):
            return False
        if conflict(text, self._question, [self._sources[n] for n in places], self._language):
            return False
        return self._judge.support(text, places).novel <= INTRODUCES

    @property
    def _all(self) -> list[int]:
        return list(range(len(self._sources)))

    def _candidates(self, cited: list[int], *, own: bool) -> Iterator[tuple[list[int], float]]:
        """The sources to hold a sentence against: those it cites; failing them any other one, which must carry it with ease."""
        if cited:
            yield cited, 0.0
        for place in self._all:
            if [place] != cited:
                yield [place], ELSEWHERE if own else 0.0

    def _form(self, claim: Claim) -> str:
        plain = " ".join(words(claim.text))
        if plain in self._said:
            return "repeat"
        if not plain or len(claim.text) > LONGEST_CLAIM or _NO_TEXT.search(claim.text):
            return "form"
        known = "".join([self._given, *(source.whole for source in self._sources)])
        if any(sign not in known and not _latin(sign) for sign in claim.text):
            return "language"
        headings = (heading for source in self._sources for heading in (source.passage.title, *source.passage.heading))
        if echoes(claim.text, self._question, self._language) or plain in (" ".join(words(heading)) for heading in headings):
            return "echo"
        if self._judge.obeys(claim.text):
            return "command"
        counts = vote(claim.text)
        other = max(count for name, count in counts.items() if name != self._language)
        return "language" if other >= FOREIGN and other > counts[self._language] else ""

    def _try(self, text: str, places: list[int], margin: float) -> Verdict:
        """A sentence held against some of the sources."""
        sources = [self._sources[n] for n in places]
        known = [*(source.whole for source in sources), self._given]
        plain, quoted = _without_messages(text)
        if shunned(plain, self._sources, self._language):
            return Verdict(reason="negation")
        checks = (
            ("link", strange_links(text, known)),
            ("name", strange_names(text, known)),
            ("number", strange_amounts(plain, known, self._language)),
        )
        reason = next((name for name, strange in checks if strange), "")
        reason = reason or conflict(plain, self._question, sources, self._language)
        if reason:
            return Verdict(reason=reason)
        if quoted and not self._may_say(quoted, sources, warns=denies(plain, self._language)):
            return Verdict(reason="rules")
        support = self._judge.support(text if quoted else plain, places)
        if support.score + (QUOTED if quoted else 0.0) < margin:
            return Verdict(reason="support")
        return Verdict(text, tuple(self._carrying(text, places)))

    def _may_say(self, messages: list[str], sources: Sequence[Source], *, warns: bool) -> bool:
        """Whether suggested messages stand in a source, or break none of the rules; a bad example may only be warned of."""
        texts = [flat(source.passage.text).lower() for source in sources]
        for message in messages:
            if shunned(message, self._sources, self._language):
                if not warns:
                    return False
                continue
            if any(flat(message).lower().rstrip(".") in text for text in texts):
                continue
            for source in sources:
                if self._breaks_rules(message, source.passage.document, source.passage.anchor, self._language):
                    return False
        return True

    def _carrying(self, text: str, places: list[int]) -> list[int]:
        """Of the sources cited together, those that have a part in it; all, where none stands out."""
        if len(places) == 1:
            return places
        alone = [place for place in places if self._judge.support(text, [place]).meaning >= PART]
        return alone or places


def _latin(sign: str) -> bool:
    """Whether a sign is no letter or digit, or one that Dutch and English are written with; others may only look like those."""
    if sign.isascii() or not (sign.isalpha() or sign.isnumeric()):
        return True
    return unicodedata.name(sign, "").startswith("LATIN ")


def _without_messages(text: str) -> tuple[str, list[str]]:
    """A sentence without the messages it suggests between quotation marks, and those messages."""
    quoted = [match[1] for match in _QUOTED.finditer(text) if len(words(match[1])) > _SHORT_QUOTE]
    plain = text
    for message in quoted:
        plain = plain.replace(message, "")
    return plain, quoted
