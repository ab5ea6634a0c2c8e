"""Where the handbook ends: questions it answers on one side, on the other those that people ask of it in vain.

A mentor's pay or a court-appointed mentor is near in meaning to mentoring and still outside a handbook on it. Both sides are
known by example: the wordings of the question bank, and the questions in `prompts/questions/outside.*.yaml`. A folder that does
answer one of the latter takes it away from the other side (`spoken_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.library.learning import discriminant

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

NEAR_INSIDE = 20  # examples of that side that a question is compared with; there are some ten times as many as of the other
NEAR_OUTSIDE = 5
NEARER = 0.02  # cosine of e5, unaltered, by which a folder must be nearer to a question than the handbook to speak of it


@dataclass(frozen=True)
class Lines:
    """How the border is drawn, as a catalogue keeps it.

    `direction` is the way across; `means` and `deviations` are those of both signals over the examples outside; `spoken_of` are
    rows of examples outside that the folders do answer, which therefore are none.
    """

    direction: Sequence[float] = ()
    means: Sequence[float] = (0.0, 0.0)
    deviations: Sequence[float] = (1.0, 1.0)
    spoken_of: Sequence[int] = ()


class Border:
    """The border that was drawn, with the examples `outside`, shape (m, dimension), as questions are compared."""

    def __init__(self, outside: Vectors, lines: Lines) -> None:
        import numpy as np

        self._outside = np.asarray(np.delete(outside, list(lines.spoken_of), axis=0), np.float32)
        self._direction = np.asarray(lines.direction or np.zeros(outside.shape[1]), np.float32)
        self._lines = lines

    def signals(self, query: Vectors, near: Vectors) -> tuple[float, float]:
        """How much nearer a question is to the examples inside, and how far it lies on their side of the plane between.

        `near` are its cosines with those inside. Both in standard deviations above the examples outside.
        """
        (first, second), (one, two) = self._lines.means, self._lines.deviations
        nearer = _nearer(near, self._outside @ query)
        return (nearer - first) / one, (float(self._direction @ query) - second) / two


def draw(inside: Vectors, outside: Vectors, spoken_of: Sequence[int]) -> Lines:
    """The border between the examples, and the scale of both signals."""
    import numpy as np

    kept = np.delete(outside, list(spoken_of), axis=0)
    if len(inside) < 2 or len(kept) < 2:
        return Lines(spoken_of=spoken_of)
    direction = discriminant(inside, kept)
    within, across = kept @ kept.T, kept @ inside.T
    np.fill_diagonal(within, -1.0)  # an example says nothing about itself
    nearer = [_nearer(inner, outer) for inner, outer in zip(across, within, strict=True)]
    sides = kept @ direction
    return Lines(
        direction.astype(float).tolist(),
        (float(np.mean(nearer)), float(sides.mean())),
        (float(np.std(nearer)) or 1.0, float(sides.std()) or 1.0),
        spoken_of,
    )


def spoken_of(in_folders: Any, in_handbook: Any) -> list[int]:
    """The rows of questions outside that the folders are nearer to than the handbook is, from the best cosines with each."""
    import numpy as np

    return [int(row) for row in np.flatnonzero(np.asarray(in_folders) > np.asarray(in_handbook) + NEARER)]


def _nearer(inside: Vectors, outside: Vectors) -> float:
    """Mean cosine with the nearest examples inside, less that with the nearest outside."""
    return _highest(inside, NEAR_INSIDE) - _highest(outside, NEAR_OUTSIDE)


def _highest(values: Vectors, count: int) -> float:
    import numpy as np

    count = min(count, len(values))
    return float(np.partition(values, -count)[-count:].mean()) if count else 0.0
