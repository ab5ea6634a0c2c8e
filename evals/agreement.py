"""Whether people agree with each other and with the judge: weighted kappa with its interval, by criterion and language.

Formula: Cohen (1968) with quadratic weights; for yes and no that is Cohen's kappa. The interval resamples the items. Under
`ENOUGH` a judge's figures are marked as indicative.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coach import CoachError, Language
from evals.records import RunResult, write_json
from evals.wordings import texts

ENOUGH = 0.6
FEWEST = 50  # items a criterion and language on which trust may rest
RESAMPLES = 2_000
_NEEDED = ("item", "criterion", "language", "person_1", "person_2")
COLUMNS = (*_NEEDED[:3], "asked", "guidance", "text", "question", *_NEEDED[3:])
_VALUES = {"yes": 1.0, "ja": 1.0, "y": 1.0, "j": 1.0, "no": 0.0, "nee": 0.0, "n": 0.0}


@dataclass(frozen=True)
class Agreement:
    """How far two people agree on a criterion in a language; `judge` is the lower of the judge's own kappas with each."""

    criterion: str
    language: str
    n: int
    kappa: float | None
    low: float | None
    high: float | None
    judge: float | None = None

    @property
    def enough(self) -> bool:
        """Whether the judge may be taken at its word: people agree, it agrees with them, and there are items enough."""
        both = (self.kappa, self.judge)
        return self.n >= FEWEST and all(kappa is not None and kappa >= ENOUGH for kappa in both)


def weighted_kappa(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Agreement beyond chance, from -1 to 1, with quadratic weights; None where both gave one and the same label throughout."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{len(a)} and {len(b)} labels")
    observed = float(((a - b) ** 2).mean())
    expected = float(((a[:, None] - b[None, :]) ** 2).mean())
    return None if expected == 0 else 1 - observed / expected


def interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float] | None:
    """The 95% interval of a weighted kappa, from resampled items; None where it cannot be told."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    random = np.random.default_rng(20_261_121)
    drawn = [weighted_kappa(a[rows], b[rows]) for rows in random.integers(0, len(a), (RESAMPLES, len(a)))]
    known = [kappa for kappa in drawn if kappa is not None]
    if len(known) < 0.9 * RESAMPLES:
        return None
    return float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975))


def agreements(rows: Sequence[Mapping[str, str]], judged: Mapping[tuple[str, str], str] | None = None) -> tuple[Agreement, ...]:
    """The agreement on each criterion and language. `judged` holds the judge's verdicts by item and criterion."""
    groups: dict[tuple[str, str], list[tuple[float, float, float | None]]] = defaultdict(list)
    for row in rows:
        pair = [_value(row.get(column, "")) for column in ("person_1", "person_2")]
        if pair[0] is not None and pair[1] is not None:
            verdict = _value((judged or {}).get((row["item"], row["criterion"]), ""))
            groups[row["criterion"], row["language"]].append((pair[0], pair[1], verdict))
    return tuple(_one(criterion, language, found) for (criterion, language), found in sorted(groups.items()))


def _one(criterion: str, language: str, found: Sequence[tuple[float, float, float | None]]) -> Agreement:
    first, second = [row[0] for row in found], [row[1] for row in found]
    span = interval(first, second)
    scored = [(a, b, verdict) for a, b, verdict in found if verdict is not None]
    with_judge = (
        [weighted_kappa([row[column] for row in scored], [row[2] for row in scored]) for column in (0, 1)] if scored else []
    )
    known = [kappa for kappa in with_judge if kappa is not None]
    low, high = span if span else (None, None)
    return Agreement(
        criterion, language, len(found), weighted_kappa(first, second), low, high, min(known) if len(known) == 2 else None
    )


def _value(label: str) -> float | None:
    """A label as a number: yes, no, or a figure on a scale; None for anything else, such as an empty cell."""
    said = str(label).strip().lower()
    if said in _VALUES:
        return _VALUES[said]
    try:
        return float(said.replace(",", "."))
    except ValueError:
        return None


