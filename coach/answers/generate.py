"""Compose an answer with a chat model: passages and question into the prompt, sentences through the gate as they come.

What does not pass is left out. Where too little is left, or the model fails, there is a `ModelError` with the reason, and the
chain quotes the guidance instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from coach.answers.gate import BreaksRules, Gate
from coach.answers.reading import Claim, Reader
from coach.answers.support import Judge, Source
from coach.errors import ModelError
from coach.languages import content_words, detect, stem, words
from coach.library.search import Searcher
from coach.model.fence import fenced, without_commands
from coach.model.prompts import failure, prompt
from coach.model.session import Session
from coach.records import Citation, Hit, Language, Passage

MOST_PASSAGES = 4  # that a model is given, as many as are quoted without one
NEAR = 0.6  # of the best one's score, that a passage needs to be given
LONGEST_PASSAGE = 2_400  # characters of a passage that are given
FEWEST_KEPT = 0.5  # of a model's sentences that must pass the gate; with fewer, what is left is no answer
FEWEST_WORDS = 12  # of what passes, marks included; the guidance itself says more than that
NO_ANSWER = ("GEEN ANTWOORD", "NO ANSWER")
LONGEST_REWRITE = 300  # characters of a follow-up made whole
LOOPING = 4  # sentences said again, after which a model is taken to go round in circles and is heard no more
MOST_SENTENCES = 40  # of one reply that are judged; it is asked for eight
FRESH = 0  # content words that a rewritten question may have of its own


@dataclass
class Written:
    """What a model's answer became: the text that passed, its citations, and what was left out by reason."""

    text: str = ""
    citations: tuple[Citation, ...] = ()
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def given(hits: Sequence[Hit], language: Language) -> list[Passage]:
    """The passages that a model is given: those near the best, in the language of the question, which alone can be checked."""
    if not hits or hits[0].passage.language != language:
        return []
    near = [hit.passage for hit in hits if hit.score >= NEAR * hits[0].score and hit.passage.language == language]
    return near[:MOST_PASSAGES]


def values_of(question: str, passages: Sequence[Passage], language: Language) -> dict[str, str]:
    """What the prompt `answer` is filled in with."""
    label = {"nl": "vraag", "en": "question"}[language]
    texts = [f"{_place(passage)}\n{without_commands(passage.text)[:LONGEST_PASSAGE]}" for passage in passages]
    return {"passages": fenced(texts, "passage"), "question": fenced([question], label)}


def _place(passage: Passage) -> str:
    return " › ".join((passage.title, *passage.heading))


def write(
    question: str,
    language: Language,
    passages: Sequence[Passage],
    session: Session,
    searcher: Searcher,
    breaks_rules: BreaksRules,
    earlier: str = "",
) -> Iterator[str | Written]:
    """The verified text as it comes, then the whole. Raises `ModelError` with the reason why there is none."""
    reply = session.ask(prompt("answer"), values_of(question, passages, language))
    sources = [Source(passage) for passage in passages]
    judge = Judge(question, language, sources, searcher.vectors)
    gate = Gate(question, language, sources, f"{question}\n{earlier}", judge, breaks_rules)
    page = _Page(gate, passages, session)
    yield from page.fill(reply, language)
    session.count(kept=page.written.kept, dropped=page.written.dropped.total())
    if page.silent:
        raise failure("silent")
    if page.written.kept < max(1, FEWEST_KEPT * (page.written.kept + page.written.dropped.total())):
        reason = page.written.dropped.most_common(1)
        raise failure("unverified", reason=reason[0][0]) if reason else failure("empty")
    if len(words(page.written.text)) < FEWEST_WORDS:
        raise failure("unverified", reason="little")
    session.keep()
    yield page.written


