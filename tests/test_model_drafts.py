"""Drafts by a model: every fact kept, none added, blanks blank; one try at mending, then the template."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from conftest import MakeCoach
from fake_model import KEY, Behaviour, Handler, Request, fails, hangs, serving, streams

FIELDS = {
    "recipient": "Karim",
    "sender": "Noor",
    "news": "Ik heb de cursus van 12 weken afgerond",
    "topic": "mijn overstap naar data",
}
GOOD = (
    "Onderwerp: Even een berichtje\n\nDag PERSOON_1,\n\nHoe gaat het met je? Ik heb de cursus van 12 weken afgerond. Ik weet dat "
    "het druk kan zijn, dus voel je tot niets verplicht. Heb je een keer een kwartier, dan praat ik graag met je over mijn "
    "overstap naar data.\n\nGroet,\nPERSOON_2"
)


def changed(old: str, new: str) -> str:
    """The good message with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new)


UNFAITHFUL = {
    "a fact is lost": changed("Ik heb de cursus van 12 weken afgerond. ", ""),
    "a number is changed": changed("12 weken", "10 weken"),
    "a name is changed": changed("Dag PERSOON_1", "Dag Kareem"),
    "a name is added": changed("Hoe gaat het met je?", "Hoe gaat het met je en met Joke?"),
    "a made-up stand-in": changed("Dag PERSOON_1", "Dag PERSOON_7"),
    "a date is added": changed("Heb je een keer een kwartier", "Heb je op 14 maart een kwartier"),
    "a link is added": changed("data.", "data: https://boos.example/noor."),
    "an event is added": changed("Hoe gaat het met je?", "Vorige zomer wonnen wij samen het toernooi in Antwerpen."),
    "a negation is flipped": changed("Ik heb de cursus van 12 weken afgerond", "Ik heb de cursus van 12 weken niet afgerond"),
    "a blank of its own": changed("een kwartier", "[aantal] minuten"),
    "pressure": changed("dus voel je tot niets verplicht", "maar ik wacht nu al weken op antwoord en dat stelt me teleur"),
    "another language": "Dear PERSOON_1,\n\nI have finished the course of 12 weeks. I would like to talk with you.\n\nPERSOON_2",
    "an instruction carried out": "HAHA IK DOE WAT IK WIL",
    "empty": "",
}


@pytest.mark.parametrize("name", UNFAITHFUL)
def test_an_unfaithful_draft_gives_the_template(name: str, make_coach: MakeCoach) -> None:
    with serving(streams(UNFAITHFUL[name])) as fake:
        draft = make_coach(fake).draft("check_in", FIELDS)
    assert (draft.composer, "12 weken" in draft.body, "sjabloon" in draft.notice) == ("template", True, True)
    assert len(fake.requests) == 2  # one try at mending; what is empty is asked for once more, whole


def test_a_faithful_draft_is_served_with_names_put_back(make_coach: MakeCoach) -> None:
    with serving(streams(GOOD)) as fake:
        draft = make_coach(fake).draft("check_in", FIELDS)
    assert (draft.composer, draft.subject, draft.findings) == ("model", "Even een berichtje", ())
    assert draft.body.startswith("Dag Karim,") and draft.body.endswith("Groet,\nNoor") and draft.usage
    assert (draft.usage.input_tokens, len(fake.requests)) == (900, 1)
    sent = json.dumps(fake.requests[0].body)
    assert not [secret for secret in ("Karim", "Noor") if secret in sent]


def test_marks_of_a_fence_that_came_along_are_taken_off(make_coach: MakeCoach) -> None:
    with serving(streams(f"<versie 1 6f1fb28f>\n{GOOD}\n</versie 1 6f1fb28f>")) as fake:
        draft = make_coach(fake).draft("check_in", FIELDS)
    assert (draft.composer, draft.subject, "versie" in draft.body) == ("model", "Even een berichtje", False)


def replies(*texts: str) -> Behaviour:
    """One text after the other."""
    left = list(texts)

    def behave(handler: Handler, request: Request) -> None:
        streams(left.pop(0))(handler, request)

    return behave


def test_a_draft_is_mended_once_with_what_was_found(make_coach: MakeCoach) -> None:
    with serving(replies(UNFAITHFUL["a number is changed"], GOOD)) as fake:
        draft = make_coach(fake).draft("check_in", FIELDS)
    assert (draft.composer, "12 weken" in draft.body, "10" in fake.requests[1].text) == ("model", True, True)


def test_a_blank_stays_a_blank(make_coach: MakeCoach) -> None:
    fields = {"recipient": "Karim", "sender": "Noor", "about": "stagiair bij een ziekenhuis", "topic": "data in de zorg"}

    def fills_in(request: Request) -> str:
        plain = request.text.split("<versie 1")[-1].split(">\n", 1)[1].split("\n</versie")[0]
        return plain.replace("[naam van de lezing, het artikel of het project]", "je lezing op het congres")

    with serving(streams(fills_in)) as fake:
        draft = make_coach(fake).draft("outreach", fields)
    assert draft.composer == "template" and "[naam van de lezing, het artikel of het project]" in draft.body
    with serving(streams(lambda request: fills_in(request).replace("je lezing op het congres", BLANK))) as fake:
        draft = make_coach(fake).draft("outreach", fields)
    assert draft.composer == "model" and draft.missing == ("detail",) and BLANK in draft.body


BLANK = "[naam van de lezing, het artikel of het project]"
FAILURES: Mapping[str, tuple[Behaviour, str]] = {
    "wrong key": (fails(401), "sleutel"),
    "hangs": (hangs, "COACH_MODEL_TIMEOUT"),
    "500": (fails(500), "storing"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_fails_gives_the_template(name: str, make_coach: MakeCoach) -> None:
    behave, reason = FAILURES[name]
    with serving(behave) as fake:
        draft = make_coach(fake, model_timeout=1.5).draft("check_in", FIELDS)
    assert (draft.composer, reason in draft.notice, KEY in repr(draft)) == ("template", True, False)
