"""A small pattern language over the words of a message, so that what a rule looks for is data and not code.

A pattern is a line of elements that must follow each other within one sentence:

    wil            this word                     wil/wilt/zou     one of these words
    begeleid*      a word that begins so         *loos            a word that ends so
    ~willen        any form of this lemma        @mentor          one of the patterns listed under that name
    #              a number                      %                a name: a capitalised word inside a sentence
    (a b|c)        one of these sequences        x?               x, or nothing
    ..             up to 3 words                 ...              up to 8 words
    ....           up to 25 words, commas too    ^                the start of a clause
    , : .          that sign

The patterns stand in `prompts/rules/{nl,en}.yaml`, one a line; a line that begins with `--` is a remark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from coach.errors import PromptError
from coach.languages import read_yaml
from coach.records import Language
from coach.settings import data_folder

# How a message is encoded for matching: every word is `surface|lemma|C ` (C for a capital inside a sentence, else c),
# every sign stands bare, CLAUSE opens a clause and STOP ends a sentence.
CLAUSE, STOP = "‹", "¶"
_ANY_WORD = rf"(?:{CLAUSE} )?[^\s|]+\|\S+ "
_GAPS = {
    "..": rf"(?:{_ANY_WORD}){{0,3}}?",
    "...": rf"(?:{_ANY_WORD}){{0,8}}?",
    "....": rf"(?:(?!{STOP})\S+ ){{0,25}}?",
}
_ELEMENT = re.compile(r"\(|\)|\||\?|[^\s()|?]+")
_NUMBER = r"(?:\d[\d.,:]*|{words})"


def _lines(value: object) -> object:
    """A block of text as its lines, without remarks."""
    if not isinstance(value, str):
        return value
    return tuple(line.strip() for line in value.splitlines() if line.strip() and not line.strip().startswith("--"))


def _word_set(value: object) -> object:
    return frozenset(value.split()) if isinstance(value, str) else value


Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
WordSet = Annotated[frozenset[str], BeforeValidator(_word_set)]


class RuleText(BaseModel):
    """What a finding says: why it matters, and what to write instead (for a missing part: a sentence with blanks)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str
    fix: str


class RuleData(BaseModel):
    """One file of `prompts/rules/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Language
    expansions: Mapping[str, str]
    numbers: Mapping[str, float]
    units: Mapping[str, float]
    conjunctions: WordSet
    not_names: WordSet
    greetings: WordSet
    bulky: WordSet
    patterns: Mapping[str, Lines]
    texts: Mapping[str, RuleText]


@cache
def rule_data(language: Language) -> RuleData:
    """The rules' data of a language. Raises `PromptError` naming the file and the entry that is wrong."""
    path = data_folder("prompts") / "rules" / f"{language}.yaml"
    try:
        data = RuleData.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PromptError(f"{path.name}: {where}: {first['msg'].lower()}.") from None
    for name in data.patterns:
        _check(data, name, path.name)
    return data


def _check(data: RuleData, name: str, file: str) -> None:
    """Refuse a pattern that cannot be compiled, naming it."""
    for line in data.patterns[name]:
        try:
            _Compiler(data, (name,)).compile(line)
        except PromptError as error:
            raise PromptError(f"{file}: patterns.{name}: in '{line}': {error}") from None


@cache
def compiled(language: Language, name: str) -> re.Pattern[str]:
    """All patterns of a name as one expression over an encoded message."""
    data = rule_data(language)
    if name not in data.patterns:
        raise PromptError(f"{language}.yaml: there are no patterns '{name}'; add them under patterns.")
    return re.compile(rf"(?:(?<=\s)|^)(?:{_Compiler(data, (name,)).alternatives(name)})")


class _Compiler:
    """Turns one line of the pattern language into a regular expression."""

    def __init__(self, data: RuleData, inside: tuple[str, ...]) -> None:
        self.data = data
        self.inside = inside

    def alternatives(self, name: str) -> str:
        lines = self.data.patterns[name]
        return "|".join(self.compile(line) for line in lines) or r"(?!)"

    def compile(self, line: str) -> str:
        elements = _ELEMENT.findall(line)
        expression, rest = self._sequence(elements)
        if rest:
            raise PromptError(f"'{rest[0]}' stands alone; balance the brackets.")
        return expression

    def _sequence(self, elements: list[str]) -> tuple[str, list[str]]:
        parts: list[str] = []
        while elements and elements[0] not in ")|":
            atom, elements = self._atom(elements)
            if elements and elements[0] == "?":
                atom, elements = f"(?:{atom})?", elements[1:]
            parts.append(atom)
        return "".join(parts), elements

    def _atom(self, elements: list[str]) -> tuple[str, list[str]]:
        head, rest = elements[0], elements[1:]
        if head == "?":
            raise PromptError("a '?' must follow an element.")
        if head != "(":
            return self._word(head), rest
        options: list[str] = []
        while True:
            option, rest = self._sequence(rest)
            options.append(option)
            if not rest:
                raise PromptError("a bracket is not closed.")
            closer, rest = rest[0], rest[1:]
            if closer == ")":
                return f"(?:{'|'.join(options)})", rest

    def _word(self, word: str) -> str:
        if word in _GAPS:
            return _GAPS[word]
        if word == "^":
            return rf"{CLAUSE} "
        if word == "#":
            numbers = _NUMBER.format(words="|".join(map(re.escape, self.data.numbers)))
            return rf"(?:{CLAUSE} )?{numbers}\|\S+ "
        if word == "%":
            return rf"(?:{CLAUSE} )?[^\s|]+\|[^\s|]+\|C "
        if word[0] == "@":
            return self._named(word[1:])
        if word != "*" and not any(sign.isalnum() for sign in word):
            return rf"{re.escape(word)} "
        return rf"(?:{CLAUSE} )?(?:{'|'.join(map(self._form, word.split('/')))})\|[cC] "

    def _named(self, name: str) -> str:
        if name in self.inside:
            raise PromptError(f"@{name} refers to itself.")
        if name not in self.data.patterns:
            raise PromptError(f"there are no patterns '{name}'.")
        return f"(?:{_Compiler(self.data, (*self.inside, name)).alternatives(name)})"

    @staticmethod
    def _form(word: str) -> str:
        if word.startswith("~"):
            return rf"[^\s|]+\|{re.escape(word[1:])}"
        shape = re.escape(word).replace(r"\*", r"[^\s|]*")
        return rf"{shape}\|[^\s|]+"


def encode_word(surface: str, lemma: str, capital: bool) -> str:
    """A word as patterns see it."""
    return f"{surface}|{lemma}|{'C' if capital else 'c'} "


def require(data: RuleData, names: Mapping[str, Any]) -> None:
    """Raise `PromptError` where a language lacks the text of a rule; called once for the whole table."""
    for name in names:
        if name not in data.texts:
            raise PromptError(f"{data.language}.yaml: texts: the rule '{name}' has no text; add reason and fix.")
