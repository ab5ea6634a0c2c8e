"""Score the passages of an index for a question: meaning, words, and what the question bank takes the question to be about.

    score(passage) =  cosine(question, passage)                      about the means of both, through the lens of the bank
                   +  ASKED    x best cosine(question, a question that the passage's own section lists)
                   +  TOPICS   x mean cosine(section of the bank, passage), weighted by how likely the question is about it
                   +  WORDS    x share of the question's words in the passage        (BM25)
                   +  TOPIC_WORDS x share of the likely sections' words in the passage    (BM25)

Scores are fused, not ranks, since BM25 of an English question over Dutch text is noise and should weigh as little as it says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.languages import LANGUAGES, language_data
from coach.library import lexical
from coach.library.bank import Topic
from coach.library.catalogue import vector_key
from coach.library.confidence import Evidence, Scale, measure
from coach.library.generation import CANDIDATES, Generation
from coach.records import Language

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

RANKED = 1_000  # passages that words rank, at most; further down they tell nothing
ASKED = 0.6
TOPICS = 2.0
WORDS = 0.5
TOPIC_WORDS = 0.2
TOPIC_TERMS = 60  # words of the likely sections that are searched for
OTHER_LANGUAGE = 0.05  # taken off for a passage in the other language
TOP = 3  # passages that confidence is judged on


@dataclass(frozen=True)
class Scores:
    """Row numbers of passages with their scores, and what confidence is judged on."""

    numbers: Any
    total: Vectors
    likeness: Vectors
    outside: float  # cosine with the nearest question that the handbook is known not to answer
    topics: list[Topic]


class View(Generation):
    """A generation of the index with the scores of its passages, and how loud noise is in it."""

    noise: Scale

    def _load(self) -> None:
        super()._load()
        self.noise = self.scale() if self.count else Scale({}, {})

    def score(self, query: Vectors, text: str, language: Language) -> Scores:
        """Every passage, or every candidate, with its score; `query` is seen through the lens."""
        import numpy as np

        connection = self.catalogue.connection
        topics = self.bank.consult(connection, query, text, language)
        terms = lexical.query_terms(text, language, _Vocabulary(connection))
        limit = RANKED if self.exact else CANDIDATES
        by_words = lexical.search(connection, terms, limit)
        by_topic = lexical.search(connection, self._topic_terms(topics), limit)
        places, vectors, asked = self.candidates(query, topics, [*by_words, *by_topic])
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
                noise.append(self.evidence(scores, order(scores.total), text, language))
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


def order(total: Vectors) -> Any:
    """The places of scores, best first; equal ones in the order of the index."""
    import numpy as np

    return np.argsort(-total, kind="stable")
