"""The border between what the handbook answers and what it does not, learnt from examples of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from coach.library.border import Border, Lines, draw, spoken_of


def cloud(middle: float, count: int) -> Any:
    """Unit vectors about one end of the first axis."""
    points = np.random.default_rng(count).normal((middle, 0, 0, 0), 0.4, (count, 4))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)


INSIDE, OUTSIDE = cloud(1, 300), cloud(-1, 60)


def signals(query: list[float], spoken: list[int] | None = None) -> tuple[float, float]:
    """Both signals of a query over the examples."""
    return told(draw(INSIDE, OUTSIDE, spoken or []), np.array(query, np.float32))


def told(lines: Lines, query: Any, outside: Any = OUTSIDE) -> tuple[float, float]:
    """Both signals of a query about lines drawn before."""
    return Border(outside, lines).signals(query, INSIDE @ query)


@pytest.mark.parametrize(
    ("query", "inside"), [([1, 0, 0, 0], True), ([0.9, 0.4, 0, 0], True), ([-1, 0, 0, 0], False), ([-0.8, -0.5, 0, 0], False)]
)
def test_both_signals_tell_the_sides_apart(query: list[float], inside: bool) -> None:
    nearer, side = signals(query)
    assert (nearer > 2, side > 2) == (inside, inside)


def test_the_scale_is_that_of_the_examples_outside() -> None:
    found = np.array([signals(list(map(float, example))) for example in OUTSIDE])
    assert np.allclose((found[:, 1].mean(), found[:, 1].std()), (0, 1), atol=1e-3)


def test_what_the_folders_answer_is_an_example_of_nothing() -> None:
    assert spoken_of([0.9, 0.9, 0.5], [0.85, 0.89, 0.5]) == [0]
    assert draw(INSIDE, OUTSIDE, [3, 4]).spoken_of == [3, 4]
    nearest = np.argsort(OUTSIDE[:, 0])[:40].tolist()
    query, lines = np.array([-1, 0, 0, 0], np.float32), draw(INSIDE, OUTSIDE, [])
    assert told(replace(lines, spoken_of=nearest), query)[0] > told(lines, query)[0]


def test_without_examples_nothing_is_said() -> None:
    for lines in (draw(INSIDE, OUTSIDE[:0], []), Lines()):
        assert told(lines, INSIDE[0], OUTSIDE[:0])[1] == 0.0
