"""Settings: from the environment or `.env`, nothing else's, and every mistake by its name."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from coach.errors import SettingsError
from coach.settings import data_folder, load_settings


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_other_programs_read_is_no_setting_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HOME is set nearly everywhere, LANGUAGE on many desktops."""
    for name, value in {"HOME": str(tmp_path), "LANGUAGE": "en_US:en", "MODEL": "openai:x", "EMBEDDER": "y"}.items():
        monkeypatch.setenv(name, value)
    found = load_settings()
    assert found.home == Path(platformdirs.user_data_dir("mentoring-coach")) != tmp_path
    assert (found.language, found.model, found.embedder) == ("auto", "", "bundled")


def test_an_empty_value_is_the_default_also_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("COACH_MODEL=openai:x\nCOACH_HOME=\nCOACH_MODEL_TIMEOUT=\n")
    monkeypatch.setenv("COACH_MODEL", "")
    monkeypatch.setenv("COACH_LANGUAGE", " ")
    found = load_settings()
    assert (found.model, found.model_timeout, found.language) == ("", 30.0, "auto")
    assert found.home == Path(platformdirs.user_data_dir("mentoring-coach"))


def test_a_file_saved_with_a_byte_order_mark_is_read_from_its_first_line() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfCOACH_LANGUAGE=en\n")
    assert load_settings().language == "en"


def test_a_folder_named_twice_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COACH_KNOWLEDGE", os.pathsep.join([str(tmp_path), f" {tmp_path}/", "", str(data_folder("knowledge"))]))
    assert load_settings().knowledge == (tmp_path, data_folder("knowledge"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"COACH_KNOWLEGE=/x\n", "COACH_KNOWLEGE is no setting; write it as COACH_KNOWLEDGE"),
        (b"COACH_HOME=/tmp/caf\xe9\n", ".env is not UTF-8; save it as UTF-8"),
        (b"COACH_LANGUAGE=fr\n", "COACH_LANGUAGE is 'fr'"),
        (b"COACH_MODEL_TIMEOUT=snel\n", "COACH_MODEL_TIMEOUT is 'snel'"),
    ],
)
def test_a_mistake_in_the_file_is_named_on_one_line(content: bytes, words: str) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_slip_in_the_environment_is_named_and_a_name_of_somebody_else_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_TEAM_URL", "https://example.org")
    load_settings()
    monkeypatch.setenv("COACH_LANG", "nl")
    with pytest.raises(SettingsError, match="COACH_LANG is no setting; write it as COACH_LANGUAGE"):
        load_settings()
