"""Mistakes in case files: where, what, and what to do, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from coach import CoachError, Language
from evals.tree import Place, Tree
from evals.wordings import texts

SHOWN = 30  # mistakes that are told at once; the rest is counted


@dataclass(frozen=True)
class Mistake:
    """A mistake at a line of a file, with what to do about it; `case` is the id of the case where that is known."""

    file: str
    line: int
    message: str
    suggestion: str
    case: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} {self.suggestion}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """The mistake as plain values."""
        return asdict(self)


class CaseError(CoachError):
    """Case files that cannot be used; `mistakes` holds every one, and the text a line each."""

    def __init__(self, mistakes: Sequence[Mistake], language: Language = "nl") -> None:
        self.mistakes = tuple(mistakes)
        lines = [str(mistake) for mistake in self.mistakes[:SHOWN]]
        if len(self.mistakes) > SHOWN:
            lines.append(texts(language)("mistakes.more", count=len(self.mistakes) - SHOWN))
        super().__init__("\n".join(lines))


def nearest(word: str, known: Collection[str], language: Language) -> str:
    """The suggestion for a word that does not exist: the nearest one that does, else all of them (a few, where many)."""
    if not known:
        return texts(language)("suggest.none-known")
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    if near:
        return texts(language)("suggest.nearest", word=near[0])
    shown = ", ".join(sorted(known)[:12]) + (" ..." if len(known) > 12 else "")
    return texts(language)("suggest.choose", words=shown)


def of_schema(
    error: ValidationError, model: type[BaseModel], tree: Tree, at: Place, file: str, language: Language
) -> list[Mistake]:
    """What a schema refused, as mistakes; `at` is the way to the case in the file."""
    told = (_one(each, model, tree, at, file, language) for each in error.errors(include_url=False))
    return list(dict.fromkeys(told))  # an empty text in a list of one is told of the text and of the list


def _one(error: Any, model: type[BaseModel], tree: Tree, at: Place, file: str, language: Language) -> Mistake:
    say = texts(language)
    place: Place = tuple(error["loc"])
    names = [part for part in place if isinstance(part, str)]  # of a place in a list, the list is what has a name
    key = names[-1] if names else ""
    line = tree.line((*at, *place))
    given = error.get("input")
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _fields(model, place[:-1])
        return Mistake(file, line, say("mistake.unknown-key", key=key), nearest(key, known, language))
    if kind == "missing":
        message = say("mistake.missing-inside", key=key, where=names[-2]) if names[1:] else say("mistake.missing-key", key=key)
        return Mistake(file, tree.line((*at, *place[:-1])), message, say("suggest.missing-key", key=key))
    if kind == "literal_error":
        allowed = str(error["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        return Mistake(file, line, say("mistake.choice", key=key, value=given), nearest(str(given), allowed, language))
    if kind == "too_short" or given is None or (kind == "string_pattern_mismatch" and not given.strip()):
        return Mistake(file, line, say("mistake.empty", key=key), say("suggest.empty", key=key))
    wanted = "list" if kind.startswith(("tuple", "list")) else "keys" if kind.startswith(("model", "dict", "mapping")) else "text"
    if kind == "string_pattern_mismatch":
        return Mistake(file, line, say("mistake.pattern", key=key, value=given), say("suggest.pattern"))
    if kind in ("int_parsing", "int_type", "greater_than_equal"):
        wanted = "number"
    return Mistake(file, line, say("mistake.shape", key=key), say(f"suggest.{wanted}", key=key))


def _fields(model: type[BaseModel], way: Iterable[str | int]) -> Collection[str]:
    """The keys that a record on the way into a model may have."""
    current: type[BaseModel] = model
    for part in way:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        current = next(iter(_models(current.model_fields[part].annotation)), current)
    return [name for name in current.model_fields if name not in ("suite", "language")]


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
