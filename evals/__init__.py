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
    from evals.comparing import Comparison, accept, compare
    from evals.edit import add_case, edit_case
    from evals.loading import load_cases
    from evals.mistakes import CaseError, Mistake
    from evals.records import CaseResult, Metric, RunResult, read_run
    from evals.report import write_report
    from evals.running import run

_PLACES = {
    "CaseError": "evals.mistakes",
    "CaseResult": "evals.records",
    "CaseSet": "evals.cases",
    "Comparison": "evals.comparing",
    "Metric": "evals.records",
    "Mistake": "evals.mistakes",
    "RunResult": "evals.records",
    "accept": "evals.comparing",
    "add_case": "evals.edit",
    "compare": "evals.comparing",
    "edit_case": "evals.edit",
    "load_cases": "evals.loading",
    "read_run": "evals.records",
    "run": "evals.running",
    "write_report": "evals.report",
}
__all__ = [
    "CaseError",
    "CaseResult",
    "CaseSet",
    "Comparison",
    "Metric",
    "Mistake",
    "RunResult",
    "accept",
    "add_case",
    "compare",
    "edit_case",
    "load_cases",
    "read_run",
    "run",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'evals' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
