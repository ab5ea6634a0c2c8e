"""The vector store against a real Chroma, embedded and served."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small import settle, small_settings, unsettle, with_embedder, write

from coach.errors import StoreError
from coach.health import examine
from coach.library import generation
from coach.library.catalogue import Catalogue
from coach.library.lock import catalogue_path
from coach.library.mirror import mirror_path
from coach.library.search import Searcher
from coach.library.store import VectorStore, collection_name
from coach.library.sync import sync
from coach.settings import Settings

NAME = collection_name("test", 1)
KEYS = [f"k{number}" for number in range(6)]
VECTORS = np.eye(6, 8, dtype=np.float32)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server on loopback, as an operator starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1", "--port", str(port), "--path"]
    folder = tmp_path_factory.mktemp("server")
    environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, str(folder / "data")], stdout=log, stderr=log, env=environment)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/api/v2/heartbeat").close()
            break
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(autouse=True)
def _small_world(tmp_path: Path) -> Iterator[None]:
    settle(tmp_path / "handbook")
    yield
    unsettle()


@pytest.fixture(params=["embedded", "served"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    """An empty store of either kind."""
    url = request.getfixturevalue("server") if request.param == "served" else ""
    made = VectorStore(tmp_path / "chroma", small_settings(tmp_path, chroma_url=url))
    made.drop(made.collections())
    yield made
    made.close()


def test_vectors_come_back_as_they_went_in_and_each_finds_itself(store: VectorStore) -> None:
    store.upsert(NAME, KEYS, VECTORS)
    found = store.vectors(NAME, [*KEYS, "unknown"])
    nearest = [store.query(NAME, vector[None, :], 1)[0][0] for vector in VECTORS]
    assert (store.ids(NAME), nearest, list(found[KEYS[2]])) == (set(KEYS), KEYS, list(VECTORS[2]))


def test_what_was_deleted_or_dropped_is_not_found(store: VectorStore) -> None:
    other = collection_name("test", 2)
    store.upsert(NAME, KEYS, VECTORS)
    store.upsert(other, KEYS, VECTORS)
    store.delete(NAME, KEYS[:4])
    store.drop([other, collection_name("never", 1)])
    assert (store.ids(NAME), store.collections()) == (set(KEYS[4:]), [NAME])


@pytest.mark.parametrize(
    ("expected", "asked", "verdict"),
    [
        (6, VECTORS[1], ""),
        (7, VECTORS[1], "it holds 6 vectors instead of 7"),
        (6, np.full(8, 8**-0.5, np.float32), "a known vector does not find itself"),
    ],
)
def test_a_store_that_is_not_well_says_why(store: VectorStore, expected: int, asked: object, verdict: str) -> None:
    store.upsert(NAME, KEYS, VECTORS)
    assert store.well(NAME, expected, lambda: (["lost" if verdict else "k1"], np.array([asked], np.float32))) == verdict


def test_the_pointer_says_what_was_said_last(store: VectorStore) -> None:
    before = store.pointer()
    store.point({"collection": NAME, "generation": "1"})
    store.point({"collection": NAME, "generation": "2"})
    assert (before, store.pointer()) == ({}, {"collection": NAME, "generation": "2"})


def test_passages_travel_with_their_records_and_questions_without(store: VectorStore) -> None:
    payloads = [{"text": f"text {key}", "record": f"record {key}"} for key in KEYS[:3]]
    store.upsert(NAME, KEYS[:3], VECTORS[:3], payloads)
    store.upsert(NAME, ["k0?0"], VECTORS[3:4])
    assert sorted(store.passages(NAME)) == [(key, f"text {key}", f"record {key}") for key in KEYS[:3]]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:8000", "is no address; write it as http://127.0.0.1:8000"),
        ("http://127.0.0.1:9", "The vector store at http://127.0.0.1:9 could not be opened"),
    ],
)
def test_a_server_that_cannot_be_used_is_named(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        VectorStore(tmp_path / "chroma", small_settings(tmp_path, chroma_url=url))


def test_telemetry_is_off(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "chroma", small_settings(tmp_path))
    settings = store._client.get_settings()
    store.close()
    assert settings.anonymized_telemetry is False


GUIDANCE = {
    "bericht.md": "# Eerste bericht\n\n## De vraag\n\nVraag in je eerste bericht om een kort gesprek, niet om een mentor.\n",
    "dank.md": "# Bedanken\n\n## Wanneer\n\nStuur binnen een dag na het gesprek een bedankje.\n",
    "stil.md": "# Stilte\n\n## Wachten\n\nWacht twee weken voor je een herinnering stuurt.\n",
}


@pytest.fixture
def writer(tmp_path: Path, server: str) -> Settings:
    """A machine with the folders, which synced them to the server."""
    settings = small_settings(tmp_path / "writer", chroma_url=server)
    VectorStore(tmp_path, settings).drop([*VectorStore(tmp_path, settings).collections()])
    write(settings, GUIDANCE)
    sync(settings)
    return settings


@pytest.fixture
def reader(tmp_path: Path, writer: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Another machine: a home of its own, and no guidance."""
    monkeypatch.setattr(generation, "POLL", -1.0)
    return small_settings(tmp_path / "reader", chroma_url=writer.chroma_url)


