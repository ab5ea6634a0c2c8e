"""A gate fails on what is demonstrably worse and on each hard break, and on nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coach import CoachError
from evals import CaseResult, RunResult, accept, compare, read_run
from evals.summary import summarise

CASES = 60


def case(number: int, **changes: Any) -> CaseResult:
    """A case that passes, with scores of one."""
    scores = {"answers.key_points": 1.0, "refusal.crag": 1.0, "retrieval.ndcg": 1.0}
    made = CaseResult(f"c{number}", "answers", f"t{number % 20}", "nl", True, "", scores, {}, f"t{number % 20}", "same")
    return replace(made, **changes)


def run_of(cases: Sequence[CaseResult]) -> RunResult:
    return RunResult(tuple(cases), summarise(cases), {"model": "", "embedder": "bundled"}, "2026-11-21T20:00:00+00:00", 1.0)


BASE = run_of([case(number) for number in range(CASES)])


def failing(*numbers: int, **changes: Any) -> RunResult:
    low = {"scores": {"answers.key_points": 0.0, "refusal.crag": 0.5, "retrieval.ndcg": 1.0}, "passed": False}
    return run_of([case(number, **(low | changes if number in numbers else {})) for number in range(CASES)])


def test_the_same_again_passes() -> None:
    found = compare(BASE, BASE)
    assert (found.verdict, found.lost, found.won, found.p, found.compared) == ("pass", 0, 0, 1.0, CASES)


def test_without_a_baseline_there_is_no_verdict() -> None:
    assert compare(BASE, None).verdict == "none"


def test_a_few_cases_may_be_chance_and_many_are_not() -> None:
    few = compare(failing(0, 1, 2), BASE)
    assert (few.verdict, few.worse, few.lost, few.p) == ("pass", ("c0", "c1", "c2"), 3, 0.25)
    many = compare(failing(*range(0, few.floor + 3)), BASE)
    assert many.verdict == "fail" and {change.name for change in many.dropped} >= {"passed", "key_points"}


def test_the_floor_is_the_number_at_which_it_stops_being_chance() -> None:
    floor = compare(BASE, BASE).floor
    scores = case(0).scores
    at = compare(failing(*range(floor), scores=scores), BASE)
    below = compare(failing(*range(floor - 1), scores=scores), BASE)
    assert "passed" in {change.name for change in at.dropped}
    assert "passed" not in {change.name for change in below.dropped}


def test_what_gets_better_never_fails_the_gate() -> None:
    found = compare(BASE, failing(*range(30)))
    assert found.verdict == "pass" and len(found.better) == 30 and not found.dropped


MARKS = [
    ("error", {"marks": {"error": True}, "details": {"error": "KeyError"}}, "error"),
    ("forbidden", {"marks": {"forbidden": True}}, "forbidden"),
    ("invented", {"marks": {"invented": True}, "suite": "drafts"}, "invented"),
    ("blanks", {"marks": {"blanks": True}, "suite": "drafts"}, "blanks"),
    ("unmet", {"marks": {"unmet": True}, "suite": "safety"}, "unmet"),
    ("blocked", {"marks": {"blocked": True}, "suite": "safety"}, "blocked"),
]


@pytest.mark.parametrize(("name", "changes", "reason"), MARKS, ids=[row[0] for row in MARKS])
def test_one_hard_break_fails_the_gate(name: str, changes: dict[str, Any], reason: str) -> None:
    suite = changes.get("suite", "answers")
    before = run_of([*BASE.cases, case(99, suite=suite)])
    after = run_of([*BASE.cases, case(99, **({"passed": False} | changes))])
    found = compare(after, before)
    assert found.verdict == "fail" and [each.reason for _, each in found.breaks] == [reason], name
    known = compare(after, after)
    assert known.verdict == ("fail" if name == "blocked" else "pass"), "what is known is no new break, unless it blocks"


def test_a_guideline_that_no_longer_stands_in_the_guidance_is_a_break() -> None:
    before = run_of([*BASE.cases, case(99, marks={"guidance_holds": True})])
    after = run_of([*BASE.cases, case(99, marks={"guidance_holds": False})])
    assert [each.reason for _, each in compare(after, before).breaks] == ["guidance"]
    assert compare(after, after).verdict == "pass"


def test_a_rule_that_falls_silent_is_a_break_and_one_that_misses_once_is_not() -> None:
    def reviews(*found: bool) -> RunResult:
        return run_of([case(n, suite="reviews", marks={"rule:vague": hit}, passed=hit) for n, hit in enumerate(found)])

    assert [each.words for _, each in compare(reviews(False, False), reviews(True, True)).breaks] == ["vague"]
    assert compare(reviews(True, False), reviews(True, True)).verdict == "pass"
    assert compare(reviews(False, False), reviews(False, False)).verdict == "pass"


def test_a_kind_of_message_that_falls_is_a_break() -> None:
    before = run_of([case(n, suite="drafts", group="outreach") for n in range(3)])
    two = run_of([case(n, suite="drafts", group="outreach", passed=n == 0) for n in range(3)])
    one = run_of([case(n, suite="drafts", group="outreach", passed=n > 0) for n in range(3)])
    assert [each.reason for _, each in compare(two, before).breaks] == ["group"]
    assert compare(one, before).verdict == "pass"


def test_cases_that_changed_or_went_are_told_and_too_few_left_is_a_break() -> None:
    edited = run_of([case(0, fingerprint="other", passed=False), *BASE.cases[2:], case(99)])
    found = compare(edited, BASE)
    assert (found.changed, found.missing, found.new, found.verdict) == (("c0",), ("c1",), ("c99",), "pass")
    emptied = compare(run_of(BASE.cases[:40]), BASE)
    assert emptied.verdict == "fail" and emptied.breaks[0][1].reason == "too-few"


def test_a_new_safety_case_that_fails_is_a_break() -> None:
    after = run_of([*BASE.cases, case(99, suite="safety", passed=False, marks={"unmet": True})])
    assert [each.reason for _, each in compare(after, BASE).breaks] == ["unmet"]


def test_five_things_to_mend_first_the_breaks_then_the_worse_each_of_another_topic() -> None:
    after = failing(*range(8), 30)
    marked = run_of([replace(one, marks={"error": True}) if one.id == "c30" else one for one in after.cases])
    found = compare(marked, BASE)
    assert found.mend[0] == "c30" and len(set(found.mend)) == 5


def test_a_baseline_keeps_what_is_compared_and_nothing_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "baseline.json"
    shown = run_of([case(0, details={"answer": "x"}, milliseconds=12.0, shown="Vraag?"), *BASE.cases[1:]])
    accept(shown, path)
    back = read_run(path)
    assert compare(shown, back).verdict == "pass" and not back.cases[0].details and back.seconds == 0
    assert "milliseconds" not in {metric.unit for metric in back.metrics}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "\x00", json.dumps({"format": 1, "cases": [{"x": 1}]})])
def test_a_file_that_is_no_run_says_so(content: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(CoachError, match=r"run\.json"):
        read_run(path)
    with pytest.raises(CoachError, match=r"none\.json"):
        read_run(tmp_path / "none.json")
