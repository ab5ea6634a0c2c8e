"""The parts of feedback in a text: situation, behaviour and impact (SBI), or behaviour, feeling, effect and wish (4G)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from coach.drafts.wording import Found, Message, Sentence, Token

Model = Literal["sbi", "4g"]
PARTS: dict[Model, tuple[str, ...]] = {
    "sbi": ("situation", "behaviour", "impact", "next_step"),
    "4g": ("behaviour", "feeling", "effect", "desired"),
}
# A subject stands among the first words of its clause: "en de klant ...", "twee van de deelnemers ...".
_SUBJECT_WITHIN = 4
# A clause of at least so many words, its conjunction counted, has a subject and a verb of its own.
LONG_CLAUSE = 6


def situations(message: Message) -> list[Found]:
    """Where the text says when or where it happened; a moment that is still to come does not count."""
    future = message.find_cached("not_situation")
    return [
        one
        for one in message.find_cached("situation")
        if not any(other.first <= one.first <= other.last + 1 and other.sentence is one.sentence for other in future)
        and not _is_ahead(message, one)
        and one.sentence.role == "body"
    ]


def _is_ahead(message: Message, found: Found) -> bool:
    """Whether these words stand in a question after its verb, or in an order: "stuur me voor maandag"."""
    asked = message.find_cached("question_request") if found.sentence.is_question else []
    return any(
        other.sentence is found.sentence and other.first < found.first for other in [*asked, *message.find_cached("imperative")]
    )


def _opens(message: Message, found: Found) -> bool:
    """Whether these words open their sentence."""
    return found.first <= found.sentence.first + 1


def behaviours(message: Message) -> list[Found]:
    """Where the text says what the reader did, said or wrote."""
    return [
        one
        for one in message.find_cached("behaviour")
        if one.sentence.role == "body" and not one.sentence.is_question and not _is_general(message, one.sentence)
    ]


def _is_general(message: Message, sentence: Sentence) -> bool:
    """Whether the sentence judges in general: vague words, or praise without a moment."""
    if message.sentence_has(sentence, "vague"):
        return True
    return message.sentence_has(sentence, "praise") and not message.sentence_has(sentence, "situation")


def is_concrete(message: Message) -> bool:
    """Whether the text describes an event: something the reader did, at some moment."""
    return bool(behaviours(message)) and bool(situations(message))


def impacts(message: Message) -> Iterator[tuple[int, int]]:
    """The spans that say what came of it, for the writer or for others.

    That is: a sentence with a causal link or a feeling of the writer's own, a clause about somebody else, or any statement
    after the behaviour that is not about the reader. Questions, requests and suggestions are none.
    """
    told = behaviours(message) or situations(message)
    for sentence in message.body:
        if _asks_only(message, sentence) or message.sentence_has(sentence, "vague", "comparison"):
            continue
        linked = message.find("impact_link", "impact_feel", within=[sentence])
        after = bool(told) and sentence.start > told[0].sentence.start
        if linked:
            yield linked[0].start, _clause_end(message, linked[-1])
        elif clause := next((one for one in message.clauses(sentence) if _about_others(message, one)), None):
            yield clause[0].start, clause[-1].end
        elif after_clause := _clause_after_behaviour(message, sentence, told):
            yield after_clause
        elif after and not message.sentence_has(sentence, "reader", "process", "praise"):
            yield sentence.start, sentence.end


def _clause_after_behaviour(message: Message, sentence: Sentence, told: list[Found]) -> tuple[int, int] | None:
    """A clause of some length after the reader's behaviour, in the same sentence and without the reader in it."""
    first = next((one for one in told if one.sentence is sentence), None)
    if first is None:
        return None
    for clause in message.clauses(sentence):
        if clause[0].start <= first.end or len(clause) < LONG_CLAUSE:
            continue
        if not any(
            clause[0].start <= one.start <= clause[-1].end
            for one in message.find_cached("reader") + message.find_cached("subordinate")
        ):
            return clause[0].start, clause[-1].end
    return None


def _asks_only(message: Message, sentence: Sentence) -> bool:
    """Whether the sentence is a question or request from its first words on."""
    openers = message.find_cached("statement_request") + message.find_cached("imperative") + message.find_cached("next_step")
    return sentence.is_question or any(one.sentence is sentence and _opens(message, one) for one in openers)


def _clause_end(message: Message, found: Found) -> int:
    return next((clause[-1].end for clause in message.clauses(found.sentence) if clause[-1].end >= found.end), found.end)


def _about_others(message: Message, clause: list[Token]) -> bool:
    """Whether a main clause tells what somebody other than the reader did or went through."""
    first, last = clause[0].place, clause[-1].place
    if message.within("subordinate", first, last, first):
        return False
    people = [one for one in message.find_cached("people") if first <= one.first <= last and one.first - first < _SUBJECT_WITHIN]
    readers = [one for one in message.find_cached("reader") if first <= one.first <= last]
    if not people or any(one.first <= people[0].first + 1 for one in readers):
        return False
    processes = message.find_cached("process")
    return len(clause) > 2 and not any(one.first <= people[0].first <= one.last for one in processes)


def label(message: Message, model: Model) -> tuple[dict[str, Any], ...]:
    """The parts of the model in the text, in its order; a part that is missing has an empty span at the end."""
    spans: dict[str, tuple[int, int] | None] = {
        "situation": _first(situations(message)),
        "behaviour": _first_behaviour(message),
        "impact": next(impacts(message), None),
        "next_step": _first(next_steps(message)),
        "feeling": _first(message.find_cached("impact_feel")),
        "effect": _first_effect(message),
        "desired": _first(next_steps(message)),
    }
    labelled = []
    for part in PARTS[model]:
        start, end = spans[part] or (len(message.text), len(message.text))
        labelled.append({"part": part, "start": start, "end": end, "quote": message.text[start:end]})
    return tuple(labelled)


def _first(found: list[Found]) -> tuple[int, int] | None:
    return (found[0].start, found[0].end) if found else None


def _first_behaviour(message: Message) -> tuple[int, int] | None:
    found = behaviours(message)
    return (found[0].start, _clause_end(message, found[0])) if found else None


def _first_effect(message: Message) -> tuple[int, int] | None:
    feelings = [(one.start, one.end) for one in message.find_cached("impact_feel")]
    return next((span for span in impacts(message) if not any(span[0] <= start < span[1] for start, _ in feelings)), None)


def next_steps(message: Message) -> list[Found]:
    """Questions, invitations and suggestions; a rhetorical question or a mere order to do better is none."""
    empty = message.find_cached("not_next_step") + message.find_cached("rhetorical")
    steps = [one for one in message.find_cached("next_step") if not _overlaps(one, empty)]
    questions = [
        Found(sentence.start, sentence.end, sentence.first, sentence.last - 1, sentence)
        for sentence in message.sentences
        if sentence.is_question and not message.sentence_has(sentence, "rhetorical")
    ]
    return sorted(steps + questions, key=lambda one: one.start)


def _overlaps(found: Found, others: list[Found]) -> bool:
    return any(other.first <= found.last and found.first <= other.last for other in others)
