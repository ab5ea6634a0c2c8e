"""Texts of others, fenced off as data in a prompt: numbered, between marks that no text can close itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

from coach.files import Strict, read_model
from coach.settings import data_folder

_FENCE = re.compile(r"</?[\w-]+ \d+ [0-9a-f]{8}>[ \t]*\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def fenced(texts: Sequence[str], label: str) -> str:
    """The texts, each between `<label n code>` and `</label n code>`; the code follows from all of them.

    Whoever writes a passage cannot know the code, which changes with every word of it, and so cannot write the closing mark.
    """
    clean = [_CONTROL.sub(" ", text) for text in texts]
    code = hashlib.sha256("\x00".join(clean).encode("utf-8", "replace")).hexdigest()[:8]
    return "\n\n".join(f"<{label} {n} {code}>\n{text}\n</{label} {n} {code}>" for n, text in enumerate(clean, start=1))


def without_fences(text: str) -> str:
    """A reply without the marks of fences, which small models copy along with what stood between them."""
    return _FENCE.sub("", text)


class _Commands(Strict):
    """`prompts/model/commands.yaml`."""

    patterns: tuple[str, ...]


@cache
def _commands() -> re.Pattern[str]:
    found = read_model(data_folder("prompts") / "model" / "commands.yaml", _Commands)
    return re.compile("|".join(f"(?:{pattern})" for pattern in found.patterns), re.IGNORECASE | re.MULTILINE)


def without_commands(text: str) -> str:
    """A text whose paragraphs stop where they begin to command a language model; as long as before, with spaces instead.

    Guidance speaks to people. What speaks to a model is neither shown to one nor accepted as a source of what one wrote.
    """
    lines = []
    for line in text.split("\n"):
        match = _commands().search(line)
        lines.append(line[: match.start()] + " " * (len(line) - match.start()) if match else line)
    return "\n".join(lines)


def commands(text: str) -> str:
    """What `without_commands` takes out of a text."""
    found = ((line, _commands().search(line)) for line in text.split("\n"))
    return "\n".join(line[match.start() :] for line, match in found if match)
