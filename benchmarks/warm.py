"""Search and ask in one process that is already warm: p50 and p95 over the development questions.

    python -m benchmarks.warm [FOLDER] [--questions FILE]

FOLDER is the handbook that ships with the coach unless another is given; the questions' answers play no part here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import QUESTIONS, machine, percentile, question_texts, timed
from coach import Coach, load_settings
from coach.library.embedders import load_embedder
from coach.settings import data_folder


def main() -> None:
    """Print p50 and p95 in milliseconds, and what the embedder alone takes of them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, nargs="?", default=data_folder("knowledge"))
    arguments.add_argument("--questions", type=Path, default=QUESTIONS)
    given = arguments.parse_args()
    asked = question_texts(given.questions)
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), knowledge=(given.folder.absolute(),), chroma_url="", embedder="bundled")
        coach = Coach(settings)
        passages = coach.sync().passages
        embedder = load_embedder("bundled", settings)
        jobs: dict[str, Callable[[str], object]] = {
            "search": coach.search,
            "ask": coach.ask,
            "embedder alone": lambda text: embedder.queries([text]),
        }
        for job in jobs.values():
            job(asked[0])
        print(f"{machine()}; {passages} passages, {len(asked)} questions")
        for name, job in jobs.items():
            took = timed(job, asked)
            print(f"{name:16s} p50 {percentile(took, 0.5):6.1f} ms   p95 {percentile(took, 0.95):6.1f} ms")
        coach.close()


if __name__ == "__main__":
    main()
