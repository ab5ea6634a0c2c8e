"""Formats that carry their own structure (HTML, DOCX, PPTX, PDF, mail) into running text with headings and pages.

Each reader feeds a `Builder`, which counts the offsets; what comes out is what passages and citations refer to.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from coach.errors import DocumentError
from coach.records import Heading

# What the libraries below raise for files that are not what they say, as fuzzing and their trackers show.
BROKEN = (
    LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError, SyntaxError, RecursionError,
    NotImplementedError, OSError, EOFError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
LARGEST_UNPACKED = 300_000_000  # bytes; an archive that unpacks to more is broken or hostile
MOST_PAGES = 3_000
# A line set this much larger than the body is a heading; levels follow from the sizes in use.
HEADING_SCALE = 1.12
LONGEST_HEADING = 100  # characters of a bold paragraph that is read as a heading
BOLD_LEVEL = 5  # under whatever headings a document marks as such

_SPACE = re.compile(r"[ \t\r\f\v\u00a0]*\n[ \t\r\f\v\u00a0]*|[ \t\r\f\v\u00a0]+")
_SKIPPED = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "nav",
    "footer",
    "aside",
    "form",
    "button",
    "iframe",
    "head",
    "select",
}
_GENERATED_TITLE = re.compile(r"untitled|microsoft word|document\d|.*\.(?:docx?|pptx?|pdf|indd)$", re.IGNORECASE)
_BLOCKS = {"p", "div", "section", "article", "main", "blockquote", "pre", "figure", "table", "tr", "ul", "ol", "dl", "dt", "dd",
           "header", "address", "details", "summary", "fieldset", "body", "html", "br", "hr", "tbody", "thead", "tfoot",
           "td", "th", "caption"}  # fmt: skip


@dataclass
class Built:
    """Running text with its headings and the offset at which each page starts."""

    text: str = ""
    headings: list[Heading] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    title: str = ""


class Builder:
    """Collects blocks of text, an empty line between two of them, and remembers where headings and pages are."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._pages: list[int] = []

    def page(self) -> None:
        """The next block opens a page."""
        self._pages.append(self._length)

    def block(self, text: str, level: int = 0) -> None:
        """Add a paragraph, or a heading where `level` is 1 to 6. Empty text adds nothing."""
        text = _clean(text)
        if not text:
            return
        if level:
            text = text.replace("\n", " ")
            self._headings.append(Heading(level, text, self._length, self._length + len(text)))
        self._parts.append(text + "\n\n")
        self._length += len(text) + 2

    def build(self, title: str = "") -> Built:
        """What was collected."""
        text = "".join(self._parts).rstrip("\n")
        return Built(text + "\n" if text else "", self._headings, self._pages, _clean(title).replace("\n", " "))


def _clean(text: str) -> str:
    text = text.replace("\u00ad", "").replace("\u200b", "").replace("\x00", "")
    return _SPACE.sub(lambda match: "\n" if "\n" in match[0] else " ", text).strip()


