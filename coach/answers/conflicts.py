"""What the same words turned round would say: a flipped negation, swapped roles, a lost *often*, steps in another order.

Each check finds the place in the sources that speaks of the same thing, by its words, and asks one question of the two.
They are shallow on purpose: they flag what can be seen in the words, and leave the rest to `support.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coach.answers.support import LIGHT, Said, Source, Vocabulary, keys, vocabulary
from coach.languages import language_data, words
from coach.records import Language

SAME = 0.6  # share of a clause's words that another must have to speak of the same thing
ECHO = 0.85  # share of a sentence's words that the question has, at which it says nothing new
LEAD = 0.25  # by which the clause that contradicts must be nearer than any that agrees
TOUCHES = 0.3  # share of a sentence's words at which another is about something near it
FEWEST = 2  # content words; with fewer, two clauses cannot be told to speak of the same thing
_CLAUSE = re.compile(r"[,;:()–—]+|\s-\s|[.!?]+\s")


@dataclass(frozen=True)
class Clause:
    """A part of a sentence: what it is about, whether it is negated, and whom it names first."""

    text: str
    keys: frozenset[str]
    groups: tuple[frozenset[str], ...]
    negated: bool


def conflict(text: str, question: str, sources: Sequence[Source], language: Language) -> str:
    """Why a sentence cannot rest on its sources: a key of `reasons` in `prompts/model/texts.yaml`, or nothing."""
    for reason, check in CHECKS:
        if check(text, question, sources, language):
            return reason
    return ""


def echoes(text: str, question: str, language: Language) -> bool:
    """Whether a sentence only says the question again, or asks one: no answer, however true. A yes or no makes it one."""
    data = vocabulary(language)
    own, asked = _clause(text, data, language), _clause(question, data, language)
    share = _share(own.groups, asked.keys, language)
    if text.endswith("?") and share >= SAME:
        return True
    if any(f"{' '.join(words(text))} ".startswith(f"{form} ") for forms in data.verdicts.values() for form in forms):
        return False
    return len(own.groups) >= FEWEST and own.negated == asked.negated and share >= ECHO


def shunned(text: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether words are those of an example of how not to do it."""
    flat = " ".join(words(text))
    return bool(flat) and any(flat in " ".join(words(said.text)) for source in sources for said in source.said if said.shunned)


def denies(text: str, language: Language) -> bool:
    """Whether a sentence has a negation anywhere, as one that introduces a bad example has."""
    data = vocabulary(language)
    return any(_has(text, word) for word in (*data.negators, *data.negating_phrases, *data.waivers))


def clauses(text: str, language: Language) -> Iterator[Clause]:
    """The clauses of a text, cut at punctuation and at the words that join them."""
    data = vocabulary(language)
    for piece in _CLAUSE.split(text):
        run: list[str] = []
        for word in [*words(piece), ""]:
            if word and word not in data.clause:
                run.append(word)
                continue
            if run:
                yield _clause(" ".join(run), data, language)
            run = []


def _clause(text: str, data: Vocabulary, language: Language) -> Clause:
    own = words(text)
    negations = sum(word in data.negators for word in own)
    negations += sum(_has(text, phrase) for phrase in data.negating_phrases)
    groups = tuple(keys(word, language) for word in _telling(text, language) if word not in data.negators)
    return Clause(text, frozenset[str]().union(*groups), groups, negations % 2 == 1)


def _telling(text: str, language: Language) -> list[str]:
    """The words of a text but for function words: here *ask* and *good* tell as well, which a search leaves out."""
    return [word for word in words(text) if len(word) > 2 and word not in language_data(language).function_words]


def _has(text: str, phrase: str) -> bool:
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


def _share(groups: Sequence[frozenset[str]], other: frozenset[str], language: Language) -> float:
    """The share of words, light ones counting less, that stand among others."""
    light = vocabulary(language).light
    weights = [LIGHT if group & light else 1.0 for group in groups]
    found = sum(weight for group, weight in zip(groups, weights, strict=True) if group & other)
    return found / sum(weights) if weights else 0.0


