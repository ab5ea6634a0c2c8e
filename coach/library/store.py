"""The vector store: Chroma, embedded or by URL; the only import of it.

Chroma is a cache of what the catalogue holds. A collection's name carries the fingerprint of embedder and chunker, so that a
new one is built beside the old; what Chroma returns counts only if the catalogue knows it, so that neither half-written nor
half-deleted collections show. Collections of this process hold vectors alone; on a server they carry the passages too,
for readers on other machines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coach.errors import StoreError
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

PAGE = 2_000  # records a request when a whole collection is read
POINTER = "coach-current"  # the collection whose metadata says which one is current


def collection_name(embedder: str, chunker: int) -> str:
    """The name of the collection for an embedder's fingerprint and a version of the chunker."""
    return "coach-" + hashlib.sha256(f"{embedder}\0{chunker}".encode()).hexdigest()[:20]


class VectorStore:
    """A Chroma database, embedded under `folder` unless the settings name a server. Raises `StoreError` when it is unusable."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.remote = bool(settings.chroma_url)
        self._where = settings.chroma_url or str(folder)
        with self._guard("opened"):
            self._client = _connect(folder, settings)
            self._batch = self._client.get_max_batch_size() if not self.remote else min(1_000, self._client.get_max_batch_size())

    def close(self) -> None:
        """Let go of files and connections."""
        self._client.close()

    def collections(self) -> list[str]:
        """The names of our collections."""
        with self._guard("listed"):
            return [entry.name for entry in self._client.list_collections() if entry.name.startswith("coach-")]

    def upsert(
        self, name: str, ids: Sequence[str], vectors: Vectors, payloads: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Add or replace vectors of unit length; `payloads` (text and record of each passage) go along to a server."""
        with self._guard("written"):
            target = self._collection(name, create=True)
            for start in range(0, len(ids), self._batch):
                part = slice(start, start + self._batch)
                extra = payloads[part] if payloads else None
                target.upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    documents=[str(one["text"]) for one in extra] if extra else None,
                    metadatas=[{key: value for key, value in one.items() if key != "text"} for one in extra] if extra else None,
                )

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Remove vectors."""
        with self._guard("written"):
            target = self._collection(name, create=True)
            for start in range(0, len(ids), self._batch):
                target.delete(ids=list(ids[start : start + self._batch]))

    def drop(self, names: Sequence[str]) -> None:
        """Remove whole collections; one that is gone already is fine."""
        from chromadb.errors import NotFoundError

        with self._guard("written"):
            for name in names:
                try:
                    self._client.delete_collection(name)
                except NotFoundError:
                    continue

    def ids(self, name: str) -> set[str]:
        """Every id in a collection."""
        found: set[str] = set()
        with self._guard("read"):
            target = self._collection(name, create=True)
            for offset in range(0, target.count(), PAGE * 10):
                found.update(target.get(include=[], limit=PAGE * 10, offset=offset)["ids"])
        return found

    def count(self, name: str) -> int:
        """How many vectors a collection holds; 0 if it does not exist."""
        with self._guard("read"):
            return int(self._collection(name, create=True).count())

    def query(self, name: str, vectors: Vectors, k: int) -> list[tuple[str, Vectors]]:
        """The ids nearest to any of the vectors, each once, with their own vectors."""
        import numpy as np

        with self._guard("searched"):
            found = self._collection(name).query(query_embeddings=vectors, n_results=k, include=["embeddings"])
        nearest: dict[str, Vectors] = {}
        for ids, embeddings in zip(found["ids"], found["embeddings"] or (), strict=True):
            nearest.update(zip(ids, np.asarray(embeddings, np.float32), strict=True))
        return list(nearest.items())

    def vectors(self, name: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these ids, as far as the collection holds them."""
        import numpy as np

        with self._guard("read"):
            found = self._collection(name).get(ids=list(ids), include=["embeddings"])
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True)) if found["ids"] else {}

    def passages(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Key, text and record of every passage in a collection on a server."""
        with self._guard("read"):
            target = self._collection(name)
            for offset in range(0, target.count(), PAGE):
                page = target.get(include=["documents", "metadatas"], limit=PAGE, offset=offset)
                for key, text, values in zip(page["ids"], page["documents"] or (), page["metadatas"] or (), strict=True):
                    if values and "record" in values:  # the vectors of questions have none
                        yield key, text, str(values["record"])

    def point(self, values: Mapping[str, str]) -> None:
        """Say which collection is current, for readers elsewhere; the switch of an index on a server."""
        with self._guard("written"):
            target = self._client.get_or_create_collection(POINTER, embedding_function=None)
            target.modify(metadata={"current": json.dumps(dict(values))})

    def pointer(self) -> dict[str, str]:
        """What `point` said last; empty if nothing was ever synced to this server."""
        from chromadb.errors import NotFoundError

        with self._guard("read"):
            try:
                metadata = self._client.get_collection(POINTER, embedding_function=None).metadata or {}
            except NotFoundError:
                return {}
        return dict(json.loads(str(metadata.get("current", "{}"))))

    def well(self, name: str, expected: int, sample: Callable[[], tuple[Sequence[str], Vectors]]) -> str:
        """Empty if the collection holds what it should and known vectors find themselves; else what is wrong."""
        found = self.count(name)
        if found != expected:
            return f"it holds {found:,} vectors instead of {expected:,}"
        ids, vectors = sample()
        for key, vector in zip(ids, vectors, strict=True):
            near = self.query(name, vector[None, :], 5)
            if not any(key == other or float(vector @ found_vector) > 0.9999 for other, found_vector in near):
                return "a known vector does not find itself"
        return ""

    def _collection(self, name: str, *, create: bool = False) -> Any:
        if create:
            return self._client.get_or_create_collection(
                name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
            )
        return self._client.get_collection(name, embedding_function=None)

    def _guard(self, done: str) -> _Guard:
        return _Guard(self._where, done, self.remote)


class _Guard:
    """Turns what Chroma and its connection raise into one line that names the place."""

    def __init__(self, where: str, done: str, remote: bool) -> None:
        self._where, self._done, self._remote = where, done, remote

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, _trace: Any) -> None:
        if error is None or isinstance(error, StoreError):
            return
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        # the bindings raise ValueError and RuntimeError for files they cannot use and servers they cannot reach
        if isinstance(error, ChromaError | HTTPError | ValueError | RuntimeError | OSError | KeyError):
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            step = "check COACH_CHROMA_URL and that the server runs" if self._remote else "run 'coach sync' to build it again"
            raise StoreError(f"The vector store at {self._where} could not be {self._done} ({reason}); {step}.") from None


def _connect(folder: Path, settings: Settings) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not settings.chroma_url:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return chromadb.PersistentClient(str(folder), settings=quiet)
        except BaseException:
            # Chroma keeps what it could not start, and would hand it out again when the folder has been mended
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise
    address = urlsplit(settings.chroma_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise StoreError(f"COACH_CHROMA_URL={settings.chroma_url!r} is no address; write it as http://127.0.0.1:8000.")
    key = settings.chroma_api_key.get_secret_value()
    return chromadb.HttpClient(
        host=address.hostname,
        port=address.port or (443 if address.scheme == "https" else 80),
        ssl=address.scheme == "https",
        headers={"x-chroma-token": key} if key else {},
        settings=quiet,
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
    )
