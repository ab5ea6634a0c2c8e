"""The sections of the handbook that kinds and rules rest on, opened by their id: `first-message#golden-rule`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from coach.errors import PromptError
from coach.records import GuidanceRef, Language
from coach.settings import data_folder

_HEADING = re.compile(r"^#{2,6}\s+(?P<text>.+?)\s*\{#(?P<id>[\w-]+)\}\s*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A section of the handbook: the file it stands in (relative to the folder), its heading, and its text."""

    document: str
    heading: str
    text: str

    @property
    def reference(self) -> GuidanceRef:
        """The section as findings point at it."""
        return GuidanceRef(self.document, self.heading)


@cache
def section(reference: str, language: Language) -> Section:
    """The section `file#id` in a language. Raises `PromptError` when the handbook that ships has no such section."""
    name, _, identifier = reference.partition("#")
    document = f"{language}/{name}.md"
    path = data_folder("knowledge") / document
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    headings = list(_HEADING.finditer(text))
    for number, heading in enumerate(headings):
        if heading["id"] == identifier:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(text)
            body = text[heading.end() : end]
            return Section(document, heading["text"], _COMMENT.sub("", body).strip())
    raise PromptError(f"{document} has no section '#{identifier}'; mend the reference '{reference}'.")
