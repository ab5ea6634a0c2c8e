"""What a language needs to put a message together around its writer's words: the files in `prompts/phrasing/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from coach.files import Strict, read_model
from coach.records import Language
from coach.settings import data_folder


def _split(value: object) -> object:
    return frozenset(value.split()) if isinstance(value, str) else value


WordSet = Annotated[frozenset[str], BeforeValidator(_split)]


class Greetings(Strict):
    """The first line of a letter to a stranger, to someone known, and to someone addressed by title; `{name}` is filled in."""

    first: str
    known: str
    titled: str


class SignOffs(Strict):
    """The last line before the name."""

    first: str
    known: str
    warmer: str


class Notices(Strict):
    """What the coach says beside a draft."""

    address: str
    language: str
    quote: str
    left_out: str
    paid_only: str
    shortened: str


class CalendarWords(Strict):
    """How dates, times and lengths are written: `day`, `clock` and the like are filled in, the rest is recognised."""

    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    weekdays: tuple[str, ...] = Field(min_length=7, max_length=7)
    day: str
    day_in_zone: str
    clock: str
    at: str
    zones: str
    minutes: Mapping[str, int]
    minute_words: WordSet
    hour_words: WordSet
    numbers: Mapping[str, int]
    summary: str


class Phrasing(Strict):
    """One file of `prompts/phrasing/`."""

    language: Language
    greetings: Greetings
    sign_offs: SignOffs
    titles: WordSet
    sentence_openers: WordSet
    early_verbs: WordSet
    participles: WordSet
    subordinators: WordSet
    elided: WordSet
    subject: str
    clause_openers: WordSet
    fillers: WordSet
    documents: WordSet
    inside: str
    pronouns: WordSet
    determiners: WordSet
    lowered: WordSet
    names: WordSet
    prepositions: WordSet
    either: str
    both: str
    polite: WordSet
    familiar: WordSet
    negations: WordSet
    notices: Notices
    calendar: CalendarWords


@cache
def phrasing(language: Language) -> Phrasing:
    """The phrasing of a language. Raises `PromptError` naming file and line."""
    return read_model(data_folder("prompts") / "phrasing" / f"{language}.yaml", Phrasing)
