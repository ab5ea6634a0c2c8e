"""From the old index to the new: fill Chroma beside what is there, write the catalogue in one transaction, tidy up."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from coach.errors import StoreError
from coach.languages import words
from coach.library import bank, lexical, passages
from coach.library.catalogue import CHUNK, Catalogue, to_passage, to_record, vector_key
from coach.library.changes import Changes
from coach.library.embedders import Embedder
from coach.library.embedding import Progress
from coach.library.folders import File
from coach.library.lock import folder
from coach.library.mirror import announcement
from coach.library.scoring import View, measured_with
from coach.library.store import POINTER, VectorStore, collection_name
from coach.records import Document, Passage
from coach.settings import Settings

RACY = 2_000_000_000  # nanoseconds; a file changed this shortly before a sync is compared by content next time


PRIOR = 150  # passages


@dataclass
class Read:
    """What was read from the fresh files."""

    documents: list[tuple[File, str, Document | None, str]] = field(default_factory=list)  # file, digest, document, reason
    passages: list[tuple[str, Passage, File]] = field(default_factory=list)  # key, passage, file


def index_fingerprint(embedder_setting: str) -> str:
    """What the index depends on beside the files: the embedder as it is set and the version of the chunker."""
    return f"{embedder_setting}|{passages.VERSION}"


def texts(passage: Passage, fingerprint: str) -> Iterator[tuple[bytes, tuple[str, str]]]:
    """Each text of a passage that is embedded: its key, whether it is a passage or a question, and the text."""
    for kind, text in (("passage", bank.embedding_text(passage)), *(("query", text) for text in passage.asked)):
        yield vector_key(fingerprint, kind, text), (kind, text)


def switch(
    catalogue: Catalogue,
    settings: Settings,
    embedder: Embedder,
    changes: Changes,
    read: Read,
    sections: Sequence[bank.Section],
    progress: Progress,
) -> None:
    """Fill Chroma beside what is there, replace the catalogue's content in one transaction, then remove what is obsolete.

    `sections` are those of a new question bank, empty where the one in the catalogue still holds.
    """
    name = collection_name(embedder.fingerprint, passages.VERSION)
    gone = set(changes.gone)
    stay = [
        (key, to_passage(text, record))
        for key, file, text, record in catalogue.connection.execute("SELECT key, file, text, record FROM passages")
        if file not in gone
    ]
    current = stay + [(key, passage) for key, passage, _ in read.passages]
    wanted = {key: vector for key, passage in current for key, vector in entries(key, passage, embedder.fingerprint)}
    store = _store(settings, catalogue)
    try:
        catalogue.set_meta(dirty="1")
        present = store.ids(name)
        renewed = {key for key, _, _ in read.passages} if store.remote else set()  # they may stand elsewhere in their file now
        _fill(catalogue, store, name, wanted, present - renewed, dict(current), progress)
        with catalogue.transaction():
            _replace(catalogue, settings, embedder, changes, read, sections)
        store.delete(name, sorted(present - set(wanted)))
        _check(catalogue, settings, store, name, wanted, dict(current))
        if current:
            try:
                calibration = View(settings, catalogue, store).calibration
            except StoreError:
                # Chroma keeps what it knew of a collection by path; after its files were replaced, only a new collection answers
                store.drop([name])
                _fill(catalogue, store, name, wanted, set(), dict(current), progress)
                calibration = View(settings, catalogue, store).calibration
            catalogue.set_meta(scale=calibration.to_json())
        if settings.chroma_url:
            store.point(announcement(catalogue))  # not before the deletions, or readers elsewhere would keep what is forgotten
        store.drop([other for other in store.collections() if other not in (name, POINTER)])
    finally:
        store.close()
    catalogue.tidy()
    catalogue.set_meta(dirty="")


def entries(key: str, passage: Passage, fingerprint: str) -> Iterator[tuple[str, bytes]]:
    """The ids of a passage in the vector store, its own and one a question, with the vectors they stand for."""
    yield key, vector_key(fingerprint, "passage", bank.embedding_text(passage))
    for number, text in enumerate(passage.asked):
        yield f"{key}?{number}", vector_key(fingerprint, "query", text)


def _store(settings: Settings, catalogue: Catalogue) -> VectorStore:
    """The vector store; an embedded one that cannot be opened is begun again, since it can be filled from the catalogue."""
    chroma = folder(settings) / "chroma"
    if not settings.chroma_url and not catalogue.meta("generation"):
        shutil.rmtree(chroma, ignore_errors=True)  # left by an index that is no more
    try:
        return VectorStore(chroma, settings)
    except StoreError:
        if settings.chroma_url:
            raise
        shutil.rmtree(chroma, ignore_errors=True)
        return VectorStore(chroma, settings)


def _fill(
    catalogue: Catalogue,
    store: VectorStore,
    name: str,
    wanted: dict[str, bytes],
    present: set[str],
    current: dict[str, Passage],
    progress: Progress,
) -> None:
    """Put into the store what it lacks: vectors, and on a server the passages too."""
    todo = [key for key in wanted if key not in present]
    own = [key for key in todo if "?" not in key]
    asked = [key for key in todo if "?" in key]
    done = 0
    for ids in (own, asked):
        for start in range(0, len(ids), CHUNK * 5):
            progress("storing", done, len(todo))
            part = ids[start : start + CHUNK * 5]
            payloads = None
            if store.remote and ids is own:
                payloads = [{"text": current[key].text, "record": to_record(current[key])} for key in part]
            store.upsert(name, part, catalogue.vectors_of([wanted[key] for key in part]), payloads)
            done += len(part)
    progress("storing", done, len(todo))


def _check(
    catalogue: Catalogue,
    settings: Settings,
    store: VectorStore,
    name: str,
    wanted: dict[str, bytes],
    current: dict[str, Passage],
) -> None:
    """Prove that the store holds what it should; one that does not is filled anew, once."""
    wrong = store.well(name, len(wanted), catalogue.sample) if wanted else ""
    if wrong:
        store.drop([name])
        _fill(catalogue, store, name, wanted, set(), current, lambda _what, _done, _total: None)
        wrong = store.well(name, len(wanted), catalogue.sample)
    if wrong:
        where = settings.chroma_url or folder(settings) / "chroma"
        raise StoreError(f"The vector store at {where} does not keep what it is given: {wrong}; remove it and run 'coach sync'.")


def _replace(
    catalogue: Catalogue,
    settings: Settings,
    embedder: Embedder,
    changes: Changes,
    read: Read,
    sections: Sequence[bank.Section],
) -> None:
    """Write the new state of the catalogue, inside the transaction that is the switch."""
    connection = catalogue.connection
    for number in changes.gone:
        connection.execute("DELETE FROM lexicon WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", (number,))
        connection.execute("DELETE FROM questions WHERE passage IN (SELECT id FROM passages WHERE file = ?)", (number,))
        connection.execute("DELETE FROM passages WHERE file = ?", (number,))
        connection.execute("DELETE FROM files WHERE id = ?", (number,))
    now = time.time_ns()
    rows: dict[tuple[str, str], int] = {}
    for file, digest, document, reason in read.documents:
        stamp = "racy" if file.modified > now - RACY else file.stamp
        title, language, text = (document.title, document.language, document.text) if document else ("", "", "")
        cursor = connection.execute(
            "INSERT INTO files (root, path, stamp, digest, title, language, text, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (file.root, file.path, stamp, digest, title, language, text, reason),
        )
        rows[file.root, file.path] = int(cursor.lastrowid or 0)
    _write_passages(catalogue, embedder, read, rows)
    restamp(catalogue, changes)
    if sections:
        bank.write(catalogue, sections, embedder.fingerprint)
    if len(read.passages) * 50 >= catalogue.count() or changes.gone:
        lexical.refresh_terms(connection)
    if catalogue.meta("embedder") != embedder.fingerprint:
        _revector(catalogue, embedder)
    _keep_mean(catalogue)
    catalogue.set_meta(
        generation=str(catalogue.generation + 1),
        scale="",  # measured when all is in place
        scale_of=measured_with(),
        made_with=index_fingerprint(settings.embedder),
        embedder_setting=settings.embedder,
        embedder=embedder.fingerprint,
        where=settings.chroma_url or "embedded",
        collection=collection_name(embedder.fingerprint, passages.VERSION),
        roots=json.dumps([str(root) for root in settings.knowledge]),
    )


def _write_passages(catalogue: Catalogue, embedder: Embedder, read: Read, rows: dict[tuple[str, str], int]) -> None:
    connection = catalogue.connection
    vocabulary = {str(term)[:-2] for (term,) in connection.execute("SELECT term FROM lexicon_terms WHERE term LIKE '%qq'")}
    for _, passage, _ in read.passages:
        vocabulary.update(words(passage.text))
    for key, passage, file in read.passages:
        (_, own), *asked = entries(key, passage, embedder.fingerprint)
        number = catalogue.add_passage(key, rows[file.root, file.path], own, passage)
        connection.executemany("INSERT INTO questions VALUES (?, ?)", ((number, vector) for _, vector in asked))
        lexical.add(connection, number, lexical.row(passage, passage.asked, vocabulary))


def _revector(catalogue: Catalogue, embedder: Embedder) -> None:
    """Point the passages that stay at the vectors of the new embedder."""
    connection = catalogue.connection
    connection.execute("DELETE FROM questions")
    for number, key, text, record in connection.execute("SELECT id, key, text, record FROM passages").fetchall():
        (_, own), *asked = entries(key, to_passage(text, record), embedder.fingerprint)
        connection.execute("UPDATE passages SET vector = ? WHERE id = ?", (own, number))
        connection.executemany("INSERT INTO questions VALUES (?, ?)", ((number, vector) for _, vector in asked))


def _keep_mean(catalogue: Catalogue) -> None:
    """The mean vector of all passages; what they share says nothing about any of them.

    It starts from the handbook's own mean, as if `PRIOR` passages had it: the mean of four passages on pay would take pay away.
    """
    import numpy as np

    total, count = PRIOR * catalogue.matrix("bank_means")[1][1].astype(np.float64), PRIOR
    for (vector,) in catalogue.connection.execute("SELECT v.vector FROM passages p JOIN vectors v ON v.key = p.vector"):
        total, count = total + np.frombuffer(vector, np.float32), count + 1
    catalogue.keep_matrix("mean", [0], (total / count).astype(np.float32)[None, :])


def restamp(catalogue: Catalogue, changes: Changes) -> None:
    catalogue.connection.executemany(
        "UPDATE files SET stamp = ? WHERE root = ? AND path = ?",
        [(stamp, *place) for place, stamp in changes.stamps.items()],
    )
