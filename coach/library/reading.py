"""A document as it is read on a screen: section by section, each with its passages, so that one of them can be shown in place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from coach.errors import StoreError
from coach.library import passages
from coach.library.catalogue import Catalogue, to_passage
from coach.library.loaders import load
from coach.records import Language, Passage

_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\s+\"[^\"\n]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


def plain(text: str) -> str:
    """Text of a Markdown document without the signs of links, pictures and emphasis; their words stay."""
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))


@dataclass(frozen=True)
class Part:
    """A section: the headings above it, outermost first, and its passages in order."""

    heading: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def title(self) -> str:
        """The section's own heading; empty for what stands before the first one."""
        return self.heading[-1] if self.heading else ""


@dataclass(frozen=True)
class Reading:
    """A document in sections; what is never searched or quoted (front matter, comments) is not in it."""

    document: str
    title: str
    language: Language
    parts: tuple[Part, ...]

    def part_at(self, start: int) -> Part | None:
        """The section in which an offset of the document's text stands."""
        return next((part for part in self.parts if any(one.start <= start < one.end for one in part.passages)), None)

    def part_named(self, heading: str) -> Part | None:
        """The section with a heading."""
        return next((part for part in self.parts if part.title == heading), None)


def from_index(catalogue: Catalogue, document: str) -> Reading:
    """A document of the index by the path that citations give. Raises `StoreError` for one that is not in it."""
    with catalogue.guarded():
        row = catalogue.connection.execute(
            "SELECT id, title, language FROM files WHERE path = ? AND reason = ''", (document,)
        ).fetchone()
        if row is None:
            raise StoreError(f"There is no document {document!r} in the index; run 'coach sync' if it is new.")
        found = catalogue.connection.execute("SELECT text, record FROM passages WHERE file = ?", (row[0],)).fetchall()
    return Reading(document, row[1], row[2], _parts(to_passage(text, record) for text, record in found))


def from_file(path: Path, name: str) -> Reading:
    """A file as the coach reads it; `name` is its path as the reader knows it. Raises `DocumentError` with the reason."""
    loaded = load(path, name)
    return Reading(name, loaded.title, loaded.language, _parts(passages.passages(loaded)))


def _parts(found: Iterable[Passage]) -> tuple[Part, ...]:
    ordered = sorted(found, key=lambda passage: passage.start)
    return tuple(Part(heading, tuple(group)) for heading, group in groupby(ordered, key=lambda passage: passage.heading))