def texts(searcher: Searcher, question: str) -> list[str]:
    """What a search finds."""
    return [hit.passage.text for hit in searcher.search(question, 8).hits]


def test_a_reader_elsewhere_finds_what_the_writer_finds(writer: Settings, reader: Settings) -> None:
    there, here = (Searcher(settings).search("wanneer stuur ik een bedankje", 3) for settings in (writer, reader))
    assert (here.hits[0].passage.text, here.to_dict()) == (
        "Stuur binnen een dag na het gesprek een bedankje.",
        there.to_dict(),
    )


def test_a_reader_notices_each_switch_and_forgets_what_was_removed(writer: Settings, reader: Settings) -> None:
    searcher = Searcher(reader)
    before = texts(searcher, "wanneer stuur ik een herinnering")
    (writer.knowledge[0] / "stil.md").unlink()
    write(writer, {"dank.md": "# Bedanken\n\n## Wanneer\n\nBel op de dag zelf om dank te zeggen.\n"})
    sync(writer)
    after = texts(searcher, "wanneer stuur ik een herinnering")
    searcher.close()
    kept = b"".join(file.read_bytes() for file in mirror_path(reader).parent.glob("mirror.sqlite3*"))
    assert (
        "Wacht twee weken voor je een herinnering stuurt." in before,
        "Wacht twee weken voor je een herinnering stuurt." in after,
        "Bel op de dag zelf om dank te zeggen." in after,
        b"twee weken" in kept or b"herinner" in kept,
    ) == (True, False, True, False)


def test_offsets_that_moved_reach_readers(writer: Settings, reader: Settings) -> None:
    write(writer, {"dank.md": "# Bedanken\n\nKort en warm.\n\n## Wanneer\n\nStuur binnen een dag na het gesprek een bedankje.\n"})
    sync(writer)
    found = Searcher(reader).search("wanneer stuur ik een bedankje", 1).hits[0].passage
    text = (writer.knowledge[0] / "dank.md").read_text()
    assert text[found.start : found.end] == found.text == "Stuur binnen een dag na het gesprek een bedankje."


def test_a_reader_survives_another_embedder(writer: Settings, reader: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "POLL", 1_000.0)  # it learns of the switch by asking a collection that is gone
    searcher = Searcher(reader)
    texts(searcher, "bedankje")
    sync(with_embedder(writer, "counts:b"))
    found = searcher.search("wanneer stuur ik een bedankje", 1)
    store = VectorStore(reader.home, reader)
    names = store.collections()
    store.close()
    assert (found.hits[0].passage.document, "counts:b" in found.notice, len(names)) == ("dank.md", True, 2)


def test_a_writer_that_lost_its_index_is_followed_again(writer: Settings, reader: Settings) -> None:
    searcher = Searcher(reader)
    texts(searcher, "bedankje")
    catalogue_path(writer).unlink()  # it begins again at generation 1
    write(writer, {"dank.md": "# Bedanken\n\n## Wanneer\n\nSchrijf een kaartje.\n"})
    sync(writer)
    assert "Schrijf een kaartje." in texts(searcher, "bedankje")


