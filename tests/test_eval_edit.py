"""A case changes in its file and nothing else does; what would be wrong is not written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coach import CoachError
from evals import CaseError, add_case, edit_case, load_cases
from evals.edit import remove_case
from evals.loading import CASES

OWN = {"id": "ei.nl", "question": "Hoe lang kook ik een ei: 5 minuten?", "expect": "abstain", "about": "off-topic", "why": "no"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("answers-first-contact.nl.yaml", "drafts-mentee.nl.yaml"):
        shutil.copy(CASES / name, tmp_path / name)
    return tmp_path


def lines(folder: Path) -> dict[str, list[str]]:
    return {path.name: path.read_text("utf-8").splitlines() for path in folder.glob("*.yaml")}


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    return [line for name in after for line in after[name] if line not in before.get(name, [])]


def test_one_key_changes_one_line(folder: Path) -> None:
    before = lines(folder)
    case = next(case for case in load_cases(folder).cases if case.suite == "drafts")
    made = edit_case(folder, case.id, {"max_words": 300}).named(case.id)
    assert made is not None and vars(made)["max_words"] == 300
    assert changed(before, lines(folder)) == ["    max_words: 300"]


def test_comments_and_quotes_stay(folder: Path) -> None:
    path = folder / "drafts-mentee.nl.yaml"
    noted = "    kind: outreach   # de eerste\n    # let op het kanaal\n"
    path.write_text(path.read_text().replace("    kind: outreach\n", noted, 1))
    before = lines(folder)
    case = next(case for case in load_cases(folder).cases if case.suite == "drafts")
    fields = {**case.to_dict()["fields"], "sender": "Iemand: anders"}
    edit_case(folder, case.id, {"fields": fields, "why": "Tussen\nregels"})
    text = path.read_text()
    assert "# de eerste" in text and "# let op het kanaal" in text
    written = [line.strip() for line in changed(before, lines(folder))]
    assert written == ['sender: "Iemand: anders"', "why: |-", "Tussen", "regels"]


def test_every_case_survives_being_written_anew(folder: Path) -> None:
    before = load_cases(folder)
    for case in before.cases[:12]:
        edit_case(folder, case.id, {"why": "Iets anders."})
        edit_case(folder, case.id, {"why": case.why or None})
    assert load_cases(folder).cases == before.cases


def test_a_mistake_is_told_and_not_written(folder: Path) -> None:
    before = lines(folder)
    case = load_cases(folder).cases[0]
    with pytest.raises(CaseError) as raised:
        edit_case(folder, case.id, {"sources": ["first-message#nowhere"]}, "en")
    assert raised.value.mistakes[0].case == case.id and "does not exist" in str(raised.value)
    with pytest.raises(CoachError, match="nosuch"):
        edit_case(folder, "nosuch.nl", {"why": "x"})
    assert lines(folder) == before


def test_a_case_is_added_and_removed(folder: Path) -> None:
    before = lines(folder)
    assert add_case(folder, "answers", "nl", OWN).named("ei.nl") is not None
    assert "answers-own.nl.yaml" in lines(folder)
    with pytest.raises(CaseError):
        add_case(folder, "answers", "nl", OWN)
    add_case(folder, "answers", "nl", OWN | {"id": "ei-2.nl"}, "answers-first-contact.nl.yaml")
    assert remove_case(folder, "ei-2.nl").named("ei-2.nl") is None
    assert lines(folder)["answers-first-contact.nl.yaml"] == before["answers-first-contact.nl.yaml"]


AWKWARD = ["no", "12:30", "- streepje", "{x}", "a # b", "'", '"', "\\n", " spaties ", "é\n\nregel\n", "#", "@", "null",
           "~", "x:\ny", "\ttab\n x"]  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_comes_back_as_it_was_typed(text: str, tmp_path: Path) -> None:
    made = add_case(tmp_path, "answers", "nl", OWN | {"question": text + " ?", "why": text})
    assert (made.cases[0].why, vars(made.cases[0])["question"]) == (text, text + " ?")
    again = edit_case(tmp_path, "ei.nl", {"why": text[::-1]})
    assert again.cases[0].why == text[::-1]
