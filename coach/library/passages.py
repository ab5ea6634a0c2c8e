"""A document into passages: one guideline each, never cut inside a sentence, `text == document.text[start:end]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from coach.languages import LANGUAGES, is_wrapped, sentences, vote
from coach.library.plaintext import ITEM, Line, brands, is_term, lines_of
from coach.records import Document, Heading, Language, Passage

# Part of the index's fingerprint: raise it with every change that makes other passages of the same text.
VERSION = 2

WHOLE = 420  # a section up to this many characters is one guideline, list and all
WHOLE_ASKED = 1800  # a section that lists the questions it answers is one guideline by its author's own word
TARGET = 300  # paragraphs are joined up to about this size
LONGEST = 700  # a longer paragraph is divided between sentences
TOPIC = 70  # list items of at least this mean length are topics of their own
LONGEST_SENTENCE = 2000  # a "sentence" beyond this is no prose (a table, minified data) and is divided at white space

_FENCE = re.compile(r"\s*(?:```[^`]*$|~~~)")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$")


@dataclass(frozen=True)
class Block:
    """A paragraph, list item, quotation or code fence: `start:end` of the document's text."""

    start: int
    end: int
    kind: str  # "text", "item", "quote" or "fence"

    @property
    def size(self) -> int:
        """Its length in characters."""
        return self.end - self.start


@dataclass(frozen=True)
class Section:
    """The body between one heading and the next, with the headings above it."""

    path: tuple[Heading, ...]
    start: int
    end: int

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions that the section's own heading lists."""
        return self.path[-1].asked if self.path else ()


def passages(document: Document) -> list[Passage]:
    """The passages of a document, in order of its text.

    A short section is one passage, its list included. In a longer one, list items that are topics of their own stand alone,
    with the line that introduces the list as context; paragraphs are joined to about `TARGET` characters.
    """
    advertised = brands(document.text)
    found = []
    handbook = bool(document.identifier) and any(heading.anchor for heading in document.headings)
    for section in sections(document):
        if handbook and not any(heading.anchor for heading in section.path) and all(one.level == 1 for one in section.path):
            continue  # the line under a handbook page's title says what the page holds, not what to do
        for start, end, context in _pieces(document, section):
            found.append(_passage(document, section, start, end, context, advertised))
    return found


def sections(document: Document) -> list[Section]:
    """The sections of a document; what stands before the first heading is one too."""
    bounds = [heading.end for heading in document.headings]
    starts = [0, *bounds]
    ends = [*(heading.start for heading in document.headings), len(document.text)]
    path: list[Heading] = []
    result = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if number:
            heading = document.headings[number - 1]
            path = [above for above in path if above.level < heading.level] + [heading]
        result.append(Section(tuple(path), start, end))
    return result


def blocks(document: Document, section: Section) -> list[Block]:
    """The blocks of a section, hidden spans left out."""
    result: list[Block] = []
    for start, end in _visible(document.hidden, section.start, section.end):
        result.extend(_blocks(document.text, start, end))
    return result


