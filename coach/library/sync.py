"""Make the index match the folders.

    scan -> compare -> read what changed -> embed what is new -> Chroma -> one transaction, the switch -> tidy up

Until the transaction the old index answers; after it the new one does. Killed in between, the next sync finds the vectors
that were paid for and goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import DocumentError, LockedError, StoreError
from coach.languages import words
from coach.library import bank, lexical, passages
from coach.library.catalogue import CHUNK, Catalogue, passage_key, to_passage, to_record, vector_key
from coach.library.embedders import Embedder, load_embedder
from coach.library.folders import File, scan
from coach.library.loaders import load
from coach.library.store import POINTER, VectorStore, collection_name
from coach.records import Document, Failure, Passage, SyncReport
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is, out of how much
WAIT = 60.0  # seconds that a sync waits for another one
RACY = 2_000_000_000  # nanoseconds; a file changed this shortly before a sync is compared by content next time
SAMPLED = 5  # known vectors that must find themselves


def folder(settings: Settings) -> Path:
    """Where the index stands."""
    return settings.home / "index"


def catalogue_path(settings: Settings) -> Path:
    """The catalogue of the index."""
    return folder(settings) / "catalogue.sqlite3"


@contextmanager
def lock(settings: Settings, doing: str, wait: float, waiting: Callable[[str], None] = lambda _holder: None) -> Iterator[None]:
    """Own the index until left. Raises `LockedError` naming the holder when `wait` seconds were not enough."""
    from filelock import FileLock, Timeout

    base = folder(settings)
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"COACH_HOME: {settings.home} cannot be written ({error.strerror}); choose another folder.") from None
    owner = base / "holder.json"
    guard = FileLock(base / "lock")
    try:
        guard.acquire(timeout=0)
    except Timeout:
        waiting(holder(settings))
        try:
            guard.acquire(timeout=wait)
        except Timeout:
            raise LockedError(f"The index is in use by {holder(settings)}; wait until it is done, then try again.") from None
    try:
        owner.write_text(
            json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "doing": doing, "since": time.strftime("%H:%M:%S")})
        )
        yield
    finally:
        owner.unlink(missing_ok=True)
        guard.release()


def holder(settings: Settings) -> str:
    """Who owns the index now, in words."""
    try:
        values = json.loads((folder(settings) / "holder.json").read_text())
    except (OSError, ValueError):
        return "another process"
    return f"process {values['pid']} on {values['host']} ({values['doing']}, since {values['since']})"


@dataclass
class Changes:
    """How the folders differ from the index."""

    files: list[File]
    refused: list[Failure]
    fresh: dict[tuple[str, str], str] = field(default_factory=dict)  # (root, path) of files to read -> digest
    stamps: dict[tuple[str, str], str] = field(default_factory=dict)  # unchanged files with a new stamp
    gone: list[int] = field(default_factory=list)  # rows of files to remove or replace
    known_failures: list[Failure] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0

    @property
    def nothing(self) -> bool:
        """Whether the index matches already."""
        return not self.fresh and not self.gone


@dataclass
class Read:
    """What was read from the fresh files."""

    documents: list[tuple[File, str, Document | None, str]] = field(default_factory=list)  # file, digest, document, reason
    passages: list[tuple[str, Passage, File]] = field(default_factory=list)  # key, passage, file


def sync(
    settings: Settings,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
    waiting: Callable[[str], None] = lambda _holder: None,
) -> SyncReport:
    """Make the index match the folders; with `dry_run` only say what would happen.

    Raises `SettingsError` for a folder that is missing, `LockedError` when another process does not finish, `EmbedderError`
    and `StoreError` where embedder or index fail. A file that cannot be read is no error but a failure in the report.
    """
    started = time.perf_counter()
    if dry_run:
        with _opened(settings, heal=False) as catalogue:
            changes = compare(catalogue, settings, _fingerprint_known(catalogue, settings))
            return _report(catalogue, changes, Read(), started, embedded=0, notice="dry run: nothing was changed")
    with lock(settings, "coach sync", WAIT, waiting), _opened(settings, heal=True) as catalogue:
        same = _fingerprint_known(catalogue, settings)
        changes = compare(catalogue, settings, same)
        if (
            changes.nothing
            and same
            and catalogue.meta("bank") == bank.digest()
            and not catalogue.meta("dirty")
            and _store_stands(settings)
        ):
            if changes.stamps:
                with catalogue.transaction():
                    _restamp(catalogue, changes)
            return _report(catalogue, changes, Read(), started, embedded=0)
        read = _read(changes, progress)
        embedder = load_embedder(settings.embedder, settings)
        sections = bank.sections()
        embedded = _embed(catalogue, embedder, read, sections, rest=not same, progress=progress)
        _switch(catalogue, settings, embedder, changes, read, sections, progress)
        return _report(catalogue, changes, read, started, embedded)


@contextmanager
def _opened(settings: Settings, *, heal: bool) -> Iterator[Catalogue]:
    """The catalogue; a damaged one, or one of another version, is put aside and begun again."""
    path = catalogue_path(settings)
    try:
        catalogue = Catalogue(path)
    except StoreError:
        if not heal:
            raise
        for suffix in ("", "-wal", "-shm"):
            broken = Path(f"{path}{suffix}")
            if broken.exists():
                broken.replace(f"{path}.broken{suffix}")
        catalogue = Catalogue(path)
    try:
        yield catalogue
    finally:
        catalogue.close()


def index_fingerprint(embedder_setting: str) -> str:
    """What the index depends on beside the files: the embedder as it is set and the version of the chunker."""
    return f"{embedder_setting}|{passages.VERSION}"


def _fingerprint_known(catalogue: Catalogue, settings: Settings) -> bool:
    """Whether the index was made with today's embedder, chunker and kind of vector store."""
    where = settings.chroma_url or "embedded"
    return catalogue.meta("made_with") == index_fingerprint(settings.embedder) and catalogue.meta("where") == where


