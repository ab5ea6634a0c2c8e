"""Find the passages that answer a question: meaning, words, and what the question bank takes the question to be about.

    score(passage) =  cosine(question, passage)                      about the means of both, through the lens of the bank
                   +  ASKED    x best cosine(question, a question that the passage's own section lists)
                   +  TOPICS   x mean cosine(section of the bank, passage), weighted by how likely the question is about it
                   +  WORDS    x share of the question's words in the passage        (BM25)
                   +  TOPIC_WORDS x share of the likely sections' words in the passage    (BM25)

Scores are fused, not ranks, since BM25 of an English question over Dutch text is noise and should weigh as little as it says.
All passages are scored exactly up to `EXACT` of them, which is faster than opening Chroma and misses nothing; beyond that,
and on a server, Chroma proposes the candidates.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from coach.errors import DamagedError, LockedError, StoreError
from coach.languages import LANGUAGES, detect, language_data
from coach.library import lexical
from coach.library.bank import Bank, Topic, unit
from coach.library.catalogue import Catalogue, discard, vector_key
from coach.library.confidence import Evidence, Scale, confidence, measure
from coach.library.embedders import Embedder, load_embedder
from coach.library.lock import catalogue_path, folder, holder, lock
from coach.library.mirror import agrees, mirror, mirror_path
from coach.library.store import VectorStore
from coach.records import Hit, Language, Passage, SearchResult
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

EXACT = 20_000  # passages; 20,000 x 384 numbers are multiplied in about 3 ms
RANKED = 1_000  # passages that words rank, at most; further down they tell nothing
CANDIDATES = 200  # that Chroma proposes for each vector, beyond EXACT
ASKED = 0.6
TOPICS = 2.0
WORDS = 0.5
TOPIC_WORDS = 0.2
TOPIC_TERMS = 60  # words of the likely sections that are searched for
PROMOTION = 0.08  # taken off for a passage that mostly advertises
OTHER_LANGUAGE = 0.05  # taken off for a passage in the other language
CONTEXT = 0.4  # of the question that a follow-up continues, beside the follow-up itself
SEEN = 0.3  # taken off for a passage that the conversation has shown
LONGEST_QUERY = 2_000  # characters of a question that are read
TOP = 3  # passages that confidence is judged on
POLL = 1.0  # seconds between two looks at whether a server switched its index


Result = TypeVar("Result")


@dataclass(frozen=True)
class Scores:
    """Row numbers of passages with their scores, and what confidence is judged on."""

    numbers: Any
    total: Vectors
    likeness: Vectors
    outside: float  # cosine with the nearest question that the handbook is known not to answer
    topics: list[Topic]


class Searcher:
    """Searches the index of the settings; safe to share between threads. Notices when a sync has switched the index.

    Raises `StoreError` when there is no index, `EmbedderError` when its embedder cannot be loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._guard = threading.RLock()
        self._view: View | None = None
        self._embedder: tuple[str, Embedder] | None = None

    def search(
        self,
        text: str,
        k: int = 8,
        language: Language | None = None,
        *,
        context: str = "",
        seen: frozenset[str] = frozenset(),
    ) -> SearchResult:
        """The `k` passages that fit a question best, with the confidence that they answer it.

        `context` is an earlier question that this one continues; `seen` are passages already shown ("document:start"), which
        then give way to new ones.
        """
        text = " ".join(text[:LONGEST_QUERY].split())
        spoken: Language = language or detect(text)
        return self._read(lambda view: self._search(view, text, k, spoken, context, seen))

    def evidence(self, text: str, language: Language) -> Evidence:
        """What confidence in the answer to a question is judged on."""
        return self._read(lambda view: self._score(view, text, language, "")[1])

    def _read(self, work: Callable[[View], Result]) -> Result:
        """Read from the index as it is now; once more if it was switched meanwhile."""
        with self._guard:
            try:
                with self.view().reading() as view:
                    return work(view)
            except StoreError:
                stale = self._view is not None and self._view.outdated(look=True)
                self.close()
                if not stale:
                    raise
            with self.view().reading() as view:
                return work(view)

    def _search(self, view: View, text: str, k: int, spoken: Language, context: str, seen: frozenset[str]) -> SearchResult:
        notice = self._stale(view, spoken) or view.notices.get(spoken, "")
        if not text or not view.count:
            return SearchResult(text, spoken, 0.0, (), notice)
        scores, evidence = self._score(view, text, spoken, context)
        best = _order(scores.total)[: 6 * k + 40]
        found = view.catalogue.passages(int(number) for number in scores.numbers[best])
        ranked = [(found[int(scores.numbers[i])], float(scores.total[i])) for i in best]
        if seen:
            ranked = [(passage, score - SEEN * _was_seen(passage, seen)) for passage, score in ranked]
            ranked.sort(key=lambda pair: -pair[1])
        return SearchResult(text, spoken, confidence(evidence, view.noise), tuple(_distinct(ranked, spoken, k)), notice)

    def _score(self, view: View, text: str, language: Language, context: str) -> tuple[Scores, Evidence]:
        query = self._embed(view, text)
        if context:
            query = unit(query + CONTEXT * self._embed(view, context))
            text = f"{text} {context}"
        scores = view.score(query, text, language)
        return scores, view.evidence(scores, _order(scores.total), text, language)

    def view(self) -> View:
        """The index as it is now; loaded again after a switch."""
        with self._guard:
            if self._view is None:
                self._view = View(self.settings)
            elif self._view.outdated():
                self._view.close()
                self._view = View(self.settings)
            return self._view

    def close(self) -> None:
        """Let go of files and connections."""
        with self._guard:
            if self._view is not None:
                self._view.close()
                self._view = None

    def embed(self, text: str) -> Vectors:
        """The vector of a question as it is compared (see `bank.lens`)."""
        with self._guard:
            return self._embed(self.view(), text)

    def _embed(self, view: View, text: str) -> Vectors:
        setting = view.catalogue.meta("embedder_setting") or self.settings.embedder
        if self._embedder is None or self._embedder[0] != setting:
            self._embedder = (setting, load_embedder(setting, self.settings))
        view.raw_query = self._embedder[1].queries([text])[0]
        return view.bank.see_query(view.raw_query)

    def _stale(self, view: View, language: Language) -> str:
        made = view.catalogue.meta("embedder_setting")
        if made and made != self.settings.embedder:
            return language_data(language).texts.stale_embedder.format(old=made, new=self.settings.embedder)
        return ""


