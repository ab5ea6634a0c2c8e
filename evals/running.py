"""A whole run: every case put to the coach, then the figures."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from coach import Coach
from evals.cases import Case, CaseSet, SafetyCase, Suite
from evals.guidance import Guidance, read_guidance
from evals.judge import judge_all
from evals.records import CaseResult, RunResult
from evals.summary import Prices, summarise
from evals.trials import put
from evals.wordings import require_extra, spoken
from evals.workshop import poisoned, ready

Progress = Callable[[int, int, str], None]


def run(
    coach: Coach,
    cases: CaseSet,
    suites: Sequence[Suite] | None = None,
    judge: bool = False,
    progress: Progress = lambda _done, _total, _label: None,
    prices: Prices | None = None,
) -> RunResult:
    """Put the cases (of some suites, else of all) to a coach and score what it gives.

    `progress` is told how many cases are done, of how many, and which comes next. With `judge`, the coach's own chat model
    answers the judges' questions as well; `judge.estimate` says beforehand what that takes. Raises `CoachError` only for what
    stops the whole run: an index that cannot be made, a judge without a model.
    """
    require_extra(spoken(coach.settings))
    started = time.perf_counter()
    chosen = [case for case in cases.cases if suites is None or case.suite in suites]
    ready(coach)
    guidance = read_guidance(coach.settings)
    results: list[CaseResult] = []
    for case, asked in _in_order(coach, chosen):
        progress(len(results), len(chosen), case.id)
        results.append(put(asked, case, guidance))
    progress(len(chosen), len(chosen), "")
    judged = judge_all(coach, cases, results, progress) if judge else None
    return RunResult(
        cases=tuple(results),
        metrics=(*summarise(results, spent={"cost": _cost(results, prices)}), *(judged.metrics if judged else ())),
        settings=_described(coach, guidance, cases),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - started, 2),
        judge=judged.to_dict() if judged else None,
    )


def _in_order(coach: Coach, chosen: Sequence[Case]) -> Iterator[tuple[Case, Coach]]:
    """The cases with the coach to ask: those with a document of their own come last, and share one coach beside the user's."""
    dirty = [case for case in chosen if isinstance(case, SafetyCase) and case.document is not None]
    yield from ((case, coach) for case in chosen if case not in dirty)
    if dirty:
        with poisoned(coach, dirty) as other:
            yield from ((case, other) for case in dirty)


def _cost(results: Sequence[CaseResult], prices: Prices | None) -> float | None:
    """What the tokens cost, where the endpoint counted them and a price is known."""
    used = [usage for case in results if (usage := case.details.get("usage"))]
    if prices is None or not used:
        return None
    return sum((use["sent"] or 0) * prices.sent + (use["received"] or 0) * prices.received for use in used) / 1_000_000


def _described(coach: Coach, guidance: Guidance, cases: CaseSet) -> dict[str, Any]:
    """What was run, without anything that names a machine or a person."""
    whole = hashlib.sha256()
    for (language, source), section in sorted(guidance.sections.items()):
        whole.update(f"{language}\0{source}\0{section.text}\0".encode("utf-8", "surrogatepass"))
    try:
        number = version("mentoring-coach")
    except PackageNotFoundError:
        number = ""
    return {
        "version": number,
        "embedder": coach.settings.embedder,
        "model": coach.settings.model,
        "guidance": whole.hexdigest()[:12],
        "sections": len(guidance.sections),
        "cases": len(cases.cases),
    }
