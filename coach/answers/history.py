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
from coach.records import Answer, Language, Outcome
from coach.settings import Settings

SHORT = 4  # content words; a question with fewer that points back ("en als ze niet reageert?") continues the last one

_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, asked REAL NOT NULL, question TEXT NOT NULL, searched TEXT NOT NULL,
    language TEXT NOT NULL, outcome TEXT NOT NULL, answer TEXT NOT NULL, passages TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turns_conversation ON turns (conversation);
CREATE TABLE IF NOT EXISTS owners (conversation TEXT PRIMARY KEY, owner TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (conversation TEXT PRIMARY KEY, question TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ratings (turn INTEGER PRIMARY KEY, good INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spent (conversation TEXT PRIMARY KEY, tokens INTEGER NOT NULL);
"""
_BELONGING = ("owners", "waiting", "spent")  # tables with a row a conversation


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
class Rating:
    """What a reader thought of an answer, and why."""

    good: bool
    reason: str = ""


@dataclass(frozen=True)
class Exchange:
    """A question and its whole answer as it was first given; `number` names it in its COACH_HOME."""

    number: int
    conversation: str
    answer: Answer
    rating: Rating | None = None


@dataclass(frozen=True)
class Standing:
    """A conversation's questions with their whole answers, oldest first, and the one that waits for its answer, if any."""

    exchanges: list[Exchange]
    waiting: str


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
            _extend(connection)
            with connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise ConversationError(f"{self._path} is damaged ({error}); move it away to begin anew.") from None
        finally:
            connection.close()

    def new(self, owner: str = "") -> str:
        """An id for a conversation that is about to begin; with `owner` it is that person's alone."""
        conversation = secrets.token_hex(8 if owner else 4)
        if owner:
            with self._open() as connection:
                connection.execute("INSERT INTO owners VALUES (?, ?)", (conversation, owner))
        return conversation

    def belongs(self, conversation: str, owner: str = "") -> bool:
        """Whether a conversation is this owner's; one without an owner belongs to whoever works without one."""
        with self._open() as connection:
            row = connection.execute("SELECT owner FROM owners WHERE conversation = ?", (conversation,)).fetchone()
        return owner == (row[0] if row else "")

    def add(self, conversation: str, turn: Turn, answer: Answer | None = None) -> None:
        """Append a turn, with the whole answer where it is at hand; a question that waited for it waits no more."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO turns (conversation, asked, question, searched, language, outcome, answer, passages, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    conversation,
                    time.time(),
                    turn.question,
                    turn.searched,
                    turn.language,
                    turn.outcome,
                    turn.answer,
                    json.dumps(turn.passages),
                    json.dumps(answer.to_dict()) if answer else "",
                ),
            )
            connection.execute("DELETE FROM waiting WHERE conversation = ?", (conversation,))

    def wait(self, conversation: str, question: str) -> None:
        """Keep a question that is about to be answered, so that nothing that happens meanwhile loses it."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (conversation, question))

    def drop(self, conversation: str) -> None:
        """Wait for an answer no longer."""
        with self._open() as connection:
            connection.execute("DELETE FROM waiting WHERE conversation = ?", (conversation,))

    def standing(self, conversation: str) -> Standing:
        """How far a conversation is, read at one moment: a question never falls between waiting and answered."""
        with self._open() as connection:
            connection.execute("BEGIN")
            row = connection.execute("SELECT question FROM waiting WHERE conversation = ?", (conversation,)).fetchone()
            return Standing(_exchanges(connection, "WHERE conversation = ?", (conversation,)), str(row[0]) if row else "")

    def rate(self, number: int, rating: Rating | None) -> None:
        """Keep what a reader thought of an answer, or with nothing take it back. Raises `ConversationError` if it is gone."""
        with self._open() as connection:
            if rating is None:
                connection.execute("DELETE FROM ratings WHERE turn = ?", (number,))
                return
            if not connection.execute("SELECT 1 FROM turns WHERE id = ?", (number,)).fetchone():
                raise ConversationError("This answer was forgotten meanwhile; ask the question again to rate it.")
            connection.execute("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?)", (number, rating.good, rating.reason))

    def rated(self) -> list[Exchange]:
        """Every answer that a reader rated, the latest first."""
        with self._open() as connection:
            return _exchanges(connection, "WHERE ratings.turn IS NOT NULL", ())[::-1]

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT question, searched, language, outcome, answer, passages FROM turns WHERE conversation = ? ORDER BY id",
                (conversation,),
            ).fetchall()
        return [Turn(a, b, c, d, e, tuple(json.loads(places))) for a, b, c, d, e, places in rows]

    def spend(self, conversation: str, tokens: int) -> None:
        """Add the tokens that a model used in a conversation."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO spent VALUES (?, ?) ON CONFLICT (conversation) DO UPDATE SET tokens = tokens + excluded.tokens",
                (conversation, tokens),
            )

    def spent(self, conversation: str) -> int:
        """The tokens that a model used in a conversation so far."""
        with self._open() as connection:
            row = connection.execute("SELECT tokens FROM spent WHERE conversation = ?", (conversation,)).fetchone()
        return int(row[0]) if row else 0

    def last(self, conversation: str) -> Turn | None:
        """The last turn of a conversation, or nothing if it has not begun."""
        turns = self.turns(conversation)
        return turns[-1] if turns else None

    def conversations(self, owner: str = "") -> list[Summary]:
        """Every conversation of an owner, the latest first; without one, those that nobody in particular owns."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT t.conversation,"
                " (SELECT question FROM turns f WHERE f.conversation = t.conversation ORDER BY f.id LIMIT 1),"
                " count(*), max(asked) FROM turns t LEFT JOIN owners o ON o.conversation = t.conversation"
                " WHERE coalesce(o.owner, '') = ? GROUP BY t.conversation ORDER BY max(asked) DESC",
                (owner,),
            ).fetchall()
        return [Summary(*row) for row in rows]

    def forget(self, conversation: str | None = None) -> int:
        """Remove a conversation, or all of them, with what was thought of its answers, from the disk too.

        Returns how many turns went.
        """
        chosen, values = ("", ()) if conversation is None else (" WHERE conversation = ?", (conversation,))
        with self._open() as connection:
            begun = sum(connection.execute(f"DELETE FROM {table}{chosen}", values).rowcount for table in _BELONGING)
            connection.execute(f"DELETE FROM ratings WHERE turn IN (SELECT id FROM turns{chosen})", values)
            count = connection.execute(f"DELETE FROM turns{chosen}", values).rowcount
        if conversation is not None and not count and not begun:
            raise ConversationError(f"There is no conversation {conversation!r}; 'coach conversations' lists them.")
        with self._open() as connection:
            connection.commit()
            connection.execute("VACUUM")
        return int(count)


def _extend(connection: sqlite3.Connection) -> None:
    """Give the table of an earlier version the column for whole answers."""
    if any(row[1] == "record" for row in connection.execute("PRAGMA table_info(turns)")):
        return
    try:
        connection.execute("ALTER TABLE turns ADD COLUMN record TEXT NOT NULL DEFAULT ''")
    except sqlite3.OperationalError as error:
        if "duplicate column" not in str(error):  # another thread was first, which is as good
            raise


def _exchanges(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> list[Exchange]:
    rows = connection.execute(
        "SELECT id, conversation, question, language, outcome, answer, record, good, reason FROM turns"
        f" LEFT JOIN ratings ON ratings.turn = turns.id {where} ORDER BY id",
        values,
    ).fetchall()
    return [
        Exchange(
            number,
            conversation,
            Answer.from_dict(json.loads(record)) if record else _bare(question, language, outcome, answer),
            None if good is None else Rating(bool(good), reason),
        )
        for number, conversation, question, language, outcome, answer, record, good, reason in rows
    ]


def _bare(question: str, language: Language, outcome: Outcome, answer: str) -> Answer:
    """The answer of a turn that an earlier version kept, without its sources."""
    return Answer(question, language, outcome, answer, (), "extractive", "", {})


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
