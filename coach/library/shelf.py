"""The guidance as a trainer keeps it: what was read, what was not and why; files tried, added, replaced, set aside, put back.

Files are changed in one folder only, the trainer's own. A file is read before it takes its place, so that a bad one changes
nothing, and what it replaces is set aside under COACH_HOME, not deleted.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coach.errors import DocumentError
from coach.library.catalogue import Catalogue
from coach.library.folders import NOTES
from coach.library.loaders import LOADERS, unknown_format
from coach.library.reading import Reading, from_file
from coach.records import Language
from coach.settings import OWN_FOLDER, Settings, data_folder

_FORBIDDEN = frozenset('<>:"|?*\\')  # in names on one system or another


@dataclass(frozen=True)
class ShelfFile:
    """A file of the guidance. `reason` says why it was not read, and is empty where it was; `own` whether it may be changed."""

    folder: str
    path: str
    title: str
    language: Language | None
    passages: int
    reason: str
    own: bool

    @property
    def topic(self) -> str:
        """What the file is about: its name without folder and suffix, which a page has in both languages."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True)
class SetAside:
    """An earlier version of a file; `when` is in seconds since 1970."""

    path: str
    when: int
    file: Path


class Shelf:
    """The folders of one set of settings. Raises `DocumentError` naming the file and what to do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        handbook = data_folder("knowledge").resolve()
        theirs = [folder for folder in settings.knowledge if folder.resolve() != handbook]
        self.own = theirs[0] if theirs else settings.home / OWN_FOLDER
        self._aside = settings.home / "set-aside"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders to read, the trainer's own among them once it exists."""
        known = self._settings.knowledge
        return known if self.own in known or not self.own.is_dir() else (self.own, *known)

    def files(self, catalogue: Catalogue) -> list[ShelfFile]:
        """Every file that the last sync met, by path."""
        with catalogue.guarded():
            rows = catalogue.connection.execute(
                "SELECT f.root, f.path, f.title, f.language, f.reason, count(p.id) FROM files f"
                " LEFT JOIN passages p ON p.file = f.id GROUP BY f.id ORDER BY f.path"
            ).fetchall()
        return [
            ShelfFile(root, path, title or path, language or None, count, reason, Path(root) == self.own)
            for root, path, title, language, reason, count in rows
        ]

    def preview(self, name: str, data: bytes) -> Reading:
        """What the loader reads in a file before it is added, and which passages come of it."""
        path = _checked(name)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"file{path.suffix}"
            file.write_bytes(data)
            try:
                found = from_file(file, path.as_posix())
            except DocumentError as error:
                raise DocumentError(f"{path}: {error}.") from None
        if found.title == "file":
            return Reading(found.document, path.stem.replace("_", " ").replace("-", " "), found.language, found.parts)
        return found

    def exists(self, name: str) -> bool:
        """Whether the trainer's own folder has a file of this name."""
        return (self.own / _checked(name)).is_file()

    def put(self, name: str, data: bytes, *, replace: bool = False) -> Path:
        """Add a file, or with `replace` put it in the place of the one with its name; give where it stands."""
        path = _checked(name)
        self.preview(name, data)
        target = self.own / path
        if target.exists() and not replace:
            raise DocumentError(f"{path} is there already; replace it, or give the new file another name.")
        other = next((folder for folder in self.folders if folder != self.own and (folder / path).exists()), None)
        if other:
            raise DocumentError(f"{path} stands in {other} already; give yours another name, so that answers name the right one.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=target.parent, prefix=".new-", suffix=path.suffix)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            if target.exists():
                shutil.copy2(target, self._place_aside(path))
            Path(fresh).replace(target)
        except OSError as error:
            raise _unwritable(self.own, error) from None
        return target

    def remove(self, name: str) -> None:
        """Take a file off the shelf; it is set aside."""
        path = _checked(name)
        target = self.own / path
        if not target.is_file():
            raise DocumentError(f"{path} is not in {self.own}; only files of your own folder can be removed here.")
        try:
            shutil.move(target, self._place_aside(path))
        except OSError as error:
            raise _unwritable(self.own, error) from None

    def set_aside(self) -> list[SetAside]:
        """The versions that were replaced or removed, the latest first."""
        return sorted(self._kept(), key=lambda one: (-one.when, one.path))

    def put_back(self, kept: SetAside) -> None:
        """Put a version that was set aside in its place again; what stands there now is set aside in turn."""
        try:
            data = kept.file.read_bytes()
        except OSError as error:
            raise DocumentError(f"{kept.path} cannot be put back ({error.strerror}); it was moved or removed.") from None
        self.put(kept.path, data, replace=True)
        kept.file.unlink(missing_ok=True)

    def _kept(self) -> Iterator[SetAside]:
        for file in self._aside.rglob("*") if self._aside.is_dir() else ():
            when, *rest = file.relative_to(self._aside).parts
            if rest and file.is_file() and when.isdigit():
                yield SetAside("/".join(rest), int(when) // 1000, file)

    def _place_aside(self, path: PurePosixPath) -> Path:
        """A folder of its own for what is set aside now: two versions in one millisecond do not take each other's place."""
        self._aside.mkdir(parents=True, exist_ok=True)
        for moment in itertools.count(time.time_ns() // 1_000_000):
            with suppress(FileExistsError):
                (self._aside / str(moment)).mkdir()
                break
        place = self._aside / str(moment) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def _checked(name: str) -> PurePosixPath:
    """A name as a path inside the folder. Raises `DocumentError` for one that leads elsewhere or is never read."""
    path = PurePosixPath(name.strip().replace("\\", "/"))
    odd = any(sign < " " or sign in _FORBIDDEN for sign in path.as_posix())
    if not path.name or path.is_absolute() or odd or any(part.startswith(".") or len(part) > 200 for part in path.parts):
        raise DocumentError(f"{name!r} cannot be the name of a file here; use letters, digits, spaces and hyphens.")
    if path.suffix.lower() not in LOADERS:
        raise DocumentError(f"{path}: {unknown_format(path.suffix.lower())}.")
    if path.name.lower() in NOTES:
        raise DocumentError(f"{path} is passed over, as notes about a folder are; give the file a name that tells its subject.")
    return path


def _unwritable(folder: Path, error: OSError) -> DocumentError:
    return DocumentError(
        f"{folder} cannot be written ({error.strerror}); check its permissions, or name a folder of yours in COACH_KNOWLEDGE."
    )
