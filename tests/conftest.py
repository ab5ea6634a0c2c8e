"""What the tests share: settings that touch nothing but the test's own folder, and a data folder that is warm."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import guidance
import hypothesis
import pytest
from fake_model import GUIDANCE, KEY, FakeModel
from filelock import FileLock

from coach.coach import Coach
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
MakeCoach = Callable[..., Coach]


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


def synced_in(folder: Path, warm_home: Path, files: Mapping[str, str]) -> Settings:
    """Settings as `settings_in` makes them, over an index of these files of guidance that embeds nothing else."""
    settings = settings_in(folder)
    shutil.copytree(warm_home, settings.home)
    guidance.put(settings.knowledge[0], files)
    sync(settings)
    return settings


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
    """A data folder that holds the question bank and no guidance, made once for all workers; copy it rather than change it."""
    shared = tmp_path_factory.getbasetemp()
    folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "warm"
    with FileLock(f"{folder}.lock"):
        built = folder / "built"
        if not built.exists():
            folder.mkdir(exist_ok=True)
            sync(settings_in(folder))
            built.touch()
    return folder / "home"


@pytest.fixture(scope="session")
def shipped() -> CaseSet:
    """The reference cases that ship with the coach, checked against its handbook."""
    return load_cases()


@pytest.fixture
def warm(settings: Settings, warm_home: Path) -> Settings:
    """The same settings with a warm data folder, so that a sync embeds the test's own texts and nothing else."""
    shutil.copytree(warm_home, settings.home)
    return settings


@pytest.fixture(scope="session")
def model_home(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Path:
    """A folder with guidance and its index; copy it rather than change it."""
    pytest.importorskip("langchain_openai")  # takes seconds to import, which must not count as the model's time
    folder = tmp_path_factory.mktemp("model")
    shutil.copytree(warm_home, folder / "home")
    settings = settings_in(folder)
    for name, text in GUIDANCE.items():
        (settings.knowledge[0] / name).write_text(text)
    Coach(settings).sync()
    return folder


@pytest.fixture
def home(model_home: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test; the guidance stays where it is."""
    shutil.copytree(model_home / "home", tmp_path / "home")
    return tmp_path


@pytest.fixture
def make_coach(home: Path, model_home: Path) -> Iterator[MakeCoach]:
    """Makes coaches that write with a fake model, and closes them."""
    made: list[Coach] = []

    def make(fake: FakeModel, **overrides: Any) -> Coach:
        values = {"model": "openai:klein", "openai_base_url": fake.url, "openai_api_key": KEY, "model_timeout": 8.0}
        values |= {"knowledge": (model_home / "knowledge",)}
        made.append(Coach(settings_in(home, **(values | overrides))))
        return made[-1]

    yield make
    for coach in made:
        coach.close()
