"""The question bank: how people put things, and the section of the handbook that each way of putting it is about.

People word a question far from any guidance ("ik krijg al weken niks terug"). The bank knows thousands of such wordings for
the sections of the handbook that ships with the coach. A question is first matched with them; the sections so found then
say, in guidance words and in both languages, what to look for in the folders of this programme, whatever those hold. It is
consulted, never quoted.

The vectors of the bank and the handbook for the bundled embedder ship in `prompts/questions/vectors.npz`, so that a first
sync has nothing to embed; `python -m coach.library.bank` writes that file again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import PromptError
from coach.languages import LANGUAGES, language_data, read_yaml
from coach.library import lexical
from coach.library.catalogue import Catalogue, vector_key
from coach.library.learning import lens, planes, unit
from coach.library.loaders import load
from coach.library.naive_bayes import NaiveBayes, features, learn
from coach.library.passages import passages
from coach.library.signals import Plane, Signals
from coach.records import Language, Passage
from coach.settings import data_folder

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

VERSION = 6  # of what is made from the files; raise it to have every catalogue take the bank in anew
DANGER = "when-a-professional-is-needed#acute-danger"  # its questions are no ordinary ones
INSIDE, OUTSIDE = 0, 1  # the sides of the border, as groups
CONSULTED = 8  # sections that a question is taken to be about, at most
SHARPNESS = 0.1  # how fast the weight falls from the best section to the next, in cosine
SECTION_WEIGHT = 0.7  # of the likeness to the section itself, beside that to the questions it answers
PLANES_WEIGHT = 3.0  # of the side of the plane around a section, 0 to 1, that the question lies on
BAYES_WEIGHT = 0.07  # of how much its words point to a section, in deviations
WORDS_WEIGHT = 0.8  # of the share of the question's words that the section or its questions use


@dataclass(frozen=True)
class Section:
    """A section of the handbook in one language, with every wording of the questions it answers."""

    passage: Passage
    questions: tuple[str, ...]

    @property
    def key(self) -> str:
        """`topic#section`, the same in both languages."""
        return self.passage.twin


def embedding_text(passage: Passage) -> str:
    """What is embedded of a passage: title and headings, the line that introduces it, and its text."""
    lines = (" › ".join((passage.title, *passage.heading)), passage.context, passage.text)
    return "\n".join(line for line in lines if line)


def files() -> list[Path]:
    """The files that the bank is made from."""
    handbook, wordings = data_folder("knowledge"), data_folder("prompts") / "questions"
    own = [path for language in LANGUAGES for path in (handbook / language).glob("*.md")]
    return sorted([*own, *wordings.rglob("*.yaml")])


def digest() -> str:
    """Changes when a file of the bank does."""
    state = hashlib.sha256(f"bank {VERSION}".encode())
    for path in files():
        state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()[:16]


def sections() -> list[Section]:
    """Every section of the handbook that ships with the coach. Raises `PromptError` for a file of wordings that is broken."""
    return [section for language in LANGUAGES for section in _sections(language)]


def _sections(language: Language) -> Iterator[Section]:
    for path in sorted((data_folder("knowledge") / language).glob("*.md")):
        found = [passage for passage in passages(load(path, f"{language}/{path.name}")) if passage.twin]
        wordings = _wordings(data_folder("prompts") / "questions" / language / f"{path.stem}.yaml")
        unknown = set(wordings) - {passage.anchor for passage in found}
        if unknown:
            raise PromptError(f"questions/{language}/{path.stem}.yaml: {path.name} has no section {sorted(unknown)[0]!r}.")
        for passage in found:
            yield Section(passage, tuple(dict.fromkeys((*passage.asked, *wordings.get(passage.anchor, ())))))


def _wordings(path: Path) -> Mapping[str, Sequence[str]]:
    if not path.is_file():
        return {}
    values = read_yaml(path)
    right = isinstance(values, dict) and all(
        isinstance(listed, list) and all(isinstance(text, str) and text.strip() for text in listed) for listed in values.values()
    )
    if not right:
        raise PromptError(f"questions/{path.parent.name}/{path.name}: write 'section-id:' with a list of questions under it.")
    return {str(anchor): [text.strip() for text in listed] for anchor, listed in values.items()}


def outside(language: Language) -> list[str]:
    """Questions that people ask and the handbook does not answer: what a mentor earns, how to boil an egg."""
    path = data_folder("prompts") / "questions" / f"outside.{language}.yaml"
    return [text for listed in _wordings(path).values() for text in listed]


def signals(language: Language) -> Mapping[str, Sequence[str]]:
    """Examples of questions that tell something beside their subject, with near misses, by group (see `signals.py`)."""
    return _wordings(data_folder("prompts") / "questions" / f"signals.{language}.yaml")


def wanted_vectors(bank: Sequence[Section], fingerprint: str) -> dict[bytes, tuple[str, str]]:
    """Every vector that the bank and the probes of noise need: its key, and the kind and text to embed."""
    wanted = {}
    for section in bank:
        for kind, text in (
            ("passage", embedding_text(section.passage)),
            *(("query", text) for text in section.questions),
        ):
            wanted[vector_key(fingerprint, kind, text)] = (kind, text)
    for language in LANGUAGES:
        told = (text for listed in signals(language).values() for text in listed)
        for text in (*language_data(language).probes, *outside(language), *told):
            wanted[vector_key(fingerprint, "query", text)] = ("query", text)
    return wanted


def write(catalogue: Catalogue, bank: Sequence[Section], fingerprint: str) -> None:
    """Put a new bank into the catalogue, within an open transaction; its vectors must be kept already."""
    connection = catalogue.connection
    connection.execute("DELETE FROM bank")
    connection.execute("DELETE FROM bank_lexicon")
    connection.execute("DELETE FROM bank_vectors")
    connection.executemany("INSERT INTO bank_vectors VALUES (?)", ((key,) for key in wanted_vectors(bank, fingerprint)))
    section_keys, question_keys, owners = [], [], []
    for number, section in enumerate(bank, start=1):
        connection.execute("INSERT INTO bank VALUES (?, ?, ?)", (number, section.key, section.passage.language))
        lexical.add(connection, number, lexical.row(section.passage, section.questions), "bank_lexicon")
        section_keys.append(vector_key(fingerprint, "passage", embedding_text(section.passage)))
        for text in section.questions:
            question_keys.append(vector_key(fingerprint, "query", text))
            owners.append(number)
    lexical.refresh_terms(connection, "bank_lexicon")
    _write_vectors(catalogue, bank, catalogue.vectors_of(section_keys), catalogue.vectors_of(question_keys), owners)
    _write_words(catalogue, bank)
    consulted = Bank(catalogue)
    unanswered = [vector_key(fingerprint, "query", text) for language in LANGUAGES for text in outside(language)]
    if unanswered:
        seen = consulted.see_query(catalogue.vectors_of(unanswered))
        catalogue.keep_matrix("bank_outside", range(len(unanswered)), seen)
    told = [(group, text) for language in LANGUAGES for group, listed in signals(language).items() for text in listed]
    if told:
        seen = consulted.see_query(catalogue.vectors_of([vector_key(fingerprint, "query", text) for _, text in told]))
        catalogue.keep_matrix("bank_signals", range(len(told)), seen)
    groups = [group for group, _ in told]
    catalogue.set_meta(bank=digest(), bank_signals=json.dumps({"groups": groups}))
    drawn = {name: [asdict(plane) for plane in both] for name, both in Bank(catalogue).signals.planes.items()}
    catalogue.set_meta(bank_signals=json.dumps({"groups": groups, "planes": drawn}))


def _numbered(keys: Iterable[str]) -> dict[str, int]:
    """The sections with their numbers as groups, in the order in which they first come."""
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _write_vectors(
    catalogue: Catalogue, bank: Sequence[Section], texts: Vectors, questions: Vectors, owners: Sequence[int]
) -> None:
    """Keep the bank's vectors as they are consulted: about their means and through the lens."""
    import numpy as np

    names = _numbered(section.key for section in bank)
    of_text = np.array([names[section.key] for section in bank])
    of_question = of_text[np.array(owners) - 1]
    means = np.stack([questions.mean(axis=0), texts.mean(axis=0)])
    groups = np.concatenate([of_question, of_text])
    glass = lens(np.concatenate([questions - means[0], texts - means[1]]), groups)
    catalogue.keep_matrix("lens", range(len(glass)), glass)
    catalogue.keep_matrix("bank_means", (0, 1), means)
    catalogue.keep_matrix("bank_raw", range(1, len(bank) + 1), texts)
    seen_texts, seen_questions = unit((texts - means[1]) @ glass), unit((questions - means[0]) @ glass)
    around = planes(np.concatenate([seen_questions, seen_texts]), groups)
    catalogue.keep_matrix("bank_sections", range(1, len(bank) + 1), seen_texts)
    catalogue.keep_matrix("bank_questions", owners, seen_questions)
    catalogue.keep_matrix("bank_planes", range(len(around)), around)


