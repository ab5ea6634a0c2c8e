"""Text of documents, messages and models as data for `assets/prose.js`, which draws it node by node.

Such text is never HTML and never Markdown on the page, so nothing in it can become a link, an image or a script; what
Streamlit itself must render as Markdown (labels, titles) goes through `safe_markdown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from coach import Citation, Passage, plain

Look = Literal["source", "must", "advice", "blank", "changed", "part"]
Block = dict[str, Any]

_MARK = re.compile(r"\[(\d+)\]")
# How a line of a document opens: a quotation, an item of a list (the sign is drawn anew), a numbered one (its number stays).
_OPENINGS = (
    ("quote", re.compile(r"\s*>\s?")),
    ("item", re.compile(r"\s*[-*•–]\s+")),
    ("line", re.compile(r"\s*(?=\d{1,2}[.)]\s)")),
)
# Every ASCII sign of punctuation may be escaped in Markdown (CommonMark 2.4), and then means itself. Streamlit reads on after
# that: it makes links of addresses, icons of names between colons and arrows of signs, also escaped ones. An invisible word
# joiner keeps those from being seen; seen in Streamlit 1.67.
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINER = "\u2060"
_SEEN = re.compile(r"(?<=[!-/:-@\[-`{-~])(?=[!-/:-@\[-`{-~])|(?<=:)(?=\w)|(?=@)|(?<=www)(?=\.)", re.IGNORECASE)


@dataclass(frozen=True)
class Mark:
    """Words to be marked: their span, how they look, the sign behind them, and what is read aloud there."""

    start: int
    end: int
    look: Look
    sign: str = ""
    label: str = ""


def safe_markdown(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is, on one line."""
    return _PUNCTUATION.sub(r"\\\1", _SEEN.sub(_JOINER, " ".join(text.split())))


def safe_paragraphs(text: str) -> str:
    """The same for text of several lines, which stay apart."""
    return "\n\n".join(safe_markdown(line) for line in text.split("\n") if line.strip())


def answer(text: str, citations: Sequence[Citation], label: Callable[[Citation], str]) -> list[Block]:
    """An answer with a button for each `[n]` that has a source; `label` says what it does."""
    known = {citation.n: citation for citation in citations}
    blocks = []
    for whole in filter(str.strip, plain(text).split("\n")):
        pieces: list[dict[str, Any]] = []
        position = 0
        line = whole.removeprefix("- ")
        for match in _MARK.finditer(line):
            citation = known.get(int(match[1]))
            if citation is None:
                continue
            pieces.append({"text": line[position : match.start()]})
            pieces.append({"text": match[0], "cite": citation.n, "label": label(citation)})
            position = match.end()
        pieces.append({"text": line[position:]})
        blocks.append({"kind": "text" if line == whole else "item", "pieces": [piece for piece in pieces if piece["text"]]})
    return blocks


def message(text: str, marks: Iterable[Mark]) -> list[Block]:
    """A message as it was typed, line breaks and all, with its marks."""
    return [{"kind": "exact", "pieces": list(_pieces(text, 0, len(text), sorted(marks, key=lambda one: (one.start, one.end))))}]


def section(passages: Iterable[Passage], marks: Iterable[Mark]) -> list[Block]:
    """The passages of a section, line by line; the marks count in the text of the document."""
    ordered = sorted(marks, key=lambda one: (one.start, one.end))
    return [block for passage in passages for block in _lines(passage, ordered)]


def heading(text: str) -> Block:
    """A heading above a section."""
    return {"kind": "heading", "pieces": [{"text": text}]}


def _lines(passage: Passage, marks: Sequence[Mark]) -> Iterator[Block]:
    position = 0
    open_text: Block | None = None
    for line in passage.text.split("\n"):
        start, position = position, position + len(line) + 1
        if not line.strip():
            open_text = None
            continue
        kind, sign = next(((kind, found) for kind, pattern in _OPENINGS if (found := pattern.match(line))), ("text", None))
        begin = start + (sign.end() if sign else len(line) - len(line.lstrip()))
        shifted = [Mark(one.start - passage.start, one.end - passage.start, one.look, one.sign, one.label) for one in marks]
        pieces = [piece | {"text": plain(piece["text"])} for piece in _pieces(passage.text, begin, start + len(line), shifted)]
        if kind == "text" and open_text is not None:
            open_text["pieces"] += [{"text": " "}, *pieces]
            continue
        block = {"kind": kind, "pieces": pieces}
        open_text = block if kind == "text" else None
        yield block


def _pieces(text: str, start: int, end: int, marks: Sequence[Mark]) -> Iterator[dict[str, Any]]:
    """A span cut where marks begin and end; the look is that of the first mark, the signs those of all that end there."""
    inside = [mark for mark in marks if mark.start < end and start < mark.end]
    cuts = sorted({start, end, *(cut for mark in inside for cut in (mark.start, mark.end) if start < cut < end)})
    for first, last in pairwise(cuts):
        own = [mark for mark in inside if mark.start <= first and last <= mark.end]
        if not own:
            yield {"text": text[first:last]}
            continue
        ending = [mark for mark in own if mark.end == last or (mark.end > end and last == end)]
        yield {
            "text": text[first:last],
            "marks": True,
            "look": own[0].look,
            "ends": " ".join(mark.sign for mark in ending if mark.sign),
            "label": "; ".join(mark.label for mark in ending if mark.label),
        }
