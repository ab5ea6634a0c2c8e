"""What spoils the coach makes the gate fail, and nothing else does: guidance, retriever, rules, templates, an untouched run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import settings_in

import coach.drafts.kinds
import coach.drafts.rules
from coach import Coach, load_kinds
from coach.settings import Settings
from evals import CaseSet, RunResult, accept, compare, read_run, run
from evals.cases import AnswerCase, DraftCase, ReviewCase

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"
TOPICS = ("first-message", "feedback", "goals-and-milestones", "expectations-and-boundaries")
NONSENSE = "Deze bladzijde wordt herschreven. This page is being written anew."


@pytest.fixture(scope="module")
def settings_of_a_part(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Settings:
    """A few pages of the handbook, read."""
    folder = tmp_path_factory.mktemp("part")
    settings = settings_in(folder)
    shutil.copytree(warm_home, settings.home)
    for language in ("nl", "en"):
        (settings.knowledge[0] / language).mkdir()
        for topic in TOPICS:
            shutil.copy(KNOWLEDGE / language / f"{topic}.md", settings.knowledge[0] / language)
    Coach(settings).sync()
    return settings


@pytest.fixture(scope="module")
def part(shipped: CaseSet) -> CaseSet:
    """The cases that those pages answer, a few that nothing answers, and every draft and review."""
    asked = [case for case in shipped.of(AnswerCase) if case.sources]
    answered = [case.id for case in asked if {each.split("#")[0] for each in case.sources} <= set(TOPICS)]
    refused = [case.id for case in shipped.of(AnswerCase) if case.expect == "abstain"][::8]
    others = [case.id for case in shipped.cases if case.suite in ("drafts", "reviews")]
    return shipped.only(identifiers=(*answered, *refused, *others))


@pytest.fixture(scope="module")
def untouched(settings_of_a_part: Settings) -> Iterator[Coach]:
    coach = Coach(settings_of_a_part)
    yield coach
    coach.close()


@pytest.fixture(scope="module")
def baseline(untouched: Coach, part: CaseSet, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    path = tmp_path_factory.mktemp("baseline") / "baseline.json"
    accept(run(untouched, part), path)
    return read_run(path)


def reasons(coach: Coach, cases: CaseSet, baseline: RunResult) -> set[str]:
    """Why the gate fails; nothing where it passes."""
    wanted = {case.id for case in cases.cases}
    held = replace(baseline, cases=tuple(case for case in baseline.cases if case.id in wanted))
    found = compare(run(coach, cases), held)
    why = {each.reason for _, each in found.breaks} | ({"dropped"} if found.dropped else set())
    assert (found.verdict == "fail") == bool(why)
    return why


def test_an_untouched_second_run_passes(untouched: Coach, part: CaseSet, baseline: RunResult) -> None:
    found = compare(run(untouched, part), baseline)
    assert (found.verdict, found.worse, found.better, found.breaks) == ("pass", (), (), ())
    assert found.compared == len(part.cases) and sum(case.passed for case in baseline.cases) > 0.5 * len(baseline.cases)


def with_page(settings: Settings, folder: Path, language: str, topic: str, text: str) -> Coach:
    """A coach whose guidance has another page."""
    shutil.copytree(settings.home, folder / "home")
    shutil.copytree(settings.knowledge[0], folder / "knowledge")
    (folder / "knowledge" / language / f"{topic}.md").write_text(text, "utf-8")
    coach = Coach(settings_in(folder))
    coach.sync()
    return coach


@pytest.mark.parametrize(("language", "topic"), [("nl", "first-message"), ("en", "expectations-and-boundaries")])
def test_each_section_whose_text_is_replaced_fails_the_gate(
    language: str, topic: str, settings_of_a_part: Settings, part: CaseSet, baseline: RunResult, tmp_path: Path
) -> None:
    text = (settings_of_a_part.knowledge[0] / language / f"{topic}.md").read_text("utf-8")
    citing: dict[str, list[str]] = {}
    for case in part.of(AnswerCase):
        if case.language == language and case.topic == topic and len(case.sources) == 1:
            citing.setdefault(case.sources[0].split("#")[1], []).append(case.id)
    assert citing
    for anchor, cases in list(citing.items())[:2]:
        section = rf"(\{{#{anchor}\}}\n(?:<!--.*?-->\n)?).*?(?=\n## |\Z)"
        spoilt = re.sub(section, rf"\g<1>{NONSENSE}\n", text, count=1, flags=re.DOTALL)
        assert spoilt != text
        folder = tmp_path / anchor
        folder.mkdir()
        coach = with_page(settings_of_a_part, folder, language, topic, spoilt)
        assert "guidance" in reasons(coach, part.only(identifiers=tuple(cases)), baseline), anchor
        coach.close()


def test_a_shuffled_retriever_fails_the_gate(settings_of_a_part: Settings, part: CaseSet, baseline: RunResult) -> None:
    coach = Coach(settings_of_a_part)
    search = coach.searcher.search
    asked: list[str] = [case.question for case in part.of(AnswerCase)]

    def shuffled(text: str, *rest: Any, **named: Any) -> Any:
        other = search(asked[(asked.index(text) + 7) % len(asked)], *rest, **named)
        return replace(search(text, *rest, **named), hits=other.hits)

    coach.searcher.search = shuffled  # type: ignore[method-assign]
    why = reasons(coach, part.only(("answers",)), baseline)
    assert "dropped" in why
    coach.close()


def test_each_rule_that_is_disabled_fails_the_gate(
    untouched: Coach, part: CaseSet, baseline: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {mark for case in baseline.cases for mark, seen in case.marks.items() if mark.startswith("rule:") and seen}
    assert len(found) >= 15
    for rule in sorted(mark.removeprefix("rule:") for mark in found):
        labelled = tuple(case.id for case in part.of(ReviewCase) if any(flaw.rule == rule for flaw in case.flaws))
        with monkeypatch.context() as patch:
            patch.setitem(coach.drafts.rules.RULES, rule, lambda *_, **__: iter(()))
            assert "silent" in reasons(untouched, part.only(identifiers=labelled), baseline), rule


def spoil(kind: Any, how: str) -> Any:
    """A kind with its templates spoilt in every language and form."""

    def part_of(one: Any) -> Any:
        forms = {name: source for name, source in one.forms() if source}
        if how == "a number from nowhere":
            return one.model_copy(update={name: f"{source} 06-12345678" for name, source in forms.items()})
        return one.model_copy(update=dict.fromkeys(forms, "Dit is een alinea. This is a paragraph."))

    made = {}
    for language in ("nl", "en"):
        template = kind.templates[language]
        body = tuple(part_of(one) for one in template.body)
        brief = template.brief and (f"{template.brief} 06-12345678" if how == "a number from nowhere" else "Dit is een tekst.")
        made[language] = template.model_copy(update={"body": body, "brief": brief})
    return kind.model_copy(update={"templates": kind.templates.model_copy(update=made)})


@pytest.mark.parametrize("how", ["a number from nowhere", "paragraphs without facts"])
def test_each_template_that_is_spoilt_fails_the_gate(
    how: str, untouched: Coach, part: CaseSet, baseline: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_kinds()
    original = coach.drafts.kinds._kind
    for name in sorted({case.kind for case in part.of(DraftCase)}):
        drafted = tuple(case.id for case in part.of(DraftCase) if case.kind == name)
        with monkeypatch.context() as patch:
            spoilt = spoil(original(name), how)
            patch.setattr(coach.drafts.kinds, "_kind", lambda _, spoilt=spoilt: spoilt)
            why = reasons(untouched, part.only(identifiers=drafted), baseline)
        assert why & ({"invented"} if how == "a number from nowhere" else {"group", "forbidden", "blanks"}), (name, why)