def _write_words(catalogue: Catalogue, bank: Sequence[Section]) -> None:
    """Keep what the words of a question tell: which section it is about, and whether it is one for the handbook at all."""
    names = _numbered(section.key for section in bank)
    wordings = [
        (tuple(features(text, section.passage.language)), section.passage.language, names[section.key])
        for section in bank
        for text in section.questions
    ]
    texts = [
        (tuple(features(embedding_text(section.passage), section.passage.language)), section.passage.language, names[section.key])
        for section in bank
    ]
    inside = [(terms, language, INSIDE) for terms, language, _ in wordings]
    others = [(tuple(features(text, language)), language, OUTSIDE) for language in LANGUAGES for text in outside(language)]
    for name, examples, groups in (("bank", [*wordings, *texts], len(names)), ("side", [*inside, *others], 2)):
        counted = learn(examples, groups)
        catalogue.keep_matrix(f"{name}_terms", counted.terms, counted.rarity[:, None])
        catalogue.keep_matrix(f"{name}_pairs", counted.pairs, counted.weights[:, None])
        catalogue.keep_matrix(f"{name}_absent", range(len(counted.absent)), counted.absent)


def _read_words(catalogue: Catalogue, name: str) -> NaiveBayes:
    (terms, rarity), (pairs, weights) = catalogue.matrix(f"{name}_terms"), catalogue.matrix(f"{name}_pairs")
    return NaiveBayes(terms, rarity[:, 0], pairs, weights[:, 0], catalogue.matrix(f"{name}_absent")[1])