def from_html(html: str) -> Built:
    """The readable text of a page."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    builder = Builder()
    root = tree.body or tree.root
    if root is not None:
        pending: list[str] = []
        _walk(root, builder, pending, "")
        _flush(builder, pending)
    named = tree.css_first("title")
    return builder.build(named.text() if named else "")


def _flush(builder: Builder, pending: list[str], marker: str = "") -> str:
    """Close the block that is open; what is left of a marker that only the first block of an item has."""
    text = _clean("".join(pending))
    pending.clear()
    if text:
        builder.block(marker + text)
    return "" if text else marker


def _walk(node: Any, builder: Builder, pending: list[str], marker: str) -> str:
    child = node.child
    number = _first_number(node)
    while child is not None:
        tag = child.tag
        if tag == "-text":
            pending.append(re.sub(r"\s+", " ", child.text(deep=False)))
        elif tag in _SKIPPED or tag.startswith(("-", "!")) or _is_hidden(child):
            pass
        elif level := _heading_level(child):
            marker = _flush(builder, pending, marker)
            builder.block(_one_line(child), level)
        elif tag == "li":
            _flush(builder, pending, marker)
            own = _walk(child, builder, pending, f"{number}. " if node.tag == "ol" else "- ")
            _flush(builder, pending, own)
            number += 1
        elif tag == "tr" and not _is_layout(child):
            _flush(builder, pending, marker)
            cells = [_one_line(cell).strip() for cell in child.iter() if cell.tag in {"td", "th"}]
            builder.block(" | ".join(cell for cell in cells if cell))
        elif tag in _BLOCKS:
            marker = _flush(builder, pending, marker)
            inner = _walk(child, builder, pending, marker if tag in {"p", "div"} else "")
            inner = _flush(builder, pending, inner)
            marker = inner if tag in {"p", "div"} else marker
        else:
            marker = _walk(child, builder, pending, marker)
        child = child.next
    return marker


def _first_number(node: Any) -> int:
    start = (node.attributes or {}).get("start") or ""
    return int(start) if node.tag == "ol" and re.fullmatch(r"\d{1,4}", start) else 1


def _heading_level(node: Any) -> int:
    """The level of a heading, 0 for anything else. A short paragraph that is bold throughout is one: many write it so."""
    if re.fullmatch(r"h[1-6]", node.tag):
        return int(node.tag[1])
    if node.tag != "p" or node.parent is None or node.parent.tag in {"li", "td", "th", "blockquote", "figure"}:
        return 0
    text = _clean(node.text(deep=True))
    bold = _clean("".join(one.text(deep=True) for one in node.css("b, strong")))
    follows = any(one.tag != "-text" for one in _after(node))
    short = 0 < len(text) <= LONGEST_HEADING and not re.search(r"[.!;,…]$", text)
    return BOLD_LEVEL if short and bold == text and follows else 0


def _after(node: Any) -> Iterator[Any]:
    while (node := node.next) is not None:
        yield node


def _is_layout(row: Any) -> bool:
    """Whether a row of a table places text on a page, as newsletters do, rather than setting out facts side by side."""
    cells = [cell for cell in row.iter() if cell.tag in {"td", "th"}]
    return len(cells) == 1 or any(cell.css_first("table, h1, h2, h3, h4, h5, h6, ul, ol") is not None for cell in cells)


def _one_line(node: Any) -> str:
    """The text of a heading or a cell; what stands on lines of its own stays apart."""
    for inner in node.css("br, p, div, li"):
        if inner.mem_id != node.mem_id:
            inner.insert_after(" ")
    return re.sub(r"\s+", " ", node.text(deep=True))


def _is_hidden(node: Any) -> bool:
    attributes = node.attributes or {}
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in {"navigation", "banner", "contentinfo"}
        or bool(re.search(r"display\s*:\s*none", attributes.get("style") or ""))
    )


def _open_archive(data: bytes, kind: str) -> None:
    """Refuse an archive that is damaged, encrypted or unpacks to too much, before a library reads it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise DocumentError(
                    f"it unpacks to more than {LARGEST_UNPACKED // 1_000_000} MB; save it again without its media"
                )
            if any(entry.flag_bits & 1 for entry in entries):
                raise DocumentError("it is protected with a password; save it without one")
            damaged = archive.testzip()
    except BROKEN as error:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise DocumentError(f"it is protected with a password or an old Office file; save it as {kind} without one") from None
        raise DocumentError(f"it is not a readable {kind} file ({error}); open it and save it again") from None
    if damaged:
        raise DocumentError(f"it is damaged at {damaged}; open it and save it again as {kind}")


def from_docx(data: bytes) -> Built:
    """The text of a Word document."""
    import mammoth

    _open_archive(data, "DOCX")
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map="p[style-name='Title'] => h1:fresh\np[style-name='Titel'] => h1:fresh",
            convert_image=mammoth.images.img_element(lambda _image: {}),
        ).value
    except BROKEN as error:
        raise DocumentError(f"it is not a readable DOCX file ({type(error).__name__}); open it and save it again") from None
    return from_html(html)


def from_pptx(data: bytes) -> Built:
    """The text of a presentation."""
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    _open_archive(data, "PPTX")
    builder = Builder()
    try:
        deck = Presentation(io.BytesIO(data))
        for number, slide in enumerate(deck.slides):
            builder.page()
            title = slide.shapes.title
            if title is not None and title.has_text_frame:
                builder.block(title.text_frame.text, 2 if number else 1)
            for shape in slide.shapes:
                if title is None or shape.shape_id != title.shape_id:
                    _shape(shape, builder)
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                builder.block(slide.notes_slide.notes_text_frame.text)
        return builder.build(deck.core_properties.title or "")
    except (PythonPptxError, *BROKEN) as error:
        raise DocumentError(f"it is not a readable PPTX file ({type(error).__name__}); open it and save it again") from None


def _shape(shape: Any, builder: Builder) -> None:
    if getattr(shape, "shapes", None) is not None:
        for inner in shape.shapes:
            _shape(inner, builder)
    elif shape.has_text_frame:
        lines = [
            "- " * (len(shape.text_frame.paragraphs) > 1) + p.text.strip() for p in shape.text_frame.paragraphs if p.text.strip()
        ]
        builder.block("\n".join(lines))
    elif getattr(shape, "has_table", False) and shape.has_table:
        for row in shape.table.rows:
            builder.block(" | ".join(cell.text.strip() for cell in row.cells if cell.text.strip()))


@dataclass(frozen=True)
class _Line:
    text: str
    size: float
    top: float


