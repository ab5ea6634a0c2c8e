"""A message read as language: its sentences and clauses, who speaks of whom, what is asked, what is denied.

Everything here answers a question about a span of the text; what counts as a flaw is decided in `rules.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from coach.drafts.patterns import CLAUSE, STOP, RuleData, compiled, encode_word, rule_data
from coach.languages import sentences
from coach.records import Language

Role = Literal["greeting", "body", "closing"]

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’\-‑][^\W\d_]+)*|[^\w\s]")
_QUOTED = re.compile(
    r"“[^“”\n]{2,400}”|„[^„”“\n]{2,400}[”“]|\"[^\"\n]{2,400}\"|«[^«»\n]{2,400}»|(?<![\w’'])[‘'][^‘’'\n]{2,400}[’'](?!\w)"
)
# Where a sentence ends although the next one has no capital.
_STOP_LOWER = re.compile(r"(?<=[^\W\d_]{2}[.!?…])()\s+(?=[a-zà-ÿ])")
_CALL_LOWER = re.compile(r"(?<=[!?])()\s+(?=[a-zà-ÿ])")
_REPLY = re.compile(r"^>.*$", re.MULTILINE)
_SIGNS = frozenset(",;:.!?()[]–—-…•*\"'/&+=@#")
_CLAUSE_SIGNS = frozenset(",;:–—-(•*")
# A message that is for the greater part one quotation is a message that somebody pasted with its quotation marks.
_MOSTLY_QUOTED = 0.6


@dataclass(frozen=True)
class Token:
    """A word or sign, its span in the text, its place among the tokens and in the encoded message."""

    surface: str
    start: int
    end: int
    is_word: bool
    place: int
    code: int


@dataclass(frozen=True)
class Sentence:
    """A sentence of the message; `first:last` are its tokens."""

    start: int
    end: int
    role: Role
    is_question: bool
    first: int
    last: int


@dataclass(frozen=True)
class Found:
    """Words that a pattern matched: their span in the text, their tokens, and the sentence they stand in."""

    start: int
    end: int
    first: int
    last: int
    sentence: Sentence


@lru_cache(maxsize=32_768)
def _lemma(word: str, language: Language) -> str:
    from simplemma import lemmatize

    return lemmatize(word, lang=language).replace("_", "").replace("|", "").lower() or word


class Message:
    """A message and what can be asked about its wording. All offsets count in `text`."""

    def __init__(
        self, text: str, language: Language, *, kind: str, channel: str, subject: str | None = None, hard_limit: int | None = None
    ) -> None:
        self.text = text
        self.language = language
        self.kind = kind
        self.channel = channel
        self.subject = subject
        self.hard_limit = hard_limit
        self.data: RuleData = rule_data(language)
        self.tokens: list[Token] = []
        self._code: list[str] = []
        self._length = 0
        self.sentences: tuple[Sentence, ...] = tuple(self._read())
        self.code = "".join(self._code)
        self._starts = [token.code for token in self.tokens]

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self) -> Iterator[Sentence]:
        quoted = list(self._quotations())
        spans = list(self._split())
        for number, (start, end) in enumerate(spans):
            first = len(self.tokens)
            self._encode(start, end, quoted)
            self._put(f"{STOP} ")
            yield Sentence(
                start, end, self._role(number, len(spans), start, end), "?" in self.text[start:end], first, len(self.tokens)
            )

    def _split(self) -> Iterator[tuple[int, int]]:
        """The sentences; in a text written without capitals a full stop ends one too."""
        first = next((sign for sign in self.text if sign.isalpha()), "A")
        stop = _STOP_LOWER if first.islower() else _CALL_LOWER
        for start, end in sentences(self.text, self.language):
            opened = start
            for match in stop.finditer(self.text, start, end):
                yield opened, match.start(1)
                opened = match.end()
            yield opened, end

    def _quotations(self) -> Iterator[tuple[int, int]]:
        """The spans of other people's words: quotations, and lines of the message that is replied to."""
        found = [match.span() for match in _QUOTED.finditer(self.text)]
        if sum(end - start for start, end in found) <= _MOSTLY_QUOTED * len(self.text):
            yield from found
        yield from (match.span() for match in _REPLY.finditer(self.text))

    def _role(self, number: int, total: int, start: int, end: int) -> Role:
        """Where the sentence stands: a short first line that greets, a short last line that signs, or the body."""
        piece = self.text[start:end]
        short = len(piece.split()) <= 6
        greets = piece.split()[0].strip(",!:").lower() in self.data.greetings or (number == 0 and piece.endswith(","))
        if (
            number <= 1
            and short
            and greets
            and piece.endswith((",", ":", "!", "-", "."))
            and not self.text[:start].strip("\n ").count("\n\n")
        ):
            return "greeting"
        own_line = self.text.rfind("\n", 0, start) >= start - 3 or start == 0
        if own_line and short and number >= total - 3 and number > 0 and not piece.endswith(("?", ".", "!")):
            return "closing"
        return "body"

    def _encode(self, start: int, end: int, quoted: list[tuple[int, int]]) -> None:
        opens_clause = opens_sentence = True
        position = start
        while match := _TOKEN.search(self.text, position, end):
            inside = next((span for span in quoted if span[0] <= match.start() < span[1]), None)
            position = min(inside[1], end) if inside else match.end()
            surface = match[0]
            if inside:
                self._word("◌", match.start(), position, capital=False, opens=opens_clause)
                opens_clause = opens_sentence = False
            elif surface in _SIGNS or not surface[0].isalnum():
                opens_clause = self._sign(match, opens_clause)
            else:
                opens_clause = self._words(match, opens_clause, opens_sentence)
                opens_sentence = False

    def _sign(self, match: re.Match[str], opens_clause: bool) -> bool:
        sign, (start, end) = match[0], match.span()
        inner = start > 0 and end < len(self.text) and not self.text[start - 1].isspace() and not self.text[end].isspace()
        if sign in "-'’" and inner:  # as in "15-minute"
            return opens_clause
        self.tokens.append(Token(sign, start, end, False, len(self.tokens), self._length))
        self._put(f"{sign} ")
        return sign in _CLAUSE_SIGNS or opens_clause

    def _words(self, match: re.Match[str], opens_clause: bool, opens_sentence: bool) -> bool:
        surface = match[0].replace("’", "'").replace("‑", "-")
        lower = surface.lower()
        capital = surface[0].isupper() and self._is_name(lower, opens_sentence)
        expanded = self.data.expansions.get(lower) or self._expand(lower)
        for part in expanded.split():
            opens = opens_clause or part in self.data.conjunctions
            self._word(part, match.start(), match.end(), capital, opens)
            opens_clause = False
        return False

    def _is_name(self, lower: str, opens_sentence: bool) -> bool:
        """Whether a capitalised word is a name: inside a sentence it is, at the start only if no dictionary has it."""
        from simplemma import is_known

        if lower.split("'", maxsplit=1)[0] == "i":
            return False
        return not opens_sentence or not (lower in self.data.not_names or is_known(lower, lang=self.language))

    def _expand(self, lower: str) -> str:
        """Contractions in full, so that patterns need one form: "you're" as "you are", "don't" as "do not"."""
        if self.language == "en" and "'" in lower:
            for ending, full in (
                ("n't", " not"),
                ("'re", " are"),
                ("'ve", " have"),
                ("'ll", " will"),
                ("'m", " am"),
                ("'d", " would"),
            ):
                if lower.endswith(ending):
                    return lower.removesuffix(ending) + full
        return lower

    def _word(self, lower: str, start: int, end: int, capital: bool, opens: bool) -> None:
        if opens:
            self._put(f"{CLAUSE} ")
        self.tokens.append(Token(lower, start, end, True, len(self.tokens), self._length))
        self._put(encode_word(lower, _lemma(lower, self.language) if lower != "◌" else lower, capital))

    def _put(self, piece: str) -> None:
        self._code.append(piece)
        self._length += len(piece)

    # -- questions -------------------------------------------------------------------------------------------------

    @cached_property
    def body(self) -> tuple[Sentence, ...]:
        """The sentences between greeting and signature."""
        return tuple(sentence for sentence in self.sentences if sentence.role == "body")

    @cached_property
    def word_count(self) -> int:
        """Words of the text, signs left out."""
        return sum(token.is_word for token in self.tokens)

    def find(self, *names: str, within: Iterable[Sentence] | None = None) -> list[Found]:
        """Where patterns of these names match, in order of the text; in some sentences only if `within` is given."""
        allowed = None if within is None else {sentence.start for sentence in within}
        found = [one for name in names for one in self.find_cached(name) if allowed is None or one.sentence.start in allowed]
        return sorted(found, key=lambda one: (one.start, one.end)) if len(names) > 1 else found

    def has(self, *names: str, within: Iterable[Sentence] | None = None) -> bool:
        """Whether any pattern of these names matches."""
        return bool(self.find(*names, within=within))

    def _found(self, match: re.Match[str]) -> Found:
        opens = match.start() + (len(CLAUSE) + 1 if self.code.startswith(f"{CLAUSE} ", match.start()) else 0)
        first = bisect_right(self._starts, opens) - 1
        last = max(first, bisect_right(self._starts, match.end() - 1) - 1)
        sentence = next(one for one in self.sentences if one.first <= first < one.last)
        return Found(self.tokens[first].start, self.tokens[last].end, first, last, sentence)

    def negated(self, found: Found, *, inside: bool = True) -> bool:
        """Whether the words are denied: a negation between the start of their clause and their own end.

        With `inside` false only a negation before them counts, for patterns that hold one themselves.

        A question that opens with a verb and a negation ("wil je niet ...?", "couldn't you ...?") still asks.
        """
        scope = Found(0, 0, self._scope(found), found.last, found.sentence)
        if not self._matches_in("negation", scope.first, found.last if inside else found.first - 1):
            return False
        return not (found.sentence.is_question and self._matches_in("negative_question", scope.first, found.last))

    def _scope(self, found: Found) -> int:
        """The first token of the clause, taken widely: back to a semicolon, colon, comma or contrast."""
        first = found.first
        contrast = self.contrasts
        while first > found.sentence.first:
            before = self.tokens[first - 1]
            if before.surface in {",", ";", ":", "–", "—", "("} or before.surface in contrast:
                break
            first -= 1
        return first

    @cached_property
    def contrasts(self) -> frozenset[str]:
        """Words after which a denial no longer holds."""
        return frozenset(word for line in self.data.patterns["contrast"] for word in line.split("/"))

    def within(self, name: str, first: int, last: int, at: int) -> bool:
        """Whether a pattern matches within the tokens `first` to `last`, from the token `at` on."""
        return any(one.first == at and one.first <= last and first <= one.first for one in self.find_cached(name))

    def _matches_in(self, name: str, first: int, last: int) -> bool:
        """Whether a pattern matches wholly within the tokens `first` to `last`."""
        return any(first <= one.first and one.last <= last for one in self.find_cached(name))

    def find_cached(self, name: str) -> list[Found]:
        """`find(name)`, remembered."""
        if name not in self._memory:
            self._memory[name] = [self._found(match) for match in compiled(self.language, name).finditer(self.code)]
        return self._memory[name]

    @cached_property
    def _memory(self) -> dict[str, list[Found]]:
        return {}

    def sentence_has(self, sentence: Sentence, *names: str) -> bool:
        """Whether a pattern of these names matches in this sentence."""
        return any(sentence.start in self._starts_with(name) for name in names)

    def _starts_with(self, name: str) -> frozenset[int]:
        """Where the sentences start in which a pattern of this name matches, remembered."""
        if name not in self._sentence_memory:
            self._sentence_memory[name] = frozenset(one.sentence.start for one in self.find_cached(name))
        return self._sentence_memory[name]

    @cached_property
    def _sentence_memory(self) -> dict[str, frozenset[int]]:
        return {}

    def is_request(self, sentence: Sentence) -> bool:
        """Whether the sentence asks the reader for something (not merely for a word back), and is not a denial."""
        asked = self.find_cached("statement_request") + (self.find_cached("question_request") if sentence.is_question else [])
        return any(one.sentence is sentence and not self.negated(one) for one in asked)

    @cached_property
    def requests(self) -> tuple[Sentence, ...]:
        """The sentences that ask the reader for something."""
        return tuple(sentence for sentence in self.sentences if sentence.role != "greeting" and self.is_request(sentence))

    def clauses(self, sentence: Sentence) -> list[list[Token]]:
        """The words of a sentence, clause by clause; a clause opens after a sign or with a conjunction."""
        groups: list[list[Token]] = [[]]
        for token in self.tokens[sentence.first : sentence.last]:
            if (not token.is_word and token.surface in _CLAUSE_SIGNS) or token.surface in self.data.conjunctions:
                groups.append([])
            if token.is_word:
                groups[-1].append(token)
        return [group for group in groups if group]