class View:
    """One generation of the index, open for reading; `catalogue` and `store` are given where a sync has them open."""

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None, store: VectorStore | None = None) -> None:
        self.settings = settings
        self.notices: dict[Language, str] = {}
        self.raw_query: Vectors
        path = catalogue_path(settings)
        self._store = store
        self._owned = ExitStack()
        self._mirrors = False
        self.unwell = ""
        if not path.is_file() and not settings.chroma_url:
            raise StoreError(f"There is no index in {path.parent} yet; run 'coach sync'.")
        self.catalogue = catalogue or (self._pull(path) if settings.chroma_url else Catalogue(path))
        self._polled = time.monotonic()
        with self.catalogue.snapshot() as self.generation:
            if not self.generation:
                raise StoreError(f"There is no index in {path.parent} yet; run 'coach sync'.")
            self.count = self.catalogue.count()
            self.bank = Bank(self.catalogue)
            self.mean: Vectors = self.catalogue.matrix("mean")[1][0]
            self._load()
            self.noise = self.scale() if self.count else Scale({}, {})
        if self.unwell:
            self.catalogue.set_meta(dirty="1")  # the next sync fills the vector store anew

    def _load(self) -> None:
        import numpy as np

        connection = self.catalogue.connection
        rows = connection.execute("SELECT id, language, promotional FROM passages ORDER BY id").fetchall()
        self.numbers = np.array([row[0] for row in rows], np.int64)
        penalty = [PROMOTION * promotional for _, _, promotional in rows]
        self.promotion = np.array(penalty, np.float32)
        self.languages = np.array([LANGUAGES.index(row[1]) for row in rows], np.int8)
        self.exact = self.count <= EXACT and not self.settings.chroma_url
        if self.exact:
            self._load_vectors()
        elif self._store is None:
            self._open_store()

    def _load_vectors(self) -> None:
        import numpy as np

        connection = self.catalogue.connection
        own = connection.execute("SELECT v.vector FROM passages p JOIN vectors v ON v.key = p.vector ORDER BY p.id").fetchall()
        if len(own) != self.count:
            raise StoreError(f"The index in {self.catalogue.path.parent} lacks vectors; run 'coach sync' to mend it.")
        self.matrix = self.bank.see(
            np.frombuffer(b"".join(row[0] for row in own), np.float32).reshape(self.count, len(self.mean)), self.mean
        )
        asked = connection.execute("SELECT q.passage, v.vector FROM questions q JOIN vectors v ON v.key = q.vector").fetchall()
        self.asked_of = np.searchsorted(self.numbers, np.array([row[0] for row in asked], np.int64))
        vectors = np.frombuffer(b"".join(row[1] for row in asked), np.float32).reshape(len(asked), len(self.mean))
        self.asked = self.bank.see_query(vectors)

    def _open_store(self) -> None:
        """Open the embedded Chroma as its only owner; while another has it, or it is damaged, every passage is scored instead."""
        try:
            self._owned.enter_context(lock(self.settings, "search", 0.0))
            self._store = VectorStore(folder(self.settings) / "chroma", self.settings)
            self.unwell = self._store.well(self.catalogue.meta("collection"), self.catalogue.entries, self.catalogue.sample)
        except LockedError:
            reason = holder(self.settings)
            self.notices = {each: language_data(each).texts.exact_meanwhile.format(holder=reason) for each in LANGUAGES}
        except StoreError as error:
            self.unwell = str(error)
        if self.unwell:
            self.notices = {each: language_data(each).texts.exact_unwell for each in LANGUAGES}
        if self.notices:
            self.exact = True
            self._load_vectors()

    def _pull(self, path: Path) -> Catalogue:
        """The catalogue of the index on the server: this machine's own if it wrote that index, else a copy kept up to date."""
        self._store = VectorStore(folder(self.settings) / "chroma", self.settings)
        pointer = self._store.pointer()
        if not pointer:
            raise StoreError(
                f"Nothing was ever synced to {self.settings.chroma_url}; run 'coach sync' on the machine with the folders."
            )
        if path.is_file():
            own = Catalogue(path)
            if (own.meta("origin"), own.meta("where")) == (pointer["origin"], self.settings.chroma_url):
                return own
            own.close()
        try:
            copy = Catalogue(mirror_path(self.settings))
        except DamagedError:
            discard(mirror_path(self.settings))
            copy = Catalogue(mirror_path(self.settings))
        self._mirrors = True
        if not agrees(copy, pointer):
            mirror(copy, self._store, pointer, self.settings)
        return copy

    @contextmanager
    def reading(self) -> Iterator[View]:
        """This generation, whatever a sync commits meanwhile. Raises `StoreError` if it is not the current one any more."""
        with self.catalogue.snapshot() as generation:
            if generation != self.generation:
                raise StoreError("The index was switched during a search; ask again.")
            yield self

    def outdated(self, *, look: bool = False) -> bool:
        """Whether the index was switched since this view was loaded; a server is asked every `POLL` seconds, or with `look`."""
        if self._mirrors and self._store and (look or time.monotonic() - self._polled > POLL):
            self._polled = time.monotonic()
            return not agrees(self.catalogue, self._store.pointer())
        return self.catalogue.replaced or self.catalogue.generation != self.generation

    def close(self) -> None:
        """Let go of files and connections."""
        if self._store is not None:
            self._store.close()
            self._store = None
        self._owned.close()
        self.catalogue.close()

    def score(self, query: Vectors, text: str, language: Language) -> Scores:
        """Every passage, or every candidate, with its score; `query` is seen through the lens."""
        import numpy as np

        connection = self.catalogue.connection
        topics = self.bank.consult(connection, query, text, language)
        terms = lexical.query_terms(text, language, _Vocabulary(connection))
        limit = RANKED if self.exact else CANDIDATES
        by_words = lexical.search(connection, terms, limit)
        by_topic = lexical.search(connection, self._topic_terms(topics), limit)
        places, vectors, asked = self._candidates(query, topics, [*by_words, *by_topic])
        likeness = vectors @ query
        words = self._share(by_words, places, terms)
        related = self._share(by_topic, places, ())
        total = likeness + ASKED * np.maximum(asked, 0) + WORDS * words + TOPIC_WORDS * related
        rows = [number - 1 for topic in topics for number in topic.numbers]
        alike = iter((vectors @ self.bank.sections[rows].T).T)
        for topic in topics:
            total = total + TOPICS * topic.weight * np.max([next(alike) for _ in topic.numbers], axis=0)
        foreign = self.languages[places] != LANGUAGES.index(language)
        total = total - self.promotion[places] - OTHER_LANGUAGE * foreign
        return Scores(self.numbers[places], total, np.maximum(likeness, asked), self.bank.outside_likeness(query), topics)

    def _candidates(self, query: Vectors, topics: Sequence[Topic], numbers: Iterable[int]) -> tuple[Any, Vectors, Vectors]:
        """Places of passages to score, their vectors about the mean, and their likeness by the questions they list."""
        import numpy as np

        if self.exact:
            asked = np.full(self.count, -1.0, np.float32)
            if len(self.asked):
                np.maximum.at(asked, self.asked_of, self.asked @ query)
            return np.arange(self.count), self.matrix, asked
        assert self._store is not None
        name = self.catalogue.meta("collection")
        probes = [self.raw_query, *(self.bank.raw(topic.numbers[0]) for topic in topics[:3])]
        near = dict(self._store.query(name, np.stack(probes), min(CANDIDATES, self.count)))
        keys = dict(
            self.catalogue.connection.execute(
                f"SELECT id, key FROM passages WHERE id IN ({','.join(str(int(number)) for number in set(numbers))})"
            )
        )
        lacking = [key for key in keys.values() if key not in near]
        near.update(self._store.vectors(name, lacking) if lacking else {})
        own = {key: vector for key, vector in near.items() if "?" not in key}
        questioned = {key.partition("?")[0] for key in near if "?" in key} - set(own)
        own.update(self._store.vectors(name, sorted(questioned)) if questioned else {})
        ids = self.catalogue.ids_of(list(own))
        known = sorted(ids, key=lambda key: ids[key])
        places = np.searchsorted(self.numbers, np.array([ids[key] for key in known], np.int64))
        vectors = self.bank.see(np.stack([own[key] for key in known]), self.mean)
        place_of = {key: row for row, key in enumerate(known)}
        asked = np.full(len(known), -1.0, np.float32)
        for key, vector in near.items():
            row = place_of.get(key.partition("?")[0], -1) if "?" in key else -1
            if row >= 0:
                asked[row] = max(asked[row], float(self.bank.see_query(vector) @ query))
        return places, vectors, asked

    def _share(self, found: Mapping[int, float], places: Any, terms: Sequence[str]) -> Vectors:
        """BM25 scores as shares: of the most that the terms could give, or of the best passage where no terms are given."""
        import numpy as np

        shares = np.zeros(self.count, np.float32)
        if found:
            counts = lexical.frequencies(self.catalogue.connection, terms) if terms else {}
            most = sum(lexical.idf(counts.get(term, 0), self.count) for term in terms) * lexical.HIGHEST
            most = most or max(found.values())
            where = np.searchsorted(self.numbers, np.fromiter(found, np.int64))
            shares[where] = np.fromiter(found.values(), np.float32) / max(most, 1e-9)
        return np.asarray(shares[places])

    def _topic_terms(self, topics: Sequence[Topic]) -> list[str]:
        """The words that set the likely sections apart, best first."""
        connection = self.catalogue.connection
        weights: dict[str, float] = {}
        for topic in topics:
            marks = ",".join("?" * len(topic.numbers))
            for heading, text in connection.execute(
                f"SELECT heading, text FROM bank_lexicon WHERE rowid IN ({marks})", topic.numbers
            ):
                for term in set(f"{heading} {text}".split()):
                    weights[term] = weights.get(term, 0.0) + topic.weight
        counts = lexical.frequencies(connection, weights)
        rated = {term: weights[term] * lexical.idf(count, self.count) for term, count in counts.items()}
        return sorted(rated, key=lambda term: -rated[term])[:TOPIC_TERMS]

    def evidence(self, scores: Scores, best: Any, text: str, language: Language) -> Evidence:
        """What speaks for the best passages answering the question."""
        import numpy as np

        connection = self.catalogue.connection
        first = best[:TOP]
        top = float(np.mean(scores.total[first]))
        known = max((topic.likeness for topic in scores.topics), default=0.0)
        return Evidence(
            likeness=float(np.max(scores.likeness[first])),
            score=top,
            margin=top - float(np.mean(scores.total[best[20:60]])) if len(best) > 20 else 0.0,
            topic=known,
            outside=known - scores.outside,
            words=self._covered(connection, text, language, [int(number) for number in scores.numbers[first]], scores.topics),
        )

    def _covered(
        self,
        connection: sqlite3.Connection,
        text: str,
        language: Language,
        numbers: Sequence[int],
        topics: Sequence[Topic],
    ) -> float:
        """The share of the question's words, weighted by rarity, that stand in these passages or the likeliest topics."""
        terms = set(lexical.tokens(text, language))
        if not terms:
            return 0.0
        used: set[str] = set()
        places = [("lexicon", numbers)] + [("bank_lexicon", list(topic.numbers)) for topic in topics[:TOP]]
        for table, rows in places:
            marks = ",".join("?" * len(rows))
            for row in connection.execute(f"SELECT heading, text, asked FROM {table} WHERE rowid IN ({marks})", rows):
                used.update(" ".join(row).split())
        counts = lexical.frequencies(connection, terms)
        weights = {term: lexical.idf(counts.get(term, 0), self.count) for term in terms}
        return sum(weight for term, weight in weights.items() if term in used) / sum(weights.values())

    def scale(self) -> Scale:
        """How loud noise is in this index, measured with the probes; kept in the catalogue by the sync."""
        kept = self.catalogue.meta("scale")
        return Scale.from_json(kept) if kept else self.measure()

    def measure(self) -> Scale:
        """Search for the probes and take the measure of what comes back."""
        fingerprint = self.catalogue.meta("embedder")
        noise = []
        for language in LANGUAGES:
            probes = language_data(language).probes
            raw = self.catalogue.vectors_of([vector_key(fingerprint, "query", text) for text in probes])
            for text, vector in zip(probes, raw, strict=True):
                self.raw_query = vector
                scores = self.score(self.bank.see_query(vector), text, language)
                noise.append(self.evidence(scores, _order(scores.total), text, language))
        return measure(noise)


