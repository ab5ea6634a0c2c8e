"""What a question tells beside its subject: that somebody is in danger, or that a person is to be judged.

Both are known by example, as the border of the handbook is: `prompts/questions/signals.*.yaml` holds, for each, examples and near
misses; the questions that the bank answers, and those that nothing answers, are the ordinary ones. A question is heard as a
signal where it lies on the examples' side of both planes, and nearer to them than to the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.library.learning import discriminant
from coach.records import Signal

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

# What is heard: by which examples and near misses, and from which strength of the whole question or of one of its clauses, since
# in a long one a clause may be all that tells. A concern only adds a line with where help is, so it is heard from little; a
# crisis takes the place of the answer. Of 298 ordinary questions, many of them long, 2% are heard as a crisis, two in five of
# those rightly, and 4% as a concern (`python -m benchmarks.signals` has short ones).
HEARD: Mapping[Signal, tuple[str, str, float, float]] = {
    "crisis": ("crisis", "calm", 0.7, 1.2),
    "concern": ("crisis", "calm", -0.6, 0.4),
    "judging": ("judging", "fair", -0.3, 1.0),
}
# Of 40 short messages that hide a danger behind small talk, 88% are heard as a crisis by their clauses and 80% without; all that
# only a clause tells lie above this as a whole, and of ordinary short questions 3%.
TRACE = -3.0
NEIGHBOURS = 2  # whose mean cosine counts
CLOSENESS = 12.0  # of a difference in cosine, against one in deviations


@dataclass(frozen=True)
class Plane:
    """Between two groups: the way across, where it is halfway, and the deviation within the groups."""

    direction: Sequence[float]
    middle: float
    deviation: float


def plane(one: Vectors, other: Vectors) -> Plane:
    """The plane between two groups of vectors (see `learning.discriminant`)."""
    import numpy as np

    way = discriminant(one, other)
    first, second = one @ way, other @ way
    spread = np.concatenate([first - first.mean(), second - second.mean()]).std()
    return Plane(np.round(way.astype(float), 5).tolist(), float(first.mean() + second.mean()) / 2, float(spread) or 1.0)


class Signals:
    """The examples by group, ordinary questions in parts of shape (m, dimension), and the planes between a signal and the others.

    The ordinary ones come in parts since they are most of the question bank, which is not copied for this.
    """

    def __init__(
        self, groups: Mapping[str, Vectors], ordinary: Sequence[Vectors], drawn: Mapping[str, tuple[Plane, Plane]] | None = None
    ) -> None:
        self.groups = groups
        self.ordinary = ordinary
        self.planes = drawn or self._drawn()

    def _drawn(self) -> dict[str, tuple[Plane, Plane]]:
        import numpy as np

        pairs = {(examples, misses) for examples, misses, _, _ in HEARD.values() if {examples, misses} <= set(self.groups)}
        if not pairs:
            return {}
        ordinary = np.concatenate(self.ordinary)
        return {
            examples: (plane(self.groups[examples], self.groups[misses]), plane(self.groups[examples], ordinary))
            for examples, misses in pairs
        }

    def heard(self, query: Vectors, clauses: Sequence[Vectors]) -> tuple[Signal, ...]:
        """What is heard in a question or in one of its clauses; a concern only where it is not a crisis."""
        found: list[Signal] = []
        for name, (examples, misses, whole, part) in HEARD.items():
            bounds = [(query, whole), *((clause, part) for clause in clauses)]
            if examples in self.planes and any(self.strength(examples, misses, one, least) > least for one, least in bounds):
                found.append(name)
        return tuple(name for name in found if name != "concern" or "crisis" not in found)

    def traced(self, query: Vectors) -> bool:
        """Whether there is so much of a signal in a question that its clauses are worth listening to, however short it is."""
        pairs = {(examples, misses) for examples, misses, _, _ in HEARD.values() if examples in self.planes}
        return any(self.strength(examples, misses, query, TRACE) > TRACE for examples, misses in pairs)

    def strength(self, examples: str, misses: str, query: Vectors, least: float = -float("inf")) -> float:
        """How clearly a vector is one of the examples rather than a near miss or an ordinary question; about 0 is halfway.

        The ordinary ones, most of the work, are left out where the others alone keep it from being above `least`.
        """
        import numpy as np

        sides = min((float(np.asarray(p.direction) @ query) - p.middle) / p.deviation for p in self.planes[examples])
        near, missed = _near([self.groups[examples]], query), _near([self.groups[misses]], query)
        strength = sides + CLOSENESS * (near - missed)
        return strength if strength <= least else min(strength, sides + CLOSENESS * (near - _near(self.ordinary, query)))


def _near(examples: Sequence[Any], query: Vectors) -> float:
    import numpy as np

    likeness = np.concatenate([part @ query for part in examples])
    count = min(NEIGHBOURS, len(likeness))
    return float(np.partition(likeness, -count)[-count:].mean()) if count else -1.0
