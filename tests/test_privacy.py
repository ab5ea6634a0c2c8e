"""Personal details are replaced before a text leaves, and put back in what returns."""

from __future__ import annotations

import pytest

from coach.privacy import Mask, is_bsn, is_iban, names_in


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Mijn mentor Fatima el Idrissi reageert niet", "Mijn mentor PERSOON_1 reageert niet"),
        ("mijn mentee fatima komt te laat", "mijn mentee PERSOON_1 komt te laat"),
        ("Sanne komt te laat. Hoe zeg ik Sanne dat?", "PERSOON_1 komt te laat. Hoe zeg ik PERSOON_1 dat?"),
        ("Hoe schrijf ik Jan van der Berg?", "Hoe schrijf ik PERSOON_1?"),
        ("Mail fatima@voorbeeld.nl of bel 06-12345678", "Mail MAILADRES_1 of bel TELEFOON_1"),
        ("bel +31 6 12 34 56 78, of 020 123 4567.", "bel TELEFOON_1, of TELEFOON_2."),
        ("Rekening NL91 ABNA 0417 1643 00, BSN 111222333", "Rekening IBAN_1, BSN BSN_1"),
        ("Kijk op https://linkedin.com/in/noor-b en www.noor.nl", "Kijk op LINK_1 en LINK_2"),
        ("Wat is SMART, en hoe werkt LinkedIn?", "Wat is SMART, en hoe werkt LinkedIn?"),
        ("Hoe schrijf ik een LinkedIn-bericht?", "Hoe schrijf ik een LinkedIn-bericht?"),
        ("Wacht ik 2 weken, of 24 uur na 21-11-2026 om 15:00?", "Wacht ik 2 weken, of 24 uur na 21-11-2026 om 15:00?"),
        ("Voortgangsgesprekken plannen, hoe doe ik dat?", "Voortgangsgesprekken plannen, hoe doe ik dat?"),
        ("mijn mentor luistert niet", "mijn mentor luistert niet"),
        ("Roos is een bloem", "Roos is een bloem"),
        ("Mijn collega Roos is boos", "Mijn collega PERSOON_1 is boos"),
        ("nummer 123456789 is geen BSN", "nummer 123456789 is geen BSN"),
    ],
)
def test_details_are_hidden_and_come_back(text: str, hidden: str) -> None:
    mask = Mask("nl")
    mask.learn([text])
    assert (mask.hide(text), mask.show(mask.hide(text))) == (hidden, text)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("Vraag PERSOON_1 hoe het gaat.", "Vraag Noor de Wit hoe het gaat."),
        ("Vraag **Persoon 1** hoe het gaat.", "Vraag **Noor de Wit** hoe het gaat."),
        ("[PERSOON_1] en PERSOON_1's plan", "Noor de Wit en Noor de Wit's plan"),
        ("PERSOON_12 bestaat niet", "PERSOON_12 bestaat niet"),
    ],
)
def test_stand_ins_come_back_however_they_are_dressed(reply: str, shown: str) -> None:
    mask = Mask("nl")
    mask.learn([], ["Noor de Wit"])
    assert mask.show(reply) == shown


def test_a_part_of_a_name_is_hidden_too_and_a_made_up_stand_in_is_seen() -> None:
    mask = Mask("en")
    mask.learn([], ["Priya Okonkwo"])
    assert mask.hide("Dear Priya, thanks. Okonkwo said so.") == "Dear PERSON_1, thanks. PERSON_1 said so."
    assert (mask.strangers("Ask PERSON_1."), mask.strangers("Ask PERSON_2.")) == ([], ["PERSON_2"])


def test_a_name_that_is_a_word_comes_back_as_it_was_written() -> None:
    mask, text = Mask("nl"), "Ik wil dat Wil komt, en Karim ook. karim wil dat."
    mask.learn([], ["Wil", "Karim"])
    hidden = mask.hide(text)
    assert (hidden, mask.show(hidden)) == (
        "Ik PERSOON_3 dat PERSOON_1 komt, en PERSOON_2 ook. PERSOON_2 PERSOON_3 dat.",
        "Ik wil dat Wil komt, en Karim ook. Karim wil dat.",
    )


@pytest.mark.parametrize(("number", "good"), [("NL91ABNA0417164300", True), ("NL92ABNA0417164300", False), ("NL91", False)])
def test_iban(number: str, good: bool) -> None:
    assert is_iban(number) == good


@pytest.mark.parametrize(("number", "good"), [("111222333", True), ("123456782", True), ("123456789", False), ("0" * 9, False)])
def test_bsn(number: str, good: bool) -> None:
    assert is_bsn(number) == good


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I spoke with Priya and Tom Baker yesterday.", ["Priya", "Tom Baker"]),
        ("Should I say thanks on Monday?", []),
        ("J. Jansen en mevrouw De Vries", ["J. Jansen", "Vries"]),
    ],
)
def test_names_in_running_text(text: str, names: list[str]) -> None:
    assert names_in(text) == names
