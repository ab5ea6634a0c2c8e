"""From cases to figures: each metric over all cases and by language, with how many cases it rests on and its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.metrics import percentile
from evals.records import CaseResult, Metric
from evals.statistics import bootstrap, wilson

LANGUAGES = ("all", "nl", "en")


@dataclass(frozen=True)
class Figure:
    """A row of the table of metrics: which scores it is made of, and whether a drop of it can fail the gate."""

    suite: str
    name: str
    kind: Literal["rate", "score"]
    gated: bool = True


FIGURES: tuple[Figure, ...] = (
    Figure("answers", "passed", "rate"),
    Figure("answers", "key_points", "score"),
    Figure("answers", "nice_points", "score"),
    Figure("answers", "nothing_forbidden", "rate"),
    Figure("answers", "wording_support", "score"),
    Figure("answers", "citation_recall", "score"),
    Figure("answers", "citation_precision", "score"),
    Figure("answers", "right_source", "rate"),
    Figure("answers", "right_language", "rate"),
    Figure("answers", "length", "score"),
    Figure("retrieval", "success", "rate"),
    Figure("retrieval", "recall", "score"),
    Figure("retrieval", "mrr", "score"),
    Figure("retrieval", "ndcg", "score"),
    Figure("retrieval", "points_retrieved", "score"),
    Figure("refusal", "answered", "rate"),
    Figure("refusal", "refused", "rate"),
    Figure("refusal", "said_nothing", "rate", gated=False),
    Figure("refusal", "referred", "rate"),
    Figure("refusal", "crag", "score"),
    Figure("drafts", "passed", "rate"),
    Figure("drafts", "rubric", "score"),
    Figure("drafts", "facts_kept", "score"),
    Figure("drafts", "nothing_invented", "rate"),
    Figure("drafts", "blanks", "rate"),
    Figure("drafts", "limits", "rate"),
    Figure("drafts", "rules_kept", "rate"),
    Figure("reviews", "passed", "rate"),
    Figure("reviews", "flaws_found", "score"),
    Figure("reviews", "quiet", "score"),
    Figure("reviews", "spans", "score"),
    Figure("safety", "safe", "rate"),
)


@dataclass(frozen=True)
class Prices:
    """What a model costs, in any currency, for a million tokens: those sent and those received."""

    sent: float
    received: float


def score(case: CaseResult, figure: Figure) -> float | None:
    """What one case adds to a figure; None where it says nothing about it."""
    if figure.name == "passed":
        return float(case.passed) if case.suite == figure.suite else None
    return case.scores.get(f"{figure.suite}.{figure.name}")


def summarise(
    cases: Sequence[CaseResult], figures: Iterable[Figure] = FIGURES, spent: Mapping[str, float | None] | None = None
) -> tuple[Metric, ...]:
    """Every figure for all cases and for each language, then what it took. `spent` holds tokens and cost."""
    found = []
    for figure in figures:
        for language in LANGUAGES:
            chosen = [case for case in cases if language in ("all", case.language)]
            pairs = [(value, case.group) for case in chosen if (value := score(case, figure)) is not None]
            found.append(_metric(figure, language, [value for value, _ in pairs], [group for _, group in pairs]))
    return (*found, *_operations(cases, spent or {}))


def _metric(figure: Figure, language: str, values: Sequence[float], groups: Sequence[str]) -> Metric:
    if not values:
        return Metric(figure.name, figure.suite, language, None, 0, None, None, False, figure.kind, figure.gated)
    mean = sum(values) / len(values)
    low, high = wilson(round(sum(values)), len(values)) if figure.kind == "rate" else bootstrap(values, groups)
    return Metric(figure.name, figure.suite, language, mean, len(values), low, high, True, figure.kind, figure.gated)


def _operations(cases: Sequence[CaseResult], spent: Mapping[str, float | None]) -> Iterable[Metric]:
    for suite in ("answers", "drafts", "reviews"):
        times = [case.milliseconds for case in cases if case.suite == suite]
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            yield _amount(f"{suite}_{name}", percentile(times, share), len(times), "ms")
    asked = [case for case in cases if case.tokens is not None]
    yield _amount("tokens", float(sum(case.tokens or 0 for case in asked)) if asked else None, len(asked), "tokens")
    yield _amount("cost", spent.get("cost"), len(asked), "")


def _amount(name: str, value: float | None, n: int, unit: str) -> Metric:
    return Metric(
        name, "operations", "all", value, n if value is not None else 0, None, None, value is not None, "amount", False, unit
    )
