"""Passages: one guideline each, whole sentences, and exactly where they say they stand."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.languages import sentences
from coach.library.loaders import LOADERS, Loaded, load
from coach.library.passages import LONGEST, LONGEST_SENTENCE, blocks, passages, sections
from coach.records import Document, Passage

WORDS = (  # noqa: SIM905
    "mentor mentee gesprek vraag doel afspraak feedback vertrouwen bijv. o.a. dhr. J. 3.5 Amsterdam listen ask agenda één café "
    "naïef don't ze't 👋 week jaar samen langzaam"
).split(" ")
word = st.sampled_from(WORDS)
sentence = st.builds(
    lambda first, rest, end: " ".join([first.capitalize(), *rest]) + end,
    word,
    st.lists(word, max_size=16),
    st.sampled_from([".", "!", "?", "...", ".”", ":"]),
)
paragraph = st.lists(sentence, min_size=1, max_size=9).map(" ".join)
wrapped = st.lists(sentence, min_size=2, max_size=6).map("\n".join)
item = st.builds(
    lambda mark, text: f"{mark} {text}", st.sampled_from(["-", "*", "•", "1.", "2)"]), st.one_of(sentence, paragraph)
)
listed = st.lists(item, min_size=1, max_size=6).map("\n".join)
term = st.builds(lambda name, text: f"{name.capitalize()}: {text}", word, sentence)
quote = paragraph.map(lambda text: f"> Voorbeeld: {text}")
heading = st.builds(
    lambda level, text, anchor: f"{'#' * level} {' '.join(text)}{anchor}",
    st.integers(1, 4),
    st.lists(word, min_size=1, max_size=6),
    st.sampled_from(["", " {#een-anker}"]),
)
odd = st.sampled_from(
    [
        "<!-- asked: hoe dan? | waarom? -->",
        "<!-- een notitie -->",
        "```\n# geen kop\ncode\n```",
        "~~~\nopen",
        "[naam]: https://example.org",
        "---",
        "***",
        "",
        "   ",
        "Kop met streep\n===",
        "| a | b |\n| - | - |",
        "x" * 2500,
        "\t- ingesprongen",
        "  vervolg van een punt",
        "Lees meer over dit onderwerp",
        "12 maart 2024",
    ]
)
part = st.one_of(paragraph, wrapped, listed, term, quote, heading, odd)
text_of_a_file = st.builds(
    lambda parts, between, newline: between.join(parts).replace("\n", newline),
    st.lists(part, max_size=8),
    st.sampled_from(["\n\n", "\n"]),
    st.sampled_from(["\n", "\r\n"]),
)
tag = st.sampled_from(["p", "h1", "h2", "h3", "li", "div", "blockquote", "td", "b", "nav", "pre", "dd"])
page = st.lists(st.tuples(tag, st.one_of(paragraph, listed, odd)), max_size=8).map(
    lambda parts: "".join(f"<{name}>{text}</{name}>" for name, text in parts)
)


def read(text: str, suffix: str = ".md", name: str = "nl/pagina") -> Document:
    """A document as the loader of a suffix finds it."""
    loaded: Loaded = LOADERS[suffix](text.encode("utf-8"))
    return Document(
        path=name + suffix,
        title="Pagina",
        text=loaded.text,
        language="nl",
        headings=tuple(loaded.headings),
        hidden=tuple(sorted(loaded.hidden)),
        pages=tuple(loaded.pages),
    )


def assert_sound(document: Document) -> None:
    """Each passage is the span it names, in order, without overlap, hidden spans or white space around it."""
    found = passages(document)
    assert [passage.text for passage in found] == [document.text[passage.start : passage.end] for passage in found]
    assert all(passage.text == passage.text.strip() != "" for passage in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert not any(passage.start < end and start < passage.end for passage in found for start, end in document.hidden)


@pytest.mark.parametrize("suffix", [".md", ".txt"])
@given(text=text_of_a_file)
def test_a_passage_is_the_span_it_names(suffix: str, text: str) -> None:
    assert_sound(read(text, suffix))


@given(html=page)
def test_a_passage_of_a_web_page_is_the_span_it_names(html: str) -> None:
    assert_sound(read(html, ".html"))


@given(text=text_of_a_file)
def test_everything_that_is_not_hidden_is_in_a_passage(text: str) -> None:
    document = read(text)
    covered = {place for passage in passages(document) for place in range(passage.start, passage.end)}
    wanted = {
        place for section in sections(document) for block in blocks(document, section) for place in range(block.start, block.end)
    }
    assert {place for place in wanted if not document.text[place].isspace()} <= covered


@given(text=st.lists(paragraph, min_size=1, max_size=6).map("\n\n".join))
def test_no_passage_is_cut_inside_a_sentence(text: str) -> None:
    document = read(text)
    inside = [(start, end) for start, end in sentences(document.text, "nl") if end - start <= LONGEST_SENTENCE]
    edges = {edge for passage in passages(document) for edge in (passage.start, passage.end)}
    assert not [edge for edge in edges for start, end in inside if start < edge < end]


@given(text=st.lists(paragraph, min_size=1, max_size=6).map("\n\n".join))
def test_a_passage_is_no_longer_than_a_sentence_needs(text: str) -> None:
    longest = max([end - start for start, end in sentences(text, "nl")] + [LONGEST])
    assert max((len(passage.text) for passage in passages(read(text))), default=0) <= 2 * longest


TOPICS = """# Samenwerken

