"""What stands in the folders: what is read, what is passed over, and what is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coach.errors import SettingsError
from coach.library.folders import scan


def put(root: Path, *names: str) -> Path:
    """Files with a word in them, their folders made."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("woord\n", encoding="utf-8")
    return root


def names_in(root: Path) -> list[str]:
    """The files that are read."""
    return [file.path for file in scan([root])[0]]


def refused_in(root: Path) -> dict[str, str]:
    """The reason by name of what is refused."""
    return {failure.path: failure.reason for failure in scan([root])[1]}


def test_files_in_order_of_their_names_whatever_the_depth(tmp_path: Path) -> None:
    put(tmp_path, "b.md", "a/z.TXT", "a/y/x.html", "c.pdf", "é.md")
    assert names_in(tmp_path) == ["a/y/x.html", "a/z.TXT", "b.md", "c.pdf", "é.md"]


@pytest.mark.parametrize(
    "name",
    [".verborgen.md", ".git/x.md", "__pycache__/x.md", "README.md", "diep/readme.txt", "LICENSE", "COVERAGE.md", "foto.JPG",
     "data.json", "Thumbs.db", "~$brief.docx"],
)  # fmt: skip
def test_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, "wel.md")
    assert (names_in(tmp_path), refused_in(tmp_path)) == (["wel.md"], {})


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    root = put(tmp_path / "in", "wel.md")
    put(tmp_path / "uit", "geheim.md")
    (root / "link.md").symlink_to(tmp_path / "uit" / "geheim.md")
    (root / "map").symlink_to(tmp_path / "uit")
    assert (names_in(root), refused_in(root)) == (
        ["wel.md"],
        dict.fromkeys(("link.md", "map"), "it is a link out of the folder; copy the file into it"),
    )


def test_links_to_nowhere_and_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weg.md").symlink_to(tmp_path / "niets.md")
    (tmp_path / "rond.md").symlink_to(tmp_path / "rond.md")
    assert set(refused_in(tmp_path).values()) == {"it is a link to nowhere; remove it or put the file there"}


def test_links_inside_the_folder(tmp_path: Path) -> None:
    put(tmp_path, "a/wel.md")
    (tmp_path / "ook.md").symlink_to(tmp_path / "a" / "wel.md")
    (tmp_path / "lus").symlink_to(tmp_path)  # a folder is read where it stands, once
    assert (names_in(tmp_path), refused_in(tmp_path)) == (["a/wel.md", "ook.md"], {})


@pytest.mark.parametrize(("name", "shown"), [("twee\nregels.md", "twee\\nregels.md"), ("bel\x07.md", "bel\\x07.md")])
def test_a_name_that_cannot_be_shown_is_refused_on_one_line(tmp_path: Path, name: str, shown: str) -> None:
    put(tmp_path, name)
    assert refused_in(tmp_path) == {shown: "its name holds a line break or a sign that cannot be shown; rename it"}


def test_a_name_in_another_encoding_is_refused(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("x", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    ((shown, reason),) = refused_in(tmp_path).items()
    assert shown.encode("utf-8").startswith(b"caf\\") and "cannot be shown" in reason


@pytest.mark.parametrize(
    ("name", "advice"), [("oud.doc", "save it as DOCX"), ("x.qqq", "save it as one of"), ("kaal", "(no suffix)")]
)
def test_an_unknown_format_is_named(tmp_path: Path, name: str, advice: str) -> None:
    put(tmp_path, name)
    assert advice in refused_in(tmp_path)[name]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pijp.md")
    assert refused_in(tmp_path) == {"pijp.md": "it is not an ordinary file; remove it"}


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may open every folder")
def test_a_folder_that_may_not_be_opened_is_named(tmp_path: Path) -> None:
    put(tmp_path, "dicht/x.md", "wel.md")
    (tmp_path / "dicht").chmod(0)
    try:
        assert (names_in(tmp_path), list(refused_in(tmp_path))) == (["wel.md"], ["dicht"])
    finally:
        (tmp_path / "dicht").chmod(0o700)


def test_a_folder_that_breaks_while_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "dicht/x.md", "wel.md")
    opened = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "dicht":
            raise PermissionError(13, "Permission denied")
        return opened(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert (names_in(tmp_path), refused_in(tmp_path)) == (
        ["wel.md"],
        {"dicht": "the folder cannot be opened (Permission denied); check its permissions"},
    )


@pytest.mark.parametrize(("made", "what"), [(False, "does not exist"), (True, "is not a folder")])
def test_a_missing_folder_is_an_error(tmp_path: Path, made: bool, what: str) -> None:
    if made:
        put(tmp_path, "weg")
    with pytest.raises(SettingsError, match=f"COACH_KNOWLEDGE: .*weg {what}"):
        scan([tmp_path, tmp_path / "weg"])


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    put(tmp_path, "a.md")
    before = scan([tmp_path])[0]
    os.utime(tmp_path / "a.md", ns=(1, 1))
    assert before[0].stamp != scan([tmp_path])[0][0].stamp


def test_a_folder_named_beside_the_one_above_it_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "eigen").mkdir()
    for name in ("a.md", "eigen/b.md"):
        (tmp_path / name).write_text("x")
    files, _ = scan([tmp_path, tmp_path / "eigen"])
    assert [(file.root, file.path) for file in files] == [(str(tmp_path), "a.md"), (str(tmp_path / "eigen"), "b.md")]
