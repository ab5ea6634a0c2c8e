"""A conversation to keep or pass on: questions, answers and one numbered list of sources, as Markdown or as a Word document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coach.errors import SettingsError
from coach.languages import language_data
from coach.records import Answer, Citation, Language

_MARK = re.compile(r"\[(\d+)\]")
# What Markdown would read as a sign of its own at any place in a line, or at its start.
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|$~])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)


@dataclass(frozen=True)
class _Told:
    """A question, the paragraphs of its answer with the numbers of the common list, and what was said beside it."""

    question: str
    notice: str
    paragraphs: tuple[str, ...]


def to_markdown(answers: Sequence[Answer], title: str, language: Language) -> str:
    """The conversation as Markdown; everything that people or documents wrote is escaped, so that it shows as it was."""
    told, sources = _numbered(answers)
    lines = [f"# {_escaped(title)}", ""]
    for one in told:
        lines += [f"## {_escaped(one.question)}", ""]
        if one.notice:
            lines += [f"*{_escaped(one.notice)}*", ""]
        for paragraph in one.paragraphs:
            lines += [_escaped(paragraph), ""]
    if sources:
        lines += [f"## {language_data(language).texts.sources}", ""]
        lines += [f"{n}. {_escaped(_named(citation))}  \n   “{_escaped(_flat(citation.quote))}”" for n, citation in sources]
        lines.append("")
    return "\n".join(lines)


def to_docx(answers: Sequence[Answer], title: str, language: Language) -> bytes:
    """The conversation as a Word document. Raises `SettingsError` when python-docx is not installed."""
    try:
        from docx import Document
    except ImportError:
        raise SettingsError("A Word document needs python-docx; run: pip install 'mentoring-coach[page]'.") from None
    told, sources = _numbered(answers)
    document = Document()
    document.core_properties.title = _printable(title)
    document.core_properties.language = language
    document.add_heading(_printable(title), 0)
    for one in told:
        document.add_heading(_printable(one.question), 1)
        if one.notice:
            document.add_paragraph().add_run(_printable(one.notice)).italic = True
        for paragraph in one.paragraphs:
            bullet = paragraph.startswith("- ")
            document.add_paragraph(_printable(paragraph.removeprefix("- ")), style="List Bullet" if bullet else None)
    if sources:
        document.add_heading(language_data(language).texts.sources, 1)
    for n, citation in sources:
        document.add_paragraph(_printable(f"[{n}] {_named(citation)}"))
        document.add_paragraph(_printable(f"“{_flat(citation.quote)}”"), style="Quote")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _numbered(answers: Sequence[Answer]) -> tuple[list[_Told], list[tuple[int, Citation]]]:
    """The answers with one numbering over all of them; a passage that is cited twice keeps its number."""
    numbers: dict[tuple[str, int, int], int] = {}
    sources: list[tuple[int, Citation]] = []
    told = []
    for answer in answers:
        own: dict[str, int] = {}
        for citation in answer.citations:
            place = (citation.document, citation.start, citation.end)
            if place not in numbers:
                numbers[place] = len(numbers) + 1
                sources.append((numbers[place], citation))
            own[str(citation.n)] = numbers[place]
        told.append(_Told(answer.question, answer.notice, tuple(_paragraphs(answer.answer, own))))
    return told, sources


def _paragraphs(text: str, numbers: dict[str, int]) -> Iterator[str]:
    for line in text.split("\n"):
        if line.strip():
            yield _MARK.sub(lambda mark: f"[{numbers[mark[1]]}]" if mark[1] in numbers else mark[0], line.strip())


def _named(citation: Citation) -> str:
    return f"{' › '.join(filter(None, (citation.title, citation.heading)))} ({citation.document})"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    bullet = "- " if text.startswith("- ") else ""
    marked = _SIGNS.sub(r"\\\1", text.removeprefix(bullet))
    marked = re.sub(r"\\\[(\d+)\\\]", r"[\1]", marked)
    return bullet + _LINE_START.sub(r"\1\\\2", marked)


def _printable(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")
