"""Replies of a model that passed the gate, kept in COACH_HOME: the same words to the same model give the same reply, free.

A reply is kept as the model wrote it, with stand-ins for personal details, and goes through the gate again each time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import ModelError
from coach.model.endpoint import Endpoint
from coach.settings import Settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

MOST = 2_000  # replies that are kept; the oldest make room
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT NOT NULL, conversation TEXT NOT NULL, made REAL NOT NULL, reply TEXT NOT NULL, PRIMARY KEY (key, conversation));
"""


class Replies:
    """The cache of one COACH_HOME. Raises `ModelError` when its file cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self._path: Path = settings.home / "replies.sqlite3"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=10)
        except (OSError, sqlite3.Error) as error:
            raise ModelError(f"{self._path} cannot be opened ({error}); set COACH_HOME to a folder of yours.") from None
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
            with connection:
                yield connection
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                self._path.unlink(missing_ok=True)  # nothing is lost with a cache that is damaged
            raise ModelError(f"{self._path} could not be used ({error}); try again.") from None
        finally:
            connection.close()

    def get(self, key: str) -> str | None:
        """The reply to what a key stands for, if one is kept; a cache that cannot be read holds none."""
        try:
            return self._find(key)
        except ModelError:
            return None

    def _find(self, key: str) -> str | None:
        with self._open() as connection:
            row = connection.execute("SELECT reply FROM replies WHERE key = ? LIMIT 1", (key,)).fetchone()
        return row[0] if row else None

    def put(self, key: str, reply: str, conversation: str = "") -> None:
        """Keep a reply; with the conversation that it was made in, so that it goes when that is forgotten."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO replies (key, conversation, made, reply) VALUES (?, ?, ?, ?)",
                (key, conversation, time.time(), reply),
            )
            connection.execute(
                "DELETE FROM replies WHERE rowid IN (SELECT rowid FROM replies ORDER BY made DESC LIMIT -1 OFFSET ?)", (MOST,)
            )

    def empty(self, conversation: str | None = None) -> int:
        """Remove the replies of a conversation, or all of them, from the disk too; return how many went."""
        if not self._path.is_file():
            return 0
        with self._open() as connection:
            if conversation is None:
                count = connection.execute("DELETE FROM replies").rowcount
            else:
                count = connection.execute("DELETE FROM replies WHERE conversation = ?", (conversation,)).rowcount
        with self._open() as connection:
            connection.commit()
            connection.execute("VACUUM")
        return int(count)


def key_of(messages: Sequence[BaseMessage], endpoint: Endpoint, prompt_hash: str) -> str:
    """What a reply depends on, as one word: the prompt, the passages and question in the messages, the model and its address."""
    spoken = [(message.type, str(message.text)) for message in messages]
    whole = json.dumps([prompt_hash, endpoint.model, endpoint.address, spoken], ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
