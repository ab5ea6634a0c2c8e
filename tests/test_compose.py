"""Drafts: every kind in both languages, with all fields, the required ones and none; variants, channels and hostile values."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.drafts.channels import load_channels
from coach.drafts.compose import write
from coach.drafts.framing import lines
from coach.drafts.kinds import VARIANTS, DraftKind, load_kinds
from coach.errors import DraftError
from coach.languages import LANGUAGES, words
from coach.records import Draft, Language

KINDS = sorted(load_kinds())
LETTERS = [name for name in KINDS if load_kinds()[name].letter]
FORMS = [(None, None), *((variant, None) for variant in VARIANTS)]
# Shown in another form than they were typed: the day and time of a conversation, in the reader's time zone too.
RETOLD = {("session_agenda", "date"), ("session_agenda", "time")}


def filled(kind: DraftKind, language: Language, which: str) -> dict[str, str]:
    """The examples of all fields, of the required ones, or none."""
    return {
        field.name: field.example[language]
        for field in kind.fields
        if which == "full" or (which == "required" and field.required)
    }


@cache
def written(name: str, language: Language, which: str, variant: str | None = None, style: str | None = None) -> Draft:
    """The draft of the examples, in the kind's own channel; written once for all tests."""
    return write(name, filled(load_kinds()[name], language, which), variant=variant, style=style, language=language)


def every(which: tuple[str, ...] = ("full", "required", "none")) -> list[tuple[str, Language, str]]:
    return list(product(KINDS, LANGUAGES, which))


def forms(kind: DraftKind) -> list[tuple[str | None, str | None]]:
    return [*FORMS, *((None, style) for style in kind.styles)]


def untidy(text: str) -> list[str]:
    """What no careful writer leaves in a text."""
    patterns = {
        "doubled space": r"\S {2,}",
        "space before a sign": r" [,.;:?!](?:\s|$)",
        "orphaned sign": r"(?:^|\n)[,.;:?!]|[,;:]\s*\.|\.\.(?!\.)|,,|\?\.|\?\?|: *$|,\n(?!\n)\S",
        "empty lines": r"\n{3,}|^\n|\n$",
        "space at a line's end": r"[ \t]\n",
        "template": r"\{|\}|None|…|<\w+\|",
        "dash": r"—",
        "small start": r"(?:^|[.?!] |\n\n)[a-z]",
    }
    return [name for name, pattern in patterns.items() if re.search(pattern, text)]


@pytest.mark.parametrize(("name", "language", "which"), every())
def test_every_draft_is_tidy(name: str, language: Language, which: str) -> None:
    kind = load_kinds()[name]
    for variant, style in forms(kind):
        draft = written(name, language, which, variant, style)
        body = (
            draft.body.replace(",\n\n", "\n\n").replace(",\n" + draft.body.rsplit(",\n", 1)[-1], "")
            if kind.letter
            else draft.body
        )
        assert untidy(body) == [], f"{variant} {style}:\n{draft.body}"
        assert untidy(draft.subject) == []


@pytest.mark.parametrize(("name", "language", "which"), every(("full", "required")))
def test_every_fact_stays_and_nothing_is_missing(name: str, language: Language, which: str) -> None:
    kind = load_kinds()[name]
    values = filled(kind, language, which)
    for variant, style in forms(kind):
        draft = written(name, language, which, variant, style)
        text = " ".join(words(draft.subject + " " + draft.body))
        for field in kind.fields:
            if field.name in values and field.in_text and (name, field.name) not in RETOLD:
                for line in lines(values[field.name]):
                    assert " ".join(words(line)) in text, f"{variant} {style} lost {field.name}:\n{draft.body}"
        assert draft.missing == () and "[" not in draft.body
        assert draft.composer == "template" and draft.language == language


@pytest.mark.parametrize(("name", "language", "which"), every())
def test_a_draft_passes_its_own_rules(name: str, language: Language, which: str) -> None:
    kind = load_kinds()[name]
    for variant, style in forms(kind):
        draft = written(name, language, which, variant, style)
        broken = [finding for finding in draft.findings if finding.severity == "must"]
        if which == "none":
            assert {finding.rule for finding in broken} == {"placeholder"}
        else:
            assert broken == [], draft.body


