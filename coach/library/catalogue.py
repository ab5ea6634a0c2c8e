"""The catalogue: one SQLite file with the documents, their passages, the words to find them by, and every vector ever paid for.

A sync writes it in a single transaction, which is the switch from the old index to the new; readers see the one or the
other. Vectors are kept by what was embedded, so that neither a rename nor an edit elsewhere in the file costs anything.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import DamagedError, StoreError
from coach.library import lexical
from coach.records import Passage

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

VERSION = 2  # of the tables below; another version is rebuilt
CHUNK = 400  # rows a statement; SQLite allows 999 variables in its oldest builds
SAMPLED = 5  # known vectors that must find themselves

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, stamp TEXT NOT NULL, digest TEXT NOT NULL,
    title TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, reason TEXT NOT NULL, UNIQUE (root, path));
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, file INTEGER NOT NULL, vector BLOB NOT NULL, language TEXT NOT NULL,
    twin TEXT NOT NULL, promotional INTEGER NOT NULL, text TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_file ON passages (file);
CREATE TABLE IF NOT EXISTS questions (passage INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS questions_passage ON questions (passage);
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS bank (id INTEGER PRIMARY KEY, section TEXT NOT NULL, language TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bank_vectors (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS matrices (name TEXT PRIMARY KEY, numbers BLOB NOT NULL, vectors BLOB NOT NULL);
{lexical.SCHEMA}
"""


def discard(path: Path) -> None:
    """Remove a catalogue that cannot be used."""
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), _mark(path)):
        file.unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return Path(f"{path}.damaged")


