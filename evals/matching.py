"""Whether a text says something: words by stem, lemma and compound, numbers, who does it, and whether it is denied.

What is compared is wording, not truth: a point is found where the words of one of its phrasings stand together in one
sentence or two neighbouring ones, with the same numbers and the same negation. How often that is right is measured on
labelled pairs by `python -m benchmarks.matching`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, RootModel

from coach import Language, Strict, language_data, read_yaml, sentences, split_compound, stem

DENIED = "±"  # stands for a denial, or a person, that is not the passage's
COVERED = 0.68  # share of a phrasing's weight that must stand together in a text
AGREED = 0.5  # share of what was found that must have the same negation and the same role
CERTAIN = 0.8  # both, for what may not be said: a hit blocks a run, so it must stand in one sentence, nearly literally
SUPPORTED = 0.6  # share of a sentence's weight that the passages it cites must hold
CONTENT, COMMON, WEAK = (
    1.0,
    0.6,
    0.1,
)  # weights of a word: it says what this is about; it is in every question; it is exchangeable

_WORD = re.compile(r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_MARK = re.compile(r"\[\d{1,3}\]")
_BREAK = re.compile(r"[,;:()“”\"«»–—]")
_QUOTED = re.compile(r"^\s*>\s?", re.MULTILINE)
_OWN_NAME = re.compile(r"[A-ZÀ-Þ][\w’'-]*\Z")


def _as_words(value: object) -> object:
    return frozenset(value.split()) if isinstance(value, str) else value


Words = Annotated[frozenset[str], BeforeValidator(_as_words)]


class Knowledge(Strict):
    """What `words.yaml` knows of a language."""

    negators: Words
    instead: tuple[str, ...]
    innocent: tuple[str, ...]
    boundaries: Words
    numbers: Mapping[str, str]
    roles: Mapping[str, Words]
    weak: Words
    prefixes: Words

    @cached_property
    def role_of(self) -> dict[str, str]:
        """Each word of a role with the name of the role."""
        return {word: role for role, words in self.roles.items() for word in words}


class _Table(RootModel[dict[Language, Knowledge]]):
    pass


@cache
def knowledge(language: Language) -> Knowledge:
    """The matcher's own data on a language."""
    return _Table.model_validate(read_yaml(Path(__file__).with_name("words.yaml"))).root[language]


@dataclass(frozen=True)
class Token:
    """A word in a text: where it stands, the forms it goes by, its weight, and what its clause makes of it.

    `negated` says that its clause is denied; `roles` who is named in that clause; `number` its value where it is one; `name`
    whether it must be found letter for letter (a name inside a sentence, a link, an address).
    """

    start: int
    end: int
    word: str
    forms: frozenset[str]
    weight: float
    negated: bool
    roles: frozenset[str]
    number: str = ""
    name: bool = False


@dataclass(frozen=True)
class Sentence:
    """A sentence of a text with its tokens."""

    start: int
    end: int
    tokens: tuple[Token, ...]

    @cached_property
    def forms(self) -> Mapping[str, list[Token]]:
        """Every form of every word in it, with the words that go by it."""
        found: dict[str, list[Token]] = {}
        for token in self.tokens:
            for form in token.forms:
                found.setdefault(form, []).append(token)
        return found


@dataclass(frozen=True)
class Match:
    """Where a text says something: the phrasing that was found, how much of it, and the span of the text."""

    say: str
    coverage: float
    start: int
    end: int


