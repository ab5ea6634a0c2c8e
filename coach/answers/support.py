"""Wording support: how far a sentence says what the passages it cites say, by words and by meaning.

It proves where a sentence comes from, not that it is true; what the same words turned round say is for `conflicts.py`.

    score = BIAS + COVER x share of the sentence's content words that the passages have (stem, lemma, or part of a compound)
                 + MEANING x highest cosine with a sentence, or two, of the passages, about the mean of the handbook's texts
                 - NOVEL x number of content words that neither the passages nor the question have

The weights were fitted by logistic regression on `benchmarks/answers/dev.yaml`; `benchmarks/gate.py` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from coach.files import Strict, read_model
from coach.languages import Words, content_words, fold, language_data, sentences, split_compound, stem
from coach.model.fence import commands, without_commands
from coach.records import Language, Passage
from coach.settings import data_folder

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

    Embed = Callable[[Sequence[str]], Vectors]

BIAS, COVER, MEANING, NOVEL = -10.7, 4.5, 16.8, 0.35
LIGHT = 0.3  # what a word counts that says little, such as *do* or *thing*
_ITEM = re.compile(r"^(?:[>\-–*•]\s*|\d{1,2}[.)]\s+)+")
_DIMINUTIVE = re.compile(r"(?:etje|tje|pje|kje|je)s?$")


class Vocabulary(Strict):
    """What the gate knows of a language: `prompts/model/support.nl.yaml` and its twin."""

    light: Words
    negators: tuple[str, ...]
    negating_phrases: tuple[str, ...]
    universals: tuple[tuple[str, ...], ...]
    opposites: tuple[tuple[str, str], ...]
    roles: Mapping[str, tuple[str, ...]]
    you: tuple[str, ...]
    asker: Mapping[str, tuple[str, ...]]
    first: tuple[str, ...]
    then: tuple[str, ...]
    before: tuple[str, ...]
    clause: tuple[str, ...]
    only: tuple[str, ...]
    hedges: tuple[str, ...]
    exclusive: tuple[str, ...]
    waivers: tuple[str, ...]
    conditions: tuple[str, ...]
    verdicts: Mapping[str, tuple[str, ...]]


@cache
def vocabulary(language: Language) -> Vocabulary:
    """The vocabulary of a language."""
    return read_model(data_folder("prompts") / "model" / f"support.{language}.yaml", Vocabulary)


@lru_cache(maxsize=65_536)
def keys(word: str, language: Language) -> frozenset[str]:
    """What a word may be recognised by: its stem, its lemma, the stem of that; in Dutch also of what it is a diminutive of."""
    from simplemma import lemmatize

    lemma = str(lemmatize(word, lang=language)).lower()
    found = {stem(word, language), stem(lemma, language), fold(lemma)}
    if language == "nl" and len(word) > 5 and (bigger := _DIMINUTIVE.sub("", word)) != word:
        found |= {stem(bigger, language), stem(str(lemmatize(bigger, lang=language)).lower(), language)}
    return frozenset(found)


@dataclass(frozen=True)
class Said:
    """A sentence of a passage. `shunned` is one that the guidance shows as how not to do it."""

    text: str
    keys: frozenset[str]
    shunned: bool = False


class Source:
    """A passage as a model was given it, read for comparison."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.language = passage.language
        self._text = without_commands(passage.text)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """Its sentences. Its heading is none: it says what the passage is about, and often only the reader's own case."""
        avoid = language_data(self.language).example_markers[-1]
        found = []
        for start, end in sentences(self._text, self.language):
            text = " ".join(_ITEM.sub("", self._text[start:end]).split())
            found.append(Said(text, self._keys(text), shunned=text.startswith(f"{avoid}:")))
        if self.passage.context:
            found.append(Said(self.passage.context, self._keys(self.passage.context)))
        return tuple(found)

    @cached_property
    def whole(self) -> str:
        """Everything that it says, its headings and the line that introduces it included."""
        return "\n".join([self.passage.title, *self.passage.heading, self.passage.context, self._text])

    @cached_property
    def words(self) -> frozenset[str]:
        """The word forms in it, for splitting compounds."""
        return frozenset(content_words(self.whole, self.language))

    @cached_property
    def keys(self) -> frozenset[str]:
        """What its words are recognised by."""
        return frozenset(key for word in self.words for key in keys(word, self.language))

    @cached_property
    def commanded(self) -> frozenset[str]:
        """What the words are recognised by that command a model, and that it says nowhere else."""
        return self._keys(commands(self.passage.text)) - self.keys

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """Its sentences one by one and two by two, which a sentence about it is compared with; not what is to be avoided."""
        plain = [said.text for said in self.said if not said.shunned]
        return (*plain, *(" ".join(pair) for pair in pairwise(plain)))

    def _keys(self, text: str) -> frozenset[str]:
        return frozenset(key for word in content_words(text, self.language) for key in keys(word, self.language))


@dataclass(frozen=True)
class Support:
    """How far passages support a sentence; above zero is enough."""

    cover: float
    meaning: float
    novel: float

    @property
    def score(self) -> float:
        """The three in one number."""
        return BIAS + COVER * self.cover + MEANING * self.meaning - NOVEL * self.novel


class Judge:
    """Compares sentences with the sources of one answer; `embed` gives vectors of unit length about a mean."""

    def __init__(self, question: str, language: Language, sources: Sequence[Source], embed: Embed) -> None:
        self.language = language
        self.sources = sources
        self._asked = frozenset(key for word in content_words(question, language) for key in keys(word, language))
        self._embed = embed
        self._vectors: dict[int, Vectors] = {}

    def support(self, text: str, cited: Iterable[int]) -> Support:
        """How far the sources with these places support a sentence."""
        chosen = list(cited)
        light, vocabulary_of = vocabulary(self.language).light, frozenset[str]().union(*(self.sources[n].words for n in chosen))
        known = frozenset[str]().union(*(self.sources[n].keys for n in chosen))
        own = content_words(text, self.language)
        total = covered = novel = 0.0
        for word in own:
            found = keys(word, self.language)
            weight = LIGHT if word in light or found & light else 1.0
            total += weight
            if found & known or self._by_parts(word, known, vocabulary_of):
                covered += weight
            elif not found & self._asked:
                novel += weight
            else:
                covered += weight
        meaning = max((float(vectors.max()) for vectors in self._likeness(text, chosen)), default=0.0)
        return Support(covered / total if total else 1.0, meaning, novel)

    def obeys(self, text: str) -> bool:
        """Whether a sentence says what a passage told a model to say: it has words that stand in such a command alone."""
        commanded = frozenset[str]().union(*(source.commanded for source in self.sources))
        known = self._asked.union(*(source.keys for source in self.sources))
        own = [keys(word, self.language) for word in content_words(text, self.language)]
        return bool(commanded) and any(found & commanded and not found & known for found in own)

    def _by_parts(self, word: str, known: frozenset[str], vocabulary_of: frozenset[str]) -> bool:
        """Whether a compound is made of words that the sources have, or one of theirs ends or begins with this word."""
        if self.language != "nl" or len(word) < 5:
            return False
        if split_compound(word, vocabulary_of, language_data(self.language).compound_linkers):
            return True
        return any(len(other) > len(word) + 2 and (other.startswith(word) or other.endswith(word)) for other in vocabulary_of)

    def _likeness(self, text: str, chosen: Sequence[int]) -> Iterable[Vectors]:
        own = self._embed([text])[0]
        for place in chosen:
            if place not in self._vectors:
                self._vectors[place] = self._embed(self.sources[place].windows)
            yield self._vectors[place] @ own