def compare(catalogue: Catalogue, settings: Settings, same: bool) -> Changes:
    """How the folders differ from the catalogue; everything is fresh where embedder or chunker changed."""
    files, refused = scan(settings.knowledge)
    changes = Changes(files, refused)
    known = {
        (root, path): (number, stamp, digest, reason)
        for number, root, path, stamp, digest, reason in catalogue.connection.execute(
            "SELECT id, root, path, stamp, digest, reason FROM files"
        )
    }
    chunked = catalogue.meta("made_with").rpartition("|")[2] == str(passages.VERSION)
    for file in files:
        place = (file.root, file.path)
        number, stamp, digest, reason = known.pop(place, (0, "", "", ""))
        if number and stamp == file.stamp and chunked:
            current = digest
        else:
            current = _digest(file.full)
        if number and current == digest and chunked:
            changes.unchanged += not reason
            changes.known_failures += [Failure(file.path, reason)] * bool(reason)
            if stamp != file.stamp:
                changes.stamps[place] = file.stamp
            continue
        changes.fresh[place] = current
        changes.gone += [number] * bool(number)
        changes.changed += bool(number and current != digest)
        changes.unchanged += bool(number and current == digest)
        changes.added += not number
    lost = Counter(digest for _, _, digest, reason in known.values() if not reason)
    kept = {(file.root, file.path) for file in files}
    arrived = Counter(digest for place, digest in changes.fresh.items() if place in kept and place not in known)
    changes.moved = min(changes.added, sum((lost & arrived).values()))
    changes.added -= changes.moved
    changes.removed = sum(not reason for *_, reason in known.values()) - changes.moved
    changes.gone += [number for number, *_ in known.values()]
    return changes


