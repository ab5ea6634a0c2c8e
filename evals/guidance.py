"""The guidance as the cases name it: topics and their sections, with the text that stands there.

A section is `topic#anchor`: the topic is the `id` of a document (its file name where it has none), the anchor that of a heading
(`## Title {#anchor}`), or the heading itself in lower case with hyphens.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coach import CoachError, Document, Language, Settings, load, scan

_SIGNS = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `start:end` counts in the text of the document."""

    topic: str
    anchor: str
    language: Language
    document: str
    title: str
    text: str
    start: int
    end: int

    @property
    def source(self) -> str:
        """How cases name it."""
        return f"{self.topic}#{self.anchor}"


@dataclass(frozen=True)
class Guidance:
    """Every section of the folders, by language and name."""

    sections: Mapping[tuple[Language, str], Section]
    by_document: Mapping[str, tuple[Section, ...]]

    def topics(self, language: Language) -> tuple[str, ...]:
        """The topics in a language, in order."""
        return tuple(dict.fromkeys(section.topic for (spoken, _), section in self.sections.items() if spoken == language))

    def sources(self, language: Language) -> tuple[str, ...]:
        """The names of all sections in a language."""
        return tuple(name for spoken, name in self.sections if spoken == language)

    def at(self, document: str, start: int) -> Section | None:
        """The innermost section at a place in a document."""
        inside = [section for section in self.by_document.get(document, ()) if section.start <= start < section.end]
        return max(inside, key=lambda section: section.start, default=None)


def read_guidance(settings: Settings) -> Guidance:
    """The sections of the folders in the settings. Files that cannot be read are left to `coach sync` to name."""
    files, _ = scan(settings.knowledge)
    sections: dict[tuple[Language, str], Section] = {}
    documents: dict[str, list[Section]] = defaultdict(list)
    for file in files:
        for section in _sections(file.full, file.path, file.stamp):
            sections.setdefault((section.language, section.source), section)
            documents[file.path].append(section)
    return Guidance(sections, {name: tuple(found) for name, found in documents.items()})


@lru_cache(maxsize=2_000)
def _sections(path: Path, name: str, _stamp: str) -> tuple[Section, ...]:
    try:
        document = load(path, name)
    except CoachError:
        return ()
    return tuple(_cut(document, path.stem))


def _cut(document: Document, stem: str) -> list[Section]:
    topic = document.identifier or stem
    found = []
    for number, heading in enumerate(document.headings):
        below = (later.start for later in document.headings[number + 1 :] if later.level <= heading.level)
        end = next(below, len(document.text))
        anchor = heading.anchor or _SIGNS.sub("-", heading.text.lower()).strip("-")
        text = _shown(document, heading.end, end)
        found.append(Section(topic, anchor, document.language, document.path, heading.text, text, heading.start, end))
    return found


def _shown(document: Document, start: int, end: int) -> str:
    """A part of a document without what is hidden in it, such as comments."""
    pieces, position = [], start
    for first, last in document.hidden:
        if first < end and last > position:
            pieces.append(document.text[position : max(position, first)])
            position = max(position, last)
    pieces.append(document.text[position:end])
    return "".join(pieces).strip()
