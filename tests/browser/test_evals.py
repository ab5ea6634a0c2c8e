"""A trainer's forms on the Evals page: a case edited, with a mistake that is not written, and judgements labelled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from evals.records import CaseResult, RunResult, write_json
from ui.texts import text

from .conftest import ROOT, Serve, Strangers, settle
from .test_flows import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., tuple["Page", Strangers]]
JUDGED = ("Wacht twee weken.", "Bel de coördinator.")

CASES = """suite: answers
language: nl
cases:
  - id: ei-koken.nl
    question: Hoe lang kook ik een ei?
    expect: abstain
    about: off-topic
    why: Dit gaat niet over mentoring.
"""


def judged(home: Path) -> None:
    """A run in which a model judged two answers."""
    answers = [CaseResult(f"c{n}", "answers", "", "nl", True, "", {}, {"answer": said}) for n, said in enumerate(JUDGED)]
    verdicts = [
        {"case": one.id, "item": one.id, "criterion": "faithful", "question": f"Klopt antwoord {one.id}?", "verdict": "yes"}
        for one in answers
    ]
    run = RunResult(tuple(answers), (), {}, "2026-11-21T20:00", 1.0, {"verdicts": verdicts})
    write_json(run.to_dict(), home / "evals" / "last.json", small=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, since a case that is saved changes a file in it."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("coach", "ui", "evals", "knowledge", "prompts"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (root / "evals" / "cases").glob("*.yaml"):
        path.unlink()
    (root / "evals" / "cases" / "answers-own.nl.yaml").write_text(CASES, "utf-8")
    return root


@pytest.fixture(scope="module")
def own(serve: Serve, checkout: Path) -> str:
    """A page of that checkout, with a run that was judged."""
    return serve(checkout, judged)


def files(root: Path) -> dict[str, str]:
    """The case files as they stand."""
    return {path.name: path.read_text("utf-8") for path in (root / "evals" / "cases").glob("*.yaml")}


def test_a_case_is_edited_and_what_would_be_wrong_is_not_written(visit: Visit, own: str, checkout: Path) -> None:
    page, _ = visit(f"{own}/evals", "nl")
    main(page).get_by_text(text("evals.tab.cases", "nl"), exact=True).click()
    why = page.get_by_role("textbox", name=text("case.why", "nl"), exact=True).first
    why.wait_for(timeout=60_000)
    settle(page)
    before = files(checkout)

    topic = page.get_by_role("textbox", name=text("case.topic", "nl"), exact=True)
    topic.fill("geen-onderwerp")
    page.get_by_role("button", name=text("case.save", "nl")).click()
    expect(main(page).get_by_text(text("case.unwritten", "nl"))).to_be_visible(timeout=60_000)
    expect(main(page).get_by_test_id("stAlert").first).to_contain_text("geen-onderwerp")
    expect(topic).to_have_value("geen-onderwerp")  # what was typed is still there to be mended
    assert files(checkout) == before

    topic.fill("")
    why.fill("Gevraagd in de training van mei.")
    page.get_by_role("button", name=text("case.save", "nl")).click()
    expect(main(page).get_by_text("Bewaard: ")).to_be_visible(timeout=60_000)
    assert "Gevraagd in de training van mei." in files(checkout)["answers-own.nl.yaml"]


def test_two_people_label_what_the_judge_was_asked(visit: Visit, own: str) -> None:
    page, _ = visit(f"{own}/evals", "nl")
    main(page).get_by_text(text("evals.tab.labels", "nl"), exact=True).click()
    for person in ("ada", "bob"):
        name = page.get_by_role("textbox", name=text("label.name", "nl"))
        name.fill(person)
        name.press("Enter")
        expect(main(page).get_by_text(JUDGED[0])).to_be_visible()
        settle(page)
        for radio in page.get_by_role("radiogroup", name=text("label.answer", "nl")).all():
            radio.get_by_text(text("label.yes", "nl"), exact=True).click()
        page.get_by_role("button", name=text("label.save", "nl")).click()
        expect(main(page).get_by_text(text("label.progress", "nl", done=2, total=2))).to_be_visible()
    expect(main(page).get_by_text(text("label.second", "nl"))).to_have_count(0)
