"""What the same words turned round would say is seen; what says the same in other words is not held against it."""

from __future__ import annotations

import pytest

from coach.answers.conflicts import conflict, echoes, shunned
from coach.answers.reading import Reader
from coach.answers.support import Source
from coach.facts import strange_amounts, strange_links, strange_names
from coach.records import Language, Passage

DUTCH = (
    "Noem eerst wat goed ging en beschrijf daarna wat je zag. De mentee plant de gesprekken en stuurt een agenda. "
    "Vraag bij het afscheid niet om mentorschap. Een eerste gesprek is vaak ongemakkelijk. Verbeter taalfouten alleen als de "
    "ander erom vraagt. Bespreek een verbeterpunt mondeling. Vraag toestemming voordat je een naam doorgeeft. Wacht twee weken."
)
ENGLISH = (
    "Ask what your mentee hopes for before you say what you can offer. The mentee writes the notes. Never leave the subject "
    "empty. Relatives often do not know your profession. Record a conversation only if both of you agree."
)


def source(text: str, language: Language) -> list[Source]:
    """A passage to be held against."""
    return [Source(Passage("a.md", "Gesprekken", ("Zo doe je dat",), text, 0, len(text), language))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Beschrijf eerst wat je zag en noem daarna wat goed ging.", "negation"),
        ("Begin met wat goed ging en beschrijf daarna wat je zag.", ""),
        ("De mentor plant de gesprekken en stuurt een agenda.", "roles"),
        ("Je mentee plant de gesprekken en stuurt jou een agenda.", ""),
        ("Vraag bij het afscheid om mentorschap.", "negation"),
        ("Om mentorschap vraag je bij het afscheid nog niet.", ""),
        ("Bewaar de vraag om mentorschap bij het afscheid.", ""),
        ("Een eerste gesprek is altijd ongemakkelijk.", "strength"),
        ("Een eerste gesprek voelt vaak ongemakkelijk.", ""),
        ("Verbeter taalfouten zo veel je kunt.", "strength"),
        ("Verbeter taalfouten als de ander het vraagt.", ""),
        ("Bespreek een verbeterpunt schriftelijk.", "negation"),
        ("Geef een naam door voordat je toestemming vraagt.", "negation"),
        ("Vraag eerst toestemming en geef daarna pas een naam door.", ""),
    ],
)
def test_dutch(text: str, reason: str) -> None:
    assert conflict(text, "Hoe doe ik dat?", source(DUTCH, "nl"), "nl") == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("First say what you can offer, then ask what your mentee hopes for.", "negation"),
        ("First ask what your mentee hopes for, then say what you can offer.", ""),
        ("The mentor writes the notes.", "roles"),
        ("Leave the subject empty.", "negation"),
        ("Always fill in a subject.", "strength"),
        ("Relatives never know your profession.", "strength"),
        ("Record the conversation.", "strength"),
        ("You can record a conversation if you both agree.", ""),
    ],
)
def test_english(text: str, reason: str) -> None:
    assert conflict(text, "How do I do that?", source(ENGLISH, "en"), "en") == reason


@pytest.mark.parametrize(
    ("opening", "reason"), [("Ja, vraag bij het afscheid maar om mentorschap.", "negation"), ("Nee, dat vraag je dan niet.", "")]
)
def test_a_yes_agrees_with_the_guidance(opening: str, reason: str) -> None:
    assert conflict(opening, "Mag ik bij het afscheid om mentorschap vragen?", source(DUTCH, "nl"), "nl") == reason


