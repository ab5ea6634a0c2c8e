"""A small world to sync in: an embedder that needs no model, a question bank of two pages, folders of short guidance."""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import coach.library.bank
from coach.library import embedders
from coach.library.catalogue import Catalogue
from coach.library.lock import catalogue_path
from coach.library.sync import sync
from coach.records import SyncReport
from coach.settings import Settings, data_folder, load_settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

PAGE = """---
id: {id}
title: {title}
language: {language}
---
# {title}

## {heading} {{#{anchor}}}
<!-- asked: {asked} -->
{text}
"""
HANDBOOK = {
    "nl/first-message.md": {
        "id": "first-message",
        "title": "Het eerste bericht",
        "language": "nl",
        "heading": "Begin klein",
        "anchor": "start-small",
        "asked": "hoe begin ik | wat schrijf ik als eerste",
        "text": "Vraag om een kort gesprek en niet om een mentorschap.",
    },
    "en/first-message.md": {
        "id": "first-message",
        "title": "The first message",
        "language": "en",
        "heading": "Start small",
        "anchor": "start-small",
        "asked": "how do I begin | what do I write first",
        "text": "Ask for a short talk and not for a mentorship.",
    },
    "nl/thanks.md": {
        "id": "thanks",
        "title": "Bedanken",
        "language": "nl",
        "heading": "Bedank snel",
        "anchor": "thank-soon",
        "asked": "wanneer bedank ik | moet ik bedanken",
        "text": "Stuur binnen een dag een bedankje na het gesprek.",
    },
    "en/thanks.md": {
        "id": "thanks",
        "title": "Saying thanks",
        "language": "en",
        "heading": "Thank soon",
        "anchor": "thank-soon",
        "asked": "when do I say thanks | must I say thanks",
        "text": "Send a note of thanks within a day of the talk.",
    },
}


class WordCounts:
    """Texts as counts of their words in a few slots: the same words, the same vector."""

    batch = 64

    def __init__(self, name: str, dimension: int = 48) -> None:
        self.fingerprint = f"counts-{name}"
        self._dimension = dimension

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        found = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            for word in embedders.clean(text).lower().split():
                found[row, zlib.crc32(f"{self.fingerprint} {word.strip('.,?!')}".encode()) % self._dimension] += 1
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)

    queries = passages


def settle(handbook: Path) -> None:
    """Register the embedder, and let the question bank read a handbook of two pages, which is written if it is not there."""
    row = embedders.Row(lambda name, _settings: WordCounts(name), named=True)
    embedders.EMBEDDERS = {**embedders.EMBEDDERS, "counts": row}
    for name, values in HANDBOOK.items():
        page = handbook / "knowledge" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists():
            page.write_text(PAGE.format(**values))
    (handbook / "prompts").mkdir(exist_ok=True)

    vars(coach.library.bank)["data_folder"] = handbook.joinpath


def unsettle() -> None:
    """Undo `settle`."""
    embedders.EMBEDDERS = {name: row for name, row in embedders.EMBEDDERS.items() if name != "counts"}
    vars(coach.library.bank)["data_folder"] = data_folder


def small_settings(base: Path, **others: Any) -> Settings:
    """Settings with home and guidance under `base`; the folder of guidance is made."""
    (base / "guidance").mkdir(parents=True, exist_ok=True)
    values = {"home": base / "home", "knowledge": (base / "guidance",), "chroma_url": "", "embedder": "counts:a", "model": ""}
    return load_settings(**(values | others))


def with_embedder(settings: Settings, name: str) -> Settings:
    """The same settings with another embedder."""
    return load_settings(**(settings.model_dump() | {"embedder": name}))


def write(settings: Settings, files: Mapping[str, str]) -> None:
    """Put files into the folder of guidance."""
    for name, text in files.items():
        path = settings.knowledge[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def indexed(settings: Settings) -> dict[str, list[str]]:
    """What the index holds: the texts of each document's passages."""
    catalogue = Catalogue(catalogue_path(settings))
    try:
        found: dict[str, list[str]] = {}
        numbers = [number for (number,) in catalogue.connection.execute("SELECT id FROM passages ORDER BY id")]
        for passage in catalogue.passages(numbers).values():
            found.setdefault(passage.document, []).append(passage.text)
        return found
    finally:
        catalogue.close()


def sync_in_child(handbook: Path, settings: Settings) -> None:
    """What a child process runs."""
    settle(handbook)
    sync(settings)


def sync_and_die(handbook: Path, settings: Settings, owner: type, step: str) -> None:
    """What a child process runs that is killed when it comes to a step."""
    settle(handbook)
    setattr(owner, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    sync(settings)


def counts(report: SyncReport) -> dict[str, int]:
    """The counts of a report that are not zero."""
    found = {name: getattr(report, name) for name in ("added", "changed", "moved", "removed", "unchanged", "embedded")}
    return {name: count for name, count in found.items() if count}
