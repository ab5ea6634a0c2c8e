"""The report: one HTML file that opens offline, prints, and reads without colour; JSON, CSV and JUnit beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from coach import Language
from evals.cases import CaseSet
from evals.charts import Bar, chart
from evals.comparing import Comparison
from evals.coverage import table
from evals.records import CaseResult, Metric, RunResult, write_json, write_text
from evals.sheets import guarded
from evals.wordings import Texts, texts

SUITES = ("answers", "retrieval", "refusal", "drafts", "reviews", "safety")


def write_report(
    result: RunResult, comparison: Comparison | None, path: Path, language: Language = "nl", cases: CaseSet | None = None
) -> None:
    """Write the report of a run to an HTML file, and beside it the same as `.json`, `.csv` and `.junit.xml`.

    With `cases` it also says in which file and line each case stands. Raises `CoachError` if a file cannot be written.
    """
    write_text(html(result, comparison, language, cases), path)
    whole = result.to_dict() | {"comparison": comparison.to_dict() if comparison else None}
    write_json(whole, path.with_suffix(".json"))
    write_text(as_csv(result, comparison), path.with_suffix(".csv"))
    write_text(junit(result, comparison, language), path.with_suffix(".junit.xml"))


def html(result: RunResult, comparison: Comparison | None, language: Language = "nl", cases: CaseSet | None = None) -> str:
    """The report as one HTML page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    say = texts(language)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    states = _states(comparison)
    places = {name: f"{file}:{line}" for name, (file, line) in cases.places.items()} if cases else {}
    return environment.get_template("report.html.j2").render(
        say=say,
        language=language,
        result=result,
        comparison=comparison,
        verdict=verdict(result, comparison, language),
        floor=floor(comparison, language),
        chance=chance(result, comparison, language),
        breaks=[(name, say(f"break.{each.reason}", words=each.words)) for name, each in comparison.breaks] if comparison else [],
        charts=list(_charts(result, comparison, say)),
        rows=list(_rows(result, comparison, say)),
        spent=[
            (say(f"metric.operations.{each.name}"), _amount(each, language))
            for each in result.metrics
            if each.suite == "operations"
        ],
        judged=[each for each in result.metrics if each.suite == "judge" and each.measured],
        shown=[_shown(case, states.get(case.id, ""), places) for case in _ordered(result, states)],
        by_id={case.id: case for case in result.cases},
        coverage=table(cases) if cases else None,
        segments=segments,
        percent=percent,
    )


# ------------------------------------------------------------------------------------------------ the first lines


def verdict(result: RunResult, comparison: Comparison | None, language: Language) -> str:
    """The verdict in a sentence or two."""
    say = texts(language)
    if comparison is None or (comparison.verdict == "none"):
        return say("verdict.none")
    if comparison.verdict == "pass":
        return say("verdict.pass")
    parts = [say("verdict.fail")]
    if comparison.breaks:
        one = len(comparison.breaks) == 1
        parts.append(say("verdict.fail-one-break") if one else say("verdict.fail-breaks", count=len(comparison.breaks)))
    if comparison.dropped:
        names = ", ".join(
            f"{say(f'suite.{each.suite}')} – {say(f'metric.{each.suite}.{each.name}')}" for each in comparison.dropped
        )
        parts.append(say("verdict.fail-dropped", metrics=names))
    return " ".join(parts)


def floor(comparison: Comparison | None, language: Language) -> str:
    """What difference this set of cases can tell from chance."""
    say = texts(language)
    if comparison is None or not comparison.compared:
        return say("floor.none")
    points = _number(100 * comparison.floor / comparison.compared, language)
    return say("floor", floor=comparison.floor, n=comparison.compared, points=points)


def chance(result: RunResult, comparison: Comparison | None, language: Language) -> str:
    """The honest sentence on chance."""
    say = texts(language)
    kind = say("chance.model") if result.settings.get("model") else say("chance.fixed")
    if comparison is None or not comparison.compared:
        return kind
    if not comparison.lost and not comparison.won:
        return f"{say('chance.same')} {kind}"
    key = "chance.real" if comparison.p < 0.05 else "chance.maybe"
    odds = _number(100 * comparison.p, language) if comparison.p >= 0.001 else f"< {_number(0.1, language)}"
    return f"{say(key, lost=comparison.lost, won=comparison.won, percent=odds)} {kind}"


