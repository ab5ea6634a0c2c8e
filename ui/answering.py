"""Answers on their way: each is made in a thread of its own, so that a click, a reload or a second tab loses nothing.

A page that draws a conversation attaches to the answer that is being made for it, if there is one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from coach import Answer, Coach, CoachError


class Job:
    """One answer on its way: the text so far, and at the end the answer or what went wrong."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.answer: Answer | None = None
        self.error: CoachError | None = None
        self.fault: BaseException | None = None  # nothing that was foreseen; raised in the page
        self._pieces: list[str] = []
        self._done = threading.Event()
        self._news = threading.Condition()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._done.is_set()

    @property
    def text(self) -> str:
        """The verified text so far."""
        return "".join(self._pieces)

    def follow(self, every: float) -> Iterator[str]:
        """The text so far, each time that there is more of it and at least every so many seconds, until all is there."""
        while not self.done:
            before = len(self._pieces)
            with self._news:
                self._news.wait_for(lambda seen=before: self.done or len(self._pieces) > seen, timeout=every)  # type: ignore[misc]
            yield self.text

    def run(self, coach: Coach, conversation: str) -> None:
        """Make the answer."""
        try:
            for piece in coach.stream(self.question, conversation):
                if isinstance(piece, str):
                    self._pieces.append(piece)
                else:
                    self.answer = piece
                with self._news:
                    self._news.notify_all()
        except CoachError as error:
            self.error = error
        except BaseException as fault:
            self.fault = fault
            raise
        finally:
            self._done.set()
            with self._news:
                self._news.notify_all()


class Answers:
    """The answers on their way in this process, by conversation."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach
        self._jobs: dict[str, Job] = {}
        self._guard = threading.Lock()

    def begin(self, conversation: str, question: str) -> Job:
        """The answer to a question that waits; one that is being made already is not made twice."""
        with self._guard:
            job = self._jobs.get(conversation)
            if job is not None and not job.done:
                return job
            job = self._jobs[conversation] = Job(question)
            threading.Thread(target=job.run, args=(self._coach, conversation), name="answer", daemon=True).start()
            return job

    def last(self, conversation: str) -> Job | None:
        """The answer on its way, or the last one that was."""
        with self._guard:
            return self._jobs.get(conversation)

    def drop(self, conversation: str) -> None:
        """Forget about an answer that is done, or that nobody waits for any more."""
        with self._guard:
            self._jobs.pop(conversation, None)