@pytest.mark.parametrize(("name", "language"), list(product(KINDS, LANGUAGES)))
def test_a_missing_detail_is_a_visible_blank_and_listed(name: str, language: Language) -> None:
    kind = load_kinds()[name]
    for variant, style in forms(kind):
        draft = written(name, language, "none", variant, style)
        required = [field for field in kind.fields if field.required]
        assert draft.missing == tuple(field.name for field in required)
        for field in required:
            assert field.blank and f"[{field.blank[language]}]" in draft.body
        assert not re.search(r"\d", re.sub(r"^\d+\. ", "", draft.body, flags=re.MULTILINE)), "a figure that nobody gave"


@pytest.mark.parametrize(("name", "language"), list(product(KINDS, LANGUAGES)))
@pytest.mark.parametrize("which", ["full", "required"])
def test_variants_are_what_they_are_called(name: str, language: Language, which: str) -> None:
    kind = load_kinds()[name]
    values = filled(kind, language, which)
    plain, *variants = (written(name, language, which, variant).body for variant, _ in FORMS)
    shorter, warmer, more_direct = variants
    count = {
        form: len(words(text)) for form, text in zip(("plain", "shorter", "warmer", "direct"), (plain, *variants), strict=True)
    }
    assert count["shorter"] < count["plain"] < count["warmer"]
    assert count["direct"] < count["warmer"]
    assert len({plain, shorter, warmer, more_direct}) == 4
    hedges = {"nl": r"\b(?:zou|graag|helaas|gerust|misschien)\b", "en": r"\b(?:would|could|afraid|happy|glad)\b"}[language]
    own = " ".join(values.values())
    counted = [len(re.findall(hedges, text)) - len(re.findall(hedges, own)) for text in (plain, more_direct)]
    assert counted[1] <= counted[0]


def test_direct_and_gentle_feedback_differ_in_more_than_a_word() -> None:
    kind = load_kinds()["feedback"]
    for language in LANGUAGES:
        values = filled(kind, language, "full")
        direct, gentle = (written("feedback", language, "full", None, style).body for style in ("direct", "gentle"))
        assert direct.index(values["impact"]) < direct.index(values["strength"][1:])
        assert gentle.index(values["strength"]) < gentle.index(values["impact"])
        assert len(words(gentle)) > len(words(direct)) + 15


@pytest.mark.parametrize(
    "name", [name for name in LETTERS if any(field.name == "address" for field in load_kinds()[name].fields)]
)
def test_je_or_u_is_held_throughout(name: str) -> None:
    for variant, _ in FORMS:
        for address, wrong in (("u", {"je", "jij", "jou", "jouw"}), ("je", {"u", "uw"})):
            draft = write(name, {"address": address}, variant=variant, language="nl")
            own = re.sub(r"\[[^\]]*\]", "", f"{draft.subject} {draft.body}")
            assert not wrong & set(words(own)), own
            assert address in words(own) or {"uw", "jou", "jouw"} & set(words(own)), own


@pytest.mark.parametrize("name", KINDS)
def test_worked_examples(name: str) -> None:
    for example in load_kinds()[name].examples:
        draft = write(
            name,
            example.fields,
            channel=example.channel,
            variant=example.variant,
            style=example.style,
            language=example.language,
        )
        for expected in example.contains:
            assert expected in draft.body, draft.body


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_fits_its_channel(name: str, language: Language) -> None:
    kind = load_kinds()[name]
    for channel in kind.channels:
        draft = write(name, filled(kind, language, "full"), channel=channel, language=language)
        table = load_channels()[channel]
        assert draft.channel == channel
        assert len(draft.body) <= (table.room or len(draft.body))
        assert bool(draft.subject) == (table.subject is not None)
        assert (
            draft.body.rstrip()[-1] in ".?!"
            or draft.body.endswith(filled(kind, language, "full").get("sender", ""))
            or not kind.letter
        )


LONG = "het werk in de wijk waar onze teams elke week met bewoners spreken over hun plannen voor de buurt"