def test_a_server_that_lost_the_index_is_filled_again(writer: Settings, reader: Settings) -> None:
    store = VectorStore(writer.home, writer)
    store.drop(store.collections())
    store.close()
    report = sync(writer)
    said = "Stuur binnen een dag na het gesprek een bedankje."
    assert (report.embedded, texts(Searcher(reader), said)[0]) == (0, said)


def test_a_reader_process_of_its_own_searches_the_same_index(writer: Settings, reader: Settings, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from small import settle; settle(Path(sys.argv[2]))\n"
        "from coach import Coach; print(Coach().search('wanneer stuur ik een bedankje', 1).hits[0].passage.text)"
    )
    environment = os.environ | {
        "COACH_HOME": str(reader.home),
        "COACH_KNOWLEDGE": str(tmp_path / "nowhere"),
        "COACH_CHROMA_URL": writer.chroma_url,
        "COACH_EMBEDDER": "counts:a",
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path / "handbook")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Stuur binnen een dag na het gesprek een bedankje.\n", done.stderr


def test_nothing_synced_yet_says_where_to_sync(tmp_path: Path, server: str) -> None:
    settings = small_settings(tmp_path, chroma_url=server)
    store = VectorStore(tmp_path, settings)
    store.drop(store.collections())
    store.close()
    with pytest.raises(StoreError, match=f"Nothing was ever synced to {server}; run 'coach sync' on the machine"):
        Searcher(settings).search("bedankje")


def test_the_doctor_is_content_with_a_served_index(writer: Settings) -> None:
    found = {check.name: check for check in examine(writer).checks}
    assert (found["vector store"].state, writer.chroma_url in found["vector store"].detail) == ("ok", True)


def test_the_doctor_is_content_with_a_machine_that_only_reads(reader: Settings) -> None:
    """It has no folders and no index of its own, and must not be told to sync: that would replace the index for everybody."""
    elsewhere = reader.model_copy(update={"knowledge": (reader.home / "nowhere",)})
    before = examine(elsewhere)
    texts(Searcher(reader), "bedankje")
    after = examine(elsewhere)
    said = [check.detail for health in (before, after) for check in health.checks if check.name == "index"]
    assert (before.well, after.well) == (True, True)
    assert "the first question does that" in said[0] and "3 passages, generation 1, taken over" in said[1]
    assert not [check for check in (*before.checks, *after.checks) if "coach sync" in check.advice]


def test_the_doctor_names_a_server_that_holds_nothing_or_does_not_answer(tmp_path: Path, server: str) -> None:
    settings = small_settings(tmp_path, chroma_url=server)
    store = VectorStore(tmp_path, settings)
    store.drop(store.collections())
    store.close()
    silent = small_settings(tmp_path, chroma_url="http://127.0.0.1:9")
    found = [next(check for check in examine(one).checks if check.name == "vector store") for one in (settings, silent)]
    assert [check.state for check in found] == ["problem", "problem"]
    assert "nothing was ever synced" in found[0].detail and "http://127.0.0.1:9 could not be opened" in found[1].detail


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"made_with": "counts:a|0"}, "made by another version of the coach"),
        ({"made_with": "counts:b|0", "embedder_setting": "counts:b"}, "made with counts:b, the settings say counts:a"),
        ({"where": "http://example.org"}, "its vectors are kept in http://example.org, the settings say embedded"),
    ],
)
def test_the_doctor_says_how_an_index_differs_from_the_settings(tmp_path: Path, meta: dict[str, str], words: str) -> None:
    settings = small_settings(tmp_path)
    write(settings, GUIDANCE)
    sync(settings)
    catalogue = Catalogue(catalogue_path(settings))
    catalogue.set_meta(**meta)
    catalogue.close()
    assert words in [check.detail for check in examine(settings).checks]


def test_the_doctor_makes_no_index_and_survives_a_home_that_is_a_file(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    assert (examine(settings).well, settings.home.exists()) == (False, False)
    settings.home.write_text("x")
    assert not examine(settings).well
