"""The chain from question to answer: understand | retrieve | compose | ground.

understand   the question, its language, and whether it continues the conversation
retrieve     the passages, and the confidence that they answer
compose      what is said, verbatim and cited; or by a model, sentence by sentence through the gate
ground       nothing that its source does not say

`chain` has the steps as a LangChain runnable, for chains of one's own. `answer` takes the same steps one after the other, since
importing LangChain's runnables takes longer than everything else a question needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coach.answers import extract
from coach.answers.ground import verbatim
from coach.answers.history import Turn, context_of, follows_up
from coach.errors import ModelError, StoreError
from coach.languages import detect, in_crisis, language_data
from coach.library.bank import DANGER
from coach.library.confidence import outcome
from coach.library.search import Searcher
from coach.model.prompts import model_texts, prompt, why
from coach.privacy import Mask
from coach.records import Citation, Composer, Language, Outcome, Outgoing, SearchResult, Signal, Usage

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from coach.answers.gate import BreaksRules
    from coach.model.session import Session

RETRIEVED = 8
RELATED = 3  # passages shown where none answers
# `SearchResult.clear` below which it is said that another subject may be meant. A model is given all passages and chooses itself.
UNCLEAR = 0.4
EARLIER = 4  # questions of a conversation that a model is shown with a follow-up


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
    signals: tuple[Signal, ...] = ()
    searched: str = ""
    composer: Composer = "extractive"
    usage: Usage | None = None
    tokens: int = 0
    timings_ms: dict[str, float] = field(default_factory=dict)


# Opens the dealings with the model for one answer; nothing where no model is set. Raises `ModelError` where it may not be used.
Open = Callable[["Work"], "Session | None"]


@dataclass(frozen=True)
class Step:
    """A step of the chain, timed under its name."""

    name: str
    take: Callable[[Work, Searcher], Work]

    def __call__(self, work: Work, searcher: Searcher) -> Work:
        started = time.perf_counter()
        done = self.take(work, searcher)
        return replace(done, timings_ms=done.timings_ms | {self.name: round((time.perf_counter() - started) * 1000, 2)})


def chain(searcher: Searcher) -> Runnable[Work, Work]:
    """The steps without a model, as one LangChain runnable."""
    from langchain_core.runnables import RunnableLambda

    def runnable(step: Step) -> RunnableLambda[Work, Work]:
        def take(work: Work) -> Work:
            return step(work, searcher)

        return RunnableLambda(take, name=step.name)

    understood, retrieved, composed, grounded = map(runnable, STEPS)
    return understood | retrieved | composed | grounded


def answer(work: Work, searcher: Searcher, open_session: Open, breaks_rules: BreaksRules) -> Iterator[str | Work]:
    """An answer as it comes: pieces of verified text, then the work done. The model writes where there is one and something to
    write from; whatever goes wrong with it, the guidance is quoted, and a notice says why."""
    session: Session | None = None
    failed: ModelError | None = None
    work = UNDERSTAND(work, searcher)
    if not work.signals:
        try:
            session = open_session(work)
            if session is not None and work.continues:
                work = _rewrite(work, session)
        except ModelError as error:
            failed = error
    work = RETRIEVE(work, searcher)
    writes = session is not None and work.outcome == "answered" and failed is None
    if writes:
        assert session is not None
        started = time.perf_counter()
        try:
            for piece in _write(work, session, searcher, breaks_rules):
                if isinstance(piece, str):
                    yield piece
                else:
                    work = piece
        except ModelError as error:
            failed = error
        taken = round((time.perf_counter() - started) * 1000, 2)
        work = replace(work, timings_ms=work.timings_ms | {"model": taken})
    if work.composer != "model":
        work = GROUND(COMPOSE(work, searcher), searcher)
        if failed is not None and work.outcome == "answered":
            notice = model_texts().extractive[work.language].format(reason=why(failed, work.language))
            work = replace(work, notices=(*work.notices, notice))
    if session is not None and session.used:
        work = replace(work, usage=session.usage, tokens=session.tokens)
    yield work


def outgoing(work: Work, searcher: Searcher) -> tuple[Outgoing, ...]:
    """The messages that the first call for a question would send, as they would leave this machine."""
    from coach.answers import generate
    from coach.model.session import outgoing as to_be_sent

    work = UNDERSTAND(work, searcher)
    mask = mask_of(work)
    if work.signals:
        return ()
    if work.continues:
        return tuple(to_be_sent(prompt("rewrite"), generate.rewrite_values(work.question, _earlier(work), work.language), mask))
    work = RETRIEVE(work, searcher)
    passages = generate.given(work.result.hits if work.result else (), work.language)
    if work.outcome != "answered" or not passages:
        return ()
    return tuple(to_be_sent(prompt("answer"), generate.values_of(work.question, passages, work.language), mask))


def _earlier(work: Work) -> list[str]:
    return [turn.question for turn in work.turns][-EARLIER:]


def mask_of(work: Work) -> Mask:
    """The personal details in a question and in what was asked before it, with their stand-ins."""
    mask = Mask(work.language)
    mask.learn([work.question, *(turn.question for turn in work.turns)])
    return mask


def _rewrite(work: Work, session: Session) -> Work:
    """A follow-up made a question of its own by the model; as it was, where that cannot be trusted."""
    from coach.answers.generate import rewrite

    made = rewrite(work.question, _earlier(work), work.language, session)
    if not made or made == work.question:
        return work
    texts = language_data(work.language).texts
    plain = texts.follow_up.format(question=work.continues)
    shown = model_texts().rewritten[work.language].format(question=made)
    notices = tuple(shown if notice == plain else notice for notice in work.notices)
    return replace(work, searched=made, notices=notices)


def _write(work: Work, session: Session, searcher: Searcher, breaks_rules: BreaksRules) -> Iterator[str | Work]:
    """The model's answer through the gate. Raises `ModelError` where there is none."""
    from coach.answers import generate

    passages = generate.given(work.result.hits if work.result else (), work.language)
    if not passages:
        return
    asked = work.searched or work.question
    earlier = " ".join(turn.question for turn in work.turns)
    for piece in generate.write(asked, work.language, passages, session, searcher, breaks_rules, f"{work.question} {earlier}"):
        if isinstance(piece, str):
            yield piece
            continue
        notices = work.notices
        if dropped := piece.dropped.total():
            left_out = model_texts().partly[work.language].format(count=dropped, total=dropped + piece.kept)
            notices = (*notices, left_out)
        yield replace(work, answer=piece.text, citations=piece.citations, composer="model", notices=notices)


