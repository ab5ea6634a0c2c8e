"""The review rules on messages, one function each: what breaks the guidance, and where.

A rule yields spans of the text; an empty span stands for what is missing. Reasons and fixes are data (`prompts/rules/`), as
are the words that a rule looks for. A rule that is not sure yields nothing. The rules on feedback stand in `feedback_rules.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coach.drafts import asks, feedback_rules
from coach.drafts.rulebook import RULES, Rule, Span, joined, missing, per_sentence, rule, without
from coach.drafts.wording import Message

__all__ = ["RULES", "Rule", "Span", "feedback_rules"]

# Words after which a message is too long to be read: twice the customary length in the guidance, since a rule must be sure.
LONGEST_WORDS = {"email": 180, "message": 220, "linkedin-message": 150, "inmail": 180, "chat": 150}
# Feedback, plans and evaluations carry more than a request does.
LONGEST_WORDS_OTHER = 400
# Fewer words and signs than this hold no insight.
SHORTEST_INSIGHT = 7
SHORT_KINDS = frozenset({"outreach", "thank_you", "check_in", "reschedule", "introduction", "decline"})
_BLANK = re.compile(
    r"\[(?![ xX]?\])(?!\d+\])[^\[\]\n]{1,80}\](?!\()"  # [naam], but no [1], [x] or [text](link)
    r"|\{\{[^{}\n]*\}\}|\{[A-Za-z][^{}\n]{0,40}\}|%[A-Z_]{3,}%|«[A-Za-z][^«»\n]{0,30}»"
    r"|<(?!https?:|mailto:|/)[A-Za-zÀ-ÿ][^<>@\n]{0,40}>"
    r"|\b[Xx]{3,}\b|(?<!\w)_{3,}(?!\w)"
    r"|\b(?:TODO|TBD|NTB|LOREM IPSUM|INSERT NAME|NAAM INVULLEN)\b"
)
_BLANK_WORDS = re.compile(
    r"\((?:naam|name|bedrijf|company|functie|datum|date|topic|onderwerp)(?: (?:invullen|here|hier))?\)", re.IGNORECASE
)


@rule("asks-for-mentorship", "must", "first-message#golden-rule", thank_you="first-conversation#propose-check-in")
def asks_for_mentorship(message: Message) -> Iterator[Span]:
    """The writer asks the reader to be a mentor, in whatever words; a denial or somebody else's mentor is fine."""
    found = without(message.find("mentorship_ask"), message.find("not_mentorship_ask"))
    yield from joined(per_sentence(message, (one for one in found if not message.negated(one))))


@rule(
    "no-specific-ask",
    "must",
    "first-message#small-ask",
    session_agenda="keeping-it-going#send-agenda",
    kick_off="starting-as-mentor#first-session-agenda",
    reschedule="keeping-it-going#reschedule",
    introduction="first-message-channels#via-introduction",
)
def no_specific_ask(message: Message) -> Iterator[Span]:
    """The reader cannot tell what is asked, what will be discussed, or which new moment is proposed."""
    if message.kind in {"session_agenda", "kick_off"}:
        if not _names_topics(message):
            yield missing(message, message.kind)
    elif message.kind == "reschedule":
        if not _proposes_moment(message):
            yield missing(message, message.kind)
    elif not _asks_clearly(message):
        vague = asks.vague_request(message)
        variant = message.kind if message.kind == "introduction" else ""
        yield Span(vague.start, vague.end, variant) if vague else missing(message, variant)


def _asks_clearly(message: Message) -> bool:
    """Whether the message asks for something in particular, be it too much or mentorship, or demands it."""
    if (
        asks.asks_something_specific(message)
        or any(True for _ in asks_for_mentorship(message))
        or any(True for _ in _demands(message))
    ):
        return True
    return any(asks.too_big(message, sentence, recurring=True) for sentence in message.sentences)


def _names_topics(message: Message) -> bool:
    items = re.findall(r"^\s*[-–•*]\s+\S|(?:^|\s)\d{1,2}[.)]\s+\S", message.text, re.MULTILINE)
    topics = without(message.find("agenda_topic"), message.find("no_topic"))
    return len(items) >= 2 or any(not message.negated(one) for one in topics)


