"""What the tests share: settings that touch nothing but the test's own folder, and a data folder that is warm."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from coach.library.sync import sync
from coach.settings import Settings, load_settings
from evals import CaseSet, load_cases

hypothesis.settings.register_profile(
    "coach",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("coach")

MakeSettings = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches a test."""
    for name in list(os.environ):
        if name.startswith(("COACH_", "OPENAI_", "CHROMA_", "LANGSMITH_", "LANGCHAIN_")):
            monkeypatch.delenv(name)


def settings_in(folder: Path, **overrides: object) -> Settings:
    """Settings with an empty folder `knowledge` and a data folder `home` in the given one."""
    (folder / "knowledge").mkdir(exist_ok=True)
    values: dict[str, object] = {
        "home": folder / "home",
        "knowledge": (folder / "knowledge",),
        "chroma_url": "",
        "embedder": "bundled",
        "model": "",
    }
    return load_settings(**(values | overrides))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders stand in `tmp_path`; nothing has been synced."""
    return settings_in(tmp_path)


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Builds such settings with some of them overridden by name."""
    return lambda **overrides: settings_in(tmp_path, **overrides)


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the question bank and no guidance; copy it rather than change it."""
    folder = tmp_path_factory.mktemp("warm")
    built = settings_in(folder)
    sync(built)
    return built.home


@pytest.fixture(scope="session")
def shipped() -> CaseSet:
    """The reference cases that ship with the coach, checked against its handbook."""
    return load_cases()


@pytest.fixture
def warm(settings: Settings, warm_home: Path) -> Settings:
    """The same settings with a warm data folder, so that a sync embeds the test's own texts and nothing else."""
    shutil.copytree(warm_home, settings.home)
    return settings
