"""The chain from question to answer: retrieve | compose | ground, as LangChain runnables.

understand   the question, its language, and whether it continues the conversation
retrieve     the passages, and the confidence that they answer
compose      what is said, verbatim and cited
ground       nothing that its source does not say
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from langchain_core.runnables import Runnable, RunnableLambda

from coach.answers import extract
from coach.answers.ground import verbatim
from coach.answers.history import History, Turn, context_of, follows_up
from coach.errors import StoreError
from coach.languages import detect, in_crisis, language_data
from coach.library.confidence import outcome
from coach.library.search import Searcher
from coach.records import Citation, Language, Outcome, SearchResult

RETRIEVED = 8
RELATED = 3  # passages shown where none answers


@dataclass(frozen=True)
class Work:
    """A question on its way through the chain."""

    question: str
    language: Language
    turns: tuple[Turn, ...] = ()
    continues: str = ""
    result: SearchResult | None = None
    outcome: Outcome = "not_covered"
    answer: str = ""
    citations: tuple[Citation, ...] = ()
    notices: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)


def chain(searcher: Searcher) -> Runnable[Work, Work]:
    """The steps as one runnable; each is timed."""

    def retrieve(work: Work) -> Work:
        return _retrieve(work, searcher)

    steps = (
        _timed("understand", _understand),
        _timed("retrieve", retrieve),
        _timed("compose", _compose),
        _timed("ground", _ground),
    )
    first, *rest = (RunnableLambda(step) for step in steps)
    whole: Runnable[Work, Work] = first
    for step in rest:
        whole = whole | step
    return whole


def _timed(name: str, step):  # type: ignore[no-untyped-def]
    def run(work: Work) -> Work:
        started = time.perf_counter()
        done: Work = step(work)
        return replace(done, timings_ms=done.timings_ms | {name: round((time.perf_counter() - started) * 1000, 2)})

    return run


def question_language(question: str, setting: str, turns: tuple[Turn, ...]) -> Language:
    """The language to answer in: as set, else the question's own, else that of the conversation so far."""
    if setting in ("nl", "en"):
        return setting  # type: ignore[return-value]
    return detect(question, turns[-1].language) if turns else detect(question)


def _understand(work: Work) -> Work:
    if in_crisis(work.question):
        work = replace(work, notices=(language_data(work.language).texts.crisis, *work.notices))
    if not work.turns or not follows_up(work.question, work.language):
        return work
    before = context_of(work.turns)
    notice = language_data(work.language).texts.follow_up.format(question=before)
    return replace(work, continues=before, notices=(*work.notices, notice))


def _retrieve(work: Work, searcher: Searcher) -> Work:
    seen = frozenset(place for turn in work.turns for place in turn.passages) if work.continues else frozenset()
    result = searcher.search(work.question, RETRIEVED, work.language, context=work.continues, seen=seen)
    notices = (*work.notices, result.notice) if result.notice else work.notices
    return replace(work, result=result, outcome=outcome(result.confidence), notices=notices)


def _compose(work: Work) -> Work:
    texts = language_data(work.language).texts
    hits = work.result.hits if work.result else ()
    if work.outcome == "not_covered" or not hits:
        return replace(work, outcome="not_covered", answer=texts.not_covered)
    if work.outcome == "related":
        quotations = [extract.Quotation(hit.passage, tuple(extract.units(hit.passage)[:2])) for hit in hits[:RELATED]]
        notices = (texts.related, *work.notices)
    else:
        led = extract.lead_with_verdict(hits, work.question, work.language)
        quotations = extract.select(led, work.question, work.language)
        notices = work.notices
    quotations = [quotation for quotation in quotations if quotation.units]
    if any(quotation.passage.language != work.language for quotation in quotations):
        notices = (*notices, texts.other_language)
    answer, citations = extract.compose(quotations)
    return replace(work, answer=answer, citations=citations, notices=notices)


def _ground(work: Work) -> Work:
    if work.citations and not verbatim(work.answer, work.citations):
        raise StoreError("An answer did not stand in its sources; run 'coach sync' to read the folders again.")
    return work


def turn(work: Work) -> Turn:
    """What a conversation remembers of an answer."""
    searched = f"{work.continues} {work.question}" if work.continues else work.question
    places = tuple(f"{citation.document}:{citation.start}" for citation in work.citations)
    return Turn(work.question, searched, work.language, work.outcome, work.answer, places)


__all__ = ["History", "Work", "chain", "question_language", "turn"]
