"""Make the index match the folders.

    scan -> compare -> read what changed -> embed what is new -> Chroma -> one transaction, the switch -> tidy up

Until the transaction the old index answers; after it the new one does. Killed in between, the next sync finds the vectors
that were paid for and goes on.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from coach.errors import DamagedError, DocumentError, StoreError
from coach.library import bank, passages
from coach.library.catalogue import Catalogue, discard, passage_key
from coach.library.changes import Changes, compare
from coach.library.embedders import Embedder, load_embedder
from coach.library.embedding import Progress, embed_missing
from coach.library.loaders import load
from coach.library.lock import catalogue_path, folder, lock
from coach.library.mirror import agrees
from coach.library.scoring import measured_with
from coach.library.store import VectorStore
from coach.library.switch import Read, index_fingerprint, restamp, switch, texts
from coach.records import Failure, SyncReport
from coach.settings import Settings

WAIT = 60.0  # seconds that a sync waits for another one


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
        with _opened_to_look(settings) as catalogue:
            changes = compare(catalogue, settings, made_with_settings(catalogue, settings))
            return _report(catalogue, changes, Read(), started, embedded=0, notice="dry run: nothing was changed")
    with lock(settings, "coach sync", WAIT, waiting):
        try:
            return _sync(settings, started, progress)
        except DamagedError:
            discard(catalogue_path(settings))  # the folders are the truth
            return _sync(settings, started, progress)


def _sync(settings: Settings, started: float, progress: Progress) -> SyncReport:
    with _opened(settings) as catalogue:
        same = made_with_settings(catalogue, settings)
        changes = compare(catalogue, settings, same)
        if (
            changes.nothing
            and same
            and catalogue.meta("bank") == bank.digest()
            and catalogue.meta("scale_of") == measured_with()
            and not catalogue.meta("dirty")
            and _store_stands(settings, catalogue)
        ):
            if changes.stamps:
                with catalogue.transaction():
                    restamp(catalogue, changes)
            return _report(catalogue, changes, Read(), started, embedded=0)
        read = _read(changes, progress)
        embedder = load_embedder(settings.embedder, settings)
        same = same and catalogue.meta("embedder") == embedder.fingerprint
        sections = [] if same and catalogue.meta("bank") == bank.digest() else bank.sections()
        embedded = _embed(catalogue, embedder, read, sections, rest=not same, progress=progress)
        switch(catalogue, settings, embedder, changes, read, sections, progress)
        return _report(catalogue, changes, read, started, embedded)


@contextmanager
def _opened(settings: Settings) -> Iterator[Catalogue]:
    catalogue = Catalogue(catalogue_path(settings))
    try:
        with catalogue.guarded():
            yield catalogue
    finally:
        catalogue.close()


@contextmanager
def _opened_to_look(settings: Settings) -> Iterator[Catalogue]:
    """The catalogue; where there is none yet, an empty one that leaves no trace."""
    with ExitStack() as opened:
        if not catalogue_path(settings).is_file():
            elsewhere = opened.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
            settings = settings.model_copy(update={"home": Path(elsewhere)})
        yield opened.enter_context(_opened(settings))


def made_with_settings(catalogue: Catalogue, settings: Settings) -> bool:
    """Whether the index was made with today's embedder, chunker and kind of vector store."""
    where = settings.chroma_url or "embedded"
    return catalogue.meta("made_with") == index_fingerprint(settings.embedder) and catalogue.meta("where") == where


def is_current(settings: Settings) -> bool:
    """Whether there is an index of the folders that the settings name. A server's index is judged when it is searched."""
    if settings.chroma_url:
        return True
    if not catalogue_path(settings).is_file():
        return False
    try:
        catalogue = Catalogue(catalogue_path(settings))
    except StoreError:
        return False
    try:
        return catalogue.meta("roots") == json.dumps([str(root) for root in settings.knowledge])
    finally:
        catalogue.close()


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
    catalogue: Catalogue,
    embedder: Embedder,
    read: Read,
    sections: Sequence[bank.Section],
    *,
    rest: bool,
    progress: Progress,
) -> int:
    """Embed what is new; with `rest` also the passages that stay. Returns how many texts that were."""
    wanted = bank.wanted_vectors(sections, embedder.fingerprint)
    for _, passage, _ in read.passages:
        wanted.update(texts(passage, embedder.fingerprint))
    if rest:
        for passage in catalogue.passages(
            number for (number,) in catalogue.connection.execute("SELECT id FROM passages")
        ).values():
            wanted.update(texts(passage, embedder.fingerprint))
    return embed_missing(catalogue, embedder, wanted, progress)


def _store_stands(settings: Settings, catalogue: Catalogue) -> bool:
    """Whether the vector store is still there; what it holds is proved when it is written and by 'coach doctor'."""
    chroma = folder(settings) / "chroma"
    if not settings.chroma_url:
        return (chroma / "chroma.sqlite3").is_file()
    store = VectorStore(chroma, settings)
    try:
        return agrees(catalogue, store.pointer())
    finally:
        store.close()


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