@dataclass(frozen=True)
class Topic:
    """A section that a question seems to be about: its key, its weight (they add up to 1), its likeness and row numbers."""

    key: str
    weight: float
    likeness: float
    numbers: tuple[int, ...]


class Bank:
    """The bank as a search consults it, read from a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        rows = catalogue.connection.execute("SELECT id, section, language FROM bank ORDER BY id").fetchall()
        self._keys = [key for _, key, _ in rows]
        self._numbers: dict[str, list[int]] = {}
        for number, key, _ in rows:
            self._numbers.setdefault(key, []).append(number)
        owners, self.questions = catalogue.matrix("bank_questions")
        self._owners = owners - 1
        _, self.sections = catalogue.matrix("bank_sections")
        _, self._raw = catalogue.matrix("bank_raw")
        _, self._lens = catalogue.matrix("lens")
        _, self._planes = catalogue.matrix("bank_planes")
        self._query_mean, self._text_mean = catalogue.matrix("bank_means")[1][:2]
        self._counted, self._sides = _read_words(catalogue, "bank"), _read_words(catalogue, "side")
        _, found = catalogue.matrix("bank_outside")
        self.outside: Vectors = found if len(found) else self.sections[:0]
        self.signals = self._signals(catalogue)
        self.total = len(rows)

    def _signals(self, catalogue: Catalogue) -> Signals:
        import numpy as np

        kept = json.loads(catalogue.meta("bank_signals") or "{}")
        names = np.array(kept.get("groups", []))
        _, told = catalogue.matrix("bank_signals")
        groups = {str(name): told[names == name] for name in dict.fromkeys(names)}
        drawn = {name: (Plane(**one), Plane(**two)) for name, (one, two) in kept.get("planes", {}).items()}
        return Signals(groups, [*self._without(DANGER), self.outside], drawn)

    def _without(self, section: str) -> list[Vectors]:
        """The questions of all sections but one, in the parts that it leaves; nothing is copied."""
        import numpy as np

        wanted = np.array([key != section for key in self._keys], bool)[self._owners]
        changes = np.flatnonzero(np.diff(wanted)) + 1
        parts = zip(np.split(self.questions, changes), np.split(wanted, changes), strict=True)
        return [part for part, kept in parts if kept.any()]

    def see_query(self, vectors: Vectors) -> Vectors:
        """Vectors of questions as they are compared: about the mean of questions, through the lens, of unit length."""
        return self.see(vectors, self._query_mean)

    def compare(self, vectors: Vectors) -> Vectors:
        """Vectors of sentences as they are held against each other: about the mean of the bank's texts, of unit length."""
        return unit(vectors - self._text_mean)

    def see(self, vectors: Vectors, mean: Vectors) -> Vectors:
        """Vectors about a mean, through the lens, of unit length."""
        return unit((vectors - mean) @ self._lens)

    @cached_property
    def _distinct(self) -> tuple[list[str], Any]:
        import numpy as np

        numbers = _numbered(self._keys)
        return list(numbers), np.array([numbers[key] for key in self._keys], np.int64)

    def consult(
        self, connection: sqlite3.Connection, vectors: Vectors, near: Vectors, text: str, language: Language
    ) -> list[Topic]:
        """The sections that a question is most likely about, best first.

        `vectors` are those of the question and of its clauses, through the lens; `near` their cosines with the wordings.
        """
        import numpy as np

        names, place = self._distinct
        likeness = self._likeness(near[0])
        score, *of_clauses = (self._meant(*each) for each in zip(vectors, near, strict=True))
        if of_clauses:
            score = (score + np.mean(of_clauses, axis=0)) / 2
        score += WORDS_WEIGHT * self._words(connection, text, language)
        best, alike = np.full(len(names), -9.0, np.float32), np.full(len(names), -1.0, np.float32)
        np.maximum.at(best, place, score)
        np.maximum.at(alike, place, likeness)
        best += BAYES_WEIGHT * self._counted.scores(text, language)
        top = np.argsort(-best)[:CONSULTED]
        weights = np.exp((best[top] - best[top[0]]) / SHARPNESS)
        weights /= weights.sum()
        return [
            Topic(names[i], float(weight), float(alike[i]), tuple(self._numbers[names[i]]))
            for i, weight in zip(top, weights, strict=True)
        ]

    def near(self, vectors: Vectors) -> Vectors:
        """The cosines of vectors, shape (n, dimension), with all wordings, shape (n, wordings)."""
        found: Vectors = vectors @ self.questions.T
        return found

    def _meant(self, query: Vectors, near: Vectors) -> Vectors:
        """How likely each section is meant, as a score."""
        _, place = self._distinct
        score: Vectors = (
            self._likeness(near) + SECTION_WEIGHT * (self.sections @ query) + PLANES_WEIGHT * (self._planes @ query)[place]
        )
        return score

    def _likeness(self, near: Vectors) -> Vectors:
        """The cosine of each section's nearest question."""
        import numpy as np

        likeness = np.full(self.total, -1.0, np.float32)
        np.maximum.at(likeness, self._owners, near)
        return likeness

    def said(self, text: str, language: Language) -> float:
        """How much likelier a question's words are among those the handbook answers than among the others, as a logarithm."""
        points = self._sides.points(text, language)
        return float(points[INSIDE] - points[OUTSIDE])

    def raw(self, number: int) -> Vectors:
        """The vector of a section as it was embedded, by row number."""
        vector: Vectors = self._raw[number - 1]
        return vector

    def likest(self, vectors: Vectors) -> Vectors:
        """For each vector of a question as it was embedded, the cosine with the nearest section."""
        nearest: Vectors = (vectors @ self._raw.T).max(axis=1)
        return nearest

    def _words(self, connection: sqlite3.Connection, text: str, language: Language) -> Vectors:
        import numpy as np

        shares = np.zeros(self.total, np.float32)
        terms = lexical.query_terms(text, language)
        counts = lexical.frequencies(connection, terms, "bank_lexicon")
        most = sum(lexical.idf(counts.get(term, 0), self.total) for term in terms) * lexical.HIGHEST
        for number, score in lexical.search(connection, terms, self.total, "bank_lexicon").items():
            shares[number - 1] = score / most
        return shares


