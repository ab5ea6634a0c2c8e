"""Which section a question's own words point to, learnt by counting in which section's wordings each word and word pair stands.

Multinomial Naive Bayes over TF-IDF weights of unit length (Rennie, Shih, Teevan and Karger, 2003), one model a language. Where
the embedder goes by what a whole question is like, this goes by what it says: *half as often*, *the board*, *did that*.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from coach.languages import LANGUAGES, stem, words
from coach.records import Language

if TYPE_CHECKING:
    from coach.library.embedders import Vectors

SMOOTHING = 0.05  # what a term counts that a group never uses
_GROUPS = 1 << 16  # room for the number of a group beside that of a term in one integer


def features(text: str, language: Language) -> Iterator[int]:
    """The stems of a text and the pairs of neighbours, function words included, as numbers; each as often as it stands there."""
    stems = [stem(word, language) for word in words(text)]
    for term in (*stems, *(" ".join(pair) for pair in pairwise(stems))):
        yield zlib.crc32(f"{language} {term}".encode())


@dataclass(frozen=True)
class NaiveBayes:
    """What was counted, as it is kept: sorted numbers with a value beside each.

    `terms` with `rarity`, shape (t,): every term and its inverse document frequency. `pairs` with `weights`, shape (p,): a term
    and a group that uses it, as one number, and how much more likely it is there than where it is never used, as a logarithm.
    `absent`, shape (languages, groups): the logarithm of the chance of a term that the group never uses.
    """

    terms: Any
    rarity: Vectors
    pairs: Any
    weights: Vectors
    absent: Vectors

    def scores(self, text: str, language: Language) -> Vectors:
        """How much a text's words point to each group, shape (groups,), in standard deviations above the mean group."""
        found = self.points(text, language)
        spread = float(found.std())
        return (found - found.mean()) / spread if spread else found * 0

    def points(self, text: str, language: Language) -> Vectors:
        """The logarithm of how likely each group is to put it so, shape (groups,), but for a term that is the same for all."""
        import numpy as np

        total = np.zeros(self.absent.shape[1], np.float32)
        counts = Counter(features(text, language))
        asked = np.fromiter(counts, np.int64, len(counts))
        places = np.searchsorted(self.terms, asked)
        known = np.flatnonzero(self.terms[np.minimum(places, len(self.terms) - 1)] == asked) if len(self.terms) else ()
        if not len(known):
            return total
        values = _weighed(np.fromiter(counts.values(), np.float32, len(counts))[known], self.rarity[places[known]])
        values /= np.linalg.norm(values)
        first, last = (np.searchsorted(self.pairs, (asked[known] + one) * _GROUPS) for one in (0, 1))
        for value, start, end in zip(values, first, last, strict=True):
            total[self.pairs[start:end] % _GROUPS] += value * self.weights[start:end]
        return np.asarray(total + values.sum() * self.absent[LANGUAGES.index(language)], np.float32)


def learn(examples: Iterable[tuple[Sequence[int], Language, int]], groups: int) -> NaiveBayes:
    """Count over examples: the features of a text, its language, and the number of its group, below `groups`."""
    import numpy as np

    known = list(examples)
    owner = np.array([group for _, _, group in known], np.int64)
    tongue = np.array([LANGUAGES.index(language) for _, language, _ in known], np.int64)
    standing = np.repeat(np.arange(len(known)), [len(terms) for terms, _, _ in known])
    every = np.fromiter(chain.from_iterable(terms for terms, _, _ in known), np.int64, len(standing))
    distinct, which = np.unique(every, return_inverse=True)
    places, counts = np.unique(standing * len(distinct) + which, return_counts=True)
    document, place = np.divmod(places, max(len(distinct), 1))
    in_language = np.bincount(tongue, minlength=len(LANGUAGES))
    of_term = np.zeros(len(distinct), np.int64)
    of_term[place] = tongue[document]
    rarity = np.log((1 + in_language[of_term]) / (1 + np.bincount(place, minlength=len(distinct)))) + 1
    values = _weighed(counts, rarity[place])
    values /= np.sqrt(np.bincount(document, values**2, len(owner)))[document]
    pairs, where = np.unique(distinct[place] * _GROUPS + owner[document], return_inverse=True)
    used = np.bincount(where, values, len(pairs))
    kinds = np.bincount(of_term, minlength=len(LANGUAGES))
    absent = np.zeros((len(LANGUAGES), groups))
    for number in range(len(LANGUAGES)):
        mine = tongue[document] == number
        absent[number] = np.bincount(owner[document][mine], values[mine], groups)
    absent = -np.log(np.maximum(absent + SMOOTHING * kinds[:, None], SMOOTHING) / SMOOTHING)
    return NaiveBayes(
        distinct, rarity.astype(np.float32), pairs, np.log1p(used / SMOOTHING).astype(np.float32), absent.astype(np.float32)
    )


def _weighed(counts: Any, rarity: Any) -> Any:
    """Weights of terms: how often they stand in a text, damped, times their rarity."""
    import numpy as np

    return (1 + np.log(counts)) * rarity
