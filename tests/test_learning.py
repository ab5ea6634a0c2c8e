"""What is learnt from vectors of known groups: style shrinks, groups come apart, a small one counts as much as a large one."""

from __future__ import annotations

import numpy as np
import pytest

from coach.library.learning import discriminant, lens, planes, unit

DICE = np.random.default_rng(7)
# Two subjects along the first axis, each put in ways that differ along the second, and one of them ten times as often.
OFTEN = DICE.normal((1.0, 0, 0), (0.2, 2.0, 0.2), (300, 3))
SELDOM = DICE.normal((-1.0, 0, 0), (0.2, 2.0, 0.2), (30, 3))
GROUPS = np.array([0] * 300 + [1] * 30)
BOTH = np.concatenate([OFTEN, SELDOM]).astype(np.float32)


def test_the_lens_shrinks_what_varies_within_groups_and_keeps_what_sets_them_apart() -> None:
    subject, style = lens(BOTH, GROUPS)[0, 0], lens(BOTH, GROUPS)[1, 1]
    assert subject > 1.2 * style


def test_the_discriminant_points_from_the_one_to_the_other_and_not_along_the_style() -> None:
    way = unit(discriminant(OFTEN.astype(np.float32), SELDOM.astype(np.float32)))
    assert (way[0] > 0.95, abs(way[1]) < 0.2) == (True, True)


@pytest.mark.parametrize(("point", "group"), [([1, 3, 0], 0), ([1, -3, 0], 0), ([-1, 3, 0], 1), ([-1, -3, 0], 1)])
def test_the_planes_tell_each_group_from_the_rest_however_small(point: list[float], group: int) -> None:
    sides = planes(BOTH, GROUPS) @ np.array(point, np.float32)
    assert int(np.argmax(sides)) == group


def test_groups_of_unequal_size_weigh_alike() -> None:
    around = planes(BOTH, GROUPS)
    assert (around @ OFTEN.mean(axis=0))[0] == pytest.approx((around @ SELDOM.mean(axis=0))[1], rel=0.1)


def test_unit_leaves_zero_and_makes_the_rest_one_long() -> None:
    assert np.allclose(np.linalg.norm(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), axis=1), (1, 0))
