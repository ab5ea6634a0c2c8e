"""Our own few lines of statistics give what scipy gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evals.statistics import bootstrap, fewest_lost, holm, mcnemar, paired_bootstrap, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (19, 20), (20, 20), (3, 40), (133, 134), (0, 500)])
def test_wilson_is_scipys(successes: int, n: int) -> None:
    theirs = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_wilson_refuses_what_is_no_rate() -> None:
    for successes, n in [(0, 0), (5, 4), (-1, 3)]:
        with pytest.raises(ValueError, match="of"):
            wilson(successes, n)


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 0), (6, 0), (5, 1), (10, 10), (3, 12)])
def test_mcnemar_is_a_binomial_test_on_what_changed(lost: int, won: int) -> None:
    old = [True] * lost + [False] * won + [True] * 7
    new = [False] * lost + [True] * won + [True] * 7
    wanted = stats.binomtest(lost, lost + won).pvalue if lost + won else 1.0
    found = mcnemar(old, new)
    assert found.p == pytest.approx(wanted)
    assert found.difference == pytest.approx((won - lost) / (lost + won + 7))


def test_a_bootstrap_covers_the_mean_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    inside = 0
    for _ in range(80):
        values = random.normal(0.6, 0.2, 60)
        low, high = bootstrap(list(values), [str(n) for n in range(60)])
        inside += low <= 0.6 <= high
    assert 0.86 <= inside / 80 <= 1


def test_cases_of_one_topic_count_for_less() -> None:
    values = [0.2, 0.9] * 20
    apart = bootstrap(values, [str(n) for n in range(40)])
    together = bootstrap(values, [str(n % 2) for n in range(40)])
    assert together[1] - together[0] > 1.5 * (apart[1] - apart[0])


def test_all_right_is_no_proof_of_a_hundred_percent() -> None:
    low, high = bootstrap([1.0] * 20, ["a"] * 20)
    assert (low, high) == pytest.approx(wilson(20, 20))


def test_a_paired_bootstrap_sees_a_drop_of_ten_points_in_forty_cases() -> None:
    random = np.random.default_rng(3)
    old = random.uniform(0.2, 1, 40)
    new = np.clip(old - 0.1 + random.normal(0, 0.15, 40), 0, 1)
    groups = [str(n) for n in range(40)]
    assert paired_bootstrap(list(old), list(new), groups).p < 0.01
    assert paired_bootstrap(list(old), list(old), groups).p == 1
    noise = np.clip(old + random.normal(0, 0.15, 40), 0, 1)
    assert paired_bootstrap(list(old), list(noise), groups).p > 0.05


def test_holm_makes_each_chance_larger_and_keeps_their_order() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({}) == {}


@pytest.mark.parametrize(("tests", "lost"), [(1, 6), (10, 9), (25, 10)])
def test_the_noise_floor_grows_with_the_number_of_tests(tests: int, lost: int) -> None:
    assert fewest_lost(tests) == lost
