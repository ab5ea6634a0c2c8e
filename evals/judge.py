"""A language model's opinion: each question asked three times, every reply kept, flips and unreadable replies counted.

Because replies are kept as they come, a run that breaks off goes on where it was when it is started again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach import Coach, CoachError, Language
from evals.agreement import trusted
from evals.cases import AnswerCase, CaseSet
from evals.judging import Item, Verdict, criteria, frame, items, parse
from evals.records import CaseResult, Metric
from evals.statistics import wilson
from evals.wordings import spoken, texts

REPEATS = 3
MOST_FAILURES = 5  # calls in a row, after which a model is taken to be gone
REPLY = 60  # tokens of a reply, for the estimate
CHARACTERS_A_TOKEN = 3.5  # of Dutch and English running text, roughly
TYPICAL_ANSWER = 900  # characters, for the estimate before anything was asked

Ask = Callable[[str, str, Language], str]
"""The system and the user message, and their language, to the text of a reply; raises `CoachError` for a call that failed."""


@dataclass(frozen=True)
class Estimate:
    """What judging will take at most: calls, and tokens sent and received."""

    calls: int
    sent: int
    received: int

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.sent + self.received


@dataclass(frozen=True)
class Judged:
    """What the judge found: figures, and how often it changed its mind or could not be read."""

    metrics: tuple[Metric, ...]
    calls: int
    flips: int
    unscored: int
    verdicts: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Without the metrics, which stand among those of the run."""
        return {"calls": self.calls, "flips": self.flips, "unscored": self.unscored, "verdicts": list(self.verdicts)}


def estimate(cases: CaseSet) -> Estimate:
    """What judging these cases takes at most, before a single one was put to the coach."""
    calls = characters = 0
    around = len(frame().system.nl) + len(frame().context.nl) + 2 * TYPICAL_ANSWER
    for case in cases.cases:
        for criterion in criteria():
            if criterion.suite == case.suite and not (isinstance(case, AnswerCase) and case.expect == "abstain"):
                asked = len(case.key_points) if criterion.each == "point" and isinstance(case, AnswerCase) else 1
                calls += REPEATS * asked
                characters += REPEATS * asked * (around + len(criterion.question.nl))
    return Estimate(calls, round(characters / CHARACTERS_A_TOKEN), calls * REPLY)


def judge_all(
    coach: Coach, cases: CaseSet, results: Sequence[CaseResult], progress: Callable[[int, int, str], None], ask: Ask | None = None
) -> Judged:
    """Put every question about these results to the coach's own chat model, and sum up.

    Raises `CoachError` without a model, and when `MOST_FAILURES` calls in a row fail; what was said until then is kept.
    """
    language = spoken(coach.settings)
    if ask is None:
        if not coach.settings.model:
            raise CoachError(texts(language)("judge.no-model"))
        ask = coach.complete
    asked = list(items(cases, results))
    said: list[tuple[Item, list[Verdict | None]]] = []
    calls = failures = 0
    with _kept(coach.settings.home / "evals" / "judge.sqlite3", coach.settings.model) as kept:
        for number, item in enumerate(asked):
            progress(number, len(asked), f"{item.criterion.id} {item.case}")
            verdicts: list[Verdict | None] = []
            for repeat in range(REPEATS):
                reply = kept.get(item.key, repeat)
                if reply is None:
                    calls += 1
                    try:
                        reply = ask(item.system, item.user, item.language)
                    except CoachError as error:
                        failures += 1
                        if failures >= MOST_FAILURES:
                            raise CoachError(texts(language)("judge.broken", done=number, all=len(asked), why=error)) from None
                        verdicts.append(None)
                        continue
                    failures = 0
                    kept.put(item.key, repeat, reply)
                verdicts.append(parse(reply, item.text))
            said.append((item, verdicts))
    progress(len(asked), len(asked), "")
    return _summed(coach, said, calls)


def settled(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    """What most of the readable replies say; nothing where fewer than two can be read, or they are even."""
    counts = Counter(verdict for verdict in verdicts if verdict)
    if sum(counts.values()) < 2:
        return None
    (first, most), *others = counts.most_common()
    return first if not others or most > others[0][1] else None


def _summed(coach: Coach, said: Sequence[tuple[Item, list[Verdict | None]]], calls: int) -> Judged:
    trust = trusted(coach.settings.home)
    good: dict[tuple[str, str], list[bool]] = defaultdict(list)
    shown = []
    flips = unscored = 0
    for item, verdicts in said:
        verdict = settled(verdicts)
        flipped = len({each for each in verdicts if each}) > 1
        flips += flipped
        unscored += verdict is None
        shown.append(
            {"criterion": item.criterion.id, "case": item.case, "item": item.name, "question": item.asked}
            | {"verdicts": verdicts, "verdict": verdict, "flipped": flipped}
        )
        if verdict is not None:
            for language in ("all", item.language):
                good[item.criterion.id, language].append(verdict == item.criterion.good)
    metrics = []
    for criterion in criteria():
        for language in ("all", "nl", "en"):
            values = good[criterion.id, language]
            low, high = wilson(sum(values), len(values)) if values else (None, None)
            value = sum(values) / len(values) if values else None
            needed = ("nl", "en") if language == "all" else (language,)
            doubtful = not all((criterion.id, each) in trust for each in needed)
            metrics.append(
                Metric(criterion.id, "judge", language, value, len(values), low, high, bool(values), "rate", False, "", doubtful)
            )
    return Judged(tuple(metrics), calls, flips, unscored, tuple(shown))


class _Kept:
    """Replies by question, repeat and model."""

    def __init__(self, connection: sqlite3.Connection, model: str) -> None:
        self._connection = connection
        self._model = model

    def get(self, key: str, repeat: int) -> str | None:
        """A reply that was given before."""
        row = self._connection.execute(
            "SELECT reply FROM replies WHERE key = ? AND repeat = ? AND model = ?", (key, repeat, self._model)
        ).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, repeat: int, reply: str) -> None:
        """Keep a reply, on the disk before the next is asked for."""
        self._connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", (key, repeat, self._model, reply))
        self._connection.commit()


@contextmanager
def _kept(path: Path, model: str) -> Iterator[_Kept]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS replies"
                " (key TEXT, repeat INTEGER, model TEXT, reply TEXT, PRIMARY KEY (key, repeat, model))"
            )
            yield _Kept(connection, model)
    except sqlite3.DatabaseError as error:
        raise CoachError(f"{path} cannot be used ({error}); remove it, and judge again.") from None
