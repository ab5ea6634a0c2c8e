"""A sync makes the index match the folders, pays for nothing twice, and keeps nothing of what is gone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
from small import counts, indexed, settle, small_settings, unsettle, with_embedder, write

from coach.errors import SettingsError, StoreError
from coach.library import generation, passages
from coach.library.catalogue import Catalogue
from coach.library.confidence import Evidence
from coach.library.folders import File, scan
from coach.library.lock import catalogue_path, folder
from coach.library.search import Searcher
from coach.library.store import VectorStore
from coach.library.sync import sync
from coach.records import Failure
from coach.settings import Settings

THANKS = "# Bedanken\n\n## Wanneer\n\nStuur binnen een dag na het gesprek een bedankje.\n\n## Hoe\n\nNoem wat je hebt geleerd.\n"
SILENCE = "# Stilte\n\n## Wachten\n\nWacht twee weken voor je een herinnering stuurt.\n"
GOALS = "# Doelen\n\n## Kiezen\n\nKies samen drie doelen voor het eerste half jaar.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Two files of guidance, not synced yet."""
    settle(tmp_path / "handbook")
    made = small_settings(tmp_path)
    write(made, {"dank.md": THANKS, "map/stil.md": SILENCE})
    yield made
    unsettle()


@pytest.fixture
def synced(settings: Settings) -> Settings:
    """The same, synced."""
    sync(settings)
    return settings


def test_a_sync_measures_how_loud_noise_is_in_the_index_it_made(synced: Settings) -> None:
    kept = Catalogue(catalogue_path(synced)).meta("scale")
    assert set(json.loads(kept)["means"]) == {field.name for field in fields(Evidence)}


def place(settings: Settings, name: str) -> Path:
    """A file of guidance."""
    return settings.knowledge[0] / name


def edit_a_section(settings: Settings) -> None:
    """Change one section of two."""
    place(settings, "dank.md").write_text(THANKS.replace("Noem wat je hebt geleerd", "Zeg wat het je bracht"))


def insert_above(settings: Settings) -> None:
    """Move every section of a file down."""
    place(settings, "dank.md").write_text(THANKS.replace("## Wanneer", "## Vooraf\n\nKort is goed.\n\n## Wanneer"))


def everything_at_once(settings: Settings) -> None:
    """Move a file, remove one and add one."""
    place(settings, "map/stil.md").rename(place(settings, "z.md"))
    place(settings, "dank.md").unlink()
    write(settings, {"doel.md": GOALS})