## Wat een mentee nodig heeft

Let in het eerste halfjaar op deze drie dingen:

- Rust om na te denken: plan niet elk gesprek vol en laat stiltes gewoon bestaan als het even duurt.
- Een spiegel op tijd: zeg wat je ziet gebeuren voordat het een gewoonte wordt die lastig te keren is.
- Een deur naar anderen: noem namen, leg uit waarom juist die persoon en vraag eerst of een introductie welkom is.

Kies er elk gesprek één van.
"""
SHORT_LIST = """# Samenwerken

## Neem mee

Voor je gaat, controleer je vier dingen:

- je agenda
- je notities
- een pen
- je vraag
"""
ASKED = """---
id: pagina
title: Pagina
---
# Pagina

Deze pagina gaat over beginnen.

## Begin klein {#begin-klein}
<!-- asked: hoe begin ik? | mag ik meteen iets vragen? -->
""" + "\n\n".join(
    f"Vraag in week {number} om een kwartier en niet om een heel jaar, want een kwartier past altijd." for number in range(9)
)


def found_in(text: str, suffix: str = ".md") -> list[Passage]:
    return passages(read(text, suffix))


def test_topics_of_a_list_stand_alone_with_what_introduces_them() -> None:
    topics = [passage for passage in found_in(TOPICS) if passage.text.startswith("-")]
    assert [(topic.text[:10], topic.context, topic.heading) for topic in topics] == [
        (start, "Let in het eerste halfjaar op deze drie dingen:", ("Samenwerken", "Wat een mentee nodig heeft"))
        for start in ("- Rust om ", "- Een spie", "- Een deur")
    ]


def test_terms_are_topics_too() -> None:
    lines = [
        "Klankbord: iemand die meedenkt zonder een oordeel te geven en zonder het werk over te nemen, ook als je erom vraagt.",
        "Vakgenoot: iemand die het werk kent, je fouten ziet voordat ze gevolgen hebben en weet welke daarvan er echt toe doen.",
        "Wegwijzer: iemand die weet wie je verder nog kan helpen, die deur voor je opent en daarna netjes een stap opzij doet.",
        "Kritische vriend: iemand die durft te zeggen wat anderen alleen denken en er daarna nog is om te helpen.",
    ]
    found = found_in(
        "Soorten steun\n\nEr zijn vier soorten steun, en je hebt ze niet allemaal nodig.\n\n" + "\n".join(lines), ".txt"
    )
    assert [passage.text for passage in found][1:] == lines


def test_a_short_list_stays_with_its_heading() -> None:
    (only,) = found_in(SHORT_LIST)
    assert (only.heading[-1], only.text.count("\n- ")) == ("Neem mee", 4)


def test_a_section_that_lists_its_questions_stays_whole() -> None:
    (only,) = passages(replace(read(ASKED), identifier="pagina"))
    assert (only.anchor, only.asked, only.text.count("week")) == (
        "begin-klein",
        ("hoe begin ik?", "mag ik meteen iets vragen?"),
        9,
    )


def test_without_its_questions_the_same_section_is_divided() -> None:
    assert len(passages(replace(read(ASKED.replace("asked:", "noted:")), identifier="pagina"))) > 1


def test_a_twin_carries_the_handbooks_id_and_the_sections_name() -> None:
    document = replace(read(ASKED), identifier="pagina")
    assert [(passage.twin, passage.text[:6]) for passage in passages(document)] == [("pagina#begin-klein", "Vraag ")]


def test_a_quotation_stays_with_what_it_illustrates() -> None:
    text = (
        "# P\n\n## S\n\n"
        + "Zeg wat je zag. " * 30
        + "\n\nVraag daarna wat de ander zag.\n\n> Voorbeeld: “Wat zag jij?”\n\nWacht af."
    )
    (with_quote,) = [passage for passage in found_in(text) if "Voorbeeld" in passage.text]
    assert "Vraag daarna wat de ander zag." in with_quote.text


def test_a_long_paragraph_is_divided_between_its_sentences() -> None:
    text = " ".join(
        f"Vraag in week {number} aan dhr. Bakker wat hij bijv. al heeft geprobeerd en wacht dan af." for number in range(40)
    )
    found = found_in(f"# P\n\n{text}\n")
    assert len(found) > 4 and all(
        re.fullmatch(r"Vraag .* af\.", passage.text) and len(passage.text) <= LONGEST for passage in found
    )


def test_a_fence_that_nobody_closed_ends_with_its_text() -> None:
    assert [passage.text for passage in passages(read("<p>Doe dit.</p><p>~~~</p><p>Slot.</p>", ".html"))] == [
        "Doe dit.\n\n~~~\n\nSlot."
    ]


def test_a_code_fence_stays_whole() -> None:
    fence = "```\n" + "een regel zonder einde\n\n# geen kop\n" * 10 + "```"
    (only,) = [passage for passage in found_in(f"# P\n\n{'Een zin. ' * 60}\n\n{fence}\n\nSlot.") if "geen kop" in passage.text]
    assert fence in only.text


@pytest.mark.parametrize(("offset", "page_number"), [(0, 1), (40, 2)])
def test_pages(offset: int, page_number: int) -> None:
    text = "Begin op de eerste bladzijde van dit boek.\n\nEn verder op de tweede bladzijde van het boek.\n"
    document = Document("boek.pdf", "Boek", text, "nl", pages=(0, 40))
    cut = replace(document, text=text[offset:], pages=tuple(max(0, start - offset) for start in document.pages))
    assert passages(cut)[0].page == page_number


def test_advertising_is_marked_and_guidance_around_it_is_not() -> None:
    pitch = "Met Plannero zet je alles klaar. Gebruik Plannero elke week. Met Plannero deel je doelen. Probeer Plannero gratis."
    more = "Werk met Plannero samen. In Plannero staat alles."
    advice = "Vraag in elk gesprek wat er sinds de vorige keer is gelukt. Schrijf samen één volgende stap op."
    document = read(f"Op afstand\n\nOver de app\n\n{pitch} {more}\n\nWat wel helpt\n\n{advice}\n", ".txt")
    assert [(passage.promotional, passage.text[:5]) for passage in passages(document)] == [(True, "Met P"), (False, "Vraag")]


def test_a_passage_in_the_other_language_says_so() -> None:
    english = "Ask what the other person would do. If they do not know, then wait and let them think about it for a while."
    dutch = "Vraag wat de ander zou doen en wacht dan af."
    assert [passage.language for passage in found_in(f"# P\n\n## A\n\n{dutch}\n\n## B\n\n{english}")] == ["nl", "en"]


def test_an_identifier_alone_makes_no_handbook_page(tmp_path: Path) -> None:
    """Other programs give their notes an `id` too; what stands in those is guidance all the same."""
    page = tmp_path / "notitie.md"
    page.write_text("---\nid: 202401\n---\n# Samen leren\n\nVraag door als het stil is.\n\n## Later\n\nBedank snel.\n")
    assert [passage.text for passage in passages(load(page, page.name))] == ["Vraag door als het stil is.", "Bedank snel."]


def test_a_section_without_an_anchor_counts_on_a_handbook_page_too(tmp_path: Path) -> None:
    page = tmp_path / "pagina.md"
    page.write_text("---\nid: x\n---\n# Titel\n\nWat hier staat.\n\n## Een {#een}\n\nVraag door.\n\n## Twee\n\nBedank snel.\n")
    assert [passage.text for passage in passages(load(page, page.name))] == ["Vraag door.", "Bedank snel."]
