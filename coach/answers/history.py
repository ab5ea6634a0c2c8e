"""Conversations: kept in SQLite under COACH_HOME, continued by id, listed, and forgotten on request."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coach.errors import ConversationError
from coach.languages import content_words, language_data, words
from coach.records import Language
from coach.settings import Settings

SHORT = 4  # content words; a question with fewer that points back ("en als ze niet reageert?") continues the last one

_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, asked REAL NOT NULL, question TEXT NOT NULL, searched TEXT NOT NULL,
    language TEXT NOT NULL, outcome TEXT NOT NULL, answer TEXT NOT NULL, passages TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turns_conversation ON turns (conversation);
"""


@dataclass(frozen=True)
class Turn:
    """A question and its answer. `searched` is what was searched for; `passages` are the citations' places."""

    question: str
    searched: str
    language: Language
    outcome: str
    answer: str
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """A conversation as `coach conversations` lists it; `last` is in seconds since 1970."""

    conversation: str
    first_question: str
    turns: int
    last: float


class History:
    """The conversations of one COACH_HOME. Raises `ConversationError` for an id that is not there."""

    def __init__(self, settings: Settings) -> None:
        self._path: Path = settings.home / "conversations.sqlite3"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=30)
        except (OSError, sqlite3.Error) as error:
            raise ConversationError(f"{self._path} cannot be opened ({error}); set COACH_HOME to a folder of yours.") from None
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
            with connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise ConversationError(f"{self._path} is damaged ({error}); move it away to begin anew.") from None
        finally:
            connection.close()

    def new(self) -> str:
        """An id for a conversation that is about to begin."""
        return secrets.token_hex(4)

    def add(self, conversation: str, turn: Turn) -> None:
        """Append a turn."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO turns (conversation, asked, question, searched, language, outcome, answer, passages)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    conversation,
                    time.time(),
                    turn.question,
                    turn.searched,
                    turn.language,
                    turn.outcome,
                    turn.answer,
                    json.dumps(turn.passages),
                ),
            )

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT question, searched, language, outcome, answer, passages FROM turns WHERE conversation = ? ORDER BY id",
                (conversation,),
            ).fetchall()
        return [Turn(a, b, c, d, e, tuple(json.loads(places))) for a, b, c, d, e, places in rows]

    def last(self, conversation: str) -> Turn | None:
        """The last turn of a conversation, or nothing if it has not begun."""
        turns = self.turns(conversation)
        return turns[-1] if turns else None

    def conversations(self) -> list[Summary]:
        """Every conversation, the latest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT conversation, (SELECT question FROM turns f WHERE f.conversation = t.conversation ORDER BY f.id LIMIT 1),"
                " count(*), max(asked) FROM turns t GROUP BY conversation ORDER BY max(asked) DESC"
            ).fetchall()
        return [Summary(*row) for row in rows]

    def forget(self, conversation: str | None = None) -> int:
        """Remove a conversation, or all of them, from the disk too; return how many turns went."""
        with self._open() as connection:
            if conversation is None:
                count = connection.execute("DELETE FROM turns").rowcount
            else:
                count = connection.execute("DELETE FROM turns WHERE conversation = ?", (conversation,)).rowcount
        if conversation is not None and not count:
            raise ConversationError(f"There is no conversation {conversation!r}; 'coach conversations' lists them.")
        with self._open() as connection:
            connection.commit()
            connection.execute("VACUUM")
        return int(count)


def follows_up(question: str, language: Language) -> bool:
    """Whether a question leans on the one before it: it opens with *en* or *maar*, or it is short and points back."""
    data = language_data(language)
    own = words(question)
    if not own:
        return False
    content = content_words(question, language)
    opens = own[0] in data.follow_up_openers
    points = any(word in data.follow_up_words for word in own)
    return (opens and len(content) <= 2 * SHORT) or (points and len(content) <= SHORT) or len(content) == 0


def context_of(turns: Sequence[Turn]) -> str:
    """The question that a follow-up continues: the last one that stood on its own."""
    for turn in reversed(turns):
        if turn.searched == turn.question:
            return turn.question
    return turns[0].question if turns else ""
