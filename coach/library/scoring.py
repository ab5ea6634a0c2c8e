"""Score the passages of an index for a question: meaning, words, and what the question bank takes the question to be about.

    score(passage) =  (2 - h) x cosine(question, passage)            about the means of both, through the lens of the bank
                   +  ASKED x best cosine(question, a question that the passage's own section lists)
                   +  WORDS x share of the question's words in the passage        (BM25)
                   +  h x TOPICS x mean cosine(section of the bank, passage), weighted by how likely the question is about it
                   +  h x TOPIC_WORDS x share of the likely sections' words in the passage    (BM25)

                   +  OWN + OWN_LIKENESS x cosine + OURS    for a passage of the programme's own beside the handbook

with h, 0 to 1, how surely the question is one for the handbook (`border.py`): about parking or pay the bank has nothing to say.
Scores are fused, not ranks, since BM25 of an English question over Dutch text is noise and should weigh as little as it says.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.languages import LANGUAGES, asks_for_own, language_data
from coach.library import bank, border, lexical
from coach.library.bank import Topic, outside
from coach.library.border import Border, draw, spoken_of
from coach.library.catalogue import vector_key
from coach.library.confidence import Calibration, Evidence, measure
from coach.library.generation import CANDIDATES, Generation
from coach.records import Language

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

RANKED = 1_000  # passages that words rank, at most; further down they tell nothing
ASKED = 0.6
TOPICS = 2.0
INSIDE = 3.0  # deviations, of both signals of the border together, at which the handbook's subject is as likely meant as not
WORDS = 0.5
TOPIC_WORDS = 0.4
TOPIC_TERMS = 60  # words of the likely sections that are searched for
OWN = 0.5  # for a passage of the programme's own: what it says of a subject goes before what the handbook says
OWN_LIKENESS = 2.5  # of its cosine, since sections of the handbook are nearest to themselves in the bank, and it is to nothing
OURS = 1.0  # where the question asks how it is done in the programme
OTHER_LANGUAGE = 0.05  # taken off for a passage in the other language
TOP = 3  # passages that confidence is judged on


def measured_with() -> str:
    """Changes with the weights above and those of the bank and the border: the scale of an index holds for these alone."""
    weights = {
        name: value for module in (bank, border, sys.modules[__name__]) for name, value in vars(module).items() if name.isupper()
    }
    return hashlib.sha256(repr(sorted(weights.items())).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Scores:
    """Row numbers of passages with their scores, and what confidence is judged on."""

    numbers: Any
    total: Vectors
    topics: list[Topic]
    sides: tuple[float, float]  # of the border
    ahead: float  # see `Evidence`


class View(Generation):
    """A generation of the index with the scores of its passages, how loud noise is in it and where its guidance ends."""

    calibration: Calibration
    border: Border

    def _load(self) -> None:
        super()._load()
        self._terms: dict[int, Mapping[str, float]] = {}
        if self.count:
            kept = self.catalogue.meta("scale") if self.catalogue.meta("scale_of") == measured_with() else ""
            self._calibrate(Calibration.from_json(kept) if kept else self.calibrate())

    def score(self, query: Vectors, text: str, language: Language, clauses: Sequence[Vectors] = ()) -> Scores:
        """Every passage, or every candidate, with its score; the vectors of the question and its clauses are through the lens."""
        import numpy as np

        connection = self.catalogue.connection
        heard = np.stack([query, *clauses])
        near = self.bank.near(heard)
        topics = self.bank.consult(connection, heard, near, text, language)
        terms = lexical.query_terms(text, language, _Vocabulary(connection))
        limit = RANKED if self.exact else CANDIDATES
        by_words = lexical.search(connection, terms, limit)
        by_topic = lexical.search(connection, self._topic_terms(topics), limit)
        places, vectors, asked = self.candidates(query, topics, [*by_words, *by_topic])
        likeness = vectors @ query
        words = self._share(by_words, places, terms)
        related = self._share(by_topic, places, ())
        sides = self.border.signals(query, near[0])
        inside = 1 / (1 + float(np.exp(-sum(sides) + INSIDE)))
        total = (2 - inside) * likeness + ASKED * np.maximum(asked, 0) + WORDS * words + inside * TOPIC_WORDS * related
        rows = [number - 1 for topic in topics for number in topic.numbers]
        alike = iter((vectors @ self.bank.sections[rows].T).T)
        for topic in topics:
            total = total + inside * TOPICS * topic.weight * np.max([next(alike) for _ in topic.numbers], axis=0)
        first = OWN + OURS * asks_for_own(text, language) + OWN_LIKENESS * likeness
        total = total + self.own[places] * first
        foreign = self.languages[places] != LANGUAGES.index(language)
        total = total - self.promotion[places] - OTHER_LANGUAGE * foreign
        ahead = float(likeness.max() - (self.bank.sections @ query).max())
        return Scores(self.numbers[places], total, topics, sides, ahead)

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
        rated: dict[str, float] = {}
        for topic in topics:
            for number in topic.numbers:
                for term, rarity in self._terms_of(number).items():
                    rated[term] = rated.get(term, 0.0) + topic.weight * rarity
        return sorted(rated, key=lambda term: -rated[term])[:TOPIC_TERMS]

    def _terms_of(self, number: int) -> Mapping[str, float]:
        """The words of a section of the bank that stand in this index, with how rare they are in it."""
        if number not in self._terms:
            connection = self.catalogue.connection
            (row,) = connection.execute("SELECT heading, text FROM bank_lexicon WHERE rowid = ?", (number,)).fetchall()
            counts = lexical.frequencies(connection, set(" ".join(row).split()))
            self._terms[number] = {term: lexical.idf(count, self.count) for term, count in counts.items()}
        return self._terms[number]

    def evidence(self, scores: Scores, best: Any, text: str, language: Language) -> Evidence:
        """What speaks for the best passages answering the question."""
        import numpy as np

        nearer, side = scores.sides
        first = [int(number) for number in scores.numbers[best[:TOP]]]
        terms = set(lexical.tokens(text, language))
        counts = lexical.frequencies(self.catalogue.connection, terms)
        weights = {term: lexical.idf(counts.get(term, 0), self.count) for term in terms}
        topical = [("bank_lexicon", list(topic.numbers)) for topic in scores.topics[:TOP]]
        return Evidence(
            nearer=nearer,
            side=side,
            said=self.bank.said(text, language),
            score=float(np.mean(scores.total[best[:TOP]])),
            words=self._share_in([("lexicon", first), *topical], weights),
            ahead=scores.ahead,
        )

    def _share_in(self, places: Sequence[tuple[str, Sequence[int]]], weights: Mapping[str, float]) -> float:
        """The share of weighted words that stand in rows of tables of words."""
        used: set[str] = set()
        for table, rows in places:
            marks = ",".join("?" * len(rows))
            for row in self.catalogue.connection.execute(
                f"SELECT heading, text, asked FROM {table} WHERE rowid IN ({marks})", list(rows)
            ):
                used.update(" ".join(row).split())
        return _share(weights, used)

    def calibrate(self) -> Calibration:
        """Where the guidance ends, and how loud noise is in this index, from a search for the probes; kept by the sync."""
        fingerprint = self.catalogue.meta("embedder")
        lines = draw(self.bank.questions, self.bank.outside, self._spoken_of(fingerprint))
        self._calibrate(Calibration({}, {}, lines))
        noise = []
        for language in LANGUAGES:
            probes = language_data(language).probes
            raw = self.catalogue.vectors_of([vector_key(fingerprint, "query", text) for text in probes])
            for text, vector in zip(probes, raw, strict=True):
                self.raw_query = vector
                scores = self.score(self.bank.see_query(vector), text, language)
                noise.append(self.evidence(scores, order(scores.total), text, language))
        return measure(noise, lines)

    def _calibrate(self, calibration: Calibration) -> None:
        self.calibration = calibration
        self.border = Border(self.bank.outside, calibration.lines)

    def _spoken_of(self, fingerprint: str) -> list[int]:
        """The questions outside the handbook that these folders do answer."""
        texts = [text for language in LANGUAGES for text in outside(language)]
        if not texts:
            return []
        raw = self.catalogue.vectors_of([vector_key(fingerprint, "query", text) for text in texts])
        return spoken_of(self.nearest(raw), self.bank.likest(raw))


def _share(weights: Mapping[str, float], chosen: Collection[str]) -> float:
    total = sum(weights.values())
    return sum(weights.get(word, 0.0) for word in chosen) / total if total else 0.0


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
