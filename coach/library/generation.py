"""One generation of the index, open for reading: its vectors and the question bank, and which passages to score.

Up to `EXACT` passages every one is scored, which is faster than opening Chroma and misses nothing; beyond that, and on a
server, Chroma proposes the candidates.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from coach.errors import DamagedError, LockedError, StoreError
from coach.languages import LANGUAGES, language_data
from coach.library.bank import Bank, Topic
from coach.library.catalogue import Catalogue, discard
from coach.library.lock import catalogue_path, folder, holder, lock
from coach.library.mirror import agrees, mirror, mirror_path
from coach.library.store import VectorStore
from coach.records import Language
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

EXACT = 20_000  # passages; 20,000 x 384 numbers are multiplied in about 3 ms
CANDIDATES = 200  # that Chroma proposes for each vector, beyond EXACT
NEAREST = 4  # that Chroma proposes where only the nearest passage is wanted; some may be questions
PROMOTION = 0.08  # taken off for a passage that mostly advertises
POLL = 1.0  # seconds between two looks at whether a server switched its index


class Generation:
    """One generation of the index, open for reading; `catalogue` and `store` are given where a sync has them open."""

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None, store: VectorStore | None = None) -> None:
        self.settings = settings
        self.notices: dict[Language, str] = {}
        self.raw_query: Vectors
        path = catalogue_path(settings)
        self._store = store
        self._owned = ExitStack()
        self._mirrors = False
        self.unwell = ""
        if not path.is_file() and not settings.chroma_url:
            raise StoreError(f"There is no index in {path.parent} yet; run 'coach sync'.")
        self.catalogue = catalogue or (self._pull(path) if settings.chroma_url else Catalogue(path))
        self._polled = time.monotonic()
        try:
            with self.catalogue.snapshot() as self.generation:
                if not self.generation:
                    raise StoreError(f"There is no index in {path.parent} yet; run 'coach sync'.")
                self.count = self.catalogue.count()
                self.bank = Bank(self.catalogue)
                self.mean: Vectors = self.catalogue.matrix("mean")[1][0]
                self._load()
        except BaseException:
            # Chroma would hand a client that was left open to whoever opens the folder next, also once its files are others
            if store is None and self._store is not None:
                self._store.close()
            self._owned.close()
            if catalogue is None:
                self.catalogue.close()
            raise
        if self.unwell:
            self.catalogue.set_meta(dirty="1")  # the next sync fills the vector store anew

    def _load(self) -> None:
        import numpy as np

        connection = self.catalogue.connection
        rows = connection.execute("SELECT id, language, promotional FROM passages ORDER BY id").fetchall()
        self.numbers = np.array([row[0] for row in rows], np.int64)
        penalty = [PROMOTION * promotional for _, _, promotional in rows]
        self.promotion = np.array(penalty, np.float32)
        self.languages = np.array([LANGUAGES.index(row[1]) for row in rows], np.int8)
        self.own = self._own()
        self.exact = self.count <= EXACT and not self.settings.chroma_url
        if self.exact:
            self._load_vectors()
        elif self._store is None:
            self._open_store()

    def _own(self) -> Any:
        """Which passages are the programme's own, where they stand beside the handbook of the bank; else none, shape (count,)."""
        import numpy as np

        query = "SELECT id FROM passages WHERE vector IN (SELECT key FROM bank_vectors)"
        handbook = np.array([row[0] for row in self.catalogue.connection.execute(query)], np.int64)
        own = ~np.isin(self.numbers, handbook)
        return own if len(handbook) else np.zeros(len(own), bool)

    def _load_vectors(self) -> None:
        import numpy as np

        connection = self.catalogue.connection
        own = connection.execute("SELECT v.vector FROM passages p JOIN vectors v ON v.key = p.vector ORDER BY p.id").fetchall()
        if len(own) != self.count:
            raise StoreError(f"The index in {self.catalogue.path.parent} lacks vectors; run 'coach sync' to mend it.")
        self.matrix = self.bank.see(
            np.frombuffer(b"".join(row[0] for row in own), np.float32).reshape(self.count, len(self.mean)), self.mean
        )
        asked = connection.execute("SELECT q.passage, v.vector FROM questions q JOIN vectors v ON v.key = q.vector").fetchall()
        self.asked_of = np.searchsorted(self.numbers, np.array([row[0] for row in asked], np.int64))
        vectors = np.frombuffer(b"".join(row[1] for row in asked), np.float32).reshape(len(asked), len(self.mean))
        self.asked = self.bank.see_query(vectors)

    def _open_store(self) -> None:
        """Open the embedded Chroma as its only owner; while another has it, or it is damaged, every passage is scored instead."""
        try:
            self._owned.enter_context(lock(self.settings, "search", 0.0))
            self._store = VectorStore(folder(self.settings) / "chroma", self.settings)
            self.unwell = self._store.well(self.catalogue.meta("collection"), self.catalogue.entries, self.catalogue.sample)
        except LockedError:
            reason = holder(self.settings)
            self.notices = {each: language_data(each).texts.exact_meanwhile.format(holder=reason) for each in LANGUAGES}
        except StoreError as error:
            self.unwell = str(error)
        if self.unwell:
            self.notices = {each: language_data(each).texts.exact_unwell for each in LANGUAGES}
        if self.notices:
            self.exact = True
            self._load_vectors()

    def _pull(self, path: Path) -> Catalogue:
        """The catalogue of the index on the server: this machine's own if it wrote that index, else a copy kept up to date."""
        self._store = VectorStore(folder(self.settings) / "chroma", self.settings)
        pointer = self._store.pointer()
        if not pointer:
            raise StoreError(
                f"Nothing was ever synced to {self.settings.chroma_url}; run 'coach sync' on the machine with the folders."
            )
        if path.is_file():
            own = Catalogue(path)
            if (own.meta("origin"), own.meta("where")) == (pointer["origin"], self.settings.chroma_url):
                return own
            own.close()
        try:
            copy = Catalogue(mirror_path(self.settings))
        except DamagedError:
            discard(mirror_path(self.settings))
            copy = Catalogue(mirror_path(self.settings))
        self._mirrors = True
        if not agrees(copy, pointer):
            mirror(copy, self._store, pointer, self.settings)
        return copy

    @contextmanager
    def reading(self) -> Iterator[Self]:
        """This generation, whatever a sync commits meanwhile. Raises `StoreError` if it is not the current one any more."""
        with self.catalogue.snapshot() as generation:
            if generation != self.generation:
                raise StoreError("The index was switched during a search; ask again.")
            yield self

    def outdated(self, *, look: bool = False) -> bool:
        """Whether the index was switched since this view was loaded; a server is asked every `POLL` seconds, or with `look`."""
        if self._mirrors and self._store and (look or time.monotonic() - self._polled > POLL):
            self._polled = time.monotonic()
            return not agrees(self.catalogue, self._store.pointer())
        return self.catalogue.replaced or self.catalogue.generation != self.generation

    def close(self) -> None:
        """Let go of files and connections."""
        if self._store is not None:
            self._store.close()
            self._store = None
        self._owned.close()
        self.catalogue.close()

    def nearest(self, raw: Vectors) -> Vectors:
        """For each question, a vector as it was embedded, the cosine with the nearest passage."""
        import numpy as np

        if self._store is not None and not self.exact:
            name, store = self.catalogue.meta("collection"), self._store
            found = (store.query(name, one[None], NEAREST) for one in raw)
            return np.array([max((float(vector @ one) for key, vector in near if "?" not in key), default=-1.0)
                             for one, near in zip(raw, found, strict=True)])  # fmt: skip
        rows = self.catalogue.connection.execute(
            "SELECT vector FROM vectors WHERE key IN (SELECT vector FROM passages)"
        ).fetchall()
        vectors = np.frombuffer(b"".join(row[0] for row in rows), np.float32).reshape(len(rows), -1)
        return np.asarray((raw @ vectors.T).max(axis=1))

    def candidates(self, query: Vectors, topics: Sequence[Topic], numbers: Iterable[int]) -> tuple[Any, Vectors, Vectors]:
        """Places of passages to score, their vectors about the mean, and their likeness by the questions they list."""
        import numpy as np

        if self.exact:
            asked = np.full(self.count, -1.0, np.float32)
            if len(self.asked):
                np.maximum.at(asked, self.asked_of, self.asked @ query)
            return np.arange(self.count), self.matrix, asked
        assert self._store is not None
        name = self.catalogue.meta("collection")
        probes = [self.raw_query, *(self.bank.raw(topic.numbers[0]) for topic in topics[:3])]
        near = dict(self._store.query(name, np.stack(probes), min(CANDIDATES, self.count)))
        keys = dict(
            self.catalogue.connection.execute(
                f"SELECT id, key FROM passages WHERE id IN ({','.join(str(int(number)) for number in set(numbers))})"
            )
        )
        lacking = [key for key in keys.values() if key not in near]
        near.update(self._store.vectors(name, lacking) if lacking else {})
        own = {key: vector for key, vector in near.items() if "?" not in key}
        questioned = {key.partition("?")[0] for key in near if "?" in key} - set(own)
        own.update(self._store.vectors(name, sorted(questioned)) if questioned else {})
        ids = self.catalogue.ids_of(list(own))
        known = sorted(ids, key=lambda key: ids[key])
        places = np.searchsorted(self.numbers, np.array([ids[key] for key in known], np.int64))
        vectors = self.bank.see(np.stack([own[key] for key in known]), self.mean)
        place_of = {key: row for row, key in enumerate(known)}
        asked = np.full(len(known), -1.0, np.float32)
        for key, vector in near.items():
            row = place_of.get(key.partition("?")[0], -1) if "?" in key else -1
            if row >= 0:
                asked[row] = max(asked[row], float(self.bank.see_query(vector) @ query))
        return places, vectors, asked
