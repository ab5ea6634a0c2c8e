"""A writer's own words in sentences: what is a sentence, what is a part of one, and how each is framed."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from coach.drafts.framing import environment, in_address, is_sentence
from coach.records import Language

SHAPES: list[tuple[Language, str, bool]] = [
    ("nl", "je lezing over duurzaam inkopen", False),
    ("nl", "Je lezing over duurzaam inkopen op de Inkoopdag.", False),
    ("nl", "je artikel waarin je vertelt wat nodig is", False),
    ("nl", "hoe ik vaker nee zeg", False),
    ("nl", "het project dat je leidde bij de gemeente", False),
    ("nl", "een baan als inkoper...", False),
    ("nl", "binnen een jaar zelf aanbestedingen leiden", False),
    ("nl", "eerst vragen wat een leverancier zelf zou veranderen", False),
    ("nl", "je vertelde op de Inkoopdag over leveranciers", True),
    ("nl", "Ik las je artikel over groei", True),
    ("nl", "Jouw vragen hielpen me te kiezen.", True),
    ("nl", "Het voorbeeld van de leverancier uit Almelo zette me aan het denken.", True),
    ("nl", "Hoe kijk jij daarop terug?", True),
    ("nl", "Samira deelt de cijfers. Karim maakt een plan", True),
    ("nl", "Het voorbeeld van de leverancier die zelf met een beter plan kwam, is me bijgebleven.", True),
    ("nl", "Toen mijn project werd stopgezet, hielp je me een plan te maken", True),
    ("nl", "toen ik zakte voor mijn examen", False),
    ("nl", "Dat hielp me verder", True),
    ("nl", "dat ik mag zeggen wat ik niet weet.", False),
    ("nl", "het advies van Karim en zijn boek", False),
    ("nl", "groei", False),
    ("nl", "[naam van het artikel]", False),
    ("en", "your talk on sustainable purchasing", False),
    ("en", "Your talk on sustainable purchasing at the Buyers' Day.", False),
    ("en", "how you got suppliers on board", False),
    ("en", "the project that you led for the city", False),
    ("en", "lead tenders myself within a year", False),
    ("en", "your article was very helpful", True),
    ("en", "I read your article", True),
    ("en", "The example of the supplier who came up with a better plan has stayed with me.", True),
    ("en", "the talk held in May by your team", False),
    ("en", "Anna said nothing more after that, and I missed her proposal.", True),
    ("en", "Until the summer I am already guiding two people, and I want to give them enough attention.", True),
    ("en", "Your article published in the newsletter.", False),
    ("en", "When my project was stopped, you helped me", True),
    ("en", "I'm not ready for it yet", True),
    ("en", "The example of the supplier changed the way I prepare.", True),
]


@pytest.mark.parametrize(("language", "value", "expected"), SHAPES)
def test_a_sentence_is_told_from_a_part_of_one(language: Language, value: str, expected: bool) -> None:
    assert is_sentence(value, language) is expected


FILTERS: list[tuple[Language, str, str, str]] = [
    ("nl", '{{ x | within("Ik wil ….") }}', "binnen een jaar leiding geven.", "Ik wil binnen een jaar leiding geven."),
    ("nl", '{{ x | within("Ik wil ….") }}', "Ik zoek een andere baan", "Ik zoek een andere baan."),
    ("nl", '{{ x | within("Vraag over …") }}', "over je overstap", "Vraag over je overstap"),
    (
        "nl",
        '{{ x | within("Je advies was: ….", thing="Ik werkte met ….") }}',
        "Je tip over vragen",
        "Ik werkte met je tip over vragen.",
    ),
    ("nl", '{{ x | within("A ….", sentence="Mijn vraag: …") }}', "Hoe zie jij dat?", "Mijn vraag: hoe zie jij dat?"),
    ("nl", '{{ x | within("Ik ben {y}, ….") }}', "inkoper", "Ik ben Noor, inkoper."),
    ("nl", '{{ x | within("A {y} … {y}") }}', "{y} en … iets", "A Noor {y} en … iets Noor"),
    ("nl", '{{ x | within("Ik wil ….") }} {{ x | sentence }}{{ x | lines | bullets }}', "", " "),
    (
        "nl",
        '{{ x | moment("Tijdens … viel me iets op.") }}',
        "het overleg van dinsdag",
        "Tijdens het overleg van dinsdag viel me iets op.",
    ),
    (
        "nl",
        '{{ x | moment("Tijdens … viel me iets op.") }}',
        "In het overleg van dinsdag",
        "In het overleg van dinsdag viel me iets op.",
    ),
    (
        "nl",
        '{{ x | moment("Tijdens … viel me iets op.", sentence="… Daar.") }}',
        "Dinsdag was er overleg",
        "Dinsdag was er overleg. Daar.",
    ),
    (
        "nl",
        "{{ x | lines | either }}",
        "- maandag;\n- dinsdag na 15.00 uur; Woensdag",
        "maandag, dinsdag na 15.00 uur of woensdag",
    ),
    (
        "nl",
        '{{ x | moment("Tijdens … viel me iets op.") }}',
        "de mail die je dinsdag stuurde",
        "In de mail die je dinsdag stuurde viel me iets op.",
    ),
    (
        "nl",
        '{{ x | moment("Tijdens … viel me iets op.") }}',
        "het overleg over je rapport",
        "Tijdens het overleg over je rapport viel me iets op.",
    ),
    ("nl", '{{ x | within("De reden: ….", clause="Dat is ….") }}', "omdat mijn zoon ziek is", "Dat is omdat mijn zoon ziek is."),
    ("nl", '{{ x | within("De reden: ….") }}', "want ik ben ziek", "Ik ben ziek."),
    ("nl", '{{ x | within("Dank voor ….", clause="Dank ….") }}', "dat je tijd maakte", "Dank dat je tijd maakte."),
    ("nl", '{{ x | within("Vraag over …") }}', "wat je dagelijks doet?", "Vraag over wat je dagelijks doet"),
    ("nl", '{{ x | within("Ik ben …", elided=true) }}', "werk bij een gemeente", "Ik werk bij een gemeente."),
    ("nl", "{{ x | lines | either }}", "maandag 7/12, 10:00; dinsdag", "maandag 7/12, 10:00; of dinsdag"),
    ("nl", "{{ x | lines | numbered }}", "1. een punt\n2) nog een", "1. Een punt\n2. Nog een"),
    ("nl", "{{ x | lines | bullets }}", "ijkpunt; iPhone; één ding", "- IJkpunt\n- iPhone\n- Één ding"),
    ("nl", "{{ x | sentence }}", "dit deed me goed,", "Dit deed me goed."),
    ("nl", "{{ x | sentence }}", "zij zei: “kom maar.”", "Zij zei: “kom maar.”"),
    ("nl", "{{ x | question }}", "hoe zie jij dat", "Hoe zie jij dat?"),
    ("nl", "{{ x | quoted }}", "“ik durf niet”", "Ik durf niet."),
    (
        "en",
        '{{ x | within("I would like to ….", thing="I would like ….") }}',
        "a job as a buyer",
        "I would like a job as a buyer.",
    ),
    (
        "en",
        '{{ x | within("Your advice was to ….") }}',
        "To talk to them first",
        "Your advice was to talk to them first.",
    ),
    ("en", '{{ x | within("Note: …", sentence="Note: …") }}', "I left early", "Note: I left early."),
    ("en", '{{ x | within("What went well: ….") }}', "well prepared", "What went well: well prepared."),
    ("en", "{{ x | lines | both }}", "a course; a book; a talk", "a course, a book and a talk"),
    ("en", '{{ x | moment("During …, I saw it.") }}', "Tuesday's meeting", "During Tuesday's meeting, I saw it."),
    (
        "en",
        '{{ x | moment("During …, I saw it.") }}',
        "in the meeting on Tuesday",
        "In the meeting on Tuesday, I saw it.",
    ),
]


@pytest.mark.parametrize(("language", "source", "value", "expected"), FILTERS)
def test_words_are_framed(language: Language, source: str, value: str, expected: str) -> None:
    assert environment(language).from_string(source).render(x=value, y="Noor") == expected


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment("nl").from_string("{{ x }}").render()


def test_a_template_cannot_reach_into_python() -> None:
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        environment("nl").from_string("{{ x.__class__.__mro__ }}").render(x="a")


def test_one_form_of_address_is_chosen() -> None:
    assert in_address("<Heb je|Hebt u> <je|uw> tas?", formal=False) == "Heb je je tas?"
    assert in_address("<Heb je|Hebt u> <je|uw> tas?", formal=True) == "Hebt u uw tas?"
