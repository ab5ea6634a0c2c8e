"""What a message asks of its reader: which sentences ask, for what, how much, and whether the reader can tell."""

from __future__ import annotations

from coach.drafts.amounts import bulk, minutes
from coach.drafts.wording import Message, Sentence

# Kinds of thing that one can ask for; each is a list of patterns in prompts/rules.
ASK_TYPES = ("ask_talk", "ask_review", "ask_intro", "ask_job", "ask_recommend", "ask_send", "ask_visit", "ask_speak")
# The guidance asks for 15 to 20 minutes; an hour at first contact is a large request.
LONG_MINUTES = 60.0
# As many pages or questions as nobody answers between two meetings.
BULKY = 10.0
# A question of fewer words and signs ("Wanneer kun je?") does not say what it is about.
SHORTEST_CLEAR_QUESTION = 5


def specific(message: Message, sentence: Sentence) -> bool:
    """Whether the sentence says what is asked for: an amount of time, a number of questions, a topic or a clear act."""
    if minutes(message, sentence) or message.sentence_has(sentence, "asked_thing"):
        return True
    topics = [one for one in message.find_cached("topic") if one.sentence is sentence]
    generic = [one for one in message.find_cached("not_topic") if one.sentence is sentence]
    if any(all(topic.end <= other.start or other.end <= topic.start for other in generic) for topic in topics):
        return True
    long_enough = sentence.last - sentence.first > SHORTEST_CLEAR_QUESTION
    return sentence.is_question and long_enough and not message.sentence_has(sentence, "vague_ask")


def asks_something_specific(message: Message) -> bool:
    """Whether the message has a request, and an amount, number, topic or clear act in it or in a sentence beside it."""
    body = list(message.body)
    if message.kind == "introduction" and any(minutes(message, one) or message.sentence_has(one, "asked_thing") for one in body):
        return True
    for place, sentence in enumerate(body):
        if not message.is_request(sentence):
            continue
        if specific(message, sentence):
            return True
        around = body[max(0, place - 1) : place] + body[place + 1 : place + 2]
        if any(minutes(message, one) or message.sentence_has(one, "asked_thing") for one in around):
            return True
    return False


def vague_request(message: Message) -> Sentence | None:
    """The last request that does not say what it is for; a mere "let me know" is none."""
    vague = [
        one for one in message.requests if message.sentence_has(one, "vague_ask") and not message.sentence_has(one, "reply_only")
    ]
    return vague[-1] if vague else None


def too_big(message: Message, sentence: Sentence, *, recurring: bool) -> bool:
    """Whether a request asks for much: an hour or more, a standing appointment, a job, a thick document."""
    if not (message.is_request(sentence) or sentence.is_question):
        return False
    names = ("big_favour", "recurring") if recurring else ("big_favour",)
    found = [one for one in message.find(*names, within=[sentence]) if not message.negated(one)]
    return bool(found) or bulk(message, sentence) >= BULKY or any(length >= LONG_MINUTES for length in minutes(message, sentence))


def distinct_asks(message: Message) -> list[Sentence]:
    """The sentences that ask for something that no earlier sentence asked for; an alternative ("or ...") is no new ask.

    A sentence that asks for several kinds of thing stands in the list as often.
    """
    seen: set[str] = set()
    asks: list[Sentence] = []
    for sentence in message.requests:
        wanted = [name for name in ASK_TYPES if not (name == "ask_intro" and message.kind == "introduction")]
        types = {name for name in wanted if any(not message.negated(one) for one in message.find(name, within=[sentence]))}
        fresh = types - seen
        if seen and message.sentence_has(sentence, "either_or"):
            fresh = set()
        if len(fresh) > 1 and message.sentence_has(sentence, "alternative"):
            fresh = set(sorted(fresh)[:1])
        asks += [sentence] * len(fresh)
        seen |= types
    return asks
