"""Conversations: a follow-up leans on what was asked, and what is forgotten is gone from the disk."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from coach.answers.history import History, Rating, Turn, context_of, follows_up
from coach.errors import ConversationError
from coach.records import Answer, Citation, Language, Usage
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


WHOLE = Answer(
    "Hoe lang wacht ik?",
    "nl",
    "answered",
    "Wacht. [1]",
    (Citation(1, "stil.md", "Stil", "Wachten", 3, 9, "Wacht."),),
    "model",
    "Let op.",
    {"total": 1.5},
    "c",
    "gezocht",
    Usage("m", 1, 2, 0.5),
)


def test_a_whole_answer_comes_back_as_it_was_given(settings: Settings) -> None:
    history = History(settings)
    history.add("c", turn("Hoe lang wacht ik?"), WHOLE)
    assert [one.answer for one in History(settings).standing("c").exchanges] == [WHOLE]


def test_an_answer_of_a_later_version_is_read_without_what_is_new(settings: Settings) -> None:
    assert Answer.from_dict(WHOLE.to_dict() | {"mood": "good"}) == WHOLE


def test_turns_of_an_earlier_version_are_kept_and_shown_without_sources(settings: Settings) -> None:
    settings.home.mkdir()
    with sqlite3.connect(settings.home / "conversations.sqlite3") as old:
        old.execute(
            "CREATE TABLE turns (id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, asked REAL NOT NULL, question TEXT NOT NULL,"
            " searched TEXT NOT NULL, language TEXT NOT NULL, outcome TEXT NOT NULL, answer TEXT NOT NULL,"
            " passages TEXT NOT NULL)"
        )
        old.execute("INSERT INTO turns VALUES (1, 'c', 0, 'Hoe?', 'Hoe?', 'nl', 'answered', 'Zo. [1]', '[]')")
    history = History(settings)
    history.add("c", turn("En dan?"), WHOLE)
    assert [(one.answer.answer, len(one.answer.citations)) for one in history.standing("c").exchanges] == [
        ("Zo. [1]", 0),
        ("Wacht. [1]", 1),
    ]


def test_a_question_waits_until_it_is_answered_or_dropped(settings: Settings) -> None:
    history = History(settings)
    history.wait("c", "Hoe lang?")
    seen = [history.standing("c").waiting]
    history.add("c", turn("Hoe lang?"))
    seen.append(history.standing("c").waiting)
    history.wait("c", "En dan?")
    history.drop("c")
    assert [*seen, history.standing("c").waiting] == ["Hoe lang?", "", ""]


def test_a_question_is_never_seen_neither_waiting_nor_answered(settings: Settings) -> None:
    history = History(settings)
    for number in range(40):
        name = f"c{number}"
        history.wait(name, "Hoe lang?")
        answering = threading.Thread(target=history.add, args=(name, turn("Hoe lang?")))
        answering.start()
        standing = history.standing(name)
        while standing.waiting:
            standing = history.standing(name)
        answering.join()
        assert len(standing.exchanges) == 1


def test_a_rating_is_kept_changed_taken_back_and_forgotten_with_its_answer(settings: Settings) -> None:
    history = History(settings)
    history.add("c", turn("Hoe?"), WHOLE)
    (number,) = [one.number for one in history.standing("c").exchanges]
    history.rate(number, Rating(False, "mist iets"))
    history.rate(number, Rating(True, "toch goed"))
    rated = [(one.rating, one.conversation) for one in history.rated()]
    history.rate(number, None)
    history.rate(number, Rating(True))
    history.forget("c")
    assert (rated, history.rated()) == ([(Rating(True, "toch goed"), "c")], [])
    with pytest.raises(ConversationError, match="forgotten"):
        history.rate(number, Rating(True))


def test_conversations_of_owners_are_their_own(settings: Settings) -> None:
    history = History(settings)
    hers, his, nobodys = history.new("her"), history.new("him"), history.new()
    for conversation in (hers, his, nobodys):
        history.add(conversation, turn("Hoe?"))
    owners = ("her", "him", "")
    assert [[one.conversation for one in history.conversations(owner)] for owner in owners] == [[hers], [his], [nobodys]]
    assert [[history.belongs(one, owner) for one in (hers, his, nobodys)] for owner in owners] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
