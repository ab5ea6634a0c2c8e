"""A conversation as Markdown and as a Word document, and a draft as a mail: numbered sources, and text as it was."""

from __future__ import annotations

import email
import io
import re
from email.policy import default

import pytest
from docx import Document
from markdown_it import MarkdownIt

from coach.answers.export import to_docx, to_markdown
from coach.drafts.mail import mail
from coach.errors import DraftError
from coach.records import Answer, Citation


def source(n: int, start: int, quote: str = "Wacht *twee* weken.") -> Citation:
    """A citation of one document."""
    return Citation(n, "nl/stilte.md", "Als je niets hoort", "Wachten", start, start + len(quote), quote)


def answer(question: str, text: str, *citations: Citation) -> Answer:
    """An answer with its sources."""
    return Answer(question, "nl", "answered", text, citations, "extractive", "", {})


TALK = [
    answer("Hoe lang?", "Wacht twee weken. [1]\n\n- Bel dan. [2]", source(1, 10), source(2, 90)),
    answer("<b>En</b> ![x](http://e.example) dan?", "Wacht nog eens. [1] Bel. [2]", source(1, 90), source(2, 200)),
]


def test_sources_are_numbered_over_the_whole_conversation_and_each_stands_once() -> None:
    text = to_markdown(TALK, "Gesprek", "nl")
    assert re.findall(r"\[(\d+)\]", text) == ["1", "2", "2", "3"]
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == ["1", "2", "3"]


def test_nothing_in_the_markdown_is_read_as_markup_of_its_own() -> None:
    tokens = MarkdownIt("commonmark").parse(to_markdown(TALK, "*Gesprek*", "nl"))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds & {"image", "link_open", "html_inline", "strong_open", "em_open"} == set()
    assert {token.type for token in tokens} & {"html_block", "fence", "code_block"} == set()


def test_the_word_document_holds_the_same() -> None:
    paragraphs = [one.text for one in Document(io.BytesIO(to_docx(TALK, "Gesprek \x0b", "nl"))).paragraphs]
    assert paragraphs == [
        "Gesprek ",
        "Hoe lang?",
        "Wacht twee weken. [1]",
        "Bel dan. [2]",
        "<b>En</b> ![x](http://e.example) dan?",
        "Wacht nog eens. [2] Bel. [3]",
        "Bronnen",
        *(line for n in (1, 2, 3) for line in (f"[{n}] Als je niets hoort › Wachten (nl/stilte.md)", "“Wacht *twee* weken.”")),
    ]


def test_a_mail_opens_unsent_with_its_words_whole() -> None:
    read = email.message_from_bytes(
        mail("Vraag over\nje werk – één", "Beste Zoë,\n\nTot dan.", "noor@example.org"), policy=default
    )
    assert (read["X-Unsent"], read["Subject"], read["To"], read.get_content().splitlines()) == (
        "1",
        "Vraag over je werk – één",
        "noor@example.org",
        ["Beste Zoë,", "", "Tot dan."],
    )


@pytest.mark.parametrize("address", ["no address", "a@b\nBcc: c@d.example", "@x"])
def test_words_that_are_no_address_are_refused(address: str) -> None:
    with pytest.raises(DraftError, match="is no email address"):
        mail("x", "y", address)
