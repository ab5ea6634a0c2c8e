"""How well a person in danger, or one to be judged, is heard in a question, and how often in vain.

    python -m benchmarks.signals

In five folds: each example of `prompts/questions/signals.*.yaml`, each near miss, each question of the bank and each that the
handbook does not answer is judged by what the other four folds have taught.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from coach.library.search import Searcher
from coach.library.signals import HEARD, Signals
from coach.library.sync import sync
from coach.settings import data_folder, load_settings

FOLDS = 5
THINNED = 8  # one of so many ordinary questions is asked


def main() -> None:
    """Print, for each signal, the share that is heard among examples, near misses and ordinary questions."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), knowledge=(data_folder("knowledge"),), chroma_url="", embedder="bundled")
        sync(settings)
        searcher = Searcher(settings)
        known = searcher.view().bank.signals
        searcher.close()
    chance = np.random.default_rng(0)
    sides = {**known.groups, "ordinary": np.concatenate(known.ordinary)}
    folds = {name: chance.integers(0, FOLDS, len(vectors)) for name, vectors in sides.items()}
    heard: dict[str, dict[str, list[bool]]] = {
        name: {side: [] for side in (examples, misses, "ordinary")} for name, (examples, misses, _, _) in HEARD.items()
    }
    for fold in range(FOLDS):
        kept = {name: vectors[folds[name] != fold] for name, vectors in sides.items()}
        taught = Signals({name: vectors for name, vectors in kept.items() if name != "ordinary"}, [kept["ordinary"]])
        for name, found in heard.items():
            for side, answers in found.items():
                asked = sides[side][folds[side] == fold][:: THINNED if side == "ordinary" else 1]
                answers += [name in taught.heard(vector, ()) for vector in asked]
    for name, found in heard.items():
        print(name, "  ".join(f"{side} {np.mean(answers):.1%} of {len(answers)}" for side, answers in found.items()))


if __name__ == "__main__":
    main()
