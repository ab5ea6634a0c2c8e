"""The review rules on feedback, one function each; see `rules.py` for the others."""

from __future__ import annotations

from collections.abc import Iterator

from coach.drafts import parts
from coach.drafts.rulebook import Span, joined, missing, per_sentence, rule, without
from coach.drafts.wording import Found, Message, Sentence

# So many softeners in one sentence, and so many strong ones among them, bury the message.
SOFTENERS, STRONG_SOFTENERS = 3, 2
# A sentence of at least so many words in capitals is shouting.
SHOUTED_WORDS = 3


@rule("person-not-behaviour", "must", "feedback#behaviour-not-person")
def person_not_behaviour(message: Message) -> Iterator[Span]:
    """The reader is called something: a trait or a type, instead of what they did."""
    exceptions = message.find("not_a_trait")
    named = [
        one
        for one in without(message.find("person"), exceptions)
        if not message.negated(one) and not _supposes(message, one) and not _praises(message, one)
    ]
    found = [one for one in named + message.find("person_lack") if not _asks_openly(message, one.sentence)]
    yield from per_sentence(message, sorted(found, key=lambda one: one.start))


def _praises(message: Message, found: Found) -> bool:
    """Whether the reader is called something good, as far as its sentence shows; that is vague praise and not a judgement."""
    bad = message.find_cached("trait") + message.find_cached("trait_noun")
    named = any(found.first <= one.first <= found.last for one in bad)
    return not named and message.sentence_has(found.sentence, "praise", "kind_word")


def _supposes(message: Message, found: Found) -> bool:
    """Whether the words open a condition: "ben je onzeker, laat het dan weten"."""
    return (
        found.first == found.sentence.first
        and not found.sentence.is_question
        and message.within("supposition", found.first, found.last, found.first)
    )


def _asks_openly(message: Message, sentence: Sentence) -> bool:
    """Whether the sentence really asks; "why are you so ..." only blames."""
    return sentence.is_question and not message.sentence_has(sentence, "blaming_question")


@rule("absolutes", "must", "feedback#always-never")
def absolutes(message: Message) -> Iterator[Span]:
    """ "Always" or "never" said of the reader; said of oneself, in an offer or in thanks it is fine."""
    for one in without(message.find("absolute"), message.find("absolute_fine")):
        short = one.sentence.last - one.sentence.first <= SHOUTED_WORDS * 2
        said_of_reader = short or _with_reader(message, one)
        kind = message.sentence_has(one.sentence, "thanks", "kind_word")
        if said_of_reader and not kind and not _asks_openly(message, one.sentence):
            yield Span(one.start, one.end)


def _with_reader(message: Message, found: Found) -> bool:
    """Whether the reader is spoken of in the clause of these words, or in the one before ("you come in and never knock")."""
    clauses = message.clauses(found.sentence)
    place = next((n for n, clause in enumerate(clauses) if clause[-1].place >= found.first), 0)
    first = clauses[max(0, place - 1)][0].place
    return any(first <= one.first <= clauses[place][-1].place for one in message.find_cached("reader"))


@rule("no-situation", "must", "feedback-models#sbi")
def no_situation(message: Message) -> Iterator[Span]:
    """The text does not say when or where it happened."""
    if not parts.situations(message):
        start = message.body[0].start if message.body else 0
        yield Span(start, start)


@rule(
    "vague",
    "must",
    "feedback#be-specific",
    smart_goals="mentee-goals#short-term-goals",
    expectations="expectations-and-boundaries#time-you-can-give",
)
def vague(message: Message) -> Iterator[Span]:
    """Nothing that anyone could see: an abstract word in need of improvement, and no event beside it."""
    if message.kind == "smart_goals":
        if not (message.has("goal_measure") and message.has("goal_time")) and message.body:
            yield Span(message.body[0].start, message.body[-1].end, "smart_goals")
    elif message.kind == "expectations":
        if not message.has("quantity"):
            yield from joined(per_sentence(message, message.find("vague_expectation"), "expectations"))
    elif not parts.is_concrete(message):
        yield from joined(per_sentence(message, message.find("vague")))