def test_a_note_says_what_it_leaves_out() -> None:
    draft = write("outreach", filled(load_kinds()["outreach"], "nl", "full"), channel="linkedin-note", language="nl")
    assert "weggelaten: wat het met je deed, wat je wilt bereiken" in draft.notice


@pytest.mark.parametrize(
    ("detail", "topic", "expected"),
    [
        ("je lezing", "inkoop", None),
        (LONG, LONG[:60], "Dit past alleen met een betaald account"),
        (
            LONG + " en " + LONG,
            LONG,
            "'linkedin-note' takes 200: shorten 'detail' (198) and 'topic' (97), or choose another channel",
        ),
    ],
)
def test_a_note_is_never_cut(detail: str, topic: str, expected: str | None) -> None:
    values = {"recipient": "Marieke", "sender": "Sam", "about": "wijkverpleegkundige", "detail": detail, "topic": topic}
    if expected and expected.startswith("'"):
        with pytest.raises(DraftError, match=re.escape(expected)):
            write("outreach", values, channel="linkedin-note", language="nl")
        return
    draft = write("outreach", values, channel="linkedin-note", language="nl")
    assert detail in draft.body and topic in draft.body and len(draft.body) <= 300
    assert (expected or "") in draft.notice


def test_a_long_topic_leaves_the_subject_short() -> None:
    draft = write("outreach", {"topic": LONG}, language="nl")
    assert draft.subject == "Een vraag over je werk" and LONG in draft.body


HOSTILE = [
    ("{{ 7*7 }}", "{{ 7*7 }}"),
    ("{% for x in y %}", "{% for x in y %}"),
    ("<je|u> artikel", "<je|u> artikel"),
    ("{sender} en … de rest", "{sender} en … de rest"),
    ('je artikel "Groeien zonder haast', 'je artikel "Groeien zonder haast'),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("مقالتك عن التوجيه", "مقالتك عن التوجيه"),
    ("je \u202eartikel\u202c over\u200b groei", "je artikel over groei"),
    ("je   artikel\tover  groei ", "je artikel over groei"),
    ("je artikel over groei...", "je artikel over groei"),
    ("100% \\o/ \\n $HOME `ls`", "100% \\o/ \\n $HOME `ls`"),
]


@pytest.mark.parametrize(("value", "expected"), HOSTILE)
def test_a_hostile_value_stands_as_it_is(value: str, expected: str) -> None:
    for channel in ("email", "linkedin-message", "chat"):
        draft = write("outreach", {"detail": value, "topic": "inkoop"}, channel=channel, language="nl")
        assert expected in draft.body
        assert "49" not in draft.body and "\u202e" not in draft.body


REFUSED = [
    (
        "outreach",
        {"topic": "inkoop\nBcc: iedereen@example.org"},
        "The field 'topic' is one line, and yours breaks over several",
    ),
    ("outreach", {"topic": "inkoop\r\n\r\nBody"}, "'topic' is one line"),
    ("outreach", {"recipient": "Marieke\u2028Bcc: x"}, "'recipient' is one line"),
    ("outreach", {"detail": "x" * 10_000}, "The field 'detail' has 10000 characters and holds 300 at most"),
    ("check_in", {"news": "x" * 10_000}, "The field 'news' has 10000 characters and holds 4000 at most"),
    ("outreach", {"detail": "je\x00artikel"}, "'detail' holds a character that is no text (U+0000)"),
    ("outreach", {"detail": "je\ud800artikel"}, "'detail' holds a character that is no text (U+D800)"),
    ("outreach", {"address": "jij"}, "The field 'address' is 'jij', and can be: je, u"),
    ("outreach", {"subject": "x"}, "The kind 'outreach' has no field 'subject'; choose from: "),
    ("outreach", {"topics": "x"}, "has no field 'topics'; did you mean 'topic'?"),
]


