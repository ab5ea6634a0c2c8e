"""How often the right section is found: over the handbook, and over a programme's own pages that stand beside it.

    python -m benchmarks.sections benchmarks/questions/handbook_held_out.yaml
    python -m benchmarks.sections benchmarks/questions/own_pages/{dev,held_out}.yaml

A question names the sections of the handbook that answer it, or a page of the programme's own with a phrase of the sentence
that does; the pages stand in the folder that is named as the file is. Prints a line for each kind and language: the share where a
right passage is found first, among three, among five, and where the confidence says that it answers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.languages import read_yaml
from coach.library.confidence import outcome
from coach.library.search import Searcher
from coach.library.sync import sync
from coach.records import Hit, Language
from coach.settings import data_folder, load_settings

DEEPEST = 5


@dataclass(frozen=True)
class Question:
    """A question with what answers it: sections of the handbook, or a phrase on a page of the programme's own."""

    identifier: str
    language: Language
    text: str
    sections: tuple[str, ...]
    document: str
    phrase: str

    @property
    def kind(self) -> str:
        """Which of the two answers it."""
        return "own page" if self.document else "handbook"

    def answered_by(self, hit: Hit) -> bool:
        """Whether a passage is a right one."""
        if self.document:
            return Path(hit.passage.document).name == self.document and self.phrase in hit.passage.text
        return hit.passage.twin in self.sections


def questions(path: Path) -> list[Question]:
    """The questions in a file."""
    return [
        Question(
            entry["id"],
            entry["language"],
            entry["question"],
            tuple(entry.get("sections", ())),
            entry.get("document", ""),
            entry.get("phrase", ""),
        )
        for entry in read_yaml(path)["questions"]
    ]


def measure(path: Path, home: Path, *, show: bool) -> None:
    """Ask the questions of a file and print the lines."""
    own = path.with_suffix("")
    folders = (own, data_folder("knowledge")) if own.is_dir() else (data_folder("knowledge"),)
    settings = load_settings(home=home, knowledge=folders)
    sync(settings)
    searcher = Searcher(settings)
    found: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    for question in questions(path):
        result = searcher.search(question.text, DEEPEST, question.language)
        rank = next((hit.rank for hit in result.hits if question.answered_by(hit)), DEEPEST + 1)
        found[question.kind, question.language].append((rank, outcome(result.confidence) == "answered"))
        if show and rank > 1:
            first = result.hits[0].passage
            wanted = " ".join(question.sections) or f"{question.document}: {question.phrase}"
            print(f"{question.identifier} [{rank}] {question.text} | {wanted} | {first.document} › {first.heading}")
    for (kind, language), ranks in sorted(found.items()):
        print(f"{path.stem:18s} {kind:9s} {language}  n={len(ranks):3d}  {_shares(ranks)}")


def _shares(ranks: Sequence[tuple[int, bool]]) -> str:
    among = "  ".join(f"among {depth} {sum(rank <= depth for rank, _ in ranks) / len(ranks):6.1%}" for depth in (1, 3, DEEPEST))
    return f"{among}  answered {sum(sure for _, sure in ranks) / len(ranks):6.1%}"


def main() -> None:
    """Measure each file named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="print each question whose right passage is not first")
    chosen = parser.parse_args()
    for path in chosen.files:
        with tempfile.TemporaryDirectory() as home:
            measure(path, Path(home), show=chosen.show)


if __name__ == "__main__":
    main()