class _Page:
    """The answer as it fills: what passed, under numbers of its own."""

    def __init__(self, gate: Gate, passages: Sequence[Passage], session: Session) -> None:
        self._gate = gate
        self._passages = passages
        self._session = session
        self._clear()

    def _clear(self) -> None:
        self.written = Written()
        self.silent = False
        self._numbers: dict[int, int] = {}
        self._waiting: list[Claim] = []
        self._repeats = 0
        self._gate.forget()

    def fill(self, reply: Iterator[str], language: Language) -> Iterator[str]:
        """Judge the sentences of a reply as they are complete; the text that passes, piece by piece."""
        begun, reader, afresh = "", Reader(language), self._session.afresh
        for piece in reply:
            if self._session.afresh > afresh:  # what came before was the model thinking aloud
                begun, reader, afresh = "", Reader(language), self._session.afresh
                self._clear()
            begun = (begun + piece)[:80]
            if begun.strip(" *_\n.:").upper().startswith(NO_ANSWER):
                self.silent = True
                return
            for claim in reader.feed(piece)[: MOST_SENTENCES + 1]:
                yield from self._take(claim)
            if self._repeats >= LOOPING or self.written.kept + self.written.dropped.total() > MOST_SENTENCES:
                return
        for claim in reader.close(cut=self._session.cut):
            yield from self._take(claim)
        self.written.dropped["form"] += len(self._waiting)

    def _take(self, claim: Claim) -> Iterator[str]:
        """One sentence. A line that introduces a list waits for the first item that passes."""
        mask = self._session.mask
        if mask.strangers(claim.text):
            self.written.dropped["name"] += 1
            return
        shown = Claim(mask.show(claim.text), claim.marks, claim.own, claim.lead)
        if shown.text.endswith(":") and not shown.own:
            self._waiting = [shown]
            return
        verdict = self._gate.judge(shown)
        if verdict.reason == "repeat":
            self._repeats += 1
            return
        if verdict.reason:
            self.written.dropped[verdict.reason] += 1
            return
        waiting, self._waiting = self._waiting, []
        for opening in waiting:
            introduced = self._gate.introduces(opening.text, verdict.sources)
            if introduced:
                yield self._put(opening.lead, opening.text, verdict.sources)
            else:
                self.written.dropped["support"] += 1
        yield self._put(shown.lead, verdict.text, verdict.sources)

    def _put(self, lead: str, text: str, sources: Sequence[int]) -> str:
        """Add a sentence with its marks; the first time a passage is used, it gets the next number."""
        for place in sources:
            if place not in self._numbers:
                self._numbers[place] = len(self._numbers) + 1
                self.written.citations += (_cite(self._passages[place], self._numbers[place]),)
        marks = "".join(f"[{number}]" for number in sorted(self._numbers[place] for place in sources))
        ended = text if text[-1] in ".!?:;…”\"'’»)" else f"{text}."
        joint = lead if self.written.text else ("- " if lead.endswith("- ") else "")
        piece = f"{joint}{ended} {marks}"
        self.written.text += piece
        self.written.kept += 1
        return piece


def _cite(passage: Passage, n: int) -> Citation:
    """The whole passage as the citation of what was put in other words."""
    return Citation(
        n=n,
        document=passage.document,
        title=passage.title,
        heading=" › ".join(passage.heading),
        start=passage.start,
        end=passage.end,
        quote=passage.text,
    )


def rewrite_values(question: str, earlier: Sequence[str], language: Language) -> dict[str, str]:
    """What the prompt `rewrite` is filled in with."""
    labels = {"nl": ("vraag", "vervolgvraag"), "en": ("question", "follow-up")}[language]
    return {"earlier": fenced(earlier, labels[0]), "question": fenced([question], labels[1])}


def rewrite(question: str, earlier: Sequence[str], language: Language, session: Session) -> str:
    """A follow-up as a question of its own, or nothing where what the model made of it cannot be trusted.

    Only words of the conversation may be in it, and what the follow-up itself says must be. Raises `ModelError`.
    """
    reply = session.whole(prompt("rewrite"), rewrite_values(question, earlier, language))
    if session.mask.strangers(reply):
        return ""
    made = " ".join(session.mask.show(reply).split()).strip(" \"“”'*")
    if not faithful_rewrite(made, question, earlier, language):
        return ""
    session.keep()
    return made


def faithful_rewrite(made: str, question: str, earlier: Sequence[str], language: Language) -> bool:
    """Whether a rewritten question is one question in the language, of the conversation's words, and keeps the follow-up's."""
    if not made.endswith("?") or made.count("?") > 1 or len(made) > LONGEST_REWRITE or detect(made, language) != language:
        return False
    said = _stems([question, *earlier], language)
    own, wanted = _stems([made], language), _stems([question], language)
    negations = {"nl": ("niet", "geen", "nooit"), "en": ("not", "no", "never")}[language]
    kept = sum(word in words(made) for word in negations) == sum(word in words(question) for word in negations)
    return len(own - said) <= FRESH and len(wanted - own) <= len(wanted) // 3 and (kept or not wanted)


def _stems(texts: Sequence[str], language: Language) -> set[str]:
    return {stem(word, language) for text in texts for word in content_words(text, language)}


__all__ = ["ModelError", "Written", "faithful_rewrite", "given", "rewrite", "values_of", "write"]