@pytest.mark.parametrize(("kind", "fields", "said"), REFUSED, ids=[case[2][:40] for case in REFUSED])
def test_what_cannot_be_used_is_refused_by_name(kind: str, fields: dict[str, str], said: str) -> None:
    with pytest.raises(DraftError, match=re.escape(said)) as error:
        write(kind, fields, language="nl")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"variant": "short"}, "There is no variant 'short'; did you mean 'shorter'?"),
        ({"style": "gentle"}, "The kind 'outreach' has no styles"),
        ({"channel": "mail"}, "There is no channel 'mail'; did you mean 'email'?"),
    ],
)
def test_an_unknown_option_is_refused_by_name(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DraftError, match=re.escape(said)):
        write("outreach", {}, language="nl", **options)
    with pytest.raises(DraftError, match="The kind 'feedback' does not go by 'inmail'; choose from: message"):
        write("feedback", {}, channel="inmail")


def test_the_language_is_that_of_the_words() -> None:
    assert write("check_in", {"news": "I finished the course that you told me about."}).language == "en"
    assert write("check_in", {"news": "Ik heb de cursus afgerond."}).language == "nl"
    assert write("check_in", {}).language == "nl"


NOTICES: list[tuple[str, dict[str, str], Language, str]] = [
    (
        "check_in",
        {"news": "Ik gebruikte uw tip.", "address": "je"},
        "nl",
        "Je eigen woorden bij nieuws dat je wilt delen gebruiken een andere",
    ),
    (
        "check_in",
        {"news": "Last week I finished the course that you told me about."},
        "nl",
        "lijken Engels, het bericht is Nederlands",
    ),
    (
        "check_in",
        {"news": "Vorige week heb ik de cursus afgerond die je noemde."},
        "en",
        "look Dutch, and the message is in English",
    ),
    ("outreach", {"detail": 'je boek "Groei'}, "nl", "staat een aanhalingsteken dat niet sluit"),
    ("outreach", {"detail": "je boek “Groei”"}, "nl", ""),
    ("feedback", {"reader": "indirect"}, "nl", "Geef feedback aan een indirecte lezer onder vier ogen"),
    ("feedback", {"reader": "direct"}, "en", "Say the point once without softeners"),
    ("feedback", {"recipient": "Hiroshi"}, "en", ""),
]


@pytest.mark.parametrize(("kind", "fields", "language", "said"), NOTICES)
def test_notices(kind: str, fields: dict[str, str], language: Language, said: str) -> None:
    notice = write(kind, fields, language=language).notice
    assert said in notice if said else notice == ""


def test_only_the_guidance_that_goes_with_the_reader_is_shown() -> None:
    direct, indirect = (write("feedback", {"reader": reader}, language="en").notice for reader in ("direct", "indirect"))
    assert direct and indirect and direct not in indirect and indirect not in direct


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"news": "Ik gebruikte uw tip."}, "met u"),
        ({"news": "Ik gebruikte je tip."}, "met je"),
        ({"news": "Ik gebruikte de tip.", "address": "u"}, "met u"),
        ({"news": "Ik gebruikte de tip."}, "met je"),
    ],
)
def test_the_form_of_address_follows_the_writer(fields: dict[str, str], expected: str) -> None:
    assert expected in write("check_in", fields, language="nl").body


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Marieke", "Beste Marieke,"),
        ("mevrouw De Vries", "Geachte mevrouw De Vries,"),
        ("Dr. Okafor", "Geachte Dr. Okafor,"),
    ],
)
def test_greetings(name: str, greeting: str) -> None:
    assert write("outreach", {"recipient": name}, language="nl").body.startswith(greeting)
    assert write("check_in", {"recipient": "Karim"}, language="en", channel="chat").body.startswith(
        "Hi Karim, I hope all is well"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.sampled_from(LANGUAGES), st.text(max_size=60), st.data())
def test_any_words_give_a_draft_or_a_refusal(name: str, language: Language, value: str, data: st.DataObject) -> None:
    kind = load_kinds()[name]
    field = data.draw(st.sampled_from(kind.fields))
    try:
        draft: Draft = write(name, {field.name: value}, language=language)
    except DraftError as error:
        assert f"'{field.name}'" in str(error)
        return
    assert "\n" not in draft.subject and draft.body.strip() == draft.body
