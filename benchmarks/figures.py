"""What the benchmarks share: percentiles, questions to ask, and the machine that the figures were read on."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from coach.languages import read_yaml

QUESTIONS = Path(__file__).parent / "questions" / "seeds_dev.yaml"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values, 0 to 1, does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(do: Callable[[str], object], texts: Iterable[str]) -> list[float]:
    """How many milliseconds each text took."""
    found = []
    for text in texts:
        started = time.perf_counter()
        do(text)
        found.append((time.perf_counter() - started) * 1000)
    return found


def question_texts(path: Path = QUESTIONS) -> list[str]:
    """The questions of a file, without their answers."""
    return [entry["question"] for entry in read_yaml(path)["questions"]]


def machine() -> str:
    """Cores, memory and Python version of this machine, and how busy it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