def _digest(path: Path) -> str:
    """The hash of a file's content; a file that cannot be read has its own, so that it is tried again."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _read(changes: Changes, progress: Progress) -> Read:
    read = Read()
    fresh = [file for file in changes.files if (file.root, file.path) in changes.fresh]
    for done, file in enumerate(fresh):
        progress("reading", done, len(fresh))
        digest = changes.fresh[file.root, file.path]
        try:
            document = load(file.full, file.path)
        except DocumentError as error:
            read.documents.append((file, digest, None, str(error)))
            continue
        read.documents.append((file, digest, document, ""))
        seen: Counter[str] = Counter()
        for passage in passages.passages(document):
            base = passage_key(file.root, passage, 0)
            read.passages.append((passage_key(file.root, passage, seen[base]), passage, file))
            seen[base] += 1
    return read


def _embed(
    catalogue: Catalogue, embedder: Embedder, read: Read, sections: Sequence[bank.Section], *, rest: bool, progress: Progress
) -> int:
    """Embed every text whose vector is not kept yet; each batch is kept at once. Returns how many passages and questions."""
    wanted = bank.wanted_vectors(sections, embedder.fingerprint)
    for _, passage, _ in read.passages:
        wanted.update(_texts(passage, embedder.fingerprint))
    if rest:
        for passage in catalogue.passages(
            number for (number,) in catalogue.connection.execute("SELECT id FROM passages")
        ).values():
            wanted.update(_texts(passage, embedder.fingerprint))
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
            texts = [text for _, text in part]
            vectors = embedder.passages(texts) if kind == "passage" else embedder.queries(texts)
            catalogue.keep_vectors([key for key, _ in part], vectors)
            done += len(part)
    progress("embedding", done, len(todo))
    return len(todo)


def _texts(passage: Passage, fingerprint: str) -> Iterator[tuple[bytes, tuple[str, str]]]:
    """Each text of a passage that is embedded: its key, whether it is a passage or a question, and the text."""
    for kind, text in (("passage", bank.embedding_text(passage)), *(("query", text) for text in passage.asked)):
        yield vector_key(fingerprint, kind, text), (kind, text)


def _switch(
    catalogue: Catalogue,
    settings: Settings,
    embedder: Embedder,
    changes: Changes,
    read: Read,
    sections: Sequence[bank.Section],
    progress: Progress,
) -> None:
    """Fill Chroma beside what is there, replace the catalogue's content in one transaction, then remove what is obsolete."""
    name = collection_name(embedder.fingerprint, passages.VERSION)
    gone = set(changes.gone)
    stay = [
        (key, to_passage(text, record))
        for key, file, text, record in catalogue.connection.execute("SELECT key, file, text, record FROM passages")
        if file not in gone
    ]
    current = stay + [(key, passage) for key, passage, _ in read.passages]
    wanted = {key: vector for key, passage in current for key, vector in _entries(key, passage, embedder.fingerprint)}
    store = _store(settings, catalogue)
    try:
        catalogue.set_meta(dirty="1")
        present = store.ids(name)
        _fill(catalogue, store, name, wanted, present, dict(current), progress)
        with catalogue.transaction():
            _replace(catalogue, settings, embedder, changes, read, sections)
        if settings.chroma_url:
            store.point({"collection": name, "generation": str(catalogue.generation), "made_with": catalogue.meta("made_with")})
        store.delete(name, sorted(present - set(wanted)))
        store.drop([other for other in store.collections() if other not in (name, POINTER)])
        _check(catalogue, settings, store, name, wanted)
    finally:
        store.close()
    _prune(catalogue, wanted, bank.wanted_vectors(sections, embedder.fingerprint))
    catalogue.set_meta(dirty="")


def _entries(key: str, passage: Passage, fingerprint: str) -> Iterator[tuple[str, bytes]]:
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