CHANGES: list[tuple[str, Callable[[Settings], object], dict[str, int]]] = [
    ("nothing", lambda _: None, {"unchanged": 2}),
    ("a new file", lambda s: write(s, {"doel.md": GOALS}), {"added": 1, "unchanged": 2, "embedded": 1}),
    ("a file gone", lambda s: place(s, "dank.md").unlink(), {"removed": 1, "unchanged": 1}),
    ("one section edited", edit_a_section, {"changed": 1, "unchanged": 1, "embedded": 1}),
    ("a section put above", insert_above, {"changed": 1, "unchanged": 1, "embedded": 1}),
    ("renamed", lambda s: place(s, "dank.md").rename(place(s, "dankjewel.md")), {"moved": 1, "unchanged": 1}),
    ("moved", lambda s: place(s, "map/stil.md").rename(place(s, "stil.md")), {"moved": 1, "unchanged": 1}),
    ("touched", lambda s: os.utime(place(s, "dank.md"), ns=(1, 1)), {"unchanged": 2}),
    ("copied", lambda s: shutil.copy(place(s, "dank.md"), place(s, "kopie.md")), {"added": 1, "unchanged": 2}),
    ("a note beside", lambda s: write(s, {"README.md": "Van ons.", "foto.png": "x"}), {"unchanged": 2}),
    (
        "everything at once",
        everything_at_once,
        {"moved": 1, "removed": 1, "added": 1, "embedded": 1},
    ),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_a_sync_counts_and_embeds(synced: Settings, change: Callable[[Settings], object], expected: dict[str, int]) -> None:
    change(synced)
    first, second = sync(synced), sync(synced)
    total = sum(expected.get(name, 0) for name in ("added", "changed", "moved", "unchanged"))
    assert (counts(first), counts(second)) == (expected, {"unchanged": total})


@pytest.mark.parametrize("change", [row[1] for row in CHANGES if row[0] != "copied"])
def test_the_index_is_as_if_it_were_made_anew(synced: Settings, change: Callable[[Settings], object], tmp_path: Path) -> None:
    change(synced)
    sync(synced)
    anew = small_settings(tmp_path / "anew", knowledge=synced.knowledge)
    sync(anew)
    question = "wanneer stuur ik een herinnering of een bedankje"
    both = [Searcher(settings).search(question).to_dict() for settings in (synced, anew)]
    assert (indexed(synced), both[0]) == (indexed(anew), both[1])


def test_a_dry_run_tells_and_changes_nothing(synced: Settings) -> None:
    write(synced, {"doel.md": GOALS})
    place(synced, "dank.md").unlink()
    before = indexed(synced)
    told = sync(synced, dry_run=True)
    assert (counts(told), indexed(synced), counts(sync(synced))) == (
        {"added": 1, "removed": 1, "unchanged": 1},
        before,
        {"added": 1, "removed": 1, "unchanged": 1, "embedded": 1},
    )


def test_a_dry_run_before_the_first_sync_leaves_no_trace(settings: Settings) -> None:
    write(settings, {"a.md": "# A\n\nEen tekst.\n"})
    report = sync(settings, dry_run=True)
    assert (counts(report), settings.home.exists()) == ({"added": 3}, False)


def test_files_that_cannot_be_read_are_named_each_time_and_the_rest_goes_on(settings: Settings) -> None:
    write(settings, {"leeg.md": "", "brief.docx": "PK not a zip", "notitie.xyz": "?", "zin.md\n": "x"})
    first, second = sync(settings), sync(settings)
    assert (first.failed, [failure.path for failure in first.failed], counts(second)) == (
        second.failed,
        ["brief.docx", "leeg.md", "notitie.xyz", "zin.md\\n"],
        {"unchanged": 2},
    )


def test_a_file_that_was_mended_is_read(settings: Settings) -> None:
    write(settings, {"leeg.md": ""})
    sync(settings)
    write(settings, {"leeg.md": GOALS})
    assert (sync(settings).failed, "leeg.md" in indexed(settings)) == ((), True)


def test_a_folder_that_is_missing_is_refused_and_the_index_kept(synced: Settings) -> None:
    before = indexed(synced)
    synced.knowledge[0].rename(synced.home / "elsewhere")
    with pytest.raises(SettingsError, match="does not exist; make it, or correct the setting"):
        sync(synced)
    assert indexed(synced) == before


def test_an_edit_within_the_same_second_and_of_the_same_size_is_noticed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(roots: Sequence[Path]) -> tuple[list[File], list[Failure]]:
        """A disk whose clock is too slow to tell the two states of the file apart."""
        files, failures = scan(roots)
        return [replace(file, stamp=str(file.full.stat().st_size)) for file in files], failures

    monkeypatch.setattr("coach.library.changes.scan", coarse)
    sync(settings)
    write(settings, {"map/stil.md": SILENCE.replace("twee", "drie")})
    sync(settings)
    assert indexed(settings)["map/stil.md"] == ["Wacht drie weken voor je een herinnering stuurt."]


def test_another_version_of_the_chunker_reads_every_file_again(synced: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "VERSION", passages.VERSION + 1)
    monkeypatch.setattr(passages, "WHOLE", 20)
    write(synced, {"doel.md": GOALS})
    assert counts(sync(synced)) == {"added": 1, "unchanged": 2, "embedded": 1}


def test_another_embedder_is_built_beside_while_the_old_answers(synced: Settings) -> None:
    other = with_embedder(synced, "counts:b")
    seen: list[str] = []

    def look(what: str, done: int, total: int) -> None:
        found = Searcher(other).search("wanneer stuur ik een bedankje", 1)
        seen.append(f"{found.hits[0].passage.document} {bool(found.notice)}")

    report = sync(other, progress=look)
    after = Searcher(other).search("wanneer stuur ik een bedankje", 1)
    assert (set(seen), after.notice, after.hits[0].passage.document, report.embedded > 3) == (
        {"dank.md True"},
        "",
        "dank.md",
        True,
    )


def test_going_back_to_an_embedder_leaves_one_collection(synced: Settings) -> None:
    sync(with_embedder(synced, "counts:b"))
    sync(synced)
    store = VectorStore(folder(synced) / "chroma", synced)
    names = store.collections()
    store.close()
    assert len(names) == 1


def overwrite(settings: Settings, first: float, last: float) -> None:
    """Damage the catalogue from one part of its length to another; its pages are of 4,096 bytes."""
    path = catalogue_path(settings)
    size = path.stat().st_size // 4096
    with path.open("r+b") as stream:
        stream.seek(int(first * size + 0.99) * 4096)
        stream.write(b"\xff" * max(1, int(size * (last - first))) * 4096)


def other_version(settings: Settings) -> None:
    """Make the catalogue one of another version of the coach."""
    with sqlite3.connect(catalogue_path(settings)) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'version'")


def break_chroma(settings: Settings) -> None:
    """Overwrite Chroma's database."""
    (folder(settings) / "chroma" / "chroma.sqlite3").write_bytes(b"no database at all")


def lose_vectors(settings: Settings) -> None:
    """Remove the folders beside Chroma's database."""
    for path in (folder(settings) / "chroma").iterdir():
        if path.is_dir():
            shutil.rmtree(path)


DAMAGE: list[tuple[str, Callable[[Settings], object]]] = [
    ("header", lambda s: overwrite(s, 0, 0.01)),
    ("all but the header", lambda s: overwrite(s, 0.01, 1)),
    ("the middle", lambda s: overwrite(s, 0.3, 0.6)),
    ("the end", lambda s: overwrite(s, 0.5, 1)),
    ("version", other_version),
    ("catalogue gone", lambda s: catalogue_path(s).unlink()),
    ("chroma damaged", break_chroma),
    ("chroma gone", lambda s: shutil.rmtree(folder(s) / "chroma")),
    ("chroma without its vectors", lose_vectors),
    ("everything gone", lambda s: shutil.rmtree(folder(s))),
]


@pytest.mark.parametrize("damage", [row[1] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
@pytest.mark.parametrize("exact", [generation.EXACT, 0], ids=["exact", "chroma"])
def test_damage_is_healed_by_a_sync(
    synced: Settings, damage: Callable[[Settings], object], exact: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "EXACT", exact)
    before = indexed(synced)
    damage(synced)
    searcher = Searcher(synced)
    try:
        searcher.search("wanneer stuur ik een bedankje", 1)
    except StoreError as error:
        assert "run 'coach sync'" in str(error)
    searcher.close()
    sync(synced)
    found = Searcher(synced).search("wanneer stuur ik een bedankje", 1)
    assert (indexed(synced), found.hits[0].passage.document, found.notice) == (before, "dank.md", "")


@pytest.mark.parametrize("damage", [lambda _: None, lambda s: overwrite(s, 0, 0.01)], ids=["well", "damaged"])
def test_nothing_of_a_forgotten_file_stays_in_the_index(settings: Settings, damage: Callable[[Settings], object]) -> None:
    secret = "Bel vertrouwenspersoon Wilhelmina Zonneveld op kamer 12."
    write(settings, {"geheim.md": f"# Contact\n\n## Wie\n\n{secret}\n"})
    sync(settings)
    held = secret.encode() in everything(settings)
    place(settings, "geheim.md").unlink()
    damage(settings)
    sync(settings)
    assert (held, [word for word in (b"Zonneveld", b"zonneveld", b"geheim.md") if word in everything(settings)]) == (True, [])


def everything(settings: Settings) -> bytes:
    """All bytes of the index folder."""
    return b"\0".join(path.read_bytes() for path in folder(settings).rglob("*") if path.is_file())


def test_a_home_that_may_not_be_written_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(StoreError, match=r"COACH_HOME: .*home cannot be written \(Permission denied\)"):
        sync(settings)