@pytest.mark.parametrize(
    ("text", "known", "strange"),
    [
        ("Vraag om vijftien minuten.", "Vraag om een kwartier.", []),
        ("Stuur het binnen 24 uur.", "Stuur het binnen een etmaal.", []),
        ("Stuur het binnen 48 uur.", "Stuur het binnen 24 uur.", ["48"]),
        ("Wacht veertien dagen.", "Wacht twee weken.", []),
        ("Wacht twee dagen.", "Wacht twee weken.", ["twee"]),
        ("Stel drie vragen.", "Stel twee of 3 vragen.", []),
        ("Eén vraag is een goede vraag.", "Stel vragen.", []),
        ("Neem 1.500 euro mee.", "Neem 1500 euro mee.", []),
        ("Zo'n 14,5 procent.", "Zo'n 14 procent.", ["14,5"]),
    ],
)
def test_numbers_compare_by_value(text: str, known: str, strange: list[str]) -> None:
    assert strange_amounts(text, [known], "nl") == strange


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("Bel dan met Joke Peters.", ["Joke", "Peters"]),
        ("Joke en de LinkedIn van Sanne.", ["LinkedIn"]),
        ("Volgens Sanne's stuk is Utrecht ver.", ["Utrecht"]),
    ],
)
def test_names_that_nobody_gave(text: str, strange: list[str]) -> None:
    assert strange_names(text, ["Sanne schreef een stuk."]) == strange


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kijk op www.mentor.nl.", False),
        ("Kijk op www.mentor.nl/meer.", True),
        ("Mail mij@mentor.nl.", True),
        ("![x](a)", True),
        ("Bel 020 123 4567.", True),
        ("Bel 113.", False),
        ("<img src=x>", True),
        ("Wacht 15 tot 20 minuten, of 1 t/m 3 dagen.", False),
    ],
)
def test_links_that_nobody_gave(text: str, found: bool) -> None:
    assert bool(strange_links(text, ["Kijk op www.mentor.nl of bel 113."])) == found


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("Je mentor reageert al weken niet.", True),
        ("Wat nu, als je mentor al weken niet reageert?", True),
        ("Nee, je mentor reageert al weken niet.", False),
        ("Je mentor reageert al weken.", False),
        ("Wacht twee weken.", False),
        ("Begin zo: waar loop je tegenaan?", False),
    ],
)
def test_the_question_again_is_no_answer(text: str, again: bool) -> None:
    assert echoes(text, "Mijn mentor reageert al weken niet. Wat nu?", "nl") == again


def test_an_example_of_how_not_to_do_it_is_seen() -> None:
    page = source("Zeg wat je zag.\n\n> Niet zo: “Je komt altijd te laat.”\n", "nl")
    assert (shunned("Je komt altijd te laat.", page, "nl"), shunned("Zeg wat je zag.", page, "nl")) == (True, False)


REPLIES = {
    "Wacht [1]. Stuur dan. [2] Dat helpt (1). Ga.": [("Wacht.", (1,)), ("Stuur dan.", (2,)), ("Dat helpt.", (1,)), ("Ga.", ())],
    "Klein [1, 2] en vriendelijk [3].": [("Klein en vriendelijk.", (1, 2, 3))],
    "- **Kort:** noem het [1]\n2. Dan dat 【2†bron】": [("Kort: noem het", (1,)), ("Dan dat", (2,))],
    "Hallo. Dit is zo. En dit ook. [1-3]": [("Hallo.", (1, 2, 3)), ("Dit is zo.", (1, 2, 3)), ("En dit ook.", (1, 2, 3))],
    "Zo: “Hoi. Hoe is het? Groet.” [1] [2]": [("Zo: “Hoi. Hoe is het? Groet.”", (1, 2))],
    "Ja (zie 3). Klik [hier](http://x.nl) [bron 1].": [("Ja (zie 3).", (1,)), ("Klik [hier](http://x.nl).", (1,))],
    "<passage 1 0a1b2c3d>\nWacht. [1]\n</passage 1 0a1b2c3d>": [("Wacht.", (1,))],
    "": [],
    "[1]": [],
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_reply_is_read_the_same_in_any_pieces(reply: str, step: int) -> None:
    reader = Reader("nl")
    found = [claim for start in range(0, len(reply), step) for claim in reader.feed(reply[start : start + step])]
    found += reader.close()
    assert [(claim.text, claim.marks) for claim in found] == REPLIES[reply]