def shipped_file() -> Path:
    """Where the shipped vectors stand."""
    return data_folder("prompts") / "questions" / "vectors.npz"


def shipped_vectors(fingerprint: str) -> tuple[list[bytes], Vectors] | None:
    """The shipped vectors with their keys, if they were made by this embedder."""
    import numpy as np

    path = shipped_file()
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        if str(kept["fingerprint"]) != fingerprint:
            return None
        vectors = kept["codes"].astype(np.float32) * kept["scales"][:, None]
        return [key.tobytes() for key in kept["keys"]], unit(vectors)


def ship() -> int:
    """Embed the bank with the bundled embedder and write the shipped vectors, 8 bits a number; return how many there are."""
    import numpy as np

    from coach.library.embedders import Bundled

    embedder = Bundled()
    wanted = wanted_vectors(sections(), embedder.fingerprint)
    made = dict(zip(*(shipped_vectors(embedder.fingerprint) or ((), ())), strict=True))
    for key, (kind, text) in wanted.items():
        if key not in made:
            made[key] = (embedder.queries if kind == "query" else embedder.passages)([text])[0]
    keys = sorted(wanted)
    vectors = np.stack([made[key] for key in keys])
    scales = np.abs(vectors).max(axis=1) / 127
    np.savez_compressed(
        shipped_file(),
        fingerprint=np.array(embedder.fingerprint),
        keys=np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1),
        scales=scales.astype(np.float32),
        codes=np.round(vectors / scales[:, None]).astype(np.int8),
    )
    return len(keys)


if __name__ == "__main__":
    ship()
