"""Text of documents, messages and models on the page: it is shown as it is, whatever it holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coach import Citation, Passage
from ui import prose
from ui.prose import Mark

HOSTILE = [
    "![x](http://evil.example/a.png)",
    "[a](javascript:alert(1))",
    "[a]: http://evil.example",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "&lt;b&gt; &amp; &#x41;",
    "$x^2$ and $$y$$",
    ":red[red] :blue-background[x] :material/home: :smile:",
    "# heading **bold** _it_ `code` ~~no~~",
    "- item\n1. one\n> quote\n| a | b |\n---",
    "http://evil.example and www.evil.example",
    "\\[1\\] \\",
    "```\ncode\n```",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    opening, inline, closing = MarkdownIt("commonmark").enable("strikethrough").parse(prose.safe_markdown(text))
    children = inline.children or []
    shown = "".join(child.content for child in children).replace("\u2060", "")
    assert (opening.type, closing.type, {child.type for child in children} - {"text_special"}) == (
        "paragraph_open",
        "paragraph_close",
        {"text"},
    )
    assert shown == " ".join(text.split())


@given(st.text())
def test_no_sign_is_left_that_markdown_reads(text: str) -> None:
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "", prose.safe_markdown(text))
    assert not re.search(r"[!-/:-@\[-`{-~]", rest)


@pytest.mark.parametrize(
    "seen", ["http://e.example", "www.e.example", "me@e.example", ":smile:", ":material/home:", "a -> b", "--", ">="]
)
def test_what_streamlit_itself_looks_for_is_not_there_to_be_seen(seen: str) -> None:
    bare = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", prose.safe_markdown(seen))
    assert not re.search(r"://|www\.|\w@\w|:\w|->|--|>=", bare)


def pieces(blocks: list[prose.Block]) -> list[str]:
    """The texts of all pieces."""
    return [piece["text"] for block in blocks for piece in block["pieces"]]


@given(
    st.text(min_size=1),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=6),
)
def test_a_message_keeps_every_character_whatever_is_marked(text: str, spans: list[list[int]]) -> None:
    marks = [
        Mark(start, min(end, len(text)), "must", f"[{n}]", str(n)) for n, (start, end) in enumerate(spans) if start < len(text)
    ]
    assert "".join(pieces(prose.message(text, marks))) == text


def test_marks_that_overlap_each_end_with_their_sign() -> None:
    marks = [Mark(0, 9, "must", "[1]", "one"), Mark(4, 15, "advice", "[2]", "two"), Mark(9, 9, "must", "[3]", "nothing")]
    (block,) = prose.message("abcdefghijklmnopq", marks)
    assert [(piece["text"], piece.get("look"), piece.get("ends")) for piece in block["pieces"]] == [
        ("abcd", "must", ""),
        ("efghi", "must", "[1]"),
        ("jklmno", "advice", "[2]"),
        ("pq", None, None),
    ]


def passage(text: str, start: int = 100) -> Passage:
    """A passage of a document."""
    return Passage("a.md", "A", ("A",), text, start, start + len(text), "nl")


def test_a_section_keeps_lines_apart_and_marks_what_was_quoted() -> None:
    text = "First line\ngoes on.\n\n- one [SBI](models.md#sbi)\n- **two**\n> Example: “x”\n2. second"
    start = 100 + text.index("one")
    blocks = prose.section([passage(text)], [Mark(start, 100 + text.index("x”"), "source", label="quoted")])
    assert [(block["kind"], "".join(piece["text"] for piece in block["pieces"])) for block in blocks] == [
        ("text", "First line goes on."),
        ("item", "one SBI"),
        ("item", "two"),
        ("quote", "Example: “x”"),
        ("line", "2. second"),
    ]
    marked = ["".join(piece["text"] for piece in block["pieces"] if piece.get("marks")) for block in blocks]
    assert marked == ["", "one SBI", "two", "Example: “", ""]


def test_each_number_of_an_answer_opens_its_source_and_no_other_is_a_button() -> None:
    sources = [Citation(n, "a.md", "Title", "Heading", 0, 5, "quote") for n in (1, 2)]
    blocks = prose.answer("Do this. [1] And [x](javascript:y) that. [2]\n- An item. [3]", sources, lambda one: f"open {one.n}")
    assert [(piece["text"], piece.get("cite"), piece.get("label")) for block in blocks for piece in block["pieces"]] == [
        ("Do this. ", None, None),
        ("[1]", 1, "open 1"),
        (" And x that. ", None, None),
        ("[2]", 2, "open 2"),
        ("An item. [3]", None, None),
    ]
