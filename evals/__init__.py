"""The eval harness: reference cases put to the coach, scored, compared with a baseline, and told in a report.

    from coach import Coach
    from evals import load_cases, run
    run(Coach(), load_cases()).metric("passed", "answers")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.cases import CaseSet
    from evals.loading import load_cases
    from evals.mistakes import CaseError, Mistake
    from evals.records import CaseResult, Metric, RunResult
    from evals.run import run

_PLACES = {
    "CaseError": "evals.mistakes",
    "CaseResult": "evals.records",
    "CaseSet": "evals.cases",
    "Metric": "evals.records",
    "Mistake": "evals.mistakes",
    "RunResult": "evals.records",
    "load_cases": "evals.loading",
    "run": "evals.run",
}
__all__ = ["CaseError", "CaseResult", "CaseSet", "Metric", "Mistake", "RunResult", "load_cases", "run"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'evals' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
