"""Embed what has no vector yet; a vector once paid for is kept by what was embedded and never paid for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from coach.library import bank
from coach.library.catalogue import Catalogue
from coach.library.embedders import Embedder

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is, out of how much


def embed_missing(catalogue: Catalogue, embedder: Embedder, wanted: Mapping[bytes, tuple[str, str]], progress: Progress) -> int:
    """Embed the texts (key -> kind and text) whose vectors are neither kept nor shipped; return how many there were.

    Each batch is kept at once, so that a process that dies loses one batch at most.
    """
    missing = set(wanted) - catalogue.known_vectors(wanted)
    shipped = bank.shipped_vectors(embedder.fingerprint) if missing else None
    if shipped:
        of_use = [number for number, key in enumerate(shipped[0]) if key in missing]
        catalogue.keep_vectors([shipped[0][number] for number in of_use], shipped[1][of_use])
        missing.difference_update(shipped[0][number] for number in of_use)
    todo = [(key, *wanted[key]) for key in wanted if key in missing]
    done = 0
    for kind in ("passage", "query"):
        of_kind = [(key, text) for key, other, text in todo if other == kind]
        for start in range(0, len(of_kind), embedder.batch):
            progress("embedding", done, len(todo))
            part = of_kind[start : start + embedder.batch]
            embed = embedder.passages if kind == "passage" else embedder.queries
            catalogue.keep_vectors([key for key, _ in part], embed([text for _, text in part]))
            done += len(part)
    progress("embedding", done, len(todo))
    return len(todo)