def fold(word: str) -> str:
    """A word in lower case without diacritics, apostrophes straight."""
    plain = unicodedata.normalize("NFD", word.lower().replace("’", "'"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@lru_cache(maxsize=100_000)
def _forms(word: str, language: Language) -> frozenset[str]:
    from simplemma import lemmatize

    lemma = lemmatize(word, lang=language).lower()
    return frozenset({fold(word), fold(lemma), stem(word, language), stem(lemma, language)})


@cache
def _weights(language: Language) -> Mapping[str, float]:
    data, own = language_data(language), knowledge(language)
    weights = dict.fromkeys(map(fold, data.question_words), COMMON)
    weights |= dict.fromkeys(map(fold, data.function_words | own.weak), WEAK)
    return weights | dict.fromkeys(map(fold, own.negators), 0.0)


@cache
def _phrases(language: Language, which: str) -> re.Pattern[str]:
    spoken = sorted(getattr(knowledge(language), which), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, spoken)) + r")\b", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def read(text: str, language: Language) -> tuple[Sentence, ...]:
    """The sentences of a text as tokens; marks such as `[1]` are passed over and offsets count in the text as given."""
    blank = _MARK.sub(lambda mark: " " * len(mark[0]), text)
    return tuple(Sentence(start, end, tuple(_tokens(blank, start, end, language))) for start, end in sentences(blank, language))


def _tokens(text: str, start: int, end: int, language: Language) -> Iterable[Token]:
    data, weights = knowledge(language), _weights(language)
    piece = text[start:end]
    innocent = [span.span() for span in _phrases(language, "innocent").finditer(piece)]
    instead = {span.start() for span in _phrases(language, "instead").finditer(piece)}
    found = list(_WORD.finditer(piece))
    position = 0
    for clause in _clauses(piece, found, data, instead):
        denials = sum(_denies(word, data, innocent) for word in clause) + (bool(clause) and clause[0].start() in instead)
        roles = frozenset(data.role_of[word[0].lower()] for word in clause if word[0].lower() in data.role_of)
        for word in clause:
            yield _token(word, start, language, weights, denials % 2 == 1, roles, first=position == 0)
            position += 1


def _clauses(
    piece: str, found: Sequence[re.Match[str]], data: Knowledge, instead: Iterable[int]
) -> Iterable[list[re.Match[str]]]:
    clause: list[re.Match[str]] = []
    for word in found:
        between = piece[clause[-1].end() : word.start()] if clause else ""
        if clause and (_BREAK.search(between) or word[0].lower() in data.boundaries or word.start() in instead):
            yield clause
            clause = []
        clause.append(word)
    if clause:
        yield clause


def _denies(word: re.Match[str], data: Knowledge, innocent: Iterable[tuple[int, int]]) -> bool:
    said = word[0].lower().replace("’", "'")
    return said in data.negators and not any(start <= word.start() < end for start, end in innocent)


def _token(
    word: re.Match[str],
    offset: int,
    language: Language,
    weights: Mapping[str, float],
    negated: bool,
    roles: frozenset[str],
    *,
    first: bool,
) -> Token:
    written = word[0].rstrip(".,")
    said = written.lower().replace("’", "'")
    place = (offset + word.start(), offset + word.start() + len(written))
    if "/" in said or "@" in said:
        return Token(*place, said, frozenset({said}), CONTENT, negated, roles, name=True)
    number = said.replace(",", ".") if said[0].isdigit() else knowledge(language).numbers.get(said, "")
    if number:
        return Token(*place, said, frozenset({f"#{number}", fold(said)}), CONTENT, negated, roles, number=number)
    weight = weights.get(fold(said), CONTENT)
    name = bool(_OWN_NAME.match(written)) and not first and weight == CONTENT
    return Token(*place, said, _forms(said, language), weight, negated, roles, name=name)


def find(says: Sequence[str], text: str, language: Language, *, certain: bool = False) -> Match | None:
    """Where a text says one of these; the phrasing that stands there most completely, or nothing.

    A phrasing counts from a coverage of `COVERED`, with all of its numbers and what they count, and with at least `AGREED` of its
    words under the same negation and beside no other role. When it must be `certain`, both are `CERTAIN` and one sentence holds
    it all.
    """
    found = [match for say in says if (match := _find(say, text, language, certain))]
    return max(found, key=lambda match: match.coverage, default=None)


@lru_cache(maxsize=100_000)
def _find(say: str, text: str, language: Language, certain: bool) -> Match | None:
    wanted = _tokens_of(say, language)
    total = sum(token.weight for token in wanted)
    before = (None, *wanted)
    exact = [token for token, last in zip(wanted, before, strict=False) if token.number or (last and last.number)]
    coverage, agreement, widest = (CERTAIN, CERTAIN, 1) if certain else (COVERED, AGREED, 2)
    best: Match | None = None
    for window in _windows(read(text, language), widest):
        there = _Window(window, language)
        if not total or not all(there.same(token) for token in exact):
            continue
        if sum(token.weight for token in wanted if there.same(token)) < total / 3:
            continue  # parts of compounds will not make up for that
        covered, agreed = there.overlap(wanted)
        if (
            covered >= coverage * total
            and agreed >= agreement * covered
            and (best is None or covered / total > best.coverage + 1e-9)
        ):
            best = Match(say, covered / total, window[0].start, window[-1].end)
    return best


@lru_cache(maxsize=50_000)
def _tokens_of(text: str, language: Language) -> tuple[Token, ...]:
    return tuple(token for sentence in read(text, language) for token in sentence.tokens)


def _windows(found: Sequence[Sentence], widest: int) -> Iterable[Sequence[Sentence]]:
    for size in range(1, widest + 1):
        for first in range(len(found) - size + 1):
            yield found[first : first + size]


class _Window:
    """Some sentences, and which of their words stand for a given one."""

    def __init__(self, parts: Sequence[Sentence], language: Language) -> None:
        self._parts = parts
        self._language = language
        self.forms = frozenset[str]().union(*(part.forms for part in parts))

    def same(self, token: Token) -> list[Token]:
        """The same word in any form."""
        return [other for form in token.forms for part in self._parts for other in part.forms.get(form, ())]

    def overlap(self, wanted: Sequence[Token]) -> tuple[float, float]:
        """The weight of the words that stand here, and of those among them that are denied alike and beside no other role."""
        covered = agreed = 0.0
        for token in wanted:
            partners = self.partners(token)
            if partners:
                covered += token.weight
                agreed += token.weight * any(_agree(token, other) for other in partners)
        return covered, agreed

    def partners(self, token: Token) -> list[Token]:
        """The words that stand for a word: the same word in any form, or a part or the whole of a compound."""
        same = self.same(token)
        if same or token.weight < COMMON or token.number:
            return same
        others = [other for part in self._parts for other in part.tokens]
        for form in token.forms:  # *mentorgesprek* is found in *een gesprek met je mentor*
            parts = split_compound(form, self.forms, language_data(self._language).compound_linkers)
            parts = parts or list(_separated(form, self.forms, self._language))
            if parts:
                return [other for other in others if other.forms & set(parts)]
        return [other for other in others if other.weight >= COMMON and _inside(token.forms, other.forms, self._language)]


def _agree(token: Token, other: Token) -> bool:
    return token.negated == other.negated and (not token.roles or not other.roles or bool(token.roles & other.roles))


@lru_cache(maxsize=200_000)
def _inside(parts: frozenset[str], wholes: frozenset[str], language: Language) -> bool:
    """Whether a word is the head or the tail of a longer one: *gesprek* in *mentorgesprek*, *bereid* in *voorbereiden*."""
    for whole in wholes:
        for part in parts:
            if min(len(part), len(whole) - len(part)) >= 4 and (whole.startswith(part) or whole.endswith(part)):
                return True
            if len(part) >= 4 and whole.endswith(part) and whole.removesuffix(part) in knowledge(language).prefixes:
                return True
    return False


def _separated(form: str, forms: frozenset[str], language: Language) -> Iterable[str]:
    """The verb that is left when the prefix of a separable one stands apart: *voorbereid* as *bereid ... voor*."""
    for prefix in knowledge(language).prefixes:
        rest = form.removeprefix(prefix)
        if rest != form and len(rest) >= 3 and prefix in forms:
            for candidate in (rest, f"{rest}t", rest.removesuffix("en")):
                if candidate in forms:
                    yield candidate
                    return


@dataclass(frozen=True)
class Support:
    """How far a sentence stands in the passages that it cites; `lacking` names what it has and they have not."""

    coverage: float
    lacking: tuple[str, ...]

    @property
    def supported(self) -> bool:
        """Whether its wording stands there: enough of its words, and every number, name and link, denied alike."""
        return self.coverage >= SUPPORTED and not self.lacking


@lru_cache(maxsize=50_000)
def support(sentence: str, passages: tuple[str, ...], language: Language) -> Support:
    """Wording support of one sentence by the passages that it cites. It proves where something stands, not that it is true."""
    if any(_flat(sentence) in _flat(passage) for passage in passages):
        return Support(1.0, ())  # a quotation, letter for letter
    wanted = _tokens_of(sentence, language)
    total = sum(token.weight for token in wanted)
    parts = [part for passage in passages for part in read(passage, language)]
    there = _Window(parts, language)
    if not total:
        return Support(float(bool(parts)), ())
    lacking = [token.word for token in wanted if (token.number or token.name) and not there.same(token)]
    covered, _ = there.overlap(wanted)
    if covered >= SUPPORTED * total:
        overlaps = (_Window(window, language).overlap(wanted) for window in _windows(parts, 2))
        nearest, agreed = max(overlaps, key=lambda pair: (round(pair[0], 6), pair[1]), default=(0.0, 0.0))
        if agreed < AGREED * nearest:
            lacking.append(DENIED)
    return Support(covered / total, tuple(lacking))


def _flat(text: str) -> str:
    return " ".join(_QUOTED.sub("", text).split())


def nearest_sentence(say: str, passages: Sequence[str], language: Language) -> str:
    """The sentence of some passages that shares most with a phrasing; empty where there is none."""
    wanted = _tokens_of(say, language)
    best, nearest = -1.0, ""
    for passage in passages:
        for part in read(passage, language):
            shared = sum(token.weight for token in wanted if not token.forms.isdisjoint(part.forms))
            if shared > best:
                best, nearest = shared, passage[part.start : part.end]
    return " ".join(nearest.split())