def _visible(hidden: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    for hidden_start, hidden_end in hidden:
        if hidden_end <= start or hidden_start >= end:
            continue
        if hidden_start > start:
            yield start, hidden_start
        start = max(start, hidden_end)
    if start < end:
        yield start, end


def _blocks(text: str, start: int, end: int) -> Iterator[Block]:
    lines = [Line(start + line.start, line.text) for line in lines_of(text[start:end])]
    group: list[Line] = []
    fenced = False
    for line in lines:
        if _FENCE.match(line.text):
            group.append(line)
            if fenced:
                yield from _close(group)
                group = []
            fenced = not fenced
        elif fenced:
            group.append(line)
        elif not line.text.strip() or _RULE.match(line.text):
            yield from _close(group)
            group = []
        elif group and _continues(group[-1].text, line.text):
            group.append(line)
        else:
            yield from _close(group)
            group = [line]
    yield from _close(group)


def _continues(line: str, following: str) -> bool:
    if _kind(following) == "quote":
        return _kind(line) == "quote"
    if _kind(line) == "item" and following.startswith("  ") and not ITEM.match(following):
        return True
    return not ITEM.match(following) and is_wrapped(line, following)


def _kind(line: str) -> str:
    if _FENCE.match(line):
        return "fence"
    if line.lstrip().startswith(">"):
        return "quote"
    return "item" if ITEM.match(line) or is_term(line) else "text"


def _close(group: list[Line]) -> Iterator[Block]:
    while group and not group[-1].text.strip():  # a fence that nobody closed ends with the section
        group = group[:-1]
    if group:
        first, last = group[0], group[-1]
        start = first.start + len(first.text) - len(first.text.lstrip())
        end = last.start + len(last.text.rstrip())
        if start < end:
            yield Block(start, end, _kind(first.text))


def _pieces(document: Document, section: Section) -> Iterator[tuple[int, int, str]]:
    """Spans (start, end) of the section's passages, each with the text that is searched beside it."""
    content = blocks(document, section)
    if not content:
        return
    text = document.text
    span = content[0].start, content[-1].end
    gapless = not any(span[0] < hidden_end and hidden_start < span[1] for hidden_start, hidden_end in document.hidden)
    limit = WHOLE_ASKED if section.asked else WHOLE
    if gapless and span[1] - span[0] <= limit and (section.asked or not _is_topic_list(content)):
        yield *span, ""
        return
    intro: Block | None = None
    for marker, run in groupby(_with_quotes(content), key=lambda group: _marker(text, group[0])):
        groups = list(run)
        if not marker:
            yield from ((start, end, "") for start, end in _joined(document, groups))
            last = groups[-1][-1]
            intro = last if text[last.end - 1] == ":" else None
            continue
        context = text[intro.start : intro.end] if intro else ""
        if _is_topic_list([group[0] for group in groups]):
            for group in groups:
                yield from ((start, end, context) for start, end in _divided(document, group[0].start, group[-1].end))
        else:
            yield from ((start, end, context) for start, end in _joined(document, groups, LONGEST))
        intro = None


def _marker(text: str, block: Block) -> str:
    """What tells the items of one list from those of the next; empty for what is no item."""
    if block.kind != "item":
        return ""
    sign = text[block.start]
    return "1" if sign.isdigit() else sign if not sign.isalnum() else "term"


def _is_topic_list(content: Sequence[Block]) -> bool:
    items = [block for block in content if block.kind == "item"]
    return len(items) >= 2 and sum(item.size for item in items) / len(items) >= TOPIC


def _with_quotes(content: Iterable[Block]) -> list[list[Block]]:
    """Blocks grouped so that a quotation stays with what it illustrates."""
    groups: list[list[Block]] = []
    for block in content:
        if groups and block.kind == "quote":
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _joined(document: Document, groups: list[list[Block]], target: int = TARGET) -> Iterator[tuple[int, int]]:
    start = end = None
    for group in groups:
        opens, closes = group[0].start, group[-1].end
        adjacent = start is not None and end is not None and not document.text[end:opens].strip()
        if adjacent and start is not None and closes - start <= target:
            end = closes
            continue
        if start is not None and end is not None:
            yield from _divided(document, start, end)
        start, end = opens, closes
    if start is not None and end is not None:
        yield from _divided(document, start, end)


def _divided(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A span of at most `LONGEST` characters as it is; a longer one in pieces of whole sentences, of about equal length."""
    size = end - start
    if size <= LONGEST:
        yield start, end
        return
    spans = [
        (start + a, start + b)
        for first, last in sentences(document.text[start:end], document.language)
        for a, b in _bounded(document.text, start, first, last)
    ]
    share = size / -(-size // LONGEST)
    opened = spans[0][0]
    for (_, previous_end), (following, following_end) in pairwise(spans):
        if following_end - opened > share and previous_end - opened > share / 3:
            yield opened, previous_end
            opened = following
    yield opened, spans[-1][1]


def _bounded(text: str, offset: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        window = text[offset + start : offset + start + LONGEST_SENTENCE]
        cut = max(window.rfind(" "), window.rfind("\n"))
        cut = cut if cut > 0 else LONGEST_SENTENCE
        yield start, start + len(window[:cut].rstrip()) if window[:cut].strip() else start + cut
        start += cut
        while start < end and text[offset + start].isspace():
            start += 1
    if start < end:
        yield start, end


def _passage(document: Document, section: Section, start: int, end: int, context: str, advertised: frozenset[str]) -> Passage:
    text = document.text[start:end]
    own = section.path[-1] if section.path else None
    anchor = own.anchor if own else ""
    return Passage(
        document=document.path,
        title=document.title,
        heading=tuple(heading.text for heading in section.path if heading.text != document.title),
        text=text,
        start=start,
        end=end,
        language=_language(text, document.language),
        context=context,
        anchor=anchor,
        asked=section.asked,
        page=sum(page <= start for page in document.pages) or None,
        promotional=_is_promotional(text, document.language, advertised),
        twin=f"{document.identifier}#{anchor}" if document.identifier and anchor else "",
    )


def _language(text: str, default: Language) -> Language:
    """The document's language, unless the passage is clearly in the other one."""
    counts = vote(text)
    best = max(LANGUAGES, key=lambda language: counts[language])
    return best if counts[best] >= 6 and counts[best] > 3 * counts[default] else default


def _is_promotional(text: str, language: Language, advertised: frozenset[str]) -> bool:
    """Whether at least half of the sentences name a product that the document advertises."""
    if not advertised:
        return False
    named = [any(brand in text[a:b] for brand in advertised) for a, b in sentences(text, language)]
    return sum(named) * 2 >= len(named)
