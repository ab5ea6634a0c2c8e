"""Nothing is served that does not stand in its source: an extractive answer letter for letter, a model's as `gate.py` says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coach.records import Citation

_MARK = re.compile(r"\s*\[(\d+)\]")


def cited_sentences(answer: str) -> list[tuple[str, int]]:
    """The pieces of an answer with the number of the citation after each; 0 for a piece at the end without one."""
    found = []
    for line in answer.split("\n"):
        position = 0
        for match in _MARK.finditer(line):
            piece = line[position : match.start()].strip()
            found.append((piece.removeprefix("- "), int(match[1])))
            position = match.end()
        if line[position:].strip():
            found.append((line[position:].strip(), 0))
    return found


def verbatim(answer: str, citations: Sequence[Citation]) -> bool:
    """Whether every sentence of an answer stands, letter for letter but for white space and the footnotes of a document, in the
    quote of its citation."""
    quotes = {citation.n: flat(citation.quote) for citation in citations}
    return all(n in quotes and _stands(flat(piece), quotes[n]) for piece, n in cited_sentences(answer))


def _stands(piece: str, quote: str) -> bool:
    return piece in quote or piece.removesuffix(".") in quote


def flat(text: str) -> str:
    """A text on one line, without the signs of a quotation and the marks of footnotes."""
    return " ".join(_MARK.sub("", re.sub(r"^\s*>\s?", "", text, flags=re.MULTILINE)).split())