@rule("no-impact", "must", "feedback-models#sbi")
def no_impact(message: Message) -> Iterator[Span]:
    """The text does not say what came of it."""
    if next(parts.impacts(message), None) is None:
        told = parts.behaviours(message)
        place = told[-1].sentence.end if told else missing(message).start
        yield Span(place, place)


@rule("no-next-step", "must", "feedback#end-with-a-question", expectations="expectations-and-boundaries#talk-at-the-start")
def no_next_step(message: Message) -> Iterator[Span]:
    """No question, invitation or suggestion; a compliment needs none."""
    compliment = message.kind == "feedback" and message.has("praise", "kind_word") and not _criticises(message)
    steps = parts.next_steps(message)
    if message.kind == "expectations":
        steps = [one for one in steps if one.sentence.is_question] + message.find("invites_answer")
    if not compliment and not steps:
        yield missing(message, "expectations" if message.kind == "expectations" else "")


def _criticises(message: Message) -> bool:
    """Whether a sentence that does not praise speaks of something that went wrong."""
    return any(not message.sentence_has(one.sentence, "praise") for one in message.find("negative_word"))


@rule("mind-reading", "must", "feedback#mind-reading")
def mind_reading(message: Message) -> Iterator[Span]:
    """What the reader thought, wanted or felt is stated as a fact."""
    found = [
        one
        for one in without(message.find("mind"), message.find("mind_fine"), reach=1)
        if not one.sentence.is_question and one.sentence.role == "body"
    ]
    yield from per_sentence(message, found)


@rule(
    "harsh",
    "must",
    "feedback#honest-but-tactful",
    mismatch="when-it-goes-wrong#mismatch",
    decline="expectations-and-boundaries#saying-no-beyond-the-role",
)
def harsh(message: Message) -> Iterator[Span]:
    """Words that knock down, or a sentence in capitals."""
    found = [one for one in without(message.find("harsh"), message.find("harsh_fine")) if not _denied(message, one)]
    spans = list(per_sentence(message, found))
    spans += [Span(one.start, one.end) for one in message.body if _shouts(message, one)]
    yield from joined(sorted(set_of(spans), key=lambda one: one.start))


def set_of(spans: list[Span]) -> list[Span]:
    """The spans without doubles."""
    return list({(one.start, one.end): one for one in spans}.values())


def _denied(message: Message, found: Found) -> bool:
    """Whether a single harsh word is denied ("not stupid"); a longer phrase carries its own negation."""
    return found.last - found.first <= 1 and message.negated(found)


def _shouts(message: Message, sentence: Sentence) -> bool:
    words = [message.text[token.start : token.end] for token in message.tokens[sentence.first : sentence.last] if token.is_word]
    loud = [word for word in words if word.isupper() and len(word) > 1]
    return len(loud) >= SHOUTED_WORDS and len(loud) >= 0.8 * len(words)


@rule("softened", "must", "feedback#softeners")
def softened(message: Message) -> Iterator[Span]:
    """So many softeners in one sentence that its message is lost."""
    for sentence in message.body:
        soft = message.find("softener", within=[sentence])
        strong = message.find("softener_strong", within=[sentence])
        distinct = {one.first: message.text[one.start : one.end] for one in sorted(soft + strong, key=lambda one: one.last)}
        if len(distinct) >= SOFTENERS and len({one.first for one in strong}) >= STRONG_SOFTENERS:
            words = ", ".join(f"“{word.lower()}”" for _, word in sorted(distinct.items()))
            yield Span(sentence.start, sentence.end, values={"words": words})


@rule("vague-praise", "must", "feedback#praise-that-says-something")
def vague_praise(message: Message) -> Iterator[Span]:
    """Praise without anything that was seen."""
    if parts.is_concrete(message) or (message.kind == "evaluation" and message.has("progress")):
        return
    if message.kind == "feedback" and _criticises(message):  # a kind word around criticism
        return
    found = [one for one in message.find("praise") if not message.negated(one) and not one.sentence.is_question]
    yield from joined(per_sentence(message, found))


@rule("comparison", "must", "feedback#no-comparing")
def comparison(message: Message) -> Iterator[Span]:
    """The reader is held against somebody else."""
    found = without(message.find("comparison"), message.find("comparison_fine"))
    yield from per_sentence(message, [one for one in found if one.sentence.role == "body"])
