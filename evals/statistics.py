"""How sure a figure is. Formulas: Wilson (1927), the paired bootstrap by cluster (Efron & Tibshirani 1993, ch. 8), McNemar's
exact test (1947), Holm (1979)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.05
Array = NDArray[np.float64]
_Z = 1.959964
_SEED = 20_261_121  # the same data give the same interval


@dataclass(frozen=True)
class Test:
    """A paired comparison: the difference (new - old), its 95% interval, the chance of one as large by luck, and pairs."""

    difference: float
    low: float
    high: float
    p: float
    n: int


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95% interval of a rate, 0 to 1. Raises `ValueError` without cases."""
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n}")
    rate, square = successes / n, _Z * _Z
    centre = (rate + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap(values: Sequence[float], groups: Sequence[str]) -> tuple[float, float]:
    """The 95% interval of a mean, resampling whole groups of cases, since the cases of one topic rise and fall together.

    Where all are 0 or all are 1 there is nothing to resample, and it is Wilson's: twenty successes do not prove 100%.
    """
    if len(set(values)) == 1 and values[0] in (0, 1):
        return wilson(round(sum(values)), len(values))
    means = _means(np.asarray(values, float), groups)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def _means(values: Array, groups: Sequence[str]) -> Array:
    if not len(values):
        raise ValueError("no values")
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    sums, counts = np.bincount(places, values), np.bincount(places).astype(float)
    drawn = _draws(len(sums))
    return np.asarray((drawn @ sums) / (drawn @ counts))


@lru_cache(maxsize=64)
def _draws(groups: int) -> Array:
    """How often each group is drawn, in each of the resamples."""
    chances = np.full(groups, 1 / groups)
    return np.random.default_rng(_SEED).multinomial(groups, chances, size=RESAMPLES).astype(np.float64)


def paired_bootstrap(old: Sequence[float], new: Sequence[float], groups: Sequence[str]) -> Test:
    """Whether a mean changed, case by case: the groups of differences are resampled; two-sided."""
    differences = np.asarray(new, float) - np.asarray(old, float)
    if not differences.any():
        return Test(0.0, 0.0, 0.0, 1.0, len(differences))
    means = _means(differences, groups)
    tail = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    p = min(1.0, 2 * (tail + 1) / (RESAMPLES + 1))
    low, high = np.quantile(means, [0.025, 0.975])
    return Test(float(differences.mean()), float(low), float(high), float(p), len(differences))


def mcnemar(old: Sequence[bool], new: Sequence[bool]) -> Test:
    """Whether a rate changed, case by case: the exact test on the cases that changed sides; two-sided."""
    lost = sum(before and not after for before, after in zip(old, new, strict=True))
    won = sum(after and not before for before, after in zip(old, new, strict=True))
    n = len(old)
    if not n:
        raise ValueError("no pairs")
    difference = (won - lost) / n
    spread = _Z * math.sqrt(max(0.0, (won + lost) - (won - lost) ** 2 / n)) / n
    return Test(difference, difference - spread, difference + spread, binomial_two_sided(lost, won), n)


def binomial_two_sided(lost: int, won: int) -> float:
    """The chance that a fair coin, thrown once for each case that changed, falls at least as unevenly as this."""
    total = lost + won
    if not total:
        return 1.0
    tail: float = sum(math.comb(total, k) for k in range(min(lost, won) + 1)) / 2**total
    return min(1.0, 2 * tail)


def holm(chances: Mapping[str, float]) -> dict[str, float]:
    """The chances of several tests, each made larger for their number, so that one in twenty *families* errs and not one test."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(chances, key=lambda name: chances[name])):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[name]))
        adjusted[name] = largest
    return adjusted


def fewest_lost(tests: int) -> int:
    """How many cases must fail that passed before, none the other way, for that to be more than chance among `tests` tests."""
    lost = 1
    while binomial_two_sided(lost, 0) * max(1, tests) > LEVEL:
        lost += 1
    return lost
