"""Run a kind's rules over a message: findings in order of the text, what passed, and for feedback its labelled parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from coach.drafts.channels import channel_named
from coach.drafts.guidance import section
from coach.drafts.kinds import kind_named
from coach.drafts.parts import Model, label
from coach.drafts.patterns import rule_data
from coach.drafts.rulebook import Rule, Span
from coach.drafts.rules import RULES
from coach.drafts.wording import Message
from coach.errors import DraftError
from coach.languages import detect
from coach.records import Finding, Language, Review

# No message is longer; beyond it a review would take seconds.
LONGEST_TEXT = 50_000
# "Onderwerp: ..." as the first line of a text is its subject.
_SUBJECT_LINE = re.compile(r"\A\s*(?:onderwerp|subject|betreft|re)[ \t]*:[ \t]*(?P<subject>[^\n]*)(?:\n|\Z)", re.IGNORECASE)


def review(
    kind: str,
    text: str,
    *,
    channel: str | None = None,
    language: Language | None = None,
    subject: str | None = None,
    model: Model = "sbi",
) -> Review:
    """Review a message of a kind.

    The subject is `subject`, or a first line "Subject: ..." or "Onderwerp: ..." of the text. Without either, an email or
    InMail that was named as such has an empty one, and nothing is known of it otherwise. `model` chooses how feedback is
    labelled. Raises `DraftError` for an unknown kind or channel, or a text that is empty or far too long.
    """
    chosen = kind_named(kind)
    if not text.strip():
        raise DraftError("There is no text to review; give a file or type the message.")
    if len(text) > LONGEST_TEXT:
        raise DraftError(
            f"The text has {len(text):,} characters; a review takes at most {LONGEST_TEXT:,}. Give the message alone."
        )
    spoken: Language = language or detect(text)
    place = channel_named(channel or chosen.default_channel)
    message = Message(
        _blank_subject_line(text),
        spoken,
        kind=kind,
        channel=place.id,
        subject=_subject(text, subject, has_line=bool(channel) and place.subject is not None),
        hard_limit=place.hard,
    )
    findings: list[Finding] = []
    for name in chosen.rules:
        found = list(_findings(RULES[name], message, text))
        findings += found
    findings = [one for one in findings if not _said_already(one, findings)]
    findings.sort(key=lambda finding: (finding.start, finding.end))
    passed = [name for name in chosen.rules if all(name != one.rule for one in findings)]
    labelled = label(message, model) if chosen.family == "feedback" else ()
    return Review(kind, spoken, place.id, tuple(findings), tuple(passed), labelled)


# Where two rules mark the same words, the second of a pair says nothing new.
_COVERS = {
    "pressure": ("mind-reading", "harsh", "no-courtesy"),
    "ask-too-big": ("asks-for-mentorship",),
    "mind-reading": ("person-not-behaviour",),
}


def _said_already(finding: Finding, others: list[Finding]) -> bool:
    """Whether another finding on the same words says the same, more exactly."""
    return any(
        other.rule in _COVERS.get(finding.rule, ()) and other.start < finding.end and finding.start < other.end
        for other in others
    )


def _subject(text: str, given: str | None, *, has_line: bool) -> str | None:
    """The subject as far as it is known; None where the text was not said to be for a channel with a subject line."""
    line = _SUBJECT_LINE.match(text)
    if given is None and line:
        return line["subject"]
    return given if given is not None else ("" if has_line else None)


def _blank_subject_line(text: str) -> str:
    """The text with its subject line as spaces, so that offsets stay."""
    line = _SUBJECT_LINE.match(text)
    return " " * line.end() + text[line.end() :] if line else text


def _findings(rule: Rule, message: Message, text: str) -> Iterator[Finding]:
    texts = rule_data(message.language).texts
    reference = section(rule.section(message.kind), message.language).reference
    for span in _within(rule.check(message), text):
        words = texts.get(f"{rule.id}.{span.variant}", texts[rule.id])
        quote = text[span.start : span.end]
        values = {"quote": quote, **span.values}
        yield Finding(
            rule.id,
            rule.severity,
            span.start,
            span.end,
            quote,
            words.reason.format(**values),
            words.fix.format(**values),
            reference,
        )


def _within(spans: Iterable[Span], text: str) -> Iterator[Span]:
    """The spans without white space at their ends."""
    for span in spans:
        start, end = span.start, min(span.end, len(text))
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        yield Span(start, end, span.variant, span.values)