class _Vocabulary:
    """The word forms of the index, for splitting the compounds of a question."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __contains__(self, word: object) -> bool:
        found = self._connection.execute("SELECT 1 FROM lexicon_terms WHERE term = ?", (f"{word}qq",)).fetchone()
        return found is not None

    def __iter__(self) -> Any:
        raise TypeError("the vocabulary is only asked, never listed")

    def __len__(self) -> int:
        return 1


def _was_seen(passage: Passage, seen: frozenset[str]) -> bool:
    places = (place.rpartition(":") for place in seen)
    return any(path == passage.document and passage.start <= int(start) < passage.end for path, _, start in places)


def _order(total: Vectors) -> Any:
    import numpy as np

    return np.argsort(-total, kind="stable")


def _distinct(ranked: Sequence[tuple[Passage, float]], language: Language, k: int) -> list[Hit]:
    """The best passages, each guideline once: of twins the one in the language asked for, of equal texts the first."""
    twins: dict[str, tuple[Passage, float]] = {}
    for passage, score in ranked:
        if passage.twin and (passage.twin not in twins or (passage.language == language != twins[passage.twin][0].language)):
            best = max(score, twins[passage.twin][1]) if passage.twin in twins else score
            twins[passage.twin] = (passage, best)
    seen: set[str] = set()
    hits: list[Hit] = []
    for passage, score in ranked:
        shown = twins[passage.twin][0] if passage.twin else passage
        identity = passage.twin or " ".join(passage.text.split()).lower()
        if identity in seen:
            continue
        seen.add(identity)
        hits.append(Hit(len(hits) + 1, shown, score))
        if len(hits) == k:
            break
    return hits
