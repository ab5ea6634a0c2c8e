"""How often the answer stands in the first 2,000 characters retrieved, beside BM25, the embedder and the quickstart.

    python -m benchmarks.retrieval SEEDS [--questions FILE ...] [--quickstart]

SEEDS is the folder with the articles that the questions are about; they are not ours to ship, so the questions refer to them by
offset. A question counts as answered when at least 80% of one of its answers stands in the first 2,000 characters.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.languages import read_yaml
from coach.library import lexical, search
from coach.library.embedders import load_embedder
from coach.library.sync import sync
from coach.settings import load_settings

BUDGET = 2_000  # characters
SHARE = 0.8  # of an answer that must stand in them
HERE = Path(__file__).parent

Span = tuple[str, int, int]  # document, start, end


@dataclass(frozen=True)
class Question:
    """A question with the spans that answer it; none for one that the articles do not answer."""

    identifier: str
    language: str
    text: str
    answers: tuple[Span, ...]
    kind: str


def questions(path: Path, folder: Path) -> list[Question]:
    """The questions in a file, once the articles are proved to be the ones they were written over."""
    values = read_yaml(path)
    for name, expected in values["source_sha256"].items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != expected:
            raise SystemExit(f"{folder / name} is not the article that {path.name} asks about.")
    return [
        Question(
            entry["id"],
            entry["language"],
            entry["question"],
            tuple((answer["document"], answer["start"], answer["end"]) for answer in entry["answers"]),
            entry.get("kind", "answered"),
        )
        for entry in values["questions"]
    ]


def stands(spans: Iterable[Span], answers: Sequence[Span]) -> bool:
    """Whether enough of one answer stands within the first `BUDGET` characters of the spans."""
    room = BUDGET
    shown: list[Span] = []
    for document, start, end in spans:
        shown.append((document, start, min(end, start + room)))
        room -= end - start
        if room <= 0:
            break
    for document, start, end in answers:
        got = {place for other, a, b in shown if other == document for place in range(max(a, start), min(b, end))}
        if len(got) >= SHARE * (end - start):
            return True
    return False


def report(name: str, asked: Sequence[Question], find: Callable[[Question], list[Span]]) -> None:
    """Print a row: the share answered, Dutch and English."""
    row = []
    for language in ("nl", "en"):
        own = [question for question in asked if question.language == language and question.answers]
        hits = sum(stands(find(question), question.answers) for question in own)
        row.append(f"{language} {hits}/{len(own)} = {hits / max(1, len(own)):.1%}")
    print(f"{name:38s} {'   '.join(row)}")


def ours(searcher: search.Searcher) -> Callable[[Question], list[Span]]:
    """The coach's own search."""

    def find(question: Question) -> list[Span]:
        hits = searcher.search(question.text, 20).hits
        return [(hit.passage.document, hit.passage.start, hit.passage.end) for hit in hits]

    return find


def by_words(searcher: search.Searcher) -> Callable[[Question], list[Span]]:
    """BM25 over the same passages, alone."""

    def find(question: Question) -> list[Span]:
        view = searcher.view()
        terms = lexical.query_terms(question.text, question.language)  # type: ignore[arg-type]
        found = lexical.search(view.catalogue.connection, terms, 20)
        passages = view.catalogue.passages(found)
        return [(passages[n].document, passages[n].start, passages[n].end) for n in sorted(found, key=lambda n: -found[n])]

    return find


def by_meaning(searcher: search.Searcher) -> Callable[[Question], list[Span]]:
    """The embedder's cosine over the same passages, alone."""
    import numpy as np

    view, embedder = searcher.view(), load_embedder(searcher.settings.embedder, searcher.settings)
    raw = view.catalogue.vectors_of(
        [key for (key,) in view.catalogue.connection.execute("SELECT vector FROM passages ORDER BY id")]
    )
    numbers = [int(number) for number in view.numbers]
    passages = view.catalogue.passages(numbers)

    def find(question: Question) -> list[Span]:
        best = np.argsort(-(raw @ embedder.queries([question.text])[0]))[:20]
        return [(passages[numbers[i]].document, passages[numbers[i]].start, passages[numbers[i]].end) for i in best]

    return find


def by_quickstart(folder: Path) -> Callable[[Question], list[Span]]:
    """The usual quickstart (see `quickstart.py`)."""
    from benchmarks.quickstart import build

    store: Any = build(folder)

    def find(question: Question) -> list[Span]:
        found = store.similarity_search(question.text, k=4)
        return [
            (one.metadata["source"], one.metadata["start_index"], one.metadata["start_index"] + len(one.page_content))
            for one in found
        ]

    return find


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--questions", type=Path, nargs="+", default=[HERE / "questions" / "seeds_dev.yaml"])
    arguments.add_argument("--quickstart", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), knowledge=(given.folder.absolute(),), chroma_url="", embedder="bundled")
        sync(settings)
        searcher = search.Searcher(settings)
        for path in given.questions:
            asked = questions(path, given.folder)
            print(f"{path.stem}: {sum(bool(question.answers) for question in asked)} questions")
            report("the coach", asked, ours(searcher))
            report("BM25 alone", asked, by_words(searcher))
            report("the embedder alone", asked, by_meaning(searcher))
            if given.quickstart:
                report("the quickstart", asked, by_quickstart(given.folder))
        searcher.close()


if __name__ == "__main__":
    main()