def vector_key(fingerprint: str, kind: str, text: str) -> bytes:
    """What a vector is kept by: the embedder, whether the text was a passage or a question, and the text."""
    return hashlib.sha256(f"{fingerprint}\0{kind}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]


def passage_key(root: str, passage: Passage, occurrence: int) -> str:
    """The identity of a passage: its file, what is searched, and which of equal ones it is; not where it stands."""
    parts = (root, passage.document, *passage.heading, passage.context, passage.text, *passage.asked, str(occurrence))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Catalogue:
    """An open catalogue. `path` is the SQLite file; it is made if it does not exist.

    Raises `DamagedError` for a file that is no catalogue, damaged, or of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made ({error.strerror}); set COACH_HOME to a folder of yours.") from None
        if _mark(path).exists():
            raise DamagedError(f"The index in {path} is damaged; run 'coach sync' to build it again.")
        with self.guarded():
            self.connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        self._inode = path.stat().st_ino

    def _prepare(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA secure_delete = ON")  # what was forgotten is gone from the disk too
        if not self._exists():
            self.connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
            self.set_meta(version=str(VERSION), origin=secrets.token_hex(8))
            self.connection.execute("COMMIT")
        elif self.meta("version") != str(VERSION):
            raise DamagedError(f"The index in {self.path} was made by another version; run 'coach sync' to build it again.")

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what SQLite raises inside into one line that names the file: `DamagedError`, or `StoreError` if it is in use."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(f"The index in {self.path} cannot be used ({error}); try again, or run 'coach doctor'.") from None
        except sqlite3.DatabaseError as error:
            self.mark_damaged()
            raise DamagedError(f"The index in {self.path} is damaged ({error}); run 'coach sync' to build it again.") from None

    def mark_damaged(self) -> None:
        """Have the next sync build the catalogue again, even if that sync itself would not meet the damage."""
        with suppress(OSError):
            _mark(self.path).touch()

    @property
    def replaced(self) -> bool:
        """Whether the file was removed, or another one took its place, since it was opened."""
        return not self.path.is_file() or self.path.stat().st_ino != self._inode

    def _exists(self) -> bool:
        found = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
        return found is not None and self.meta("version") != ""

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: what happens inside is seen by others when it is left without an error."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """One generation to read from, whose number is given, whatever a sync commits meanwhile."""
        with self.guarded():
            self.connection.execute("BEGIN")
            try:
                yield self.generation
            finally:
                self.connection.execute("COMMIT")

    def meta(self, key: str, default: str = "") -> str:
        """A value that the last sync noted."""
        with self.guarded():
            row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else default

    def set_meta(self, **values: str) -> None:
        """Note values."""
        self.connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    @property
    def generation(self) -> int:
        """Counts the switches; readers load again when it changes."""
        return int(self.meta("generation", "0"))

    def count(self) -> int:
        """How many passages the index holds."""
        return int(self.connection.execute("SELECT count(*) FROM passages").fetchone()[0])

    @property
    def entries(self) -> int:
        """How many vectors the vector store must hold: one a passage and one a question that a section lists."""
        return self.count() + int(self.connection.execute("SELECT count(*) FROM questions").fetchone()[0])

    def passages(self, ids: Iterable[int]) -> dict[int, Passage]:
        """The passages with these row numbers."""
        wanted = list(ids)
        found: dict[int, Passage] = {}
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            for number, text, record in self.connection.execute(
                f"SELECT id, text, record FROM passages WHERE id IN ({marks})", part
            ):
                found[number] = to_passage(text, record)
        return found

    def add_passage(self, key: str, file: int, vector: bytes, passage: Passage) -> int:
        """Add a passage and return its row number; `vector` is what its vector is kept by."""
        cursor = self.connection.execute(
            "INSERT INTO passages (key, file, vector, language, twin, promotional, text, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (key, file, vector, passage.language, passage.twin, passage.promotional, passage.text, to_record(passage)),
        )
        return int(cursor.lastrowid or 0)

    def ids_of(self, keys: Sequence[str]) -> dict[str, int]:
        """The row numbers of passages by key; keys that the index does not hold are left out."""
        found: dict[str, int] = {}
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            found.update(self.connection.execute(f"SELECT key, id FROM passages WHERE key IN ({marks})", part))
        return found

    def document_text(self, path: str) -> str:
        """The loaded text of a document by the path that citations give. Raises `StoreError` for an unknown one."""
        with self.guarded():
            row = self.connection.execute("SELECT text FROM files WHERE path = ? AND reason = ''", (path,)).fetchone()
        if row is None:
            raise StoreError(f"There is no document {path!r} in the index; run 'coach sync' if it is new.")
        return str(row[0])

    def known_vectors(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which of these vectors are kept already."""
        wanted = list(keys)
        found: set[bytes] = set()
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            found.update(row[0] for row in self.connection.execute(f"SELECT key FROM vectors WHERE key IN ({marks})", part))
        return found

    def keep_vectors(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors, in a transaction of their own unless one is open."""
        rows = [(key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        if self.connection.in_transaction:
            self.connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        else:
            with self.transaction() as connection:
                connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def sample(self) -> tuple[Sequence[str], Vectors]:
        """A few passages by key with their vectors, to ask a vector store for."""
        step = max(1, self.count() // SAMPLED)
        rows = self.connection.execute("SELECT key, vector FROM passages WHERE id % ? = 0 LIMIT ?", (step, SAMPLED)).fetchall()
        return [key for key, _ in rows], self.vectors_of([vector for _, vector in rows])

    def tidy(self) -> None:
        """Remove the vectors that neither a passage, a question nor the bank needs any more, and leave no trace in the log."""
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM vectors WHERE key NOT IN (SELECT vector FROM passages UNION ALL SELECT vector FROM questions"
                " UNION ALL SELECT key FROM bank_vectors)"
            )
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def vectors_of(self, keys: Sequence[bytes]) -> Vectors:
        """The vectors kept under these keys, in their order, shape (len(keys), dimension). Raises `StoreError` if one lacks."""
        import numpy as np

        found: dict[bytes, bytes] = {}
        distinct = list(dict.fromkeys(keys))
        for start in range(0, len(distinct), CHUNK):
            part = distinct[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            found.update(self.connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part))
        if len(found) < len(distinct):
            raise StoreError(f"The index in {self.path} lacks {len(distinct) - len(found)} vectors; run 'coach sync' to mend it.")
        return np.frombuffer(b"".join(found[key] for key in keys), np.float32).reshape(len(keys), -1)

    def keep_matrix(self, name: str, numbers: Sequence[int], vectors: Vectors) -> None:
        """Keep a whole matrix with the row number that each of its rows belongs to; half precision suffices for a cosine."""
        import numpy as np

        self.connection.execute(
            "INSERT OR REPLACE INTO matrices VALUES (?, ?, ?)",
            (name, np.asarray(numbers, np.int64).tobytes(), np.asarray(vectors, np.float16).tobytes()),
        )

    def matrix(self, name: str) -> tuple[Any, Vectors]:
        """Row numbers and vectors as `keep_matrix` kept them; empty where nothing is."""
        import numpy as np

        row = self.connection.execute("SELECT numbers, vectors FROM matrices WHERE name = ?", (name,)).fetchone()
        if row is None or not row[0]:
            return np.zeros(0, np.int64), np.zeros((0, 1), np.float32)
        numbers = np.frombuffer(row[0], np.int64)
        return numbers, np.frombuffer(row[1], np.float16).astype(np.float32).reshape(len(numbers), -1)


def to_record(passage: Passage) -> str:
    """A passage as text, without its own text, which stands in a column of its own."""
    return json.dumps(
        {
            "document": passage.document,
            "title": passage.title,
            "heading": passage.heading,
            "start": passage.start,
            "end": passage.end,
            "language": passage.language,
            "context": passage.context,
            "anchor": passage.anchor,
            "asked": passage.asked,
            "page": passage.page,
            "promotional": passage.promotional,
            "twin": passage.twin,
        },
        ensure_ascii=False,
    )


def to_passage(text: str, record: str) -> Passage:
    """The passage that `to_record` wrote."""
    values = json.loads(record)
    values["heading"], values["asked"] = tuple(values["heading"]), tuple(values["asked"])
    return Passage(text=text, **values)
