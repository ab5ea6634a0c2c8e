"""One coach for everybody who looks at the page: what one of them does never takes the index from under another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import guidance
import pytest
from conftest import synced_in

from coach import Coach
from coach.settings import Settings

ROUNDS = 15


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Settings:
    """A synced index; nobody changes it."""
    return synced_in(tmp_path_factory.mktemp("threads"), warm_home, guidance.DUTCH)


def test_reading_the_library_while_others_close_the_index(programme: Settings) -> None:
    coach = Coach(programme)
    path = coach.files()[0].path
    works = (coach.files, lambda: coach.document(path), lambda: coach.document_text(path), coach.searcher.close)

    def again_and_again(work: Callable[[], object]) -> int:
        return sum(1 for _ in range(ROUNDS) if work() or True)

    with ThreadPoolExecutor(len(works)) as pool:
        assert list(pool.map(again_and_again, works)) == [ROUNDS] * len(works)


def test_looking_for_changes_leaves_the_loaded_index_alone(programme: Settings) -> None:
    coach = Coach(programme)
    loaded = coach.searcher.view()
    coach.sync(dry_run=True)
    assert coach.searcher.view() is loaded