def from_pdf(data: bytes) -> Built:
    """The text of a PDF by page; lines that recur at the edge of most pages are left out."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it reports what we report by name
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("it is protected with a password; save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise DocumentError(f"it has {len(reader.pages):,} pages, more than {MOST_PAGES:,}; split it")
        pages = [_pdf_lines(page) for page in reader.pages]
        title = str((reader.metadata.title if reader.metadata else "") or "")
    except DependencyError:
        raise DocumentError(
            "it is encrypted, and the library that reads such a PDF is missing; run 'pip install cryptography', then sync again"
        ) from None
    except (PyPdfError, *BROKEN) as error:
        raise DocumentError(
            f"it is not a readable PDF ({type(error).__name__}); open it and save or print it to PDF again"
        ) from None
    if not any(line.text.strip() for page in pages for line in page):
        raise DocumentError("its pages hold pictures without text; run text recognition (OCR) first")
    return _pdf_text(pages, title)


def _pdf_lines(page: Any) -> list[_Line]:
    found: list[_Line] = []

    def visit(text: str, _cm: Any, matrix: list[float], _font: Any, size: float) -> None:
        scale = abs(matrix[3]) or abs(matrix[1]) or 1.0
        for number, piece in enumerate(text.split("\n")):
            if number or not found:
                found.append(_Line("", 0.0, matrix[5]))
            last = found[-1]
            if piece.strip():
                found[-1] = _Line(last.text + piece, max(last.size, round(size * scale, 1)), last.top or matrix[5])
            elif piece:
                found[-1] = _Line(last.text + piece, last.size, last.top)

    page.extract_text(visitor_text=visit)
    return [_Line(_clean(line.text), line.size, line.top) for line in found]


def _pdf_text(pages: list[list[_Line]], title: str) -> Built:
    letters: Counter[float] = Counter()
    for line in (line for page in pages for line in page):
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0]
    larger = sorted({line.size for page in pages for line in page if line.size > body * HEADING_SCALE}, reverse=True)
    furniture = _furniture(pages)
    builder = Builder()
    for page in pages:
        builder.page()
        for text, size in _pdf_paragraphs([line for line in page if line.text not in furniture]):
            level = larger.index(size) + 1 if size in larger and len(text) <= 150 else 0
            builder.block(text, min(level, 6))
    return builder.build("" if _GENERATED_TITLE.match(title) else title)


def _furniture(pages: list[list[_Line]]) -> set[str]:
    """First and last lines that recur on more than half of three or more pages, and bare page numbers."""
    edges = [[line.text for line in page if line.text] for page in pages]
    counts = Counter(text for page in edges for text in {*page[:1], *page[-1:]})
    repeated = {text for text, count in counts.items() if len(pages) >= 3 and count * 2 > len(pages)}
    return repeated | {
        text
        for text in counts
        if re.fullmatch(r"\W*(?:p(?:agina|age|\.)?\s*)?\d{1,4}(?:\s*(?:/|van|of)\s*\d{1,4})?\W*", text, re.IGNORECASE)
    }


def _pdf_paragraphs(lines: list[_Line]) -> Iterator[tuple[str, float]]:
    """Lines joined into paragraphs: a blank line, a wider gap, another size or a list mark opens one."""
    gaps = [above.top - line.top for above, line in pairwise(lines) if above.top - line.top > 0.5]
    usual = median(gaps) if gaps else 0.0
    text, size, top = "", 0.0, 0.0
    for line in lines:
        opens = not line.text or line.size != size or re.match(r"(?:[-–•*▪]|\d{1,2}[.)])\s", line.text)
        apart = bool(usual) and not -0.5 <= top - line.top <= usual * 1.4
        if opens or apart:
            if text:
                yield text, size
            text = ""
        if line.text:
            hyphenated = text.endswith("-") and text[-2:-1].isalpha() and line.text[0].islower()
            text = text[:-1] + line.text if hyphenated else f"{text} {line.text}".strip()
            size, top = line.size, line.top
    if text:
        yield text, size


def mail_parts(data: bytes) -> tuple[str, str, bool]:
    """The subject of a mail, its text, and whether that text is HTML."""
    from email import message_from_bytes, policy

    message = message_from_bytes(data.removeprefix(codecs.BOM_UTF8), policy=policy.default)
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    found = [body for body in bodies if body is not None]
    if not message.keys() or not found:
        raise DocumentError("it holds no mail with a text; save the message as .eml again")
    try:
        # some programs put an empty plain text beside the HTML that they wrote
        body = next((one for one in found if str(one.get_content()).strip()), found[0])
        content = str(body.get_content())
    except BROKEN as error:
        raise DocumentError(f"its text cannot be decoded ({type(error).__name__}); save the message as .eml again") from None
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    return str(message.get("subject", "")), content, body.get_content_type() == "text/html"