def _negation(text: str, _question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a clause is negated where the clause of the sources that shares most with it is not, or the other way round."""
    data = vocabulary(language)
    theirs = [clause for source in sources for said in source.said if not said.shunned for clause in clauses(said.text, language)]
    for own in clauses(text, language):
        waived = [word for word in data.waivers if _has(own.text, word)]
        if len(own.groups) < FEWEST or any(not any(_has(each.text, word) for each in theirs) for word in waived):
            continue
        best = {negated: max((_alike(own, each, language) for each in theirs if each.negated == negated), default=0.0)
                for negated in (True, False)}  # fmt: skip
        if best[not own.negated] >= SAME and best[own.negated] < best[not own.negated] - LEAD:
            return True
    return False


def _verdict(text: str, question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a sentence opens with yes where the sources forbid what the question asks, or with no where they tell to do it."""
    data = vocabulary(language)
    opening = " ".join(words(text))
    said = [name for name, forms in data.verdicts.items() if any(f"{opening} ".startswith(f"{form} ") for form in forms)]
    asked = _clause(question, data, language)
    if not said or len(asked.groups) < FEWEST:
        return False
    theirs = [clause for source in sources for each in source.said if not each.shunned for clause in clauses(each.text, language)]
    best = {negated: max((_share(asked.groups, each.keys, language) for each in theirs if each.negated == negated), default=0.0)
            for negated in (True, False)}  # fmt: skip
    wanted = (said[0] == "no") != asked.negated
    return best[not wanted] >= SAME and best[wanted] < best[not wanted] - LEAD


def _alike(own: Clause, other: Clause, language: Language) -> float:
    """How far two clauses speak of the same thing: the words of the one in the other, or of a whole other in the one."""
    covered = _share(other.groups, own.keys, language) if len(other.groups) > FEWEST else 0.0
    return max(_share(own.groups, other.keys, language), covered)


def _strength(text: str, _question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a sentence says always or never, all or nobody, where no source does."""
    data = vocabulary(language)
    said_so = {word for group in data.universals for word in group}
    groups = [keys(word, language) for word in _telling(text, language) if word not in said_so]
    told = [said for source in sources for said in source.said if not said.shunned]
    every = [said for said in told if _share(groups, said.keys, language) >= TOUCHES]
    whole = " . ".join(said.text for said in every)
    near = _nearest(text, sources, language)
    plain = not any(_has(near.text, word) for word in data.hedges)
    for group in data.universals:
        for clause in clauses(text, language):
            claimed = next((word for word in group if _has(clause.text, word)), "")
            negative = claimed in data.negators
            others = sum(word in data.negators for word in words(clause.text)) - negative
            if not claimed or others or any(_has(whole, word) for word in group):
                continue
            if not (negative and plain and any(_has(near.text, word) for word in (*data.negators, *data.exclusive))):
                return True
    return False


def _opposite(text: str, _question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a sentence has the opposite of a word in the sentence it comes from, and its sources do not have that word."""
    own = frozenset(key for word in _telling(text, language) for key in keys(word, language))
    known = frozenset[str]().union(*(source.keys for source in sources))
    nearest = _nearest(text, sources, language)
    for pair in vocabulary(language).opposites:
        for word, other in (pair, pair[::-1]):
            mine, theirs = keys(word, language), keys(other, language)
            if mine & own and not mine & known and theirs & nearest.keys and not theirs & own:
                return True
    return False


def _nearest(text: str, sources: Sequence[Source], language: Language) -> Said:
    """The sentence in the sources that shares most with a text."""
    groups = [keys(word, language) for word in _telling(text, language)]
    said = [each for source in sources for each in source.said if not each.shunned]
    return max(said, key=lambda each: sum(bool(group & each.keys) for group in groups) / (3 + len(each.keys) / 3))


def _roles(text: str, question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a clause has the mentor do what the sources have the mentee do, or the other way round."""
    data = vocabulary(language)
    asker = next((role for role, phrases in data.asker.items() if any(_has(question, phrase) for phrase in phrases)), "")
    theirs = [(clause, _subject(clause.text, data, "")) for source in sources for said in source.said if not said.shunned
              for clause in clauses(said.text, language)]  # fmt: skip
    for own in clauses(text, language):
        subject = _subject(own.text, data, asker)
        rest = _without_roles(own, data, language)
        if not subject or not rest:
            continue
        near = [(_share(rest, clause.keys, language), role) for clause, role in theirs if role]
        same = max((share for share, role in near if role == subject), default=0.0)
        other = max((share for share, role in near if role != subject), default=0.0)
        named = any(word in forms for forms in data.roles.values() for word in words(own.text))
        if len(rest) < FEWEST and not named:
            continue
        if other >= (SAME if len(rest) >= FEWEST else 1.0) and same < other - LEAD:
            return True
    return False


def _restriction(text: str, _question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether a sentence says without more what its source says only under a condition."""
    data = vocabulary(language)
    if any(_has(text, word) for word in data.conditions):
        return False
    own = [keys(word, language) for word in _telling(text, language)]
    for source in sources:
        for said in source.said:
            only = next((match for phrase in data.only if (match := re.search(rf"\b{phrase}\b", said.text, re.IGNORECASE))), None)
            if only is None:
                continue
            before = [keys(word, language) for word in _telling(said.text[: only.start()], language)]
            mine = frozenset[str]().union(*own) if own else frozenset()
            if len(before) >= FEWEST and _share(before, mine, language) >= SAME:
                return True
    return False


def _without_roles(clause: Clause, data: Vocabulary, language: Language) -> list[frozenset[str]]:
    roles = frozenset(key for forms in data.roles.values() for form in forms for key in keys(form, language))
    return [group for group in clause.groups if not group & roles]


def _subject(text: str, data: Vocabulary, asker: str) -> str:
    """The role that a clause names first; *you* is the person who asks, where the question says who that is."""
    own = words(text)
    for word, following in zip(own, [*own[1:], ""], strict=True):
        for role, forms in data.roles.items():
            if word in forms:
                return role
        if asker and word in data.you and not any(following in forms for forms in data.roles.values()):
            return asker
    return ""


def _order(text: str, _question: str, sources: Sequence[Source], language: Language) -> bool:
    """Whether two steps come in another order than in the sentence or two of the sources that have both."""
    mine = _steps(text, language)
    if mine is None:
        return False
    for source in sources:
        plain = [said.text for said in source.said if not said.shunned]
        for window in (*plain, *(" ".join(pair) for pair in pairwise(plain))):
            theirs = _steps(window, language)
            if theirs is None:
                continue
            straight = _common(mine[0], theirs[0]) + _common(mine[1], theirs[1])
            crossed = _common(mine[0], theirs[1]) + _common(mine[1], theirs[0])
            if crossed >= 2 and crossed > straight + 1:
                return True
    return False


def _steps(text: str, language: Language) -> tuple[list[frozenset[str]], list[frozenset[str]]] | None:
    """What a text puts first and what it puts after that; nothing where it has no order. *A before B* puts A first too, and
    *before B, A* as well."""
    data = vocabulary(language)
    for word in data.before:
        before = re.search(rf"\b{word}\b", text, re.IGNORECASE)
        if before:
            rest = re.split(r"[,;:.]", text[before.end() :], maxsplit=1)
            early = text[: before.start()] if before.start() > 3 else (rest[1] if len(rest) > 1 else "")
            first, then = ([keys(word, language) for word in _telling(half, language)] for half in (early, rest[0]))
            return (first, then) if first and then else None
    own = words(text)
    marks = [place for place, word in enumerate(own) if word in data.then or any(
        " ".join(own[place : place + len(phrase.split())]) == phrase for phrase in data.then)]  # fmt: skip
    if not marks or not set(own[: marks[-1]]) & set(data.first):
        return None
    order = {word for phrase in (*data.first, *data.then) for word in phrase.split()}
    pivot = next((place for place in range(marks[-1], max(0, marks[-1] - 4), -1) if own[place] in data.clause), marks[-1])
    halves = ([word for word in own[:pivot] if word not in order], [word for word in own[pivot:] if word not in order])
    first, then = ([keys(word, language) for word in _telling(" ".join(half), language)] for half in halves)
    return first, then


def _common(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> int:
    others = frozenset[str]().union(*right) if right else frozenset()
    return sum(bool(group & others) for group in left)


Check = Callable[[str, str, Sequence[Source], Language], bool]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("negation", _negation),
    ("negation", _verdict),
    ("negation", _opposite),
    ("roles", _roles),
    ("strength", _strength),
    ("strength", _restriction),
    ("negation", _order),
)
