"""Work on its way: followed from several places, done once, and told what went wrong; who may open which pages; the command."""

from __future__ import annotations

import socket
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from coach import Answer, Coach, CoachError, SettingsError
from ui.answering import Answers, Syncs
from ui.serve import ADDRESS, OPTIONS, command
from ui.session import person_of

ANSWER = Answer("Hoe?", "nl", "answered", "Een. [1]\nTwee. [2]", (), "extractive", "", {})


class Slow:
    """A coach whose answer comes in two pieces, the second when it is let through."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.gate, self.asked, self.failure = threading.Event(), 0, failure

    def stream(self, _question: str, _conversation: str) -> Iterator[str | Answer]:
        """See `Coach.stream`."""
        self.asked += 1
        yield "Een. [1]\n"
        self.gate.wait(10)
        if self.failure:
            raise self.failure
        yield "Twee. [2]"
        yield ANSWER

    def sync(self, progress: Any) -> str:
        """See `Coach.sync`."""
        self.asked += 1
        progress("reading", 1, 2)
        self.gate.wait(10)
        return "report"


def test_a_click_in_the_middle_attaches_to_the_answer_that_is_being_made() -> None:
    slow = Slow()
    answers = Answers(cast(Coach, slow))
    first = answers.begin("c", "Hoe?")
    while not first.text:
        next(first.follow(every=0.05))
    second = answers.begin("c", "Hoe?")  # what a rerun does
    slow.gate.set()
    for _ in second.follow(every=0.05):
        pass
    assert (first is second, slow.asked, second.text, second.answer) == (True, 1, ANSWER.answer, ANSWER)


def test_answers_of_two_conversations_do_not_mix() -> None:
    slow = Slow()
    slow.gate.set()
    answers = Answers(cast(Coach, slow))
    jobs = [answers.begin(name, name) for name in ("a", "b")]
    for job in jobs:
        for _ in job.follow(every=0.05):
            pass
    assert (jobs[0] is jobs[1], [job.question for job in jobs], slow.asked) == (False, ["a", "b"], 2)


def test_what_was_foreseen_is_kept_for_the_page_and_the_next_try_is_a_new_one() -> None:
    slow = Slow(CoachError("The model broke off; try again."))
    slow.gate.set()
    answers = Answers(cast(Coach, slow))
    job = answers.begin("c", "Hoe?")
    for _ in job.follow(every=0.05):
        pass
    assert (str(job.error), job.answer, job.fault) == ("The model broke off; try again.", None, None)
    assert answers.begin("c", "Hoe?") is not job


def test_two_who_sync_at_once_follow_one_sync() -> None:
    slow = Slow()
    syncs = Syncs(cast(Coach, slow))
    jobs = [syncs.begin(), syncs.begin()]
    slow.gate.set()
    for _ in jobs[1].follow(every=0.05):
        pass
    assert (jobs[0] is jobs[1], slow.asked, str(jobs[1].report), jobs[1].at) == (True, 1, "report", ("reading", 1, 2))


@pytest.mark.parametrize(
    ("claims", "trainer"),
    [
        ({"is_logged_in": True, "email": "Ada@Example.org", "sub": "1", "iss": "i"}, True),
        ({"is_logged_in": True, "email": "bob@example.org", "sub": "2", "iss": "i"}, False),
        ({"is_logged_in": True, "email": "ada@example.org", "email_verified": False, "sub": "3"}, False),
        ({"is_logged_in": True, "sub": "4"}, False),
        ({"is_logged_in": False, "email": "ada@example.org"}, None),
        ({}, None),
    ],
)
def test_trainers_are_those_who_are_named(claims: dict[str, object], trainer: bool | None) -> None:
    who = person_of(claims, ("ada@example.org",))
    assert (who.trainer if who else None) == trainer


def test_two_people_never_own_the_same_conversations() -> None:
    who = [person_of({"is_logged_in": True, "iss": iss, "sub": sub}, ()) for iss, sub in (("a", "1"), ("a", "2"), ("b", "1"))]
    assert len({one.owner for one in who if one}) == 3


def test_the_page_is_served_to_this_machine_only_and_asks_nothing_of_others() -> None:
    with socket.socket() as free:
        free.bind((ADDRESS, 0))
        port = free.getsockname()[1]
    started = command(port)
    wanted = {"server.address=127.0.0.1", "browser.gatherUsageStats=false", "server.fileWatcherType=none", f"server.port={port}"}
    assert {f"--{option}" for option in wanted} <= set(started)
    assert {f"--server.allowedHosts={host}" for host in OPTIONS["server.allowedHosts"]} <= set(started)


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} cannot be used .*'coach ui --port {port + 1}'"):
            command(port)


def test_the_settings_for_developers_are_those_of_the_command() -> None:
    config = tomllib.loads((Path(__file__).resolve().parent.parent / ".streamlit" / "config.toml").read_text("utf-8"))
    for name, value in OPTIONS.items():
        found: Any = config
        for part in name.split("."):
            found = found[part]
        shown = tuple(found) if isinstance(found, list) else str(found).lower() if isinstance(found, bool) else str(found)
        assert (name, shown) == (name, value)
