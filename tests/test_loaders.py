"""Every format into text with headings, and every file that cannot be read by its reason."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import pptx
import pypdf
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pypdf.errors import DependencyError
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from coach.errors import DocumentError
from coach.library import loaders
from coach.library.loaders import LOADERS, Loaded, decode, load
from coach.records import Document

MARKDOWN = """---
id: plan
title: Het plan
language: en
audience: [mentee, mentor]
---
# Kop **vet** {#een}

<!-- asked: hoe begin ik? | wat eerst? -->
Tekst.

```sh
# geen kop
<!-- blijft staan -->
```

Twee
====

Drie [link](x.md)
---

### Vier ###

> # in een citaat

[ref]: https://example.org
"""


def document_of(folder: Path, name: str, data: bytes) -> Document:
    """The document that is loaded from a file with this content."""
    (folder / name).write_bytes(data)
    return load(folder / name, name)


def test_markdown_headings_of_both_styles() -> None:
    found = LOADERS[".md"](MARKDOWN.encode())
    assert [(heading.level, heading.text, heading.anchor, heading.asked) for heading in found.headings] == [
        (1, "Kop vet", "een", ("hoe begin ik?", "wat eerst?")),
        (1, "Twee", "", ()),
        (2, "Drie link", "", ()),
        (3, "Vier", "", ()),
    ]


def test_markdown_hides_what_is_no_guidance_and_keeps_fences() -> None:
    found = LOADERS[".md"](MARKDOWN.encode())
    hidden = [found.text[start:end].strip() for start, end in found.hidden]
    assert [text.split("\n")[0] for text in hidden] == [
        "---",
        "<!-- asked: hoe begin ik? | wat eerst? -->",
        "[ref]: https://example.org",
    ]


def test_front_matter_names_the_document(tmp_path: Path) -> None:
    found = document_of(tmp_path, "x.md", MARKDOWN.encode())
    assert (found.title, found.identifier, found.language, found.audience) == ("Het plan", "plan", "en", ("mentee", "mentor"))


@pytest.mark.parametrize(
    "data",
    [
        MARKDOWN.replace("\n", "\r\n").encode(),
        MARKDOWN.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + MARKDOWN.encode(),
        MARKDOWN.encode("utf-16"),
    ],
    ids=["crlf", "cr", "byte order mark", "utf-16"],
)
def test_how_a_file_was_saved_makes_no_difference(data: bytes) -> None:
    assert LOADERS[".md"](data) == LOADERS[".md"](MARKDOWN.encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("café – één".encode(), "café – één"),
        ("café – één".encode("cp1252"), "café – één"),
        ("café".encode("utf-16-le"), None),  # no mark says which it is
        (b"\xff\xfe" + "café".encode("utf-16-le"), "café"),
        (b"\xfe\xff" + "café".encode("utf-16-be"), "café"),
        ("één café over coördinatie".encode() + b"\xc3", None),  # as Windows-1252 it would be gibberish throughout
        (bytes(range(256)), None),
        (b"\x81\x8d\x8f", None),
    ],
)
def test_encodings(data: bytes, expected: str | None) -> None:
    try:
        found = decode(data)
    except DocumentError as error:
        found = None
        assert "UTF-8" in str(error)
    assert found == expected


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_signs_that_only_a_program_sees_are_tidied(suffix: str) -> None:
    data = "\u200bWat helpt\n\nVraag ge\u00adwoon door.\u2028Wacht dan.\x0cVolgende bladzijde\n\nBedank snel.\n".encode()
    expected = "Wat helpt\n\nVraag gewoon door.\nWacht dan.\nVolgende bladzijde\n\nBedank snel.\n"
    assert LOADERS[suffix](data).text == expected


def test_text_between_two_rules_is_no_front_matter() -> None:
    found = LOADERS[".md"](b"---\n\nVraag door als het stil is.\n\n---\n\nBedank snel.\n")
    assert (found.hidden, found.meta) == ([], {})


@pytest.mark.parametrize("text", ["---\ntitle: Plan\n...\nTekst.\n", "\n---\ntitle: Plan\n---\nTekst.\n"])
def test_front_matter_in_other_dress(text: str) -> None:
    found = LOADERS[".md"](text.encode())
    assert (found.meta, found.text[found.hidden[0][1] :]) == ({"title": "Plan"}, "Tekst.\n")


def test_a_title_is_text_on_one_line(tmp_path: Path) -> None:
    assert document_of(tmp_path, "mijn-plan.md", b"---\ntitle: [a, b]\n---\nTekst.\n").title == "mijn plan"
    assert document_of(tmp_path, "plan.md", b"---\ntitle: 2024\n---\nTekst.\n").title == "2024"


def test_plain_text(tmp_path: Path) -> None:
    found = document_of(tmp_path, "een-goed_begin.txt", b"Een regel.\n\nWat helpt\n\nVraag door, ook als het even stil is.\n")
    assert (found.title, [heading.text for heading in found.headings]) == ("een goed begin", ["Wat helpt"])


HTML = """<html><head><title>De titel</title><style>p{}</style></head><body><nav>menu</nav>
<h1>Kop&nbsp;een</h1><p>Een <b>vet</b> woord,<br>nieuwe regel.</p><ul><li>appel</li><li>peer</li></ul>
<ol><li>eerst</li><li>dan</li></ol>
<table><tr><th>Wie</th><td><p>de mentor</p><p>zelf</p></td></tr></table><div hidden>weg</div><script>var weg</script>
<aside>reclame</aside><footer>voet</footer><h2>Kop<br>twee</h2><p>Slot.</p></body></html>"""


def test_html() -> None:
    found = LOADERS[".html"](HTML.encode())
    assert found.text.split("\n\n") == [
        "Kop een",
        "Een vet woord,",
        "nieuwe regel.",
        "- appel",
        "- peer",
        "1. eerst",
        "2. dan",
        "Wie | de mentor zelf",
        "Kop twee",
        "Slot.\n",
    ]


@pytest.mark.parametrize("codec", ["utf-8", "iso-8859-1", "windows-1252"])
def test_html_says_its_encoding(codec: str) -> None:
    page = f'<html><head><meta charset="{codec}"></head><body><p>Eén café</p></body></html>'
    assert LOADERS[".htm"](page.encode(codec)).text == "Eén café\n"


def test_html_that_is_utf_8_is_read_so_whatever_it_declares() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>Eén café</p></body></html>'
    assert LOADERS[".html"](page.encode()).text == "Eén café\n"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ol start='3'><li><p>drie</p><p>meer over drie</p></li><li>vier</li></ol>", ["3. drie", "meer over drie", "4. vier"]),
        ("<table><tr><td><h2>Kop</h2><p>Eén.</p><p>Twee.</p></td></tr></table>", ["Kop", "Eén.", "Twee."]),
        ("<table><tr><td>x</td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", ["x", "a | b"]),
        ("<p style='color: red; display : none'>weg</p><p>blijft</p>", ["blijft"]),
    ],
    ids=["list", "newsletter", "table in a table", "hidden by its style"],
)
def test_html_as_it_is_found(html: str, expected: list[str]) -> None:
    assert LOADERS[".html"](html.encode()).text.strip().split("\n\n") == expected


def test_a_short_bold_paragraph_above_others_is_a_heading() -> None:
    document = docx.Document()
    for text, bold in (("Begin klein", True), ("Vraag één ding.", False), ("Doe dit nooit.", True), ("Bedank snel", True)):
        document.add_paragraph().add_run(text).bold = bold
    stream = io.BytesIO()
    document.save(stream)
    found = LOADERS[".docx"](stream.getvalue())
    assert [heading.text for heading in found.headings] == ["Begin klein"]


def word_file() -> bytes:
    """A Word document with headings, both lists, a table and tracked changes."""
    document = docx.Document()
    document.core_properties.title = "Eigenschap"
    document.add_heading("Samen beginnen", 0)
    document.add_heading("Eerste stap", 1)
    document.add_paragraph("Een gewone alinea.")
    document.add_paragraph("luister", style="List Bullet")
    document.add_paragraph("vraag", style="List Bullet")
    document.add_paragraph("kies", style="List Number")
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "Wie", "de mentor"
    changed = document.add_paragraph("Spreek af ")
    changed._p.append(
        parse_xml(f'<w:ins {nsdecls("w")} w:id="1" w:author="a"><w:r><w:t>op dinsdag</w:t></w:r></w:ins>'),
    )
    changed._p.append(
        parse_xml(f'<w:del {nsdecls("w")} w:id="2" w:author="a"><w:r><w:delText>nooit meer</w:delText></w:r></w:del>'),
    )
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_docx() -> None:
    found = LOADERS[".docx"](word_file())
    headings = [(heading.level, heading.text) for heading in found.headings]
    assert (headings, found.text.split("\n\n")[2:]) == (
        [(1, "Samen beginnen"), (1, "Eerste stap")],
        ["Een gewone alinea.", "- luister", "- vraag", "1. kies", "Wie | de mentor", "Spreek af op dinsdag\n"],
    )


def slides() -> bytes:
    """A presentation of two slides, with a list and notes."""
    deck = pptx.Presentation()
    for title, lines, notes in (
        ("Welkom", "Fijn dat je er bent.", ""),
        ("Afspraken", "op tijd\nmet agenda", "Vraag wie notuleert."),
    ):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = lines
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def test_pptx_has_a_page_a_slide() -> None:
    found = LOADERS[".pptx"](slides())
    pages = [found.text[start:end].strip() for start, end in zip(found.pages, [*found.pages[1:], len(found.text)], strict=True)]
    assert pages == ["Welkom\n\nFijn dat je er bent.", "Afspraken\n\n- op tijd\n- met agenda\n\nVraag wie notuleert."]


def pdf(pages: list[list[tuple[int, str]]], encrypt: StandardEncryption | None = None) -> bytes:
    """A PDF with lines of (size, text) on each page; a size of 0 skips a line."""
    stream = io.BytesIO()
    canvas = Canvas(stream, encrypt=encrypt)
    for page in pages:
        height = 780
        for size, text in page:
            height -= max(size * 2 if size > 11 else size, 13)
            if size:
                canvas.setFont("Helvetica", size)
                canvas.drawString(60, height, text)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


BOOK = [
    [
        (9, "Handboek begeleiding"),
        (22, "Samen leren"),
        (11, "Een mentor kijkt mee zonder het werk over te nemen, ook als dat snel-"),
        (11, "ler zou gaan. Dat vraagt geduld."),
        (16, f"Deel {number}"),
        (11, f"Vraag in les {number} eerst wat de ander al heeft geprobeerd en wacht dan af."),
        (0, ""),
        (9, f"{number}"),
    ]
    for number in (1, 2, 3)
]


def test_pdf_headings_follow_from_their_size() -> None:
    found = LOADERS[".pdf"](pdf(BOOK))
    assert [(heading.level, heading.text) for heading in found.headings] == [
        row for number in (1, 2, 3) for row in ((1, "Samen leren"), (2, f"Deel {number}"))
    ]


def test_pdf_pages_paragraphs_and_furniture() -> None:
    found = LOADERS[".pdf"](pdf(BOOK))
    second = found.text[found.pages[1] : found.pages[2]]
    assert second == (
        "Samen leren\n\nEen mentor kijkt mee zonder het werk over te nemen, ook als dat sneller zou gaan. Dat vraagt geduld."
        "\n\nDeel 2\n\nVraag in les 2 eerst wat de ander al heeft geprobeerd en wacht dan af.\n\n"
    )


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert "Open" in LOADERS[".pdf"](pdf([[(11, "Open voor lezers")]], StandardEncryption("", ownerPassword="x"))).text


def mail(body: str, subtype: str = "plain", charset: str = "utf-8", encoding: str = "quoted-printable") -> bytes:
    """A saved mail with an attachment that is not read."""
    message = EmailMessage()
    message["Subject"] = "Je eerste gesprek – één tip"
    message["From"] = "a@example.org"
    message.set_content(body, subtype=subtype, charset=charset, cte=encoding)
    message.add_attachment(b"geheim", maintype="application", subtype="octet-stream", filename="x.bin")
    return message.as_bytes()


@pytest.mark.parametrize(
    "data",
    [
        mail("Vraag één ding.\n"),
        mail("Vraag één ding.\n", charset="iso-8859-1"),
        mail("Vraag één ding.\n", encoding="base64"),
        mail("<html><body><p>Vraag één <b>ding</b>.</p><nav>menu</nav></body></html>", subtype="html"),
    ],
    ids=["utf-8", "latin-1", "base64", "html"],
)
def test_mail(data: bytes) -> None:
    found = LOADERS[".eml"](data)
    assert (found.title, found.text) == ("Je eerste gesprek – één tip", "Vraag één ding.\n")


def test_a_mail_with_both_texts_gives_the_plain_one() -> None:
    message = EmailMessage()
    message["Subject"] = "Twee"
    message.set_content("Gewoon.\n")
    message.add_alternative("<p>Opgemaakt.</p>", subtype="html")
    assert LOADERS[".eml"](message.as_bytes()).text == "Gewoon.\n"


def test_a_mail_with_an_empty_plain_text_gives_the_other() -> None:
    message = EmailMessage()
    message["Subject"] = "Twee"
    message.set_content(" \n")
    message.add_alternative("<p>Opgemaakt.</p>", subtype="html")
    assert LOADERS[".eml"](b"\xef\xbb\xbf" + message.as_bytes()).text == "Opgemaakt.\n"


def test_the_signature_of_a_mail_is_no_guidance() -> None:
    found = LOADERS[".eml"](mail("Vraag één ding.\n\n-- \nNoor Jansen\n+31 6 1234\n\nP.S. Bedank snel.\n"))
    assert "-- \nNoor Jansen\n+31 6 1234\n" in [found.text[start:end] for start, end in found.hidden]
    assert found.headings == []


def protected_with_aes(password: str) -> bytes:
    """A PDF that is encrypted as today's programs do it; without a password everybody may read it."""
    pytest.importorskip("cryptography")
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(pdf([[(11, "Open voor lezers")]]))))
    writer.encrypt(password, "van de eigenaar", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_encrypted_with_aes_that_only_its_owner_may_change_is_read() -> None:
    assert LOADERS[".pdf"](protected_with_aes("")).text == "Open voor lezers\n"


def test_a_pdf_encrypted_with_aes_and_a_password_is_refused() -> None:
    with pytest.raises(DocumentError, match="protected with a password"):
        LOADERS[".pdf"](protected_with_aes("geheim"))


def test_without_the_library_for_it_an_encrypted_pdf_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def decrypt(*_: object) -> None:
        raise DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(pypdf.PdfReader, "decrypt", decrypt)
    with pytest.raises(DocumentError, match="pip install cryptography"):
        LOADERS[".pdf"](pdf([[(11, "Open")]], StandardEncryption("", ownerPassword="x")))


def scan() -> bytes:
    """A PDF with a drawing and no text."""
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.save()
    return stream.getvalue()


def damaged_archive() -> bytes:
    """A Word document in which one byte of its text was overwritten."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word_file())) as sound, zipfile.ZipFile(stream, "w") as stored:
        for info in sound.infolist():
            stored.writestr(info.filename, sound.read(info))
    return stream.getvalue().replace(b"gewone", b"gexone")


def other_archive() -> bytes:
    """A sound archive that is no document."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme", "hallo")
    return stream.getvalue()


