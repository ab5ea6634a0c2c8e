"""A file into a `Document`: one table from suffix to loader.

Every loader returns the text that all offsets count in, its headings, and the spans in it that are not guidance. A new
format is one function and one row in `LOADERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from coach.errors import DocumentError
from coach.languages import LANGUAGES, detect
from coach.library import markup
from coach.library.plaintext import structure
from coach.records import Document, Heading, Language

LARGEST_FILE = 50_000_000  # bytes; a 200 MB file is data, not guidance
LARGEST_TEXT = 5_000_000  # characters, about 2,000 pages

# Formats of neighbours that we name, so that their owner knows what to do.
CONVERTIBLE = {
    ".doc": "DOCX", ".docm": "DOCX", ".odt": "DOCX", ".rtf": "DOCX", ".pages": "DOCX", ".epub": "HTML",
    ".ppt": "PPTX", ".odp": "PPTX", ".key": "PPTX", ".msg": "EML", ".xls": "plain text", ".xlsx": "plain text",
    ".csv": "plain text", ".rst": "Markdown", ".adoc": "Markdown", ".tex": "PDF", ".mht": "HTML", ".webarchive": "HTML",
}  # fmt: skip

# Signs that some programs put into text and that are no part of it: marks for hyphenation and order, and other line breaks.
_TIDIED = {0xAD: None, 0x200B: None, 0xFEFF: None, 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_ASKED = re.compile(r"\s*asked:(.*)", re.DOTALL)
_ANCHOR = re.compile(r"\s*\{#([A-Za-z0-9_-]+)\}\s*$")
_SIGNATURE = re.compile(r"^-- ?\n(?:.+(?:\n|\Z))*", re.MULTILINE)  # of a mail, up to the next empty line
_LINK_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]+\S+.*$", re.MULTILINE)


@dataclass(frozen=True)
class Loaded:
    """What a loader found in a file; `Document` without the fields that every format shares."""

    text: str
    headings: list[Heading] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    title: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path, name: str) -> Document:
    """The document in a file; `name` is its path as the reader knows it.

    Raises `DocumentError`, whose text is the reason, for a file that is unreadable, empty, too large, of an unknown format,
    encrypted, without text, or damaged.
    """
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise DocumentError(unknown_format(path.suffix.lower()))
    try:
        size = path.stat().st_size
        if size == 0:
            raise DocumentError("the file is empty; fill it or remove it")
        if size > LARGEST_FILE:
            limit = LARGEST_FILE // 1_000_000
            raise DocumentError(f"the file is {size / 1e6:.0f} MB, more than the {limit} MB that guidance may be; split it")
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"the file cannot be read ({error.strerror or error}); check that it exists and its permissions"
        ) from None
    try:
        loaded = loader(data)
    except markup.BROKEN as error:  # whatever a format's reader stumbles over, the other files are read
        raise DocumentError(f"it cannot be read ({type(error).__name__}); open it and save it again") from None
    if len(loaded.text) > LARGEST_TEXT:
        raise DocumentError(f"the text has {len(loaded.text):,} characters, more than {LARGEST_TEXT:,}; split the file")
    if not loaded.text.strip():
        raise DocumentError("no text was found in it; if it is a scan, run text recognition (OCR) first")
    if not _says_something(loaded):
        raise DocumentError("it has no text beside headings, front matter and comments; write the guidance under its headings")
    return _document(loaded, name, path.stem)


def _says_something(loaded: Loaded) -> bool:
    """Whether anything is left to quote without the headings and what is hidden."""
    position = 0
    spans = sorted([*loaded.hidden, *((heading.start, heading.end) for heading in loaded.headings)])
    for start, end in [*spans, (len(loaded.text),) * 2]:
        if any(map(str.isalnum, loaded.text[position:start])):
            return True
        position = max(position, end)
    return False


def unknown_format(suffix: str) -> str:
    """Why a file with this suffix is not read, and what to do."""
    target = CONVERTIBLE.get(suffix)
    known = ", ".join(sorted(LOADERS))
    return f"the format {suffix or '(no suffix)'} is not read; save it as {target or 'one of ' + known}"


def _document(loaded: Loaded, name: str, stem: str) -> Document:
    first = next((heading.text for heading in loaded.headings if heading.level == 1), "")
    title = _word(loaded.meta.get("title")) or loaded.title or first or stem.replace("_", " ").replace("-", " ")
    declared = _word(loaded.meta.get("language"))
    known: list[Language] = [language for language in LANGUAGES if language == declared[:2].lower()]
    language = known[0] if known else detect(loaded.text)
    audience = loaded.meta.get("audience") or ()
    return Document(
        path=name,
        title=title,
        text=loaded.text,
        language=language,
        headings=tuple(loaded.headings),
        hidden=tuple(sorted(loaded.hidden)),
        pages=tuple(loaded.pages),
        audience=tuple(map(str, audience)) if isinstance(audience, list | tuple) else (str(audience),),
        identifier=_word(loaded.meta.get("id")),
    )


def _word(value: object) -> str:
    """A value of the front matter as text on one line; empty where it is a list or a table."""
    return " ".join(str(value).split()) if isinstance(value, str | int | float | date) else ""


def decode(data: bytes) -> str:
    """Bytes as text: a byte order mark decides, else UTF-8, else Windows-1252. Newlines become `\\n`.

    Guessing beyond these two misreads short files, so anything else is refused with what to do; so is UTF-8 with a broken
    sign in it, which as Windows-1252 would be gibberish from the first accent to the last.
    """
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = next((codec for mark, codec in marks.items() if data.startswith(mark)), None)
    for codec in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            if codec == "utf-8" and _is_mostly_utf8(data):
                line = data.count(b"\n", 0, error.start) + 1
                raise DocumentError(
                    f"its UTF-8 is broken at line {line}; mend that line in an editor and save it as UTF-8"
                ) from None
            continue
        if _is_text(text):
            return text.replace("\r\n", "\n").replace("\r", "\n")
        break
    raise DocumentError("it is not text in UTF-8 or Windows-1252; open it in an editor and save it as UTF-8")


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII is whole UTF-8; the accents of Windows-1252 hardly ever are."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(sign > "\x7f" for sign in text) - broken > 2 * broken


def _tidied(text: str) -> str:
    return text.translate(_TIDIED)


def _is_text(text: str) -> bool:
    sample = text[:100_000]
    odd = sum(sign < " " and sign not in "\n\r\t\f\x1b" for sign in sample)
    return "\x00" not in text and odd <= len(sample) / 200


def load_text(data: bytes) -> Loaded:
    """Plain text: headings are short lines (see `plaintext.structure`)."""
    text = _tidied(decode(data))
    headings, hidden = structure(text)
    return Loaded(text, headings, hidden)


def load_markdown(data: bytes) -> Loaded:
    """Markdown as it stands in the file: front matter, comments and link definitions are hidden, not removed.

    A heading may carry an anchor, `## Title {#anchor}`, and directly under it the questions it answers,
    `<!-- asked: one? | two? -->`.
    """
    from markdown_it import MarkdownIt

    text = _tidied(decode(data))
    matter = _FRONT_MATTER.match(text)
    meta = _front_matter(matter[1]) if matter else {}
    if meta is None:
        matter, meta = None, {}
    offset = matter.end() if matter else 0
    hidden = [(0, offset)] if matter else []
    starts = [0]
    for line in text[offset:].split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    tokens = MarkdownIt("commonmark").parse(text[offset:])
    fenced = [token.map for token in tokens if token.type in {"fence", "code_block"} and token.map]
    hidden.extend(
        (match.start(), match.end())
        for pattern in (_COMMENT, _LINK_DEFINITION)
        for match in pattern.finditer(text, offset)
        if not any(starts[a] <= match.start() - offset < starts[b] for a, b in fenced)
    )
    headings = []
    for position, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None or token.level:
            continue
        start, end = offset + starts[token.map[0]], offset + starts[token.map[1]] - 1
        content = tokens[position + 1].content
        anchor = _ANCHOR.search(content)
        plain = _ANCHOR.sub("", content).replace("\n", " ").strip().strip("#").strip()
        headings.append(
            Heading(
                int(token.tag[1]),
                _inline(plain),
                start,
                min(end, len(text)),
                anchor[1] if anchor else "",
                _asked(text, end),
            )
        )
    return Loaded(text, headings, hidden, meta=meta)


def _asked(text: str, end: int) -> tuple[str, ...]:
    comment = _COMMENT.match(text, end + len(text[end:]) - len(text[end:].lstrip()))
    listed = _ASKED.fullmatch(comment[1].strip()) if comment else None
    return tuple(question.strip() for question in listed[1].split("|") if question.strip()) if listed else ()


def _inline(text: str) -> str:
    """A heading without the marks of emphasis, code and links."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"(\*\*|__|`|(?<!\w)[*_]|[*_](?!\w))", "", text).strip()


def _front_matter(block: str) -> Mapping[str, Any] | None:
    """The values of a front matter; nothing where it is text between two rules instead."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        values = YAML(typ="safe", pure=True).load(block)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + 2
        problem = getattr(error, "problem", None) or "broken YAML"
        raise DocumentError(f"its front matter is broken at line {line} ({problem}); mend it or remove it") from None
    except (ValueError, RecursionError) as error:  # a date such as 0000-00-00, a thousand brackets
        raise DocumentError(f"its front matter is broken ({error}); mend it or remove it") from None
    return values if isinstance(values, dict) else None if values else {}


def load_html(data: bytes) -> Loaded:
    """A web page: its own text, without menus, scripts and footers."""
    return _from_markup(markup.from_html(_decode_html(data)))


def _decode_html(data: bytes) -> str:
    """A page as text: what is UTF-8 is that, whatever it declares, since a wrong declaration is common."""
    declared = re.search(rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)=[\"']?([\w-]+)", data[:4096], re.IGNORECASE)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if declared and declared[1].lower() not in {b"utf-8", b"utf8"}:
            with suppress(LookupError, UnicodeDecodeError):
                return data.decode(declared[1].decode("ascii"))
    return decode(data)


def load_docx(data: bytes) -> Loaded:
    """A Word document by way of mammoth, which keeps headings, lists and tracked insertions."""
    return _from_markup(markup.from_docx(data))


def load_pptx(data: bytes) -> Loaded:
    """A presentation: a page a slide, its title as heading, then text, tables and notes."""
    return _from_markup(markup.from_pptx(data))


def load_pdf(data: bytes) -> Loaded:
    """A PDF: pages, and headings by the size of their letters."""
    return _from_markup(markup.from_pdf(data))


def load_mail(data: bytes) -> Loaded:
    """A saved mail: its subject as title and its own text, plain before HTML; attachments are left out."""
    subject, body, html = markup.mail_parts(data)
    if html:
        return _from_markup(markup.from_html(body), title=subject)
    body = _tidied(body)
    signed = [match.span() for match in _SIGNATURE.finditer(body)]
    headings, hidden = structure(body)
    headings = [heading for heading in headings if not any(start <= heading.start < end for start, end in signed)]
    return Loaded(body, headings, [*hidden, *signed], title=subject)


def _from_markup(built: markup.Built, title: str = "") -> Loaded:
    return Loaded(built.text, built.headings, [], built.pages, title or built.title)


Loader = Callable[[bytes], Loaded]
LOADERS: Mapping[str, Loader] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".txt": load_text,
    ".text": load_text,
    ".html": load_html,
    ".htm": load_html,
    ".docx": load_docx,
    ".pptx": load_pptx,
    ".pdf": load_pdf,
    ".eml": load_mail,
}