# ------------------------------------------------------------------------------------------------ figures


def percent(value: float | None, language: str) -> str:
    """A share as a percentage, in the notation of a language."""
    return "" if value is None else f"{_number(100 * value, language)}%"


def _number(value: float, language: str) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if language == "nl" else text


def figure(metric: Metric, language: str) -> str:
    """A metric that was measured, in the notation of a language."""
    assert metric.value is not None
    if metric.name == "crag":
        text = f"{metric.value:.2f}"
        return text.replace(".", ",") if language == "nl" else text
    return percent(metric.value, language)


def _amount(metric: Metric, language: str) -> str:
    if metric.value is None:
        return texts("nl" if language == "nl" else "en")("not-measured")
    if metric.name == "cost":
        return f"{metric.value:.4f}".replace(".", "," if language == "nl" else ".")
    return f"{amount(metric.value, language)} {metric.unit}"


def amount(number: float, language: str) -> str:
    """A whole number, in the notation of a language."""
    return f"{number:,.0f}".replace(",", "." if language == "nl" else ",")


def _before(comparison: Comparison | None, metric: Metric) -> Any:
    changes = comparison.changes if comparison else ()
    return next((each for each in changes if (each.suite, each.name) == (metric.suite, metric.name)), None)


def _charts(result: RunResult, comparison: Comparison | None, say: Texts) -> Iterator[tuple[str, str]]:
    language = "nl" if say is texts("nl") else "en"
    for suite in SUITES:
        bars = []
        for metric in result.metrics:
            if metric.suite != suite or metric.language != "all" or metric.value is None or metric.name == "crag":
                continue
            change = _before(comparison, metric)
            label = say(f"metric.{suite}.{metric.name}")
            low, high = metric.low or 0.0, metric.high or 0.0
            bars.append(
                Bar(label, metric.value, low, high, f"{figure(metric, language)} (n={metric.n})", change.old if change else None)
            )
        if bars:
            yield (
                suite,
                chart(
                    say("chart.title", suite=say(f"suite.{suite}")),
                    say("chart.legend") if comparison else say("chart.legend").split("   ")[0],
                    bars,
                ),
            )


def _rows(result: RunResult, comparison: Comparison | None, say: Texts) -> Iterator[dict[str, Any]]:
    language = "nl" if say is texts("nl") else "en"
    for metric in result.metrics:
        if metric.language != "all" or metric.suite not in SUITES:
            continue
        change = _before(comparison, metric)
        by_language = [result.metric(metric.name, metric.suite, each) for each in ("nl", "en")]
        yield {
            "suite": metric.suite,
            "name": say(f"metric.{metric.suite}.{metric.name}"),
            "about": say(f"about.{metric.suite}.{metric.name}"),
            "value": figure(metric, language) if metric.measured else say("not-measured"),
            "interval": _interval(metric, language) or say("no-interval"),
            "n": metric.n,
            "languages": [figure(each, language) if each and each.measured else say("no-interval") for each in by_language],
            "old": figure(replace(metric, value=change.old), language) if change else "",
            "difference": _signed(change.difference, metric, language) if change else "",
            "significant": bool(change and change.significant),
        }


def _interval(metric: Metric, language: str) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return " – ".join(figure(replace(metric, value=end), language) for end in (metric.low, metric.high))


def _signed(value: float, metric: Metric, language: str) -> str:
    text = figure(replace(metric, value=abs(value)), language)
    return f"+{text}" if value > 0 else f"−{text}" if value < 0 else "0"


# ------------------------------------------------------------------------------------------------ cases


def _states(comparison: Comparison | None) -> dict[str, str]:
    """What a comparison says of a case: broken, worse or better."""
    if comparison is None:
        return {}
    states = dict.fromkeys(comparison.better, "better") | dict.fromkeys(comparison.worse, "worse")
    return states | {name: "broken" for name, _ in comparison.breaks if name}


def _ordered(result: RunResult, states: Mapping[str, str]) -> list[CaseResult]:
    rank = {"broken": 0, "worse": 1, "": 2, "better": 3}
    suites = {"answers": 0, "drafts": 1, "reviews": 2, "safety": 3}
    return sorted(result.cases, key=lambda case: (suites[case.suite], case.passed, rank[states.get(case.id, "")], case.id))


