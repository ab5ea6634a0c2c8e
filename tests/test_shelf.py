"""A trainer's files: tried first, put in place whole, set aside and never lost; a bad one changes nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coach.errors import DocumentError
from coach.library.shelf import Shelf
from coach.settings import OWN_FOLDER, Settings, data_folder, load_settings

GOOD = b"# Onze regels\n\n## Wachten\nWacht drie weken met een herinnering.\n"
BETTER = b"# Onze regels\n\n## Wachten\nWacht vier weken met een herinnering.\n"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The shelf of somebody who named no folder."""
    return Shelf(load_settings(home=tmp_path / "home", knowledge=(data_folder("knowledge"),)))


def test_without_a_folder_of_ones_own_files_go_under_home_and_are_read_from_then_on(shelf: Shelf, tmp_path: Path) -> None:
    before = shelf.folders
    placed = shelf.put("nl/regels.md", GOOD)
    settings = load_settings(home=tmp_path / "home")
    assert (before, placed.read_bytes(), shelf.folders, settings.knowledge) == (
        (data_folder("knowledge"),),
        GOOD,
        (tmp_path / "home" / OWN_FOLDER, data_folder("knowledge")),
        (tmp_path / "home" / OWN_FOLDER, data_folder("knowledge")),
    )


def test_a_folder_that_was_named_is_the_trainers_own(settings: Settings) -> None:
    assert Shelf(settings).own == settings.knowledge[0]


def test_a_preview_shows_sections_and_passages_and_writes_nothing(shelf: Shelf, tmp_path: Path) -> None:
    found = shelf.preview("regels.md", GOOD)
    assert (
        found.title,
        [(part.title, [one.text for one in part.passages]) for part in found.parts],
        list(tmp_path.iterdir()),
    ) == (
        "Onze regels",
        [("Wachten", ["Wacht drie weken met een herinnering."])],
        [],
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("regels.pdf", b"%PDF-1.4 nothing", "regels.pdf: "),
        ("regels.md", b"", "regels.md: the file is empty"),
        ("regels.xlsx", GOOD, "the format .xlsx is not read"),
        ("README.md", GOOD, "README.md is passed over"),
        ("../regels.md", GOOD, "cannot be the name of a file here"),
        ("/etc/regels.md", GOOD, "cannot be the name of a file here"),
        ("nl/.hidden.md", GOOD, "cannot be the name of a file here"),
        ("a\x00b.md", GOOD, "cannot be the name of a file here"),
        ("", GOOD, "cannot be the name of a file here"),
        ("a:b.md", GOOD, "cannot be the name of a file here"),
        (f"{'a' * 300}.md", GOOD, "cannot be the name of a file here"),
        ("nl/feedback.md", GOOD, "nl/feedback.md stands in"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason_and_nothing_changes(
    shelf: Shelf, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    with pytest.raises(DocumentError, match=reason.replace("(", r"\(")):
        shelf.put(name, data)
    assert not (tmp_path / "home").exists()


def test_a_bad_file_does_not_take_the_place_of_a_good_one(shelf: Shelf) -> None:
    placed = shelf.put("regels.md", GOOD)
    for replace, data in ((False, BETTER), (True, b"")):
        with pytest.raises(DocumentError):
            shelf.put("regels.md", data, replace=replace)
    assert (placed.read_bytes(), [path.name for path in placed.parent.iterdir()]) == (GOOD, ["regels.md"])


def test_what_is_replaced_or_removed_can_be_put_back(shelf: Shelf) -> None:
    placed = shelf.put("nl/regels.md", GOOD)
    shelf.put("nl/regels.md", BETTER, replace=True)
    shelf.remove("nl/regels.md")
    assert not placed.exists()
    kept = {one.file.read_bytes(): one for one in shelf.set_aside()}
    assert {one.path for one in kept.values()} == {"nl/regels.md"}
    shelf.put_back(kept[GOOD])
    assert (placed.read_bytes(), [one.file.read_bytes() for one in shelf.set_aside()]) == (GOOD, [BETTER])


def test_versions_that_were_set_aside_in_the_same_moment_are_all_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    versions = [GOOD + bytes(f"Regel {number}.\n", "ascii") for number in range(5)]
    shelf.put("nl/regels.md", versions[0])
    for version in versions[1:]:
        shelf.put("nl/regels.md", version, replace=True)
    assert {one.file.read_bytes() for one in shelf.set_aside()} == set(versions[:-1])


@pytest.mark.parametrize("name", ["absent.md", "nl/feedback.md"])
def test_only_files_of_the_own_folder_are_removed(shelf: Shelf, name: str) -> None:
    with pytest.raises(DocumentError, match="is not in"):
        shelf.remove(name)
