"""Prove that what the repository says is said in our own words.

    python -m benchmarks.own_words SEEDS

Prints every run of eight or more words that a file of the handbook, the question bank, the prompts or the cases shares with an
article in SEEDS, and ends with 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

RUN = 8  # words
OURS = ("knowledge", "prompts", "evals")


def runs(text: str) -> list[tuple[str, ...]]:
    """Every run of `RUN` words of a text, in order."""
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)]


def main() -> None:
    """Compare every file of ours with every article."""
    articles = sorted(Path(sys.argv[1]).glob("*.txt"))
    theirs = {run: path.name for path in articles for run in runs(path.read_text(encoding="utf-8"))}
    root = Path(__file__).parent.parent
    files = [path for name in OURS for path in sorted((root / name).rglob("*")) if path.suffix in {".md", ".yaml"}]
    shared = [(path, run) for path in files for run in runs(path.read_text(encoding="utf-8")) if run in theirs]
    for path, run in shared:
        print(f"{path.relative_to(root)}: “{' '.join(run)}” stands in {theirs[run]}")
    print(f"{len(files)} files, {len(shared)} runs of {RUN} words shared with {sys.argv[1]}")
    raise SystemExit(bool(shared))


if __name__ == "__main__":
    main()
