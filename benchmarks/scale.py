"""Search in indexes of many sizes: p50 and p95, with synthetic text and vectors, nothing embedded but the questions.

    python -m benchmarks.scale 10000 100000
    python -m benchmarks.scale 10000 1000000       a run of its own
    python -m benchmarks.scale 10000 1000000 --keep DIR      indexes stay in DIR, and are measured again from there

Text has the handbook's words as often as the handbook does, thinned with words that are made up; a vector lies between two
sections of the handbook, with noise. Both are written straight into the catalogue and Chroma, as a sync would have.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import machine, percentile, question_texts, timed
from coach.languages import words
from coach.library import bank, lexical, passages
from coach.library.catalogue import Catalogue
from coach.library.embedders import Bundled
from coach.library.embedding import embed_missing
from coach.library.generation import EXACT
from coach.library.learning import unit
from coach.library.lock import catalogue_path, folder
from coach.library.scoring import View
from coach.library.search import Searcher
from coach.library.store import VectorStore, collection_name
from coach.library.switch import index_fingerprint
from coach.records import Passage
from coach.settings import Settings, load_settings

LENGTH = 50  # words of a passage
MADE_UP = 0.5  # of them
DIFFERENT = 300_000  # words that are made up
NOISE = 0.02  # standard deviation in each dimension of a vector
STEP = 5_000  # passages written at once


def vocabulary(sections: Sequence[bank.Section]) -> tuple[list[str], Any]:
    """Words with their probabilities: those of the Dutch handbook, and made-up ones that fall off as 1/rank does."""
    counts = Counter(word for section in sections if section.passage.language == "nl" for word in words(section.passage.text))
    tail = 1 / np.arange(1, DIFFERENT + 1)
    chances = np.concatenate([np.array(list(counts.values())) / counts.total() * (1 - MADE_UP), tail / tail.sum() * MADE_UP])
    return [*counts, *(f"zq{number:x}" for number in range(DIFFERENT))], chances


def made_up(count: int, sections: Sequence[bank.Section], centres: Any) -> Iterator[tuple[list[str], list[str], Any]]:
    """Texts, what their words are searched by, and vectors, `STEP` at a time."""
    chance = np.random.default_rng(7)
    listed, chances = vocabulary(sections)
    stems = [" ".join(lexical.tokens(word, "nl")) for word in listed]
    forms = [" ".join(lexical.forms(word, "nl")) for word in listed]
    limits = np.cumsum(chances)
    for start in range(0, count, STEP):
        size = min(STEP, count - start)
        chosen = np.searchsorted(limits, chance.random((size, LENGTH)) * limits[-1])
        one, two = centres[chance.integers(0, len(centres), (2, size))]
        share = chance.random((size, 1), np.float32)
        vectors = unit(share * one + (1 - share) * two + chance.normal(0, NOISE, one.shape).astype(np.float32))
        texts = [" ".join(listed[word] for word in row) for row in chosen]
        columns = [f"{' '.join(stems[word] for word in row)}\t{' '.join(forms[word] for word in row)}" for row in chosen]
        yield texts, columns, vectors


def build(settings: Settings, count: int) -> None:
    """Write an index of so many passages."""
    catalogue = Catalogue(catalogue_path(settings))
    store = VectorStore(folder(settings) / "chroma", settings)
    fingerprint = Bundled.fingerprint
    name = collection_name(fingerprint, passages.VERSION)
    sections = bank.sections()
    wanted = bank.wanted_vectors(sections, fingerprint)
    embed_missing(catalogue, Bundled(), wanted, lambda _what, _done, _total: None)
    with catalogue.transaction():
        bank.write(catalogue, sections, fingerprint)
    centres = catalogue.matrix("bank_raw")[1]
    total, number = np.zeros(centres.shape[1]), 0
    for texts, columns, vectors in made_up(count, sections, centres):
        keys = [f"{number + place:032x}" for place in range(len(texts))]
        with catalogue.transaction() as connection:
            catalogue.keep_vectors([bytes.fromhex(key) for key in keys], vectors)
            for key, text, column in zip(keys, texts, columns, strict=True):
                passage = Passage(f"{number // 20}.md", "Titel", ("Kop",), text, 0, len(text), "nl")
                row = catalogue.add_passage(key, 0, bytes.fromhex(key), passage)
                stems, forms = column.split("\t")
                lexical.add(connection, row, ("", stems, "", forms))
                number += 1
        store.upsert(name, keys, vectors)
        total += vectors.sum(axis=0)
    with catalogue.transaction() as connection:
        lexical.refresh_terms(connection)
        catalogue.keep_matrix("mean", [0], (total / count).astype(np.float32)[None, :])
        catalogue.set_meta(
            generation="1",
            made_with=index_fingerprint("bundled"),
            embedder_setting="bundled",
            embedder=fingerprint,
            where="embedded",
            collection=name,
        )
    catalogue.set_meta(scale=View(settings, catalogue, store).calibration.to_json())
    store.close()
    catalogue.close()


def measure(home: Path, count: int, asked: Sequence[str]) -> float:
    """Search the index in `home`, built when it is not there, and print a row; return the p95 in milliseconds."""
    settings = load_settings(home=home, knowledge=(home,), chroma_url="", embedder="bundled")
    started = time.perf_counter()
    finished = home / "built"
    if not finished.exists():
        build(settings, count)
        finished.touch()
    built = time.perf_counter()
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e9
    searcher = Searcher(settings)
    searcher.search(asked[0])
    opened = time.perf_counter()
    timed(searcher.search, asked[:10])
    took = timed(searcher.search, asked)
    alone = timed(searcher.embed, asked)
    searcher.close()
    way = "all passages scored" if count <= EXACT else "candidates from Chroma"
    print(
        f"{count:9,} passages, {way:22s}  p50 {percentile(took, 0.5):6.1f} ms  p95 {percentile(took, 0.95):6.1f} ms  of which"
        f" embedding {percentile(alone, 0.5):5.1f}  built in {built - started:.0f} s, {size:.1f} GB, opened in"
        f" {opened - built:.1f} s",
        flush=True,
    )
    return percentile(took, 0.95)


def main() -> None:
    """Print a row for each size and the ratio to the first."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    arguments.add_argument("--keep", type=Path)
    given = arguments.parse_args()
    asked = question_texts()
    print(f"{machine()}; {len(asked)} questions", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        place = given.keep or Path(temporary)
        slowest = {}
        for count in given.sizes:
            (place / str(count)).mkdir(parents=True, exist_ok=True)
            slowest[count] = measure(place / str(count), count, asked)
    first = given.sizes[0]
    for count in given.sizes[1:]:
        print(f"p95 at {count:,} is {slowest[count] / slowest[first]:.1f} times that at {first:,}")


if __name__ == "__main__":
    main()