def read_labels(paths: Sequence[Path], language: Language = "nl") -> list[dict[str, str]]:
    """The rows of one sheet with a column a person, or of two sheets, one a person.

    Raises `CoachError` for a missing column, or a label that is none.
    """
    from evals.sheets import read_table

    say = texts(language)
    tables = [read_table(path, language) for path in paths]
    if len(tables) == 2:
        second = {(row.get("item", ""), row.get("criterion", "")): row for row in tables[1]}
        for row in tables[0]:
            other = second.get((row.get("item", ""), row.get("criterion", "")), {})
            row["person_2"] = other.get("person_2") or other.get("person_1") or ""
    rows = tables[0]
    missing = [column for column in _NEEDED if not rows or column not in rows[0]]
    if missing:
        raise CoachError(say("agreement.columns", file=paths[0].name, columns=", ".join(missing)))
    for row in rows:
        for label in (row["person_1"], row["person_2"]):
            if label.strip() and _value(label) is None:
                raise CoachError(say("agreement.label", item=row["item"], criterion=row["criterion"], label=label.strip()))
    return rows


def as_sheet(rows: Sequence[Mapping[str, Any]]) -> str:
    """Items to label, as CSV with empty columns for two people."""
    from evals.sheets import guarded

    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows({key: guarded(str(value)) for key, value in row.items()} for row in rows)
    return "\ufeff" + stream.getvalue()  # by which a spreadsheet knows that it is UTF-8


def keep(found: Sequence[Agreement], home: Path) -> None:
    """Remember the agreement, so that the judge's figures are marked accordingly."""
    write_json({"agreements": [asdict(each) for each in found]}, home / "evals" / "agreement.json")


def trusted(home: Path) -> frozenset[tuple[str, str]]:
    """The criteria and languages in which people agree enough with each other and with the judge."""
    path = home / "evals" / "agreement.json"
    if not path.exists():
        return frozenset()
    try:
        found = [Agreement(**each) for each in json.loads(path.read_text("utf-8"))["agreements"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise CoachError(f"{path} cannot be read; remove it, and run coach eval agreement again.") from None
    return frozenset((each.criterion, each.language) for each in found if each.enough)


def verdicts(run: RunResult | None) -> dict[tuple[str, str], str]:
    """What the judge said in a run, by item and criterion."""
    judged = run.judge["verdicts"] if run and run.judge else ()
    return {(each["item"], each["criterion"]): each["verdict"] or "" for each in judged}


def to_label(run: RunResult) -> list[dict[str, str]]:
    """What the judge was asked in a run, for people to answer as well, with all that the judge was shown."""
    rows = []
    for each in run.judge["verdicts"] if run.judge else ():
        case = run.case(each["case"])
        if case is not None:
            quotes = dict.fromkeys(str(cited["quote"]) for cited in case.details.get("citations", ()))
            told = {"asked": case.shown, "guidance": "\n\n".join(quotes), "question": each["question"]}
            text = str(case.details.get("answer") or case.details.get("body") or "")
            known = {"item": each["item"], "criterion": each["criterion"], "language": case.language}
            rows.append(known | told | {"text": text})
    return rows


def told(found: Agreement, language: Language) -> str:
    """An agreement in a sentence."""
    say = texts(language)
    unknown = say("not-measured")

    def shown(kappa: float) -> str:
        return f"{kappa:.2f}".replace(".", "," if language == "nl" else ".")

    span = f"{shown(found.low)} – {shown(found.high)}" if found.low is not None and found.high is not None else unknown
    return say(
        "agreement.row",
        criterion=say(f"criterion.{found.criterion}") if f"criterion.{found.criterion}" in say else found.criterion,
        language=found.language,
        kappa=unknown if found.kappa is None else shown(found.kappa),
        interval=span,
        n=found.n,
        judge=unknown if found.judge is None else shown(found.judge),
        verdict=say("agreement.enough" if found.enough else "agreement.indicative"),
    )
