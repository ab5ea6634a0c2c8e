"""What the harness says, in Dutch and English: `texts.nl.yaml` and `texts.en.yaml` with the same keys."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pydantic import RootModel

from coach import CoachError, Language, Settings, read_yaml


class Texts(RootModel[dict[str, str]]):
    """The texts of one language by key."""

    def __call__(self, key: str, /, **values: object) -> str:
        """A text with its blanks filled."""
        return self.root[key].format(**values)

    def __contains__(self, key: object) -> bool:
        return key in self.root


@cache
def texts(language: Language) -> Texts:
    """The texts in a language."""
    return Texts.model_validate(read_yaml(Path(__file__).with_name(f"texts.{language}.yaml")))


def spoken(settings: Settings) -> Language:
    """The language that the harness speaks: as set, else Dutch."""
    return settings.language if settings.language != "auto" else "nl"


def require_extra(language: Language) -> None:
    """Raise `CoachError` with the command that installs what the harness needs beside the coach, where that is missing."""
    if not all(find_spec(name) for name in ("ir_measures", "junitparser", "openpyxl")):
        raise CoachError(texts(language)("command.extra"))