def _shown(case: CaseResult, state: str, places: Mapping[str, str]) -> dict[str, Any]:
    """A case as the template reads it: missing details are empty, so that an error or a slim run shows as well."""
    lists = "points forbidden citations sections retrieved sources findings lost invented false blocked unsaid missing"
    empty: dict[str, Any] = {name: [] for name in lists.split()} | {"fields": {}, "document": None}
    texts_of = ("question", "answer", "notice", "outcome", "expect", "error", "good", "why", "subject", "body", "text", "attack")
    empty["marks"] = [
        {"id": each["rule"], "start": each["start"], "end": each["end"]}
        for each in case.details.get("findings", ())
        if "start" in each
    ]
    return {
        "case": case,
        "state": state,
        "place": places.get(case.id, ""),
        "d": empty | dict.fromkeys(texts_of, "") | dict(case.details),
    }


def segments(text: str, spans: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """A text cut where marks begin and end: each piece with the names of the marks on it, empty where there is none.

    `spans` have `start`, `end` and `id`; those without length are passed over.
    """
    marks = [span for span in spans if 0 <= span["start"] < span["end"] <= len(text)]
    cuts = sorted({0, len(text), *(span["start"] for span in marks), *(span["end"] for span in marks)})
    found: list[tuple[str, str]] = []
    for start, end in pairwise(cuts):
        names = ", ".join(str(span["id"]) for span in marks if span["start"] <= start and end <= span["end"])
        if found and found[-1][1] == names:
            found[-1] = (found[-1][0] + text[start:end], names)
        else:
            found.append((text[start:end], names))
    return found


# ------------------------------------------------------------------------------------------------ for other programs


def as_csv(result: RunResult, comparison: Comparison | None = None) -> str:
    """A line for each case, with every score; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    names = sorted({name for case in result.cases for name in case.scores})
    states = _states(comparison)
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["id", "suite", "language", "topic", "passed", "change", "milliseconds", "case", *names])
    for case in result.cases:
        row = [
            case.id,
            case.suite,
            case.language,
            case.topic,
            case.passed,
            states.get(case.id, ""),
            case.milliseconds,
            case.shown,
        ]
        writer.writerow(
            [
                guarded(value) if isinstance(value, str) else value
                for value in (*row, *(case.scores.get(name, "") for name in names))
            ]
        )
    return "\ufeff" + stream.getvalue()


def junit(result: RunResult, comparison: Comparison | None, language: Language = "nl") -> str:
    """The run for a CI server: what got worse or breaks fails, what failed before is skipped, and the gate is a suite."""
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

    say = texts(language)
    states = _states(comparison)
    whole = JUnitXml("coach eval")
    reasons = {name: say(f"break.{each.reason}", words=each.words) for name, each in comparison.breaks} if comparison else {}
    for name in dict.fromkeys(case.suite for case in result.cases):
        suite = TestSuite(name)
        for case in result.cases:
            if case.suite != name:
                continue
            one = TestCase(case.id, f"evals.{name}", case.milliseconds / 1000)
            if states.get(case.id) in ("broken", "worse") or (comparison is None and not case.passed):
                one.result = [Failure(_xml(reasons.get(case.id, say("case.worse" if comparison else "case.failed"))))]
            elif not case.passed:
                one.result = [Skipped(_xml(say("case.failed")))]
            suite.add_testcase(one)
        whole.add_testsuite(suite)
    if comparison is not None:
        gate = TestSuite("gate")
        for change in comparison.changes:
            if change.gated:
                one = TestCase(f"{change.suite}.{change.name}", "evals.gate")
                if change in comparison.dropped:
                    one.result = [Failure(f"{change.old:.3f} -> {change.new:.3f} (p = {change.p:.4f}, n = {change.n})")]
                gate.add_testcase(one)
        verdict_case = TestCase("verdict", "evals.gate")
        if comparison.verdict == "fail":
            verdict_case.result = [Failure(_xml(verdict(result, comparison, language)))]
        gate.add_testcase(verdict_case)
        whole.add_testsuite(gate)
    return str(whole.tostring().decode("utf-8"))


def _xml(text: str) -> str:
    """A text without the signs that XML does not know."""
    return "".join(sign for sign in text if sign in "\t\n\r" or sign >= " ")
