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

from coach.errors import DamagedError
from coach.library.border import Lines
from coach.records import Outcome

ANSWERED = 0.6  # at or above it the passages are taken to answer
RELATED = 0.1  # at or above it they are worth showing, without a claim: a sound question refused is worse than a near miss shown


@dataclass(frozen=True)
class Evidence:
    """What speaks for the best passages answering the question."""

    nearer: float  # to questions that the handbook answers than to others, and
    side: float  # on their side of the border: both in standard deviations above questions outside (see `border.py`)
    score: float  # mean fused score of the best three passages
    said: float  # how much likelier its words are inside the handbook than outside, as a logarithm
    words: float  # share of the question's words, weighted by rarity, that those or the likeliest sections of the bank use
    ahead: (
        float  # cosine with the best passage, less that with the best section of the handbook: of a subject of the folders' own
    )


@dataclass(frozen=True)
class Calibration:
    """Mean and standard deviation of each signal over the probes of noise in an index, and where its guidance ends."""

    means: Mapping[str, float]
    deviations: Mapping[str, float]
    lines: Lines

    def apply(self, evidence: Evidence) -> dict[str, float]:
        """Each signal in standard deviations above noise."""
        return {name: (value - self.means[name]) / self.deviations[name] for name, value in asdict(evidence).items()}

    def to_json(self) -> str:
        """The calibration as the catalogue notes it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """What `to_json` wrote. Raises `DamagedError` for that of another version, which measured other signals."""
        kept = json.loads(text)
        if set(kept.get("means", ())) != {field.name for field in fields(Evidence)}:
            raise DamagedError("The index was made by another version of the coach; run 'coach sync'.")
        return cls(kept["means"], kept["deviations"], Lines(**kept["lines"]))


# A question may be answered since it is one for the handbook (KNOWN) of which the folders do not lack the subject (LACKING), or
# since they say more of it than the handbook (AHEAD). KNOWN was fitted on the development questions over two libraries and on the
# reference cases of the evals. Of those
# that five articles on mentoring answer, 1% are more than 0.19 behind; of the questions outside, 1% are further ahead than 0.085;
# questions on a page about expenses were 0.15 to 0.33 ahead of the handbook, and those on feedback 0.4 behind.
KNOWN: Mapping[str, float] = {"nearer": 0.5, "side": 0.6, "said": 0.7, "score": 0.15, "words": 0.35}
KNOWN_BIAS = -4.5
LACKING, LACKING_SPREAD = -0.25, 0.03  # `ahead` at which the subject is as likely there as not, and how sharp that is
AHEAD, AHEAD_SPREAD = 0.10, 0.02

UNSCALED = ("nearer", "side", "said", "ahead")  # signals that are not louder in one index than in another


def measure(noise: Sequence[Evidence], lines: Lines) -> Calibration:
    """The calibration of an index from what a search finds for the probes. A signal that never varies gets a deviation of one."""
    means, deviations = {}, {}
    for name in (field.name for field in fields(Evidence)):
        values = [getattr(evidence, name) for evidence in noise]
        means[name] = 0.0 if name in UNSCALED else fmean(values)
        deviations[name] = 1.0 if name in UNSCALED else pstdev(values) or 1.0
    return Calibration(means, deviations, lines)


def confidence(evidence: Evidence, calibration: Calibration) -> float:
    """The chance, 0 to 1, that the passages found answer the question: in the one way or the other."""
    signals = calibration.apply(evidence)
    known = _chance(KNOWN_BIAS + sum(weight * signals[name] for name, weight in KNOWN.items()))
    known *= _chance((evidence.ahead - LACKING) / LACKING_SPREAD)
    own = _chance((evidence.ahead - AHEAD) / AHEAD_SPREAD)
    return 1 - (1 - known) * (1 - own)


def _chance(total: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def outcome(value: float) -> Outcome:
    """What a confidence allows to be said."""
    if value >= ANSWERED:
        return "answered"
    return "related" if value >= RELATED else "not_covered"