BAD = [
    ("leeg.md", b"", "the file is empty"),
    ("wit.txt", b" \n\t\n ", "no text was found"),
    ("alleen-opmaak.html", b"<html><body><script>1</script></body></html>", "no text was found"),
    ("beeld.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not text in UTF-8 or Windows-1252"),
    ("merk.txt", b"\xff\xfea", "not text in UTF-8 or Windows-1252"),
    ("matter.md", b"---\ntitle: [open\n---\n# Kop\n", "front matter is broken at line"),
    ("datum.md", b"---\ndate: 0000-00-00\n---\n# Kop\n", "front matter is broken ("),
    ("diep.md", b"---\na: " + b"[" * 3000 + b"\n---\n# Kop\n", "front matter is broken ("),
    ("koppen.md", b"---\ntitle: x\n---\n# Kop\n\n<!-- later -->\n\n## Nog een\n", "no text beside headings"),
    ("half.txt", "één café,\nof drié".encode() + b"\xc3\n", "UTF-8 is broken at line 2"),
    ("tabel.xlsx", b"x", "save it as plain text"),
    ("oud.doc", b"x", "save it as DOCX"),
    ("zonder", b"x", "the format (no suffix) is not read"),
    ("vreemd.qqq", b"x", "the format .qqq is not read; save it as one of .docx, .eml"),
    ("slot.pdf", pdf([[(11, "geheim")]], StandardEncryption("geheim", strength=128)), "protected with a password"),
    ("scan.pdf", scan(), "OCR"),
    ("half.pdf", pdf(BOOK)[:300], "not a readable PDF"),
    ("geen.pdf", b"hallo", "not a readable PDF"),
    ("half.docx", word_file()[:2000], "not a readable DOCX"),
    ("damaged.docx", damaged_archive(), "damaged at word/document.xml"),
    ("oud.docx", b"\xd0\xcf\x11\xe0" + b"x" * 600, "protected with a password or an old Office file"),
    ("ander.docx", other_archive(), "not a readable DOCX"),
    ("ander.pptx", other_archive(), "not a readable PPTX"),
    ("half.pptx", slides()[:5000], "not a readable PPTX"),
    ("teken.eml", b"Subject: x\nContent-Type: text/plain; charset=x-onzin\n\nx", "cannot be decoded"),
    ("diep.html", b"<div>" * 3000 + b"x", "cannot be read (RecursionError)"),
    ("geen.eml", b"hallo daar", "holds no mail"),
    ("alleen-bijlage.eml", b"Subject: x\nContent-Type: application/pdf\n\nx", "holds no mail"),
]


@pytest.mark.parametrize(("name", "data", "reason"), BAD, ids=[row[0] for row in BAD])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        document_of(tmp_path, name, data)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("LARGEST_FILE", 100, "MB that guidance may be"), ("LARGEST_TEXT", 100, "characters, more than 100")],
)
def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str) -> None:
    monkeypatch.setattr(loaders, limit, value)
    with pytest.raises(DocumentError, match=reason):
        document_of(tmp_path, "groot.txt", b"een woord " * 30)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.library.markup.LARGEST_UNPACKED", 1000)
    with pytest.raises(DocumentError, match="unpacks to more"):
        document_of(tmp_path, "bom.docx", word_file())


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        load(tmp_path / "weg.md", "weg.md")


def test_every_format_has_a_loader_that_returns_text() -> None:
    samples = {".docx": word_file(), ".pptx": slides(), ".pdf": pdf(BOOK), ".eml": mail("Hallo.\n")}
    found: list[Loaded] = [loader(samples.get(suffix, b"Hallo daar.\n")) for suffix, loader in LOADERS.items()]
    assert all(loaded.text.strip() for loaded in found)
