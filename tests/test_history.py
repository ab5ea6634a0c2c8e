"""Conversations: a follow-up leans on what was asked, and what is forgotten is gone from the disk."""

from __future__ import annotations

import threading

import pytest

from coach.answers.history import History, Turn, context_of, follows_up
from coach.errors import ConversationError
from coach.records import Language
from coach.settings import Settings


def turn(question: str, searched: str = "") -> Turn:
    """A turn in Dutch; it stood on its own unless what was searched for is given."""
    return Turn(question, searched or question, "nl", "answered", f"Antwoord op {question} [1]", ("stil.md:10",))


@pytest.mark.parametrize(
    ("question", "language", "leans"),
    [
        ("en als ze niet reageert?", "nl", True),
        ("En daarna?", "nl", True),
        ("maar mag dat wel?", "nl", True),
        ("hoe dan?", "nl", True),
        ("waarom?", "nl", True),
        ("and if she does not reply?", "en", True),
        ("why?", "en", True),
        ("Hoe geef ik feedback over een presentatie?", "nl", False),
        ("Welke doelen spreek je af met een nieuwe mentor?", "nl", False),
        ("How do I decline a request for mentoring?", "en", False),
        ("", "nl", False),
        ("?!", "nl", False),
    ],
)
def test_what_leans_on_the_question_before(question: str, language: Language, leans: bool) -> None:
    assert follows_up(question, language) == leans


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        ([], ""),
        ([turn("Hoe lang wacht ik?")], "Hoe lang wacht ik?"),
        ([turn("Hoe lang wacht ik?"), turn("en dan?", "Hoe lang wacht ik? en dan?")], "Hoe lang wacht ik?"),
        ([turn("Hoe lang wacht ik?"), turn("en dan?", "x en dan?"), turn("Wat is feedback?")], "Wat is feedback?"),
    ],
)
def test_a_follow_up_continues_the_last_question_that_stood_alone(turns: list[Turn], question: str) -> None:
    assert context_of(turns) == question


def test_turns_come_back_as_they_went_in(settings: Settings) -> None:
    history = History(settings)
    first, second = history.new(), history.new()
    turns = [turn("Hoe lang wacht ik?"), turn("“Vraag” met 'tekens' \n en 🙂")]
    for one in turns:
        history.add(first, one)
    history.add(second, turn("Iets anders"))
    listed = [(summary.conversation, summary.first_question, summary.turns) for summary in history.conversations()]
    assert (History(settings).turns(first), listed) == (
        turns,
        [(second, "Iets anders", 1), (first, "Hoe lang wacht ik?", 2)],
    )


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_forgotten_is_gone_from_the_bytes(settings: Settings, everything: bool) -> None:
    history = History(settings)
    secret, other = history.new(), history.new()
    for number in range(50):
        history.add(secret, turn(f"Mijn mentor Zebedeus {number} zwijgt"))
        history.add(other, turn(f"Gewone vraag {number}"))
    count = history.forget(None if everything else secret)
    kept = b"".join(path.read_bytes() for path in settings.home.glob("conversations*"))
    assert (count, b"Zebedeus" in kept, b"Gewone vraag" in kept) == (100 if everything else 50, False, not everything)


def test_an_id_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(ConversationError, match=r"There is no conversation 'geen'; 'coach conversations' lists them\."):
        History(settings).forget("geen")


def test_a_damaged_file_is_named(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "conversations.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(ConversationError, match=r"conversations\.sqlite3 is damaged"):
        History(settings).conversations()


def test_threads_add_their_turns(settings: Settings) -> None:
    history = History(settings)
    threads = [threading.Thread(target=history.add, args=("samen", turn(f"vraag {number}"))) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.question for one in history.turns("samen")} == {f"vraag {number}" for number in range(8)}
