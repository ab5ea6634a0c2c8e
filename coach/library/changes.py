"""How the folders of guidance differ from the index."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from coach.library import passages
from coach.library.catalogue import Catalogue
from coach.library.folders import File, scan
from coach.records import Failure
from coach.settings import Settings


@dataclass
class Changes:
    """How the folders differ from the index."""

    files: list[File]
    refused: list[Failure]
    fresh: dict[tuple[str, str], str] = field(default_factory=dict)  # (root, path) of files to read -> digest
    stamps: dict[tuple[str, str], str] = field(default_factory=dict)  # unchanged files with a new stamp
    gone: list[int] = field(default_factory=list)  # rows of files to remove or replace
    known_failures: list[Failure] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0

    @property
    def nothing(self) -> bool:
        """Whether the index matches already."""
        return not self.fresh and not self.gone


def compare(catalogue: Catalogue, settings: Settings, same: bool) -> Changes:
    """How the folders differ from the catalogue; everything is fresh where embedder or chunker changed."""
    files, refused = scan(settings.knowledge)
    changes = Changes(files, refused)
    known = {
        (root, path): (number, stamp, digest, reason)
        for number, root, path, stamp, digest, reason in catalogue.connection.execute(
            "SELECT id, root, path, stamp, digest, reason FROM files"
        )
    }
    chunked = catalogue.meta("made_with").rpartition("|")[2] == str(passages.VERSION)
    for file in files:
        place = (file.root, file.path)
        number, stamp, digest, reason = known.pop(place, (0, "", "", ""))
        current = digest if number and stamp == file.stamp and chunked else _digest(file.full)
        if number and current == digest and chunked:
            changes.unchanged += not reason
            changes.known_failures += [Failure(file.path, reason)] * bool(reason)
            if stamp != file.stamp:
                changes.stamps[place] = file.stamp
            continue
        changes.fresh[place] = current
        changes.gone += [number] * bool(number)
        changes.changed += bool(number and current != digest)
        changes.unchanged += bool(number and current == digest)
        changes.added += not number
    lost = Counter(digest for _, _, digest, reason in known.values() if not reason)
    kept = {(file.root, file.path) for file in files}
    arrived = Counter(digest for place, digest in changes.fresh.items() if place in kept and place not in known)
    changes.moved = min(changes.added, sum((lost & arrived).values()))
    changes.added -= changes.moved
    changes.removed = sum(not reason for *_, reason in known.values()) - changes.moved
    changes.gone += [number for number, *_ in known.values()]
    return changes


def _digest(path: Path) -> str:
    """The hash of a file's content; a file that cannot be read has its own, so that it is tried again."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "unreadable"
