"""The kinds of message: what a file must hold, what is refused and with which words, and that every file is whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from coach.drafts.channels import channel_named, load_channels
from coach.drafts.guidance import section
from coach.drafts.kinds import DraftKind, kind_named, load_kinds, read_kind
from coach.errors import DraftError, PromptError
from coach.files import read_model
from coach.languages import LANGUAGES
from coach.settings import data_folder

KINDS = sorted(load_kinds())
DESIGNED = [
    "outreach",
    "thank_you",
    "progress_update",
    "session_agenda",
    "check_in",
    "reschedule",
    "mismatch",
    "closing",
    "feedback",
    "expectations",
    "decline",
    "introduction",
    "powerful_questions",
    "smart_goals",
    "evaluation",
    "kick_off",
]


def test_every_kind_of_the_design_is_there() -> None:
    assert set(DESIGNED) <= set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_guidance_of_a_kind_can_be_opened_in_both_languages(name: str) -> None:
    kind = kind_named(name)
    for reference in (*kind.guidance, *(note.guidance for note in kind.notes)):
        for language in LANGUAGES:
            assert section(reference, language).heading


@pytest.mark.parametrize("name", KINDS)
def test_the_two_languages_of_a_template_have_the_same_forms_and_fields(name: str) -> None:
    nl, en = (load_kinds()[name].templates[language] for language in LANGUAGES)
    assert [[form for form, _ in part.forms()] for part in nl.body] == [[form for form, _ in part.forms()] for part in en.body]
    assert (bool(nl.subject), bool(nl.brief)) == (bool(en.subject), bool(en.brief))


@pytest.mark.parametrize("name", KINDS)
def test_texts_are_tidy(name: str) -> None:
    text = (data_folder("prompts") / "drafts" / f"{name}.yaml").read_text(encoding="utf-8")
    assert not re.search(r"[—\t]| {2,}\S.*\S {2,}", text)
    kind = kind_named(name)
    for field in kind.fields:
        for both in (field.label, field.help, field.example):
            assert both.nl.strip() and both.en.strip()


class Mistake(NamedTuple):
    """What is wrong in a file, what the line shown holds, the place named, and what is said of it."""

    right: str
    wrong: str
    line: str
    place: str
    said: str


MISTAKES = [
    Mistake(
        "family: message", "familie: message", "familie:", "familie", "there is no key 'familie' here; did you mean 'family'?"
    ),
    Mistake("family: message", "family: letter", "family:", "family", "'message', 'feedback' or 'plan'"),
    Mistake("shape: phrase", "shapes: phrase", "shapes:", "fields.1.shapes", "did you mean 'shape'?"),
    Mistake(
        "  - recipient\n", "  - recipiënt\n", "recipiënt", "fields.0", "no shared field 'recipiënt'; did you mean 'recipient'?"
    ),
    Mistake("rules: [pressure,", "rules: [presure,", "rules:", "rules.0", "there is no rule 'presure'; did you mean 'pressure'?"),
    Mistake(
        "channels: [email,",
        "channels: [e-mail,",
        "channels:",
        "channels.0",
        "there is no channel 'e-mail'; did you mean 'email'?",
    ),
    Mistake("default_channel: email", "default_channel: inmail", "inmail", "default_channel", "no channel of this kind 'inmail'"),
    Mistake("text: '{{ news |", "text: '{{ nieuws |", "nieuws", "templates.nl.body.1.text", "there is no field 'nieuws'"),
    Mistake('kant: ….") }}', 'kant: ….") }', "kant:", "templates.nl.body.1.text", "the template is broken in its line 1"),
    Mistake("graag met <je|u> over …", "graag {duur} over …", "text:", "templates.nl.body.2.text", "there is no field 'duur'"),
    Mistake(
        'subject: "Even een berichtje"', 'subject: "{{ news }}"', "news", "templates.nl.subject", "cannot stand in a subject"
    ),
    Mistake("    shape: text\n", "    shape: text\n    required: true\n", "name: news", "fields.2", "'news' needs a 'blank'"),
    Mistake("    shape: text\n", "    shape: choice\n", "name: news", "fields.2", "has 'choices' if and only if"),
    Mistake("id: check_in", "id: checkin", "# A friendly", "id", "make it 'check_in', as the file is called"),
    Mistake("      sender: Noor\n", "      zender: Noor\n", "zender", "examples.0.fields.zender", "there is no field 'zender'"),
    Mistake(
        "channel: chat",
        "channel: linkedin-note",
        "linkedin-note",
        "examples.1.channel",
        "no channel of this kind 'linkedin-note'",
    ),
    Mistake("audience: [mentee]", "audience: [mentee]\naudience: [mentor]", "[mentor]", "duplicate", "mend the file"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.wrong.strip()[:30])
def test_a_mistake_is_refused_with_file_line_and_suggestion(tmp_path: Path, mistake: Mistake) -> None:
    text = (data_folder("prompts") / "drafts" / "check_in.yaml").read_text(encoding="utf-8")
    assert mistake.right in text
    path = tmp_path / "check_in.yaml"
    path.write_text(text.replace(mistake.right, mistake.wrong, 1), encoding="utf-8")
    with pytest.raises(PromptError) as error:
        read_kind(path)
    message = str(error.value)
    assert mistake.place in message and mistake.said in message and "\n" not in message
    found = re.match(r"check_in\.yaml:(\d+): ", message)
    assert found, message
    assert mistake.line in path.read_text(encoding="utf-8").splitlines()[int(found[1]) - 1], message


def test_a_required_field_must_stand_in_the_text(tmp_path: Path) -> None:
    text = (data_folder("prompts") / "drafts" / "outreach.yaml").read_text(encoding="utf-8")
    text = text.replace("{{ detail | within(", "{{ about | within(")
    path = tmp_path / "outreach.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        PromptError, match=r"outreach\.yaml:\d+: fields\.1: the required field 'detail' is not used in the nl template"
    ):
        read_model(path, DraftKind)


@pytest.mark.parametrize(("name", "said"), [("outreech", "did you mean 'outreach'?"), ("xyz", "choose from: ")])
def test_an_unknown_kind_is_refused_by_name(name: str, said: str) -> None:
    with pytest.raises(DraftError, match=f"There is no kind '{name}'") as error:
        kind_named(name)
    assert said in str(error.value)


def test_channels_are_a_dated_table_with_sources() -> None:
    assert {"email", "linkedin-note", "linkedin-message", "inmail", "chat", "message"} <= set(load_channels())
    limits = {
        name: (channel.room, channel.hard, channel.subject and channel.subject.hard) for name, channel in load_channels().items()
    }
    assert limits["linkedin-note"] == (200, 300, None)
    assert limits["inmail"] == (1900, 1900, 200)
    assert limits["linkedin-message"] == (8000, 8000, None)
    with pytest.raises(DraftError, match="did you mean 'inmail'"):
        channel_named("in-mail")
