"""Find the passages that answer a question, in the index as it is now.

The index is loaded once and again after a switch (`generation.py`), its passages are scored (`scoring.py`), and each guideline is
found once, in the language of the question where it has a twin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from coach.errors import StoreError
from coach.languages import clauses, detect, language_data
from coach.library.confidence import Evidence, confidence
from coach.library.embedders import Embedder, load_embedder
from coach.library.learning import unit
from coach.library.scoring import Scores, View, order
from coach.records import Hit, Language, Passage, SearchResult, Signal
from coach.settings import Settings

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

CONTEXT = 0.4  # of the question that a follow-up continues, beside the follow-up itself
SEEN = 0.3  # taken off for a passage that the conversation has shown
FOUND, SPARE = 3, 24  # passages read for each that is wanted, and beyond: twins and equal texts are found once
FARTHER = 8  # times as many, where those were too few
LONGEST_QUERY = 2_000  # characters of a question that are read

Result = TypeVar("Result")


class Searcher:
    """Searches the index of the settings; safe to share between threads. Notices when a sync has switched the index.

    Raises `StoreError` when there is no index, `EmbedderError` when its embedder cannot be loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._guard = threading.RLock()
        self._view: View | None = None
        self._embedder: tuple[str, Embedder] | None = None
        self._latest: tuple[View, tuple[str, ...], Vectors] | None = None

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

    def section(self, twin: str, language: Language) -> SearchResult:
        """A section of the handbook by its key, in a language if it is there in that one; nothing where the folders lack it."""

        def found(view: View) -> SearchResult:
            rows = view.catalogue.connection.execute("SELECT id FROM passages WHERE twin = ? ORDER BY id", (twin,)).fetchall()
            passages = view.catalogue.passages(row[0] for row in rows).values()
            chosen = sorted(passages, key=lambda passage: passage.language != language)[:1]
            notice = self._stale(view, language) or view.notices.get(language, "")
            return SearchResult(twin, language, float(bool(chosen)), tuple(Hit(1, each, 1.0) for each in chosen), notice)

        return self._read(found)

    def signals(self, text: str, language: Language) -> tuple[Signal, ...]:
        """What a question tells beside its subject: a person in danger, or one to be judged."""
        text = " ".join(text[:LONGEST_QUERY].split())

        def heard(view: View) -> tuple[Signal, ...]:
            if not text or not view.count:
                return ()
            known = view.bank.signals
            query, *apart = view.bank.see_query(self._embed(view, text, *clauses(text, language)))
            pieces = [] if apart else clauses(text, language, longest_whole=0)
            if pieces and known.traced(query):
                apart = list(view.bank.see_query(self._embed(view, *pieces)))
            return known.heard(query, apart)

        return self._read(heard)

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
        best = order(scores.total)
        hits: tuple[Hit, ...] = ()
        for depth in (FOUND * k + SPARE, FARTHER * (FOUND * k + SPARE)):  # farther only where most are twins or the same
            found = view.catalogue.passages(int(number) for number in scores.numbers[best[:depth]])
            ranked = [(found[int(scores.numbers[i])], float(scores.total[i])) for i in best[:depth]]
            if seen:
                ranked = [(passage, score - SEEN * _was_seen(passage, seen)) for passage, score in ranked]
                ranked.sort(key=lambda pair: -pair[1])
            hits = tuple(_distinct(ranked, spoken, k))
            if len(hits) == k:
                break
        clear = scores.topics[0].weight if scores.topics and hits and hits[0].passage.twin else 1.0
        return SearchResult(text, spoken, confidence(evidence, view.calibration), hits, notice, clear)

    def _score(self, view: View, text: str, language: Language, context: str) -> tuple[Scores, Evidence]:
        raw = self._embed(view, text, *clauses(text, language))
        view.raw_query = raw[0]
        query, *apart = view.bank.see_query(raw)
        if context:
            query, apart = unit(query + CONTEXT * view.bank.see_query(self._embed(view, context))[0]), []
            text = f"{text} {context}"
        scores = view.score(query, text, language, apart)
        return scores, view.evidence(scores, order(scores.total), text, language)

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
                self._view = self._latest = None

    def embed(self, text: str) -> Vectors:
        """The vector of a question as it is compared (see `learning.lens`)."""
        with self._guard:
            view = self.view()
            vector: Vectors = view.bank.see_query(self._embed(view, text))[0]
            return vector

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """The vectors of sentences, to be held against each other (see `Bank.compare`)."""
        with self._guard:
            view = self.view()
            embedder = self._own_embedder(view)
        return view.bank.compare(embedder.passages(list(texts)))

    def _embed(self, view: View, *texts: str) -> Vectors:
        """The vectors of questions as the embedder gives them, kept until others are wanted."""
        if self._latest is None or self._latest[:2] != (view, texts):  # what is listened to is then searched for
            self._latest = (view, texts, self._own_embedder(view).queries(texts))
        return self._latest[2]

    def _own_embedder(self, view: View) -> Embedder:
        """The embedder that the index was made with."""
        setting = view.catalogue.meta("embedder_setting") or self.settings.embedder
        if self._embedder is None or self._embedder[0] != setting:
            self._embedder = (setting, load_embedder(setting, self.settings))
        return self._embedder[1]

    def _stale(self, view: View, language: Language) -> str:
        made = view.catalogue.meta("embedder_setting")
        if made and made != self.settings.embedder:
            return language_data(language).texts.stale_embedder.format(old=made, new=self.settings.embedder)
        return ""


def _was_seen(passage: Passage, seen: frozenset[str]) -> bool:
    places = (place.rpartition(":") for place in seen)
    return any(path == passage.document and passage.start <= int(start) < passage.end for path, _, start in places)


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
