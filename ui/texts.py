"""Every text of the page, in both languages: `texts/nl.yaml` and `texts/en.yaml`, with the same keys and the same blanks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import get_args

from coach import CoachError, Language, read_yaml

LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def texts(language: Language) -> Mapping[str, str]:
    """The texts of a language by key. Raises `CoachError` for a file that is no flat list of texts."""
    path = Path(__file__).parent / "texts" / f"{language}.yaml"
    found = read_yaml(path)
    for key, text in found.items():
        if not isinstance(text, str) or not text.strip():
            raise CoachError(f"{path.name}: {key}: write a text here, between quotation marks if it looks like something else.")
    return MappingProxyType(found)


def text(key: str, language: Language, /, **values: object) -> str:
    """A text with its blanks filled in. With `count` of 1 its form `KEY.one` is taken where there is one."""
    known = texts(language)
    chosen = f"{key}.one" if values.get("count") == 1 and f"{key}.one" in known else key
    return known[chosen].format(**values)


def blanks(template: str) -> frozenset[str]:
    """The names of the blanks in a text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
