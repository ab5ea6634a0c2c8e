"""Whole processes, from start to answer: `coach ask` beside the quickstart, on the same folder, in one run.

    python -m benchmarks.cold [FOLDER] [--quickstart-python PYTHON] [--rounds 5]

Four processes take turns. Each does its job from nothing (an empty COACH_HOME and the reading of the folder; the quickstart
keeps no index, so this is what it always does) and again with its index already there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import machine
from coach.settings import data_folder

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "Hoe lang moet een eerste bericht aan een mogelijke mentor zijn?"


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """How long a process takes that must succeed and print something. Raises `SystemExit` with its complaint."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    return took


def main() -> None:
    """Print the medians and their ratios."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, nargs="?", default=data_folder("knowledge"))
    arguments.add_argument("--quickstart-python", default="", help="an interpreter that has the `benchmark` extra")
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    folder = str(given.folder.absolute())
    with tempfile.TemporaryDirectory() as place:
        kept, empty, store = Path(place, "kept"), Path(place, "empty"), Path(place, "store")
        coach = [sys.executable, "-m", "coach.cli", "ask", QUESTION]
        other = [given.quickstart_python, str(ROOT / "benchmarks" / "quickstart.py"), folder, QUESTION]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
        plain |= {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}

        def ask(home: Path) -> float:
            return seconds(coach, plain | {"COACH_HOME": str(home), "COACH_KNOWLEDGE": folder})

        def from_nothing() -> float:
            shutil.rmtree(empty, ignore_errors=True)
            return ask(empty)

        jobs: dict[str, Callable[[], float]] = {
            "coach ask": lambda: ask(kept),
            "coach ask, from nothing": from_nothing,
        }
        if given.quickstart_python:
            jobs |= {
                "quickstart": lambda: seconds(other, plain),
                "quickstart, index kept": lambda: seconds([*other, str(store)], plain),
            }
            jobs["quickstart, index kept"]()
        ask(kept)
        took: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(given.rounds):
            for name, job in jobs.items():
                took[name].append(job())
    medians = {name: median(values) for name, values in took.items()}
    print(f"{machine()}; medians of {given.rounds} whole processes")
    for name, value in medians.items():
        print(f"{name:26s} {value:7.2f} s   {value / medians['coach ask']:5.1f} x   lowest {min(took[name]):.2f} s")


if __name__ == "__main__":
    main()
