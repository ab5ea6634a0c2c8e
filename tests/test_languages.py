"""Which language a text is in, where its sentences end, and what its words stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coach.errors import PromptError
from coach.languages import (
    LanguageData,
    clauses,
    content_words,
    detect,
    in_crisis,
    is_wrapped,
    language_data,
    read_yaml,
    sentences,
    split_compound,
    stem,
    stems,
)
from coach.records import Language
from coach.settings import data_folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hoe vraag ik iemand om hulp?", "nl"),
        ("How do I ask someone for help?", "en"),
        ("begeleiding", "nl"),
        ("afscheid", "nl"),
        ("vertrouwen", "nl"),
        ("grenzen stellen", "nl"),
        ("wanneer?", "nl"),
        ("guidance", "en"),
        ("goodbye", "en"),
        ("boundaries", "en"),
        ("listening", "en"),
        ("why?", "en"),
        ("Mijn manager said no, wat moet ik nu doen met de feedback?", "nl"),
        ("My mentee schreef: wel of niet? What should I say?", "en"),
        ("IK KRIJG GEEN ANTWOORD", "nl"),
        ("can’t reach my mentor", "en"),
    ],
)
def test_detect(text: str, expected: Language) -> None:
    assert detect(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "???", "1234", "Xqzvbn Wrtplk", "👋"])
@pytest.mark.parametrize("default", ["nl", "en"])
def test_a_text_that_tells_nothing_takes_the_default(text: str, default: Language) -> None:
    assert detect(text, default) == default


SENTENCES: list[tuple[str, Language, str, list[str]]] = [
    ("plain", "nl", "Stel één vraag. Wacht dan af! Lukt het?", ["Stel één vraag.", "Wacht dan af!", "Lukt het?"]),
    (
        "abbreviations",
        "nl",
        "Mail bijv. op dinsdag. Doe dat o.a. per brief.",
        ["Mail bijv. op dinsdag.", "Doe dat o.a. per brief."],
    ),
    ("titles", "nl", "Schrijf dhr. De Vries of mevr. Aydin. Bel ook.", ["Schrijf dhr. De Vries of mevr. Aydin.", "Bel ook."]),
    ("initials", "en", "Ask J. R. Brown first. Then wait.", ["Ask J. R. Brown first.", "Then wait."]),
    ("abbreviations", "en", "Meet e.g. Dr. Osei vs. Mr. Lane. Be kind.", ["Meet e.g. Dr. Osei vs. Mr. Lane.", "Be kind."]),
    ("curly quotes", "nl", "Zeg: “Het lukt niet. Morgen wel.” Wacht af.", ["Zeg: “Het lukt niet. Morgen wel.”", "Wacht af."]),
    ("straight quotes", "en", 'Say "Thanks. That helped." and stop. Go on.', ['Say "Thanks. That helped." and stop.', "Go on."]),
    ("a quote that closes", "nl", "Vraag “Wat denk je?” Zwijg daarna.", ["Vraag “Wat denk je?”", "Zwijg daarna."]),
    ("numbers", "nl", "Het was 2019. Ruim 3.5 keer zo veel.", ["Het was 2019.", "Ruim 3.5 keer zo veel."]),
    ("counted items", "nl", "1. Kies een doel.\n2. Schrijf het op.", ["1. Kies een doel.", "2. Schrijf het op."]),
    ("ellipsis", "en", "Wait... then ask. Well… Really?", ["Wait... then ask.", "Well…", "Really?"]),
    (
        "wrapped lines",
        "nl",
        "Schrijf in je eerste bericht kort wie je bent en waarom je juist\ndeze persoon kiest. Sluit\naf met een vraag.",
        [
            "Schrijf in je eerste bericht kort wie je bent en waarom je juist\ndeze persoon kiest.",
            "Sluit\naf met een vraag.",
        ],
    ),
    (
        "lines that end",
        "nl",
        "Korte kop\nEen zin.\n- Punt een\n- Punt twee",
        ["Korte kop", "Een zin.", "- Punt een", "- Punt twee"],
    ),
    ("an empty line", "en", "One line of text\n\nanother one", ["One line of text", "another one"]),
    ("white space only", "en", "  \n \t ", []),
]


@pytest.mark.parametrize(
    ("language", "text", "expected"), [row[1:] for row in SENTENCES], ids=[f"{row[1]}-{row[0]}" for row in SENTENCES]
)
def test_sentences(language: Language, text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text, language)] == expected


@pytest.mark.parametrize(
    ("line", "following", "expected"),
    [
        ("een zin die hier nog", "niet af is", True),
        ("Een regel die lang genoeg is om door een programma afgebroken te zijn en", "Amsterdam heet de stad", True),
        ("Een regel die lang genoeg is om door een programma afgebroken te zijn.", "Amsterdam heet de stad", False),
        ("Korte kop", "Een gewone zin staat eronder.", False),
        ("Een regel", "- een punt", False),
        ("Een regel", "", False),
        ("x" * 130, "Een hele alinea op één regel.", False),
    ],
)
def test_wrapped_lines(line: str, following: str, expected: bool) -> None:
    assert is_wrapped(line, following) is expected


@pytest.mark.parametrize(
    ("word", "vocabulary", "linkers", "expected"),
    [
        ("mentorgesprek", {"mentor", "gesprek"}, ["s"], ["mentor", "gesprek"]),
        ("voortgangsgesprek", {"voort", "gangsgesprek", "voortgang", "gesprek"}, ["s"], ["voortgang", "gesprek"]),
        ("boekenkast", {"boek", "kast"}, ["s", "en"], ["boek", "kast"]),
        ("kinderboek", {"kind", "boek"}, ["er"], ["kind", "boek"]),
        ("mentorgesprek", {"mentor"}, ["s"], []),
        ("stagedag", {"stage", "dag"}, [], []),  # parts under four letters are chance
        ("mentor", {"mentor"}, ["s"], []),
    ],
)
def test_compounds(word: str, vocabulary: set[str], linkers: list[str], expected: list[str]) -> None:
    assert split_compound(word, vocabulary, linkers) == expected


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        ("nl", "gesprekken", "gesprek", True),
        ("nl", "vragen", "vraag", True),
        ("nl", "carrière", "carriere", True),
        ("nl", "begeleiding", "beleid", False),
        ("en", "mentors", "mentoring", True),
        ("en", "goals", "goal", True),
        ("en", "trust", "truth", False),
    ],
)
def test_stems(language: Language, one: str, other: str, same: bool) -> None:
    assert (stem(one, language) == stem(other, language)) is same


def test_content_words_leave_out_what_says_nothing() -> None:
    assert content_words("Hoe geef ik mijn mentee het beste feedback op 2 doelen?", "nl") == [
        "geef",
        "mentee",
        "feedback",
        "2",
        "doelen",
    ]
    assert stems("What are the mentors' goals?", "en") == ["mentor", "goal"]


def _values(language: Language) -> dict[str, Any]:
    return dict(read_yaml(data_folder("prompts") / "languages" / f"{language}.yaml"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"language": "fr"}, "language"),
        ({"probes": "one text"}, "probes"),
        ({"texts": {"related": "Nee."}}, "texts"),
        ({"texts": language_data("nl").texts.model_dump() | {"goodbye": "Dag."}}, "texts"),
        ({"stemmer": None}, "stemmer"),
    ],
)
def test_a_language_file_is_strict(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LanguageData.model_validate(_values("nl") | change)
    assert caught.value.errors()[0]["loc"][0] == field


def test_both_languages_stand_and_differ_in_their_function_words() -> None:
    assert not {"de", "het", "een"} & language_data("en").function_words
    assert not {"the", "and"} & language_data("nl").function_words


@pytest.mark.parametrize(
    ("text", "where"),
    [("a: 1\nb: [1, 2\n", "broken.yaml:3"), ("a: 1\na: 2\n", "broken.yaml:2"), ("a: 1\n\tb: 2\n", "broken.yaml:2")],
)
def test_broken_yaml_is_named_by_file_and_line(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PromptError, match=where):
        read_yaml(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mijn mentee zegt dat ze niet meer leven wil, wat nu?", True),
        ("Ik wil niet meer leven.", True),
        ("Hij praat over zelfmoord", True),
        ("She said she doesn't want to live anymore", True),
        ("I want to kill this project, how do I tell my mentee?", False),
        ("Hoe maak ik een einde aan de mentorrelatie?", False),
        ("My mentee hints at self-harm", True),
    ],
)
def test_a_text_about_suicide_is_known(text: str, expected: bool) -> None:
    assert in_crisis(text) is expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hoe geef ik feedback aan mijn mentee?", "nl", []),
        ("Hij kapt me af, en nu?", "nl", []),
        (
            "Al drie weken niets gehoord van mijn mentor, en ik begin me te ergeren. Wat stuur ik hem?",
            "nl",
            ["Al drie weken niets gehoord van mijn mentor", "en ik begin me te ergeren.", "Wat stuur ik hem?"],
        ),
        (
            "She nods at everything I suggest in our meetings but nothing ever happens afterwards, what do I say",
            "en",
            ["She nods at everything I suggest in our meetings", "nothing ever happens afterwards", "what do I say"],
        ),
        ("She nods but nothing ever happens, what do I say", "en", []),
        ("a, b; c: d", "en", []),
        ("", "nl", []),
    ],
)  # fmt: skip
def test_a_long_question_falls_into_clauses(text: str, language: Language, expected: list[str]) -> None:
    assert clauses(text, language) == expected


@given(st.text(max_size=400))
def test_clauses_are_pieces_of_the_text_in_order_and_never_too_many(text: str) -> None:
    found = clauses(text, "nl")
    places = [text.find(piece) for piece in found]
    assert (len(found) <= 8, len(found) != 1, all(place >= 0 for place in places)) == (True, True, True)
