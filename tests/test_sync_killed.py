"""Killed at any moment, the old index answers and the next sync completes; two syncs at once do not harm each other."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from small import indexed, settle, small_settings, sync_and_die, sync_in_child, unsettle, write

from coach.errors import LockedError
from coach.library.catalogue import Catalogue
from coach.library.lock import catalogue_path, folder, lock
from coach.library.search import Searcher
from coach.library.store import VectorStore
from coach.library.sync import sync
from coach.settings import Settings

FILES = 6
SECTION = "## Stap {number}.{part}\n\nBespreek in ronde {round} onderwerp {number}.{part} met je mentor.\n\n"
CONTEXT = multiprocessing.get_context("forkserver")  # children begin in a process that has opened no index
CONTEXT.set_forkserver_preload(["small", "chromadb"])


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a small world."""
    settle(tmp_path / "handbook")
    yield small_settings(tmp_path)
    unsettle()


def guidance(round_: int) -> dict[str, str]:
    """The files of a round: some stay, some change, one comes and one goes."""
    return {
        f"deel-{number}.md": f"# Deel {number}\n\n"
        + "".join(SECTION.format(number=number, part=part, round=round_ if number % 2 else 0) for part in range(5))
        for number in range(round_, round_ + FILES)
    }


def put(settings: Settings, files: dict[str, str]) -> None:
    """Make the folder hold these files and no others."""
    for path in settings.knowledge[0].glob("*.md"):
        if path.name not in files:
            path.unlink()
    write(settings, files)


def expected(round_: int) -> dict[str, list[str]]:
    """What the index should hold in a round."""
    return {name: [line for line in text.splitlines() if line.startswith("Bespreek")] for name, text in guidance(round_).items()}


def healthy(settings: Settings) -> bool:
    """Whether Chroma holds what the catalogue says, and no more collections than one."""
    catalogue = Catalogue(catalogue_path(settings))
    store = VectorStore(folder(settings) / "chroma", settings)
    try:
        return store.count(catalogue.meta("collection")) == catalogue.entries and len(store.collections()) == 1
    finally:
        store.close()
        catalogue.close()


def test_killed_at_twenty_moments(settings: Settings, tmp_path: Path) -> None:
    def begin(round_: int) -> ForkServerProcess:
        put(settings, guidance(round_))
        child = CONTEXT.Process(target=sync_in_child, args=(tmp_path / "handbook", settings))
        child.start()
        return child

    begin(0).join()
    started = time.perf_counter()
    begin(1).join()
    whole = time.perf_counter() - started
    wrong, killed = [], 0
    for round_ in range(2, 22):
        moment = random.Random(round_).uniform(0, whole)
        child = begin(round_)
        time.sleep(moment)
        child.kill()
        child.join()
        killed += child.exitcode == -signal.SIGKILL
        answers = Searcher(settings).search(f"wat bespreek ik over onderwerp {round_ + 2}.1", 1).hits
        old_or_new = indexed(settings) in (expected(round_ - 1), expected(round_))
        sync(settings)
        if not (answers and old_or_new and indexed(settings) == expected(round_) and healthy(settings)):
            wrong.append((round_, moment))
    assert (wrong, killed > 5) == ([], True)


@pytest.mark.parametrize(
    ("owner", "step", "old"),
    [
        (Catalogue, "keep_vectors", True),
        (VectorStore, "upsert", True),
        (Catalogue, "keep_matrix", True),  # inside the transaction
        (VectorStore, "delete", False),
        (VectorStore, "drop", False),
        (VectorStore, "well", False),
        (Catalogue, "tidy", False),
    ],
)
def test_killed_at_each_step(settings: Settings, tmp_path: Path, owner: type, step: str, old: bool) -> None:
    put(settings, guidance(0))
    sync(settings)
    put(settings, guidance(1))
    child = CONTEXT.Process(target=sync_and_die, args=(tmp_path / "handbook", settings, owner, step))
    child.start()
    child.join()
    between = indexed(settings)
    sync(settings)
    assert (child.exitcode, between, indexed(settings), healthy(settings)) == (
        -signal.SIGKILL,
        expected(0 if old else 1),
        expected(1),
        True,
    )


def test_two_syncs_at_once_both_end_well(settings: Settings, tmp_path: Path) -> None:
    put(settings, guidance(0))
    children = [CONTEXT.Process(target=sync_in_child, args=(tmp_path / "handbook", settings)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert ([child.exitcode for child in children], indexed(settings), healthy(settings)) == ([0, 0], expected(0), True)


def test_a_sync_that_may_not_wait_names_the_holder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.library.sync.WAIT", 0.0)
    told: list[str] = []
    with lock(settings, "coach sync", 0.0), pytest.raises(LockedError) as caught:
        sync(settings, waiting=told.append)
    named = f"process {os.getpid()} on "
    assert (named in told[0], f"The index is in use by {named}" in str(caught.value)) == (True, True)