def _proposes_moment(message: Message) -> bool:
    offers = [one for one in message.body if one.is_question or message.is_request(one)]
    if any(message.sentence_has(one, "proposal") and not message.sentence_has(one, "vague_proposal") for one in offers):
        return True
    return any(one.is_question for one in offers) or message.has("offer")


@rule("ask-too-big", "must", "first-message#small-ask", thank_you="first-conversation#propose-check-in")
def ask_too_big(message: Message) -> Iterator[Span]:
    """A request for an hour or more, for a standing appointment, a job or the reading of a thick document."""
    recurring = message.kind in {"outreach", "thank_you", "introduction"}
    for sentence in message.sentences:
        if asks.too_big(message, sentence, recurring=recurring):
            yield Span(sentence.start, sentence.end)


@rule("multiple-asks", "must", "first-message#small-ask")
def multiple_asks(message: Message) -> Iterator[Span]:
    """Requests for different kinds of thing in one message."""
    found = asks.distinct_asks(message)
    if len(found) > 1:
        first = message.text[found[0].start : found[0].end]
        start = found[0].start if found[1].start - found[0].end <= 2 else found[1].start
        yield Span(start, found[-1].end, values={"first": first})


@rule("no-personalisation", "must", "first-message#personal-opening")
def no_personalisation(message: Message) -> Iterator[Span]:
    """Nothing in the message is about this reader's own work, words or steps, or about who pointed the way."""
    weak = {(one.sentence.start, one.last) for one in message.find("weak_noun")}
    theirs = without(message.find("possessive"), message.find("generic_noun"))
    named = [
        one for one in theirs if not message.is_request(one.sentence) and not message.sentence_has(one.sentence, "thanks", "room")
    ]
    personal = named + without(message.find("personal"), message.find("generic_personal"))
    told = [one for one in personal if not (message.is_request(one.sentence) and (one.sentence.start, one.last) in weak)]
    if not any(
        not message.sentence_has(one.sentence, "flattery_heavy") or message.sentence_has(one.sentence, "work_noun")
        for one in told
    ):
        start = message.body[0].start if message.body else 0
        yield Span(start, start)


@rule("no-introduction", "must", "first-message#introduce-yourself", introduction="first-message-channels#via-introduction")
def no_introduction(message: Message) -> Iterator[Span]:
    """The reader does not learn who writes; in an introduction: who is introduced."""
    if message.kind == "introduction":
        if not message.has("introduces_other"):
            yield missing(message, "introduction")
        return
    found = without(message.find("introduces_self", "self_noun"), message.find("not_introduction"))
    if not found:
        start = message.body[0].start if message.body else 0
        yield Span(start, start)


@rule(
    "no-courtesy",
    "must",
    "first-message#make-it-easy",
    check_in="when-it-goes-wrong#mentor-silent",
    reschedule="keeping-it-going#reschedule",
)
def no_courtesy(message: Message) -> Iterator[Span]:
    """A demand; or neither thanks nor room for the reader's time or a no, in a message that asks for time."""
    demands = [] if message.kind == "check_in" else list(_demands(message))
    yield from demands
    if (
        not demands
        and message.kind in {"outreach", "check_in", "introduction", "reschedule"}
        and not message.has("thanks", "room")
    ):
        yield missing(message, "reschedule" if message.kind == "reschedule" else "")


def _demands(message: Message) -> Iterator[Span]:
    found = [
        one
        for one in message.find("demand")
        if not message.sentence_has(one.sentence, "demand_softener") and not one.sentence.is_question and not message.negated(one)
    ]
    yield from joined(per_sentence(message, found, "demand"))


@rule("no-subject", "must", "first-message#subject-line")
def no_subject(message: Message) -> Iterator[Span]:
    """An email or InMail whose subject is empty; silent where no subject could be known."""
    if message.subject is not None and not message.subject.strip(" -–.()"):
        yield Span(0, 0)


