"""Headings, furniture and advertising in plain text, where nothing is marked."""

from __future__ import annotations

import pytest

from coach.library.plaintext import brands, is_term, structure

DUTCH = """Een mentor vinden die bij je past
Gepubliceerd op 12 maart 2024
Lees meer over begeleiding
Wie een mentor zoekt, begint vaak bij de bekendste naam. Dat is zelden de beste keuze, want zo iemand krijgt veel verzoeken.
Wat je vooraf bedenkt
- Schrijf op wat je binnen een jaar wilt leren.
- Bedenk welke vraag je niet zelf kunt beantwoorden.
Drie soorten steun:
Klankbord: iemand die meedenkt zonder een oordeel te geven.
Vakgenoot: iemand die het werk kent en je fouten ziet.
Wegwijzer: iemand die weet wie je verder nog kan helpen.
Foto: Unsplash / Anna Bakker
1. Begin klein
Vraag een kwartier, niet een heel jaar. Zo kan de ander makkelijk ja zeggen.
2. Kom terug
Vertel wat je met het advies hebt gedaan. Dan weet de ander dat het loonde.
Stap 3: Bedank
Een kort bericht binnen een dag is genoeg. Noem wat je gaat gebruiken.
Hoe lang duurt zo'n traject?
Meestal een halfjaar tot een jaar. Spreek vooraf een einddatum af.
"""
ENGLISH = """The quiet weeks

12-03-2024
Sam Okafor
4 min read

Silence is rarely about you. Most mentors are
busy, and a message that asks for nothing is easy to leave.

two people at a table
hands around a coffee cup
a laptop with sticky notes

What to do first

Wait two weeks before you write again, then send one short message that can be answered with a yes or a no.

Signs to watch for:

• A meeting is moved more than twice.
• Answers become shorter and later.

Read more: how to write a thank-you note
Comments
"""
ADVERTISED = """Samenwerken op afstand
Wie op afstand begeleidt, mist de koffieautomaat. Maak daarom vaste momenten en schrijf afspraken op.
Met Plannero zet je elk gesprek in één overzicht. Gebruik Plannero ook voor doelen. Met Plannero deel je notities.
Deelnemers kiezen vaak voor Plannero als ze veel reizen. Probeer Plannero een maand gratis.
Een agenda delen: zo ziet je mentee wanneer je tijd hebt.
Doelen in Plannero
Vraag in elk gesprek wat er sinds de vorige keer is gelukt. In Plannero vink je dat af.
De zus van Anna gebruikt een schrift. Vraag Anna hoe dat werkt.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            DUTCH,
            [
                (1, "Een mentor vinden die bij je past"),
                (2, "Wat je vooraf bedenkt"),
                (4, "Drie soorten steun"),
                (3, "1. Begin klein"),
                (3, "2. Kom terug"),
                (3, "Stap 3: Bedank"),
                (2, "Hoe lang duurt zo'n traject?"),
            ],
        ),
        (ENGLISH, [(1, "The quiet weeks"), (2, "What to do first"), (4, "Signs to watch for")]),
        (ADVERTISED, [(1, "Samenwerken op afstand")]),
    ],
    ids=["dutch", "english", "advertised"],
)
def test_headings(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(heading.level, heading.text) for heading in structure(text)[0]] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DUTCH, ["Gepubliceerd op 12 maart 2024", "Lees meer over begeleiding", "Foto: Unsplash / Anna Bakker"]),
        (
            ENGLISH,
            [
                "12-03-2024",
                "Sam Okafor",
                "4 min read",
                "two people at a table",
                "hands around a coffee cup",
                "a laptop with sticky notes",
                "Read more: how to write a thank-you note",
                "Comments",
            ],
        ),
        (ADVERTISED, []),
    ],
    ids=["dutch", "english", "advertised"],
)
def test_furniture(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in structure(text)[1]] == expected


@pytest.mark.parametrize("text", [DUTCH, ENGLISH, ADVERTISED], ids=["dutch", "english", "advertised"])
def test_a_heading_stands_where_it_says(text: str) -> None:
    spans = [(text[heading.start : heading.end].rstrip(":").strip(), heading.text) for heading in structure(text)[0]]
    assert all(stands == said for stands, said in spans)


LONG = "Spreek vooraf af hoe vaak jullie elkaar zien en wie de afspraken maakt."


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("Tempo en plaats", True),
        ("Wat als het niet klikt?", True),
        ("“Ik heb geen tijd”", True),
        ("3 redenen om te stoppen", True),
        ("Een zin die met een punt eindigt.", False),
        ("kleine letters vooraan", False),
        ("- Een punt van een lijst", False),
        ("W" + "oord " * 16, False),
        ("12 mei 2023", False),
        ("Lees ook dit", False),
        ("© Stichting Samen", False),
        ("Leestijd 5 minuten", False),
    ],
)
def test_a_short_line_between_paragraphs(line: str, heading: bool) -> None:
    found = structure(f"Titel\n{LONG}\n{line}\n{LONG}\n")[0]
    assert (line.strip() in [each.text for each in found]) is heading


@pytest.mark.parametrize("date", ["3-4-2025", "2025-04-03", "3 april 2025", "April 3, 2025", "Date 3 Apr. 2025", "03/04/25"])
def test_dates_are_furniture(date: str) -> None:
    text = f"Titel\n\n{LONG}\n\n{date}\n\n{LONG}\n"
    assert [text[start:end] for start, end in structure(text)[1]] == [date]


@pytest.mark.parametrize("furniture", ["8 min read", "Photo by Ida Chen on Unsplash", "Reacties", "Deel dit artikel", "cookies"])
def test_the_title_survives_what_stands_right_under_it(furniture: str) -> None:
    headings, hidden = structure(f"Zo geef je feedback\n4 juni 2024\n{furniture}\n{LONG}\n")
    assert ([heading.text for heading in headings], len(hidden)) == (["Zo geef je feedback"], 2)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Klankbord: iemand die meedenkt.", True),
        ("- Doel: wat wil je bereiken?", True),
        ("Let op: nu", False),  # too short to explain anything
        ("Dit is een veel te lange aanloop met negen woorden: dan pas de rest van het verhaal", False),
        ("Geen dubbele punt in deze regel", False),
        ("10:30 beginnen we met het gesprek", False),
    ],
)
def test_terms(line: str, expected: bool) -> None:
    assert is_term(line) is expected


def test_a_wrapped_paragraph_holds_no_headings() -> None:
    wrapped = "Een mentor kijkt mee zonder het over te nemen en laat de mentee zelf\nAmsterdam of Utrecht kiezen als\nplaats.\n"
    assert [heading.text for heading in structure(f"Titel\n\n{wrapped}")[0]] == ["Titel"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ADVERTISED, {"Plannero"}),  # not Anna, who is mentioned and not sold
        ("Zo doet Sara het. Vraag Sara. Ook bij Sara, naast Sara en onder Sara. Dan zegt Sara ja. Hier is Sara.", set()),
        ("Werk met Focus en met Focus, met Focus, met Focus, met Focus en met Focus. Houd focus.", set()),
    ],
    ids=["a product", "a person", "an ordinary word"],
)
def test_brands(text: str, expected: set[str]) -> None:
    assert brands(text) == expected


@pytest.mark.parametrize("text", ["", "\n\n", "Eén regel"])
def test_too_little_for_structure(text: str) -> None:
    assert structure(text) == ([], [])