def question_language(question: str, setting: str, turns: tuple[Turn, ...]) -> Language:
    """The language to answer in: as set, else the question's own, else that of the conversation so far."""
    if setting in ("nl", "en"):
        return setting  # type: ignore[return-value]
    return detect(question, turns[-1].language) if turns else detect(question)


def _understand(work: Work, searcher: Searcher) -> Work:
    heard = searcher.signals(work.question, work.language)
    if in_crisis(work.question):
        heard = ("crisis",)
    texts = language_data(work.language).texts
    said = {"crisis": texts.crisis, "concern": texts.concern, "judging": texts.judging}
    work = replace(work, signals=heard, notices=(*(said[signal] for signal in heard[:1]), *work.notices))
    if "crisis" in heard or not work.turns or not follows_up(work.question, work.language):
        return work
    before = context_of(work.turns)
    notice = language_data(work.language).texts.follow_up.format(question=before)
    return replace(work, continues=before, notices=(*work.notices, notice))


def _retrieve(work: Work, searcher: Searcher) -> Work:
    if "crisis" in work.signals:  # only what the handbook says of one, whatever was asked
        result = searcher.section(DANGER, work.language)
    else:
        seen = frozenset(place for turn in work.turns for place in turn.passages) if work.continues else frozenset()
        context = "" if work.searched else work.continues
        result = searcher.search(work.searched or work.question, RETRIEVED, work.language, context=context, seen=seen)
    notices = (*work.notices, result.notice) if result.notice else work.notices
    found = replace(work, result=result, outcome=outcome(result.confidence), notices=notices)
    judged = "judging" in work.signals and "crisis" not in work.signals
    return _without_verdict(found, result, searcher) if judged else found


def _without_verdict(work: Work, result: SearchResult, searcher: Searcher) -> Work:
    """Where a person is to be judged: what stands nearby, and no verdict."""
    first, *others = searcher.search(language_data(work.language).texts.judging_question, RETRIEVED, work.language).hits
    near = [hit for hit in result.hits if hit.passage != first.passage]
    return replace(work, result=replace(result, hits=(*near[:1], first, *near[1:], *others)), outcome="related")


def _compose(work: Work, _searcher: Searcher) -> Work:
    texts = language_data(work.language).texts
    hits = [hit for hit in work.result.hits if extract.units(hit.passage)] if work.result else []
    if work.outcome == "not_covered" or not hits:
        answer = texts.beyond if {"crisis", "concern"} & set(work.signals) else texts.not_covered
        return replace(work, outcome="not_covered", answer=answer)
    if work.outcome == "related":
        quotations = [extract.Quotation(hit.passage, extract.units(hit.passage)[:2]) for hit in hits[:RELATED]]
        notices = work.notices if "judging" in work.signals else (texts.related, *work.notices)
    else:
        led = extract.lead_with_verdict(hits, work.question, work.language)
        quotations = extract.select(led, work.question, work.language)
        unclear = work.result is not None and work.result.clear < UNCLEAR and not work.signals
        notices = (*work.notices, texts.several) if unclear else work.notices
    quotations = [quotation for quotation in quotations if quotation.units]
    if any(quotation.passage.language != work.language for quotation in quotations):
        notices = (*notices, texts.other_language)
    composed, citations = extract.compose(quotations)
    return replace(work, answer=composed, citations=citations, notices=notices)


def _ground(work: Work, _searcher: Searcher) -> Work:
    if work.citations and not verbatim(work.answer, work.citations):
        raise StoreError("An answer did not stand in its sources; run 'coach sync' to read the folders again.")
    return work


UNDERSTAND = Step("understand", _understand)
RETRIEVE = Step("retrieve", _retrieve)
COMPOSE = Step("compose", _compose)
GROUND = Step("ground", _ground)
STEPS = (UNDERSTAND, RETRIEVE, COMPOSE, GROUND)


def turn(work: Work) -> Turn:
    """What a conversation remembers of an answer."""
    searched = work.searched or (f"{work.continues} {work.question}" if work.continues else work.question)
    places = tuple(f"{citation.document}:{citation.start}" for citation in work.citations)
    return Turn(work.question, searched, work.language, work.outcome, work.answer, places)


__all__ = ["Open", "Work", "answer", "chain", "mask_of", "outgoing", "question_language", "turn"]
