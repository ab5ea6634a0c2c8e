"""What a run yields: frozen data that goes to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coach import CoachError

FORMAT = 1  # of the JSON; raised when older files can no longer be compared


@dataclass(frozen=True)
class Metric:
    """A figure over `n` cases. `value`, `low` and `high` (its 95% interval) are None where nothing was measured.

    `kind` is rate (of cases), score (a mean of shares), or amount (seconds, tokens, money; `unit` names it). `gated` says that
    a drop of it can fail the gate. `language` is nl, en, or all. `indicative` marks a judge whom people do not agree with enough.
    """

    name: str
    suite: str
    language: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    measured: bool
    kind: str = "score"
    gated: bool = True
    unit: str = ""
    indicative: bool = False

    @property
    def key(self) -> str:
        """Its name within a run."""
        return f"{self.suite}.{self.name}.{self.language}"


@dataclass(frozen=True)
class Break:
    """A failure that no average makes good: `reason` is a key of the texts, `words` what fills its blanks."""

    reason: str
    words: str = ""


@dataclass(frozen=True)
class CaseResult:
    """What became of one case. `scores` holds the metrics by name; `marks` facts that a gate looks at, each true or false.

    `details` is what the report shows: what was said, which sentences matched, and the passages.
    """

    id: str
    suite: str
    topic: str
    language: str
    passed: bool
    hard_break: str
    scores: Mapping[str, float]
    details: Mapping[str, Any]
    group: str = ""
    fingerprint: str = ""
    shown: str = ""
    marks: Mapping[str, bool] = field(default_factory=dict)
    milliseconds: float = 0.0
    tokens: int | None = None


@dataclass(frozen=True)
class RunResult:
    """A whole run. `settings` says what was run: model, embedder, guidance, versions; `made` when, in UTC."""

    cases: tuple[CaseResult, ...]
    metrics: tuple[Metric, ...]
    settings: Mapping[str, Any]
    made: str
    seconds: float
    judge: Mapping[str, Any] | None = None

    def metric(self, name: str, suite: str | None = None, language: str = "all") -> Metric | None:
        """A metric by its name."""
        return next(
            (each for each in self.metrics if each.name == name and each.language == language and suite in (None, each.suite)),
            None,
        )

    def case(self, identifier: str) -> CaseResult | None:
        """What became of a case."""
        return next((case for case in self.cases if case.id == identifier), None)

    def to_dict(self) -> dict[str, Any]:
        """The run as plain values."""
        return {"format": FORMAT} | asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunResult:
        """A run from `to_dict`. Raises `CoachError` for anything else."""
        try:
            if values["format"] != FORMAT:
                raise ValueError(f"format {values['format']}")
            return cls(
                cases=tuple(CaseResult(**case) for case in values["cases"]),
                metrics=tuple(Metric(**metric) for metric in values["metrics"]),
                settings=values["settings"],
                made=values["made"],
                seconds=values["seconds"],
                judge=values.get("judge"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CoachError(f"This is no run of coach eval that can be read ({error}); make a new one.") from None


def read_run(path: Path) -> RunResult:
    """A run, or a baseline, from a file. Raises `CoachError` that names the file."""
    try:
        return RunResult.from_dict(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise CoachError(f"{path} cannot be read ({error.strerror}); name a file that coach eval wrote.") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise CoachError(f"{path} is no JSON; name a file that coach eval wrote.") from None
    except CoachError as error:
        raise CoachError(f"{path}: {error}") from None


def write_json(values: Mapping[str, Any], path: Path, *, small: bool = False) -> None:
    """Write plain values as JSON, whole or not at all. Raises `CoachError` that names the file."""
    text = json.dumps(values, ensure_ascii=False, indent=None if small else 1, sort_keys=True)
    write_text(text + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Write a text, whole or not at all. Raises `CoachError` that names the file."""
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, "utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise CoachError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
