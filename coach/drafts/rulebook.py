"""What rules are made of: the table they are entered in, and the spans that they yield."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from coach.drafts.wording import Found, Message
from coach.records import Severity

# A finding shows a whole sentence up to this many characters, and beyond it only the clause.
LONGEST_QUOTE = 220


@dataclass(frozen=True)
class Span:
    """Where a rule is broken; `variant` picks a text of its own, `values` fill it in."""

    start: int
    end: int
    variant: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


Check = Callable[[Message], Iterable[Span]]


@dataclass(frozen=True)
class Rule:
    """A rule: how grave, the section of the guidance it rests on (by kind where that differs), and its check."""

    id: str
    severity: Severity
    guidance: Mapping[str, str]
    check: Check

    def section(self, kind: str) -> str:
        """The section of the guidance ("file#section") for a kind of message."""
        return self.guidance.get(kind, self.guidance[""])


RULES: dict[str, Rule] = {}


def rule(name: str, severity: Severity, guidance: str, **by_kind: str) -> Callable[[Check], Check]:
    """Enter a function in the table of rules."""

    def enter(check: Check) -> Check:
        RULES[name] = Rule(name, severity, {"": guidance, **by_kind}, check)
        return check

    return enter


# -- spans -------------------------------------------------------------------------------------------------------------


def missing(message: Message, variant: str = "") -> Span:
    """The place where a missing part belongs: the end of the body, before the signature."""
    end = message.body[-1].end if message.body else len(message.text)
    return Span(end, end, variant)


def whole(message: Message, found: Found, variant: str = "") -> Span:
    """The sentence around what was found, or its clause where the sentence is long."""
    sentence = found.sentence
    if sentence.end - sentence.start <= LONGEST_QUOTE:
        return Span(sentence.start, sentence.end, variant)
    clauses = [one for one in message.clauses(sentence) if one[-1].end > found.start and one[0].start < found.end]
    return Span(min(clauses[0][0].start, found.start), max(clauses[-1][-1].end, found.end), variant)


def per_sentence(message: Message, found: Iterable[Found], variant: str = "") -> Iterator[Span]:
    """One span for each sentence in which something was found."""
    seen: set[int] = set()
    for one in found:
        if one.sentence.start not in seen:
            seen.add(one.sentence.start)
            yield whole(message, one, variant)


def without(found: Iterable[Found], excused: Iterable[Found], reach: int = 0) -> list[Found]:
    """What was found and does not overlap with what excuses it, or stands `reach` words behind that."""
    excuses = list(excused)
    return [one for one in found if not any(one.first <= other.last + reach and other.first <= one.last for other in excuses)]


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Neighbouring spans as one."""
    current: Span | None = None
    for span in sorted(spans, key=lambda one: one.start):
        if current and span.start - current.end <= 2:
            current = Span(current.start, max(current.end, span.end), current.variant, current.values)
            continue
        if current:
            yield current
        current = span
    if current:
        yield current
