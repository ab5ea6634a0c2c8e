"""YAML files with a strict schema: a mistake is refused with file, line and the nearest right word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from coach.errors import PromptError
from coach.languages import read_yaml


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know, and names the one that was meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for key in value:
                if key not in cls.model_fields:
                    raise mistake(f"there is no key '{key}' here{did_you_mean(key, cls.model_fields)}", at=(key,))
        return value


class Both(Strict):
    """A text in both languages."""

    nl: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


Model = TypeVar("Model", bound=BaseModel)


def did_you_mean(word: object, known: Collection[str]) -> str:
    """How an error about a wrong word ends: with the nearest known word, else with all of them."""
    near = get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; choose from: {', '.join(sorted(known))}."


def mistake(text: str, at: Sequence[str | int] = ()) -> PydanticCustomError:
    """An error for a validator to raise; `at` is the way to the culprit from the record that is validated."""
    return PydanticCustomError("mistake", "{text}", {"text": text, "at": tuple(at)})


def read_model(path: Path, model: type[Model]) -> Model:
    """A YAML file as a validated record. Raises `PromptError` with file, line, place and what to do."""
    raw = read_yaml(path)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = (*first["loc"], *first.get("ctx", {}).get("at", ()))
        where = ".".join(str(part) for part in place)
        said = first["msg"].removesuffix(".")
        end = "" if said.endswith("?") else "."
        raise PromptError(f"{path.name}:{_line(path, place)}: {where}: {said}{end}") from None


def _line(path: Path, place: Sequence[str | int]) -> int:
    """The line of a place in a file; of the nearest thing above it where the place itself does not stand there."""
    from ruamel.yaml import YAML

    node = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    line = 0
    for part in place:
        try:
            position = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = position[0], node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return int(line) + 1
