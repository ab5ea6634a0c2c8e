"""An index on a server, for readers on other machines: what the writer says of it, and the copy that a reader keeps.

Vectors are searched on the server. Words, passages and the question bank are searched here, in a catalogue like the writer's
but without its files, which is brought up to date when the writer says that it switched.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from coach.errors import EmbedderError
from coach.languages import words
from coach.library import bank, lexical
from coach.library.catalogue import Catalogue, to_passage
from coach.library.embedders import Embedder, load_embedder
from coach.library.embedding import embed_missing
from coach.library.lock import catalogue_path, folder, lock
from coach.library.store import VectorStore
from coach.settings import Settings

WAIT = 600.0  # seconds for another process that takes over the same index
IDENTITY = ("origin", "generation", "collection")  # two catalogues that agree in these are of one state of one index
CARRIED = (*IDENTITY, "made_with", "embedder", "embedder_setting", "scale", "scale_of")


def mirror_path(settings: Settings) -> Path:
    """Where a reader keeps its copy; beside the catalogue of this machine's own folders, if it has any."""
    return folder(settings) / "mirror.sqlite3"


def only_reads(settings: Settings) -> bool:
    """Whether this machine searches an index on a server that it did not write itself."""
    if not settings.chroma_url:
        return False
    if not catalogue_path(settings).is_file():
        return True
    catalogue = Catalogue(catalogue_path(settings))
    try:
        return not catalogue.generation or catalogue.meta("where") != settings.chroma_url
    finally:
        catalogue.close()


def announcement(catalogue: Catalogue) -> dict[str, str]:
    """What readers elsewhere must know of an index beside its passages: its state, its embedder, and its mean vector."""
    import numpy as np

    mean = catalogue.matrix("mean")[1][0].astype(np.float16)
    return {name: catalogue.meta(name) for name in CARRIED} | {"mean": base64.b64encode(mean.tobytes()).decode()}


def agrees(catalogue: Catalogue, pointer: Mapping[str, str]) -> bool:
    """Whether a catalogue is of the state that the server says is current."""
    return all(catalogue.meta(name) == pointer.get(name) for name in IDENTITY)


def mirror(catalogue: Catalogue, store: VectorStore, pointer: Mapping[str, str], settings: Settings) -> None:
    """Bring a reader's catalogue up to the index that the pointer names.

    Raises `EmbedderError` when this machine cannot embed questions as the index was embedded, `StoreError` when the server fails.
    """
    with lock(settings, "taking over the index of a server", WAIT):
        if not agrees(catalogue, pointer):
            _take_over(catalogue, store, pointer, settings)


def embedder_of(pointer: Mapping[str, str], settings: Settings) -> Embedder:
    """The embedder of the index on the server. Raises `EmbedderError` where this machine does not have it."""
    embedder = load_embedder(pointer["embedder_setting"], settings)
    if embedder.fingerprint != pointer["embedder"]:
        raise EmbedderError(
            f"The index at {settings.chroma_url} was made with {pointer['embedder']}, this machine has {embedder.fingerprint}; "
            "install the same version of the coach on both, then run 'coach sync' where the folders are."
        )
    return embedder


def _take_over(catalogue: Catalogue, store: VectorStore, pointer: Mapping[str, str], settings: Settings) -> None:
    import numpy as np

    embedder = embedder_of(pointer, settings)
    sections = bank.sections()
    embed_missing(catalogue, embedder, bank.wanted_vectors(sections, embedder.fingerprint), lambda _what, _done, _total: None)
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM lexicon")
        connection.execute("DELETE FROM passages")
        vocabulary: set[str] = set()
        for key, text, record in store.passages(pointer["collection"]):
            catalogue.add_passage(key, 0, b"", to_passage(text, record))
            vocabulary.update(words(text))
        for number, text, record in connection.execute("SELECT id, text, record FROM passages ORDER BY id"):
            passage = to_passage(text, record)
            lexical.add(connection, number, lexical.row(passage, passage.asked, vocabulary))
        lexical.refresh_terms(connection)
        bank.write(catalogue, sections, embedder.fingerprint)
        mean = np.frombuffer(base64.b64decode(pointer["mean"]), np.float16).astype(np.float32)
        catalogue.keep_matrix("mean", [0], mean[None, :])
        catalogue.set_meta(**{name: pointer[name] for name in CARRIED})
    catalogue.tidy()