@rule("too-long", "advice", "first-message#length", chat="first-message-channels#chat-at-work")
def too_long(message: Message) -> Iterator[Span]:
    """More words than anybody reads on this channel; the longest paragraph is marked."""
    limit = LONGEST_WORDS.get(message.channel, LONGEST_WORDS_OTHER) if message.kind in SHORT_KINDS else LONGEST_WORDS_OTHER
    if message.word_count > limit:
        longest = max(re.finditer(r"[^\n]+", message.text), key=lambda one: one.end() - one.start())
        yield Span(longest.start(), longest.end(), values={"count": message.word_count, "limit": limit})


@rule("over-limit", "must", "first-message-channels#linkedin-note", inmail="first-message-channels#inmail")
def over_limit(message: Message) -> Iterator[Span]:
    """More characters than the channel takes; what falls off is marked."""
    limit = message.hard_limit
    text = message.text.rstrip()
    start = len(text) - len(text.lstrip())
    if limit is not None and len(text) - start > limit:
        yield Span(start + limit, len(text), values={"count": len(text) - start, "limit": limit})


@rule("flattery", "must", "first-message#compliments")
def flattery(message: Message) -> Iterator[Span]:
    """One superlative about the reader, or several big words of praise."""
    heavy = [one for one in message.find("flattery_heavy") if not message.negated(one, inside=False)]
    mild = [one for one in message.find("flattery_mild") if not message.negated(one)]
    crowded = [one for one in mild if sum(other.sentence is one.sentence for other in mild) >= 3]
    if heavy or crowded or len(mild) >= 4:
        found = sorted(heavy + (crowded or (mild if len(mild) >= 4 else [])), key=lambda one: one.start)
        yield from joined(per_sentence(message, found))


@rule("placeholder", "must", "first-message#check-names")
def placeholder(message: Message) -> Iterator[Span]:
    """A blank that was not filled in, such as [naam], {{name}}, XXX or ____."""
    for match in sorted([*_BLANK.finditer(message.text), *_BLANK_WORDS.finditer(message.text)], key=lambda one: one.start()):
        yield Span(*match.span())


@rule("pressure", "must", "when-it-goes-wrong#pressure-in-check-in", outreach="first-message#what-to-avoid")
def pressure(message: Message) -> Iterator[Span]:
    """Reproach, guilt, counting of messages or an ultimatum."""
    found = without(without(message.find("pressure"), message.find("pressure_fine")), message.find("apology"), reach=4)
    spans = list(per_sentence(message, found))
    if message.kind in {"check_in", "thank_you", "progress_update", "closing", "mismatch"}:
        spans += [Span(one.start, one.end) for one in _demands(message) if all(one.start != other.start for other in spans)]
    yield from sorted(spans, key=lambda one: one.start)


@rule(
    "no-thanks",
    "must",
    "keeping-it-going#specific-thanks",
    closing="ending-well#closing-message",
    mismatch="when-it-goes-wrong#mismatch",
)
def no_thanks(message: Message) -> Iterator[Span]:
    """No word of thanks."""
    if not any(not message.negated(one) for one in message.find("thanks")):
        yield missing(message)


@rule(
    "no-takeaway",
    "must",
    "first-conversation#follow-up-within-a-day",
    progress_update="keeping-it-going#report-back",
    closing="ending-well#closing-message",
)
def no_takeaway(message: Message) -> Iterator[Span]:
    """Nothing that the writer learned, will do, or did with the advice."""
    if not _tells_takeaway(message):
        yield missing(message, "progress_update" if message.kind == "progress_update" else "")


def _tells_takeaway(message: Message) -> bool:
    """Whether it names an insight, a plan or a result: by its words, or in a statement about oneself beyond pleasantries."""
    progress = message.kind == "progress_update"
    found = message.find("takeaway", *(["progress"] if progress else []), within=message.body)
    if any(progress or not message.negated(one) for one in found):
        return True
    empty = ("pleasantry", "thanks", "progress_vague")
    statements = [one for one in message.body if not one.is_question and not message.is_request(one)]
    return any(
        one.last - one.first >= SHORTEST_INSIGHT
        and message.sentence_has(one, "first_person")
        and not message.sentence_has(one, *empty)
        for one in statements
    )
