"""What stands in the folders of guidance: the files to read, and those that are refused before they are opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from coach.errors import SettingsError
from coach.library.loaders import LOADERS, unknown_format
from coach.records import Failure

# Files beside guidance that nobody expects to be read as such: pictures, sound, code, data, the folder's own notes.
IGNORED = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".svg",
        ".webp",
        ".ico",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".mp3",
        ".mp4",
        ".mov",
        ".avi",
        ".wav",
        ".m4a",
        ".webm",
        ".zip",
        ".gz",
        ".css",
        ".js",
        ".json",
        ".yaml",
        ".yml",
        ".toml",
        ".ini",
        ".py",
        ".pyc",
        ".sqlite3",
        ".db",
        ".log",
        ".lock",
        ".tmp",
        ".bak",
        ".npz",
    ]
)
NOTES = frozenset({"readme.md", "coverage.md", "readme.txt", "license", "license.txt", "license.md", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class File:
    """A file to read. `stamp` changes when the file does; `modified` is in nanoseconds."""

    root: str
    path: str
    full: Path
    stamp: str
    modified: int


def scan(roots: Sequence[Path]) -> tuple[list[File], list[Failure]]:
    """The files under the folders, in order of their names, and what was refused.

    Hidden files and folders, and formats that are no documents, are passed over. Raises `SettingsError` for a folder that does
    not exist: its guidance must not vanish from the index because a disk is not mounted. A folder that is named beside one above
    it is read once, on its own.
    """
    named = {root.resolve() for root in roots}
    files: list[File] = []
    failures: list[Failure] = []
    for root in dict.fromkeys(roots):
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise SettingsError(f"COACH_KNOWLEDGE: {root} {what}; make it, or correct the setting.")
        for entry in _walk(root, root, failures, named):
            files.append(entry)
    return files, failures


def _walk(root: Path, folder: Path, failures: list[Failure], named: Set[Path]) -> Iterator[File]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        failures.append(Failure(_shown(folder, root), f"the folder cannot be opened ({error.strerror}); check its permissions"))
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        path = Path(entry.path)
        reason = _refusal(entry, path, root)
        if reason is None:
            continue
        if reason:
            failures.append(Failure(_shown(path, root), reason))
        elif entry.is_dir():
            if path.resolve() not in named:
                yield from _walk(root, path, failures, named)
        else:
            found = entry.stat()
            stamp = f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
            yield File(str(root), path.relative_to(root).as_posix(), path, stamp, found.st_mtime_ns)


def _refusal(entry: os.DirEntry[str], path: Path, root: Path) -> str | None:
    """Why an entry is refused; empty where it is not, None where it is passed over in silence."""
    if any(sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff" for sign in entry.name):
        return "its name holds a line break or a sign that cannot be shown; rename it"
    suffix = path.suffix.lower()
    if entry.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return "it is a link to nowhere; remove it or put the file there"
        if not target.is_relative_to(root.resolve()):
            return "it is a link out of the folder; copy the file into it"
        if target.is_dir():
            return None  # what it points at is read where it stands
    if entry.is_dir():
        return ""
    if entry.name.lower() in NOTES or suffix in IGNORED or entry.name.startswith("~$"):
        return None
    try:
        if not stat.S_ISREG(entry.stat().st_mode):
            return "it is not an ordinary file; remove it"
    except OSError as error:
        return f"it cannot be read ({error.strerror}); check its permissions"
    return "" if suffix in LOADERS else unknown_format(suffix)


def _shown(path: Path, root: Path) -> str:
    """A path on one line, whatever its name holds."""
    name = path.relative_to(root).as_posix() if path != root else path.as_posix()
    return name.encode("unicode_escape" if any(sign < " " for sign in name) else "utf-8", "backslashreplace").decode("utf-8")
