"""How sure a search may be that its passages answer the question.

A cosine says little by itself: e5 puts everything between 0.7 and 1.0, and every index has its own loudness of noise. So each
sync searches the new index for questions about eggs and bicycles (`probes` in `prompts/languages/`), and what it finds for
them is the scale on which later questions are measured, in standard deviations above noise. The weights of the signals were
fitted once by logistic regression (`benchmarks/confidence.py`); the scale is each index's own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import fmean, pstdev

from coach.records import Outcome

ANSWERED = 0.5  # at or above it the passages are taken to answer
RELATED = 0.2  # at or above it they are worth showing, without a claim


@dataclass(frozen=True)
class Evidence:
    """What speaks for the best passages answering a question; each signal grows with it."""

    likeness: float  # cosine of question and best passage, or a question that its section lists
    score: float  # mean fused score of the best three passages
    margin: float  # how far they stand above the passages at ranks 20 to 60
    topic: float  # cosine of question and nearest question of the bank
    outside: float  # how much nearer the bank's questions are than those known to have no answer, in cosine
    words: float  # share of the question's words, weighted by rarity, that the best passages and topics use


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of each signal over the probes of noise."""

    mean: Mapping[str, float]
    deviation: Mapping[str, float]

    def apply(self, evidence: Evidence) -> dict[str, float]:
        """Each signal in standard deviations above noise."""
        return {name: (value - self.mean[name]) / self.deviation[name] for name, value in asdict(evidence).items()}

    def to_json(self) -> str:
        """The scale as the catalogue notes it."""
        return json.dumps({"mean": dict(self.mean), "deviation": dict(self.deviation)})

    @classmethod
    def from_json(cls, text: str) -> Scale:
        """The scale that `to_json` wrote."""
        values = json.loads(text)
        return cls(values["mean"], values["deviation"])


# Fitted on the development questions over two libraries; see benchmarks/README.md.
WEIGHTS: Mapping[str, float] = {
    "likeness": 0.18,
    "score": 0.47,
    "margin": -0.28,
    "topic": -1.02,  # beside `outside`, which holds it too
    "outside": 3.20,
    "words": 0.52,
}
BIAS = -4.54


def measure(noise: Sequence[Evidence]) -> Scale:
    """The scale of an index from what a search finds for the probes. A signal that never varies gets a deviation of one."""
    names = [field.name for field in fields(Evidence)]
    columns = {name: [getattr(evidence, name) for evidence in noise] for name in names}
    return Scale(
        {name: fmean(values) for name, values in columns.items()},
        {name: pstdev(values) or 1.0 for name, values in columns.items()},
    )


def confidence(evidence: Evidence, scale: Scale) -> float:
    """The chance, 0 to 1, that the passages found answer the question."""
    signals = scale.apply(evidence)
    total = BIAS + sum(WEIGHTS[name] * value for name, value in signals.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def outcome(value: float) -> Outcome:
    """What a confidence allows to be said."""
    if value >= ANSWERED:
        return "answered"
    return "related" if value >= RELATED else "not_covered"
