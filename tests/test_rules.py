"""The rules, each on sentences that break it and on near misses that do not, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.drafts.guidance import section
from coach.drafts.patterns import rule_data
from coach.drafts.rules import RULES
from coach.drafts.wording import Message
from coach.languages import LANGUAGES, detect, read_yaml
from coach.records import Language

MESSAGES = Path(__file__).resolve().parent.parent / "evals" / "messages"
IDS = [
    *(
        "asks-for-mentorship",
        "no-specific-ask",
        "ask-too-big",
        "multiple-asks",
        "no-personalisation",
        "no-introduction",
        "no-courtesy",
    ),
    *("no-subject", "too-long", "over-limit", "flattery", "placeholder", "pressure", "no-thanks", "no-takeaway"),
    *("person-not-behaviour", "absolutes", "no-situation", "vague", "no-impact", "no-next-step", "mind-reading", "harsh"),
    *("softened", "vague-praise", "comparison"),
]


def spans(rule: str, text: str, *, kind: str = "outreach", language: Language | None = None, **known: object) -> list[str]:
    """The words that a rule marks; "" stands for something missing."""
    message = Message(text, language or detect(text), kind=kind, channel="message", **known)  # type: ignore[arg-type]
    return [text[one.start : one.end] for one in RULES[rule].check(message)]


def test_every_rule_of_the_design_exists() -> None:
    assert sorted(RULES) == sorted(IDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", IDS)
def test_a_rule_has_texts_and_opens_its_guidance(rule: str, language: Language) -> None:
    texts = rule_data(language).texts
    assert texts[rule].reason and texts[rule].fix
    for reference in RULES[rule].guidance.values():
        assert section(reference, language).heading


def test_both_languages_have_the_same_patterns_and_texts() -> None:
    dutch, english = (rule_data(language) for language in LANGUAGES)
    assert set(dutch.texts) == set(english.texts)
    assert set(dutch.patterns) - set(english.patterns) <= {"negative", "awful"}
    assert set(english.patterns) - set(dutch.patterns) <= {"strict_mentor", "weak_work", "profession"}


BROKEN = [
    ("asks-for-mentorship", "outreach", "Wil je mijn mentor zijn?", "Wil je mijn mentor zijn?"),
    ("asks-for-mentorship", "outreach", "Ik zoek iemand die mij als mentor wil begeleiden; zou jij dat willen?", "mentor"),
    ("asks-for-mentorship", "outreach", "Would you consider mentoring me?", "mentoring me"),
    ("asks-for-mentorship", "outreach", "Zou je niet mijn mentor willen worden?", "mentor"),
    ("no-specific-ask", "outreach", "Zullen we eens koffie drinken?", "koffie"),
    ("no-specific-ask", "outreach", "I'd love to pick your brain some time.", "pick your brain"),
    ("ask-too-big", "outreach", "Kunt u elke week een uur met mij bellen?", "elke week een uur"),
    ("ask-too-big", "outreach", "Could you read my 60 pages before Monday?", "60 pages"),
    ("multiple-asks", "outreach", "Kun je mijn cv bekijken? En wil je me voorstellen aan je manager?", "voorstellen"),
    ("no-personalisation", "outreach", "I'm a nurse. Could I ask you two questions about leadership?", ""),
    ("no-introduction", "outreach", "Je lezing over water bleef me bij. Mag ik je twee vragen stellen?", ""),
    ("no-courtesy", "outreach", "Ik heb twee vragen over je boek. Bel me.", ""),
    ("no-courtesy", "outreach", "Thanks. You must answer me before Friday.", "You must answer me before Friday."),
    ("flattery", "outreach", "You are a legend and the greatest marketer alive.", "legend"),
    ("flattery", "outreach", "Niemand kan tippen aan uw talent.", "talent"),
    ("placeholder", "outreach", "Beste [naam], hoe gaat het?", "[naam]"),
    ("placeholder", "outreach", "Dear {{ name }}, how are you?", "{{ name }}"),
    ("pressure", "check_in", "Dit is al mijn derde mail.", "derde mail"),
    ("pressure", "check_in", "Why haven't you replied?", "Why haven't you replied?"),
    ("no-thanks", "thank_you", "Het gesprek was nuttig.", ""),
    ("no-takeaway", "thank_you", "Thanks for the nice chat!", ""),
    ("no-takeaway", "progress_update", "Het gaat goed hier, lekker druk.", ""),
    ("person-not-behaviour", "feedback", "Je bent slordig.", "slordig"),
    ("person-not-behaviour", "feedback", "Why are you so stubborn?", "stubborn"),
    ("absolutes", "feedback", "Je komt altijd te laat.", "altijd"),
    ("absolutes", "feedback", "You never listen.", "never"),
    ("no-situation", "feedback", "You interrupt people and they stop talking.", ""),
    ("vague", "feedback", "Je communicatie kan beter.", "communicatie kan beter"),
    ("vague", "smart_goals", "I want to be a better leader.", "better leader"),
    ("vague", "expectations", "Je kunt me altijd bellen, we zien wel.", "altijd bellen"),
    ("no-impact", "feedback", "Gisteren onderbrak je Sara twee keer. Hoe kijk je daarop terug?", ""),
    ("no-next-step", "feedback", "On Monday you left the door open. Two visitors got lost.", ""),
    ("mind-reading", "feedback", "Je had er duidelijk geen zin in.", "geen zin"),
    ("mind-reading", "feedback", "You obviously think his work doesn't matter.", "obviously think"),
    ("harsh", "feedback", "Dit rapport is waardeloos.", "waardeloos"),
    ("harsh", "feedback", "READ THE BRIEF NEXT TIME!", "READ THE BRIEF NEXT TIME!"),
    ("softened", "feedback", "Misschien zou je eventueel een beetje naar de planning kunnen kijken.", "Misschien"),
    ("vague-praise", "feedback", "Great job, keep it up!", "Great job"),
    ("comparison", "feedback", "Sanne kan dit wel, dus jij moet het ook kunnen.", "Sanne"),
    ("comparison", "feedback", "Why can't you be more like Sophie?", "Sophie"),
    ("no-specific-ask", "session_agenda", "Tot morgen! We zien wel waar het over gaat.", ""),
    ("no-specific-ask", "reschedule", "Ik kan morgen niet.", ""),
]


@pytest.mark.parametrize(("rule", "kind", "text", "words"), BROKEN)
def test_a_broken_rule_marks_the_words(rule: str, kind: str, text: str, words: str) -> None:
    found = spans(rule, text, kind=kind)
    assert any(words in span if words else span == "" for span in found), found


SOUND = [
    ("asks-for-mentorship", "outreach", "Ik vraag je niet om mijn mentor te worden."),
    ("asks-for-mentorship", "outreach", "I'm not asking you to be my mentor."),
    ("asks-for-mentorship", "outreach", "My mentor Sarah suggested that I write to you."),
    ("asks-for-mentorship", "outreach", "Mijn docent schreef: “wil je mijn mentor worden?”"),
    ("no-specific-ask", "outreach", "Heb je een kwartier? Ik heb twee vragen over hoe je je team opbouwde."),
    ("multiple-asks", "outreach", "Could I call you for ten minutes? Or may I send my questions by email?"),
    ("ask-too-big", "outreach", "Zou je donderdag om 15.00 uur een kwartier hebben?"),
    ("no-courtesy", "expectations", "Ik antwoord binnen drie werkdagen."),
    ("flattery", "outreach", "Uw artikel heeft mij geïnspireerd."),
    ("placeholder", "outreach", "Zie voetnoot [1] en de lijst: [x] klaar."),
    ("pressure", "check_in", "No rush at all, I know how busy things get."),
    ("pressure", "check_in", "Sorry dat je zo lang niets van me hebt gehoord."),
    ("person-not-behaviour", "feedback", "Je bent niet dom."),
    ("person-not-behaviour", "feedback", "Je bent gisteren twee keer weggelopen."),
    ("person-not-behaviour", "feedback", "Ben je onzeker over de cijfers?"),
    ("absolutes", "feedback", "You're always welcome to call me."),
    ("absolutes", "feedback", "Ik lees nooit mail in het weekend."),
    ("no-situation", "feedback", "In the meeting on Tuesday you left early."),
    ("no-situation", "feedback", "Op 3 november stuurde je de verkeerde prijs."),
    ("no-situation", "feedback", "Tijdens het overleg van vanochtend keek je op je telefoon."),
    ("vague", "feedback", "Je communicatie kan beter. In je mail van dinsdag zette je de datum onderaan."),
    ("no-impact", "feedback", "On Monday you left early. The client went home without an answer."),
    ("no-impact", "feedback", "Gisteren zweeg je. Ik voelde me daar ongemakkelijk bij."),
    ("no-next-step", "feedback", "Hoe kijk jij daarop terug?"),
    ("mind-reading", "feedback", "Wat dacht je toen ze dat zei?"),
    ("mind-reading", "feedback", "If you'd rather not, just say so."),
    ("harsh", "feedback", "De conclusie ontbreekt nog."),
    ("softened", "feedback", "Misschien kun je de einddatum vooraan zetten."),
    ("vague-praise", "feedback", "Goed gedaan: in het overleg van maandag vroeg je eerst wat de planner nodig had."),
    ("comparison", "feedback", "You were faster than last month."),
]


@pytest.mark.parametrize(("rule", "kind", "text"), SOUND)
def test_a_near_miss_is_left_alone(rule: str, kind: str, text: str) -> None:
    assert spans(rule, text, kind=kind) == []


def test_what_is_missing_has_its_place_before_the_signature() -> None:
    text = "Beste Ton,\n\nHet programma is afgelopen.\n\nGroet,\nPim"
    message = Message(text, "nl", kind="closing", channel="email")
    (span,) = RULES["no-thanks"].check(message)
    assert span.start == span.end == text.index("afgelopen.") + len("afgelopen.")


def test_over_limit_marks_what_falls_off() -> None:
    text = "a" * 150 + " " + "b" * 100
    assert spans("over-limit", text, language="nl", hard_limit=200) == [text[200:]]
    assert spans("over-limit", text[:200], language="nl", hard_limit=200) == []


@pytest.mark.parametrize(("subject", "flagged"), [(None, False), ("", True), ("  ", True), ("Vraag over je werk", False)])
def test_no_subject_is_silent_where_none_could_be_known(subject: str | None, flagged: bool) -> None:
    assert bool(spans("no-subject", "Hallo daar.", language="nl", subject=subject)) == flagged


def exemplars() -> list[tuple[str, str]]:
    blocks = read_yaml(MESSAGES / "sentences.yaml")
    return [(rule, line.strip()) for rule, block in blocks.items() for line in block.splitlines() if line.strip()]


MESSAGE_RULES = {"flattery": "outreach", "pressure": "check_in", "asks-for-mentorship": "outreach"}


def test_most_wordings_of_a_flaw_are_found() -> None:
    """Nine in ten of the labelled sentences, and at most one in a hundred of the sound ones per rule."""
    flawed = [(rule, text) for rule, text in exemplars() if rule != "sound"]
    found = [bool(spans(rule, text, kind=MESSAGE_RULES.get(rule, "feedback"))) for rule, text in flawed]
    assert sum(found) >= 0.9 * len(found), [text for (_, text), hit in zip(flawed, found, strict=True) if not hit]


def test_hardly_any_sound_sentence_is_flagged() -> None:
    rules = sorted({rule for rule, _ in exemplars()} - {"sound"})
    sound = [text for rule, text in exemplars() if rule == "sound"]
    flagged = [(rule, text) for rule in rules for text in sound if spans(rule, text, kind=MESSAGE_RULES.get(rule, "feedback"))]
    assert len(flagged) <= 0.01 * len(sound) * len(rules), flagged