def _check(catalogue: Catalogue, settings: Settings, store: VectorStore, name: str, wanted: dict[str, bytes]) -> None:
    """Prove that the store holds what it should; one that does not is filled anew, once."""

    def sample() -> tuple[Sequence[str], Vectors]:
        ids = sorted(wanted)[:: max(1, len(wanted) // SAMPLED)][:SAMPLED]
        return ids, catalogue.vectors_of([wanted[key] for key in ids])

    wrong = store.well(name, len(wanted), sample) if wanted else ""
    if wrong:
        store.drop([name])
        for start in range(0, len(wanted), CHUNK * 5):
            part = list(wanted)[start : start + CHUNK * 5]
            store.upsert(name, part, catalogue.vectors_of([wanted[key] for key in part]))
        wrong = store.well(name, len(wanted), sample)
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
    _restamp(catalogue, changes)
    bank.write(catalogue, sections, embedder.fingerprint)
    if len(read.passages) * 50 >= catalogue.count() or changes.gone:
        lexical.refresh_terms(connection)
    if catalogue.meta("embedder") != embedder.fingerprint:
        _revector(catalogue, embedder)
    _keep_mean(catalogue)
    catalogue.set_meta(
        generation=str(catalogue.generation + 1),
        made_with=index_fingerprint(settings.embedder),
        embedder_setting=settings.embedder,
        embedder=embedder.fingerprint,
        where=settings.chroma_url or "embedded",
        collection=collection_name(embedder.fingerprint, passages.VERSION),
        roots=json.dumps([str(root) for root in settings.knowledge]),
        bank=bank.digest(),
    )


def _write_passages(catalogue: Catalogue, embedder: Embedder, read: Read, rows: dict[tuple[str, str], int]) -> None:
    connection = catalogue.connection
    vocabulary = {str(term)[:-2] for (term,) in connection.execute("SELECT term FROM lexicon_terms WHERE term LIKE '%qq'")}
    for _, passage, _ in read.passages:
        vocabulary.update(words(passage.text))
    marks = ",".join("?" * (1 + len(lexical.COLUMNS)))
    for key, passage, file in read.passages:
        (_, own), *asked = _entries(key, passage, embedder.fingerprint)
        cursor = connection.execute(
            "INSERT INTO passages (key, file, vector, language, twin, promotional, text, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                rows[file.root, file.path],
                own,
                passage.language,
                passage.twin,
                passage.promotional,
                passage.text,
                to_record(passage),
            ),
        )
        number = int(cursor.lastrowid or 0)
        connection.executemany("INSERT INTO questions VALUES (?, ?)", ((number, vector) for _, vector in asked))
        connection.execute(
            f"INSERT INTO lexicon (rowid, {', '.join(lexical.COLUMNS)}) VALUES ({marks})",
            (number, *lexical.row(passage, passage.asked, vocabulary)),
        )


def _revector(catalogue: Catalogue, embedder: Embedder) -> None:
    """Point the passages that stay at the vectors of the new embedder."""
    connection = catalogue.connection
    connection.execute("DELETE FROM questions")
    for number, key, text, record in connection.execute("SELECT id, key, text, record FROM passages").fetchall():
        (_, own), *asked = _entries(key, to_passage(text, record), embedder.fingerprint)
        connection.execute("UPDATE passages SET vector = ? WHERE id = ?", (own, number))
        connection.executemany("INSERT INTO questions VALUES (?, ?)", ((number, vector) for _, vector in asked))


def _keep_mean(catalogue: Catalogue) -> None:
    """The mean vector of all passages; what they share says nothing about any of them."""
    import numpy as np

    total, count = np.zeros(1, np.float64), 0
    for (vector,) in catalogue.connection.execute("SELECT v.vector FROM passages p JOIN vectors v ON v.key = p.vector"):
        total, count = total + np.frombuffer(vector, np.float32), count + 1
    catalogue.keep_matrix("mean", [0], (total / max(count, 1)).astype(np.float32)[None, :])


def _restamp(catalogue: Catalogue, changes: Changes) -> None:
    catalogue.connection.executemany(
        "UPDATE files SET stamp = ? WHERE root = ? AND path = ?", [(stamp, *place) for place, stamp in changes.stamps.items()]
    )


def _prune(catalogue: Catalogue, wanted: dict[str, bytes], of_bank: dict[bytes, tuple[str, str]]) -> None:
    """Forget the vectors that nothing needs any more."""
    keep = set(wanted.values()) | set(of_bank)
    obsolete = [(key,) for (key,) in catalogue.connection.execute("SELECT key FROM vectors") if key not in keep]
    if obsolete:
        with catalogue.transaction() as connection:
            connection.executemany("DELETE FROM vectors WHERE key = ?", obsolete)


def _store_stands(settings: Settings) -> bool:
    """Whether the vector store is still there; what it holds is proved when it is written and by 'coach doctor'."""
    return bool(settings.chroma_url) or (folder(settings) / "chroma" / "chroma.sqlite3").is_file()


def _report(catalogue: Catalogue, changes: Changes, read: Read, started: float, embedded: int, notice: str = "") -> SyncReport:
    failed = [*changes.refused, *changes.known_failures]
    failed += [Failure(file.path, reason) for file, _, _, reason in read.documents if reason]
    bad = {(file.root, file.path) for file, _, _, reason in read.documents if reason}
    return SyncReport(
        added=changes.added - len(bad),
        changed=changes.changed,
        removed=changes.removed,
        unchanged=changes.unchanged,
        moved=changes.moved,
        failed=tuple(sorted(failed, key=lambda failure: failure.path)),
        passages=catalogue.count(),
        seconds=round(time.perf_counter() - started, 3),
        embedded=embedded,
        notice=notice,
    )
