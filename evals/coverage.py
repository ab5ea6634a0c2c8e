"""Which topics of the guidance the cases cover, in a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from evals.cases import SUITES, CaseSet

COLUMNS = tuple(f"{suite}.{language}" for suite in SUITES for language in ("nl", "en"))


@dataclass(frozen=True)
class Row:
    """A topic (empty for cases without one) with the number of cases in each column."""

    topic: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All cases on it."""
        return sum(self.counts)


def table(cases: CaseSet) -> tuple[Row, ...]:
    """A row for every topic of the guidance, covered or not, then the cases without a topic, then the sum."""
    topics = dict.fromkeys((*cases.guidance.topics("nl"), *cases.guidance.topics("en")))
    counted = Counter((case.topic or "", f"{case.suite}.{case.language}") for case in cases.cases)
    rows = [Row(topic, tuple(counted[topic, column] for column in COLUMNS)) for topic in (*sorted(topics), "")]
    return (*rows, Row("=", tuple(sum(row.counts[n] for row in rows) for n in range(len(COLUMNS)))))


def markdown(cases: CaseSet) -> str:
    """The table in Markdown."""
    lines = ["| topic | " + " | ".join(COLUMNS) + " | all |", "|---|" + "---:|" * (len(COLUMNS) + 1)]
    names = {"": "(no topic)", "=": "**all**"}
    for row in table(cases):
        lines.append(
            f"| {names.get(row.topic, row.topic)} | " + " | ".join(str(count or "") for count in row.counts) + f" | {row.total} |"
        )
    return "\n".join(lines) + "\n"
