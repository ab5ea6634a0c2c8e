"""Work on its way, an answer or a sync: each in a thread of its own, so that a click, a reload or a second tab loses nothing.

A page attaches to the work that is being done for it, if there is any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coach import Answer, Coach, CoachError, SyncReport

if TYPE_CHECKING:
    from evals import RunResult
    from evals.cases import Suite


class Job:
    """One piece of work on its way, and at the end what went wrong, if anything did."""

    def __init__(self) -> None:
        self.error: CoachError | None = None
        self.fault: BaseException | None = None  # nothing that was foreseen; raised in the page
        self._done = threading.Event()
        self._news = threading.Condition()
        self._count = 0

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._done.is_set()

    def start(self, work: Callable[[], None]) -> None:
        """Do the work in a thread of its own."""
        threading.Thread(target=self._run, args=(work,), name="coach", daemon=True).start()

    def follow(self, every: float) -> Iterator[None]:
        """Comes back whenever there is news and at least every so many seconds, until all is done."""
        while not self.done:
            with self._news:
                before = self._count
                self._news.wait_for(lambda seen=before: self.done or self._count > seen, timeout=every)  # type: ignore[misc]
            yield

    def tell(self) -> None:
        """There is news."""
        with self._news:
            self._count += 1
            self._news.notify_all()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CoachError as error:
            self.error = error
        except BaseException as fault:
            self.fault = fault
            raise
        finally:
            self._done.set()
            self.tell()


class Answering(Job):
    """One answer on its way: the verified text so far, and at the end the answer."""

    def __init__(self, coach: Coach, conversation: str, question: str) -> None:
        super().__init__()
        self.question = question
        self.text = ""
        self.answer: Answer | None = None
        self._coach, self._conversation = coach, conversation

    def work(self) -> None:
        """Make the answer."""
        for piece in self._coach.stream(self.question, self._conversation):
            if isinstance(piece, str):
                self.text += piece
            else:
                self.answer = piece
            self.tell()


class Syncing(Job):
    """The folders being read: how far it is, and at the end the report."""

    def __init__(self, coach: Coach) -> None:
        super().__init__()
        self.at: tuple[str, int, int] = ("", 0, 0)
        self.report: SyncReport | None = None
        self._coach = coach

    def work(self) -> None:
        """Read the folders."""

        def show(what: str, done: int, total: int) -> None:
            self.at = (what, done, total)
            self.tell()

        self.report = self._coach.sync(progress=show)


class Syncs:
    """The one sync on its way in this process."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach
        self._job: Syncing | None = None
        self._guard = threading.Lock()

    def begin(self) -> Syncing:
        """A sync of the folders as they are now, or the one that is on its way."""
        with self._guard:
            if self._job is None or self._job.done:
                self._job = Syncing(self._coach)
                self._job.start(self._job.work)
            return self._job


class Evaluating(Job):
    """Reference cases being put to the coach: how far it is, and at the end the run."""

    def __init__(self, coach: Coach, suites: tuple[Suite, ...] | None, *, judge: bool) -> None:
        super().__init__()
        self.at = (0, 0)
        self.suites = suites
        self.result: RunResult | None = None
        self._coach, self._judge = coach, judge

    def work(self) -> None:
        """Run the cases."""
        from evals import load_cases, run

        def show(done: int, total: int, _case: str) -> None:
            self.at = (done, total)
            self.tell()

        self.result = run(self._coach, load_cases(settings=self._coach.settings), self.suites, self._judge, progress=show)


class Evaluations:
    """The one run of the cases on its way in this process."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach
        self._job: Evaluating | None = None
        self._guard = threading.Lock()

    def begin(self, suites: tuple[Suite, ...] | None, *, judge: bool) -> Evaluating:
        """A run of some suites, or the one that is on its way."""
        with self._guard:
            if self._job is None or self._job.done:
                self._job = Evaluating(self._coach, suites, judge=judge)
                self._job.start(self._job.work)
            return self._job

    def now(self) -> Evaluating | None:
        """The run that is on its way, if any."""
        with self._guard:
            return self._job if self._job is not None and not self._job.done else None


class Answers:
    """The answers on their way in this process, by conversation."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach
        self._jobs: dict[str, Answering] = {}
        self._guard = threading.Lock()

    def begin(self, conversation: str, question: str) -> Answering:
        """The answer to a question that waits; one that is being made already is not made twice."""
        with self._guard:
            job = self._jobs.get(conversation)
            if job is not None and not job.done:
                return job
            job = self._jobs[conversation] = Answering(self._coach, conversation, question)
            job.start(job.work)
            return job

    def last(self, conversation: str) -> Answering | None:
        """The answer on its way, or the last one that was."""
        with self._guard:
            return self._jobs.get(conversation)

    def drop(self, conversation: str) -> None:
        """Forget about an answer that is done, or that nobody waits for any more."""
        with self._guard:
            self._jobs.pop(conversation, None)
