"""What a model writes, read as it comes: sentences with the passages they cite, however the marks are written.

Models put their marks before the full stop or after it, as [1], [1, 2], [1][2], [1-3], 【1】, [bron 1] or (1), and some put one
at the end of a paragraph for all of it. Markdown is taken off; a line that is a list item stays one. Headings, lists of sources
and fences of code, which say nothing themselves, are left out without counting as sentences.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coach.languages import sentences
from coach.model.fence import without_fences
from coach.records import Language

_NUMBERS = r"(\d{1,2}(?:\s*(?:,|;|-|–|&|en|and)\s*\d{1,2})*)"
_WORD = r"(?:passages?|bron(?:nen)?|sources?|ref)?\s*"
_WRITTEN = re.compile(
    rf"\[\[\s*{_WORD}{_NUMBERS}\s*\]\](?:\(#[^)\s]*\))?|\[\s*\^?{_WORD}{_NUMBERS}\s*\](?!\()|【\s*{_WORD}{_NUMBERS}[^】\n]{{0,40}}】"
    rf"|\(\s*{_WORD}{_NUMBERS}\s*\)(?=\s*(?:[.!?;,\[\n]|$|\(\d|[A-ZÀ-Þ“\"]))",
    re.IGNORECASE,
)
_OPEN, _SHUT = "\ue000", "\ue001"  # how marks are written inside this module: private signs that no text has
_MARK = re.compile(rf"\s*{_OPEN}([\d,]+){_SHUT}")
_MARKS = rf"(?:\s*{_OPEN}[\d,]+{_SHUT})+"
_BEFORE_STOP = re.compile(rf"({_MARKS})([.!?:;…]+[”\"'’»)]*)")
_COMPLETE = re.compile(rf"{_MARKS}\s+(?=[A-ZÀ-Þ“\"‘'(*_-])")
_PICTURE = r"[\u2190-\u21ff\u2300-\u23ff\u25a0-\u2775\u2794-\u27bf\u2900-\u2bff\U0001f000-\U0001faff\u20e3]"
_ITEM = re.compile(rf"^\s*(?:[-*•·–]|\d{{1,2}}[.)]|(?:\d?{_PICTURE})+)\s+")
_PICTURES = re.compile(rf"\s*{_PICTURE}+")
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s.*|\*\*[^*.!?]{1,80}\*\*:?|(?:antwoord|answer|bron(?:nen)?|bronvermelding|sources?|references?)\s*:?|```\w*)\s*$",
    re.IGNORECASE,
)
_LISTED = re.compile(rf"^\s*(?:[-*]\s+)?{_OPEN}[\d,]+{_SHUT}\s*:|\s›\s")  # a source named, as citations are shown
_NAMED = re.compile(r"^\s*(?:\*\*)?(?:antwoord|answer)\s*:(?:\*\*)?\s+(?=\S)", re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|b|strong|i|em|u|ul|ol|li|span|div|br)\s*/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?=[\[\]()*_#>.!-])")
_BLANKS = re.compile(r"[ \t]{2,}")
_QUOTE = re.compile(r"^\s*>\s?")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__|`)(.+?)\1|(?<![\w*])\*(?![\s*])([^*\n]+?)\*(?![\w*])|(?<!\w)_(?![\s_])([^_\n]+?)_(?!\w)")
_QUOTES = {"“": "”", '"': '"', "«": "»", "„": "”"}
_UNFINISHED_MARK = 12  # characters at the end of a piece that may be half a mark


@dataclass(frozen=True)
class Claim:
    """A sentence that a model wrote. `marks` are the passages it cites, by number; `own` says that it cites them itself.

    `lead` is what stands between it and the sentence before: nothing, a space, or line breaks and perhaps a dash.
    """

    text: str
    marks: tuple[int, ...]
    own: bool
    lead: str = ""


class Reader:
    """Takes the pieces of a reply and gives the sentences that are complete."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._buffer = ""
        self._begun = False
        self._gap = ""
        self._in_list = False

    def feed(self, piece: str) -> list[Claim]:
        """The sentences that a further piece completes."""
        fresh = piece.replace("\r\n", "\n").replace(_OPEN, "").replace(_SHUT, "")
        self._buffer = _BLANKS.sub(" ", self._buffer + fresh)  # long runs of blanks would cost every pattern its square
        done: list[Claim] = []
        while "\n" in self._buffer:
            line, self._buffer = self._buffer.split("\n", 1)
            done.extend(self._line(line, ends=True))
        marked = _marked(self._buffer[:-_UNFINISHED_MARK])
        complete = list(_COMPLETE.finditer(marked))
        if complete:
            end = complete[-1].end()
            rest = self._buffer[-_UNFINISHED_MARK:]
            done.extend(self._line(marked[:end], ends=False))
            self._buffer = marked[end:] + rest
        return done

    def close(self, *, cut: bool = False) -> list[Claim]:
        """The sentences that are left; where a reply was cut, not the half one at its end."""
        rest, self._buffer = self._buffer, ""
        found = list(self._line(rest, ends=True))
        if cut and found and not re.search(r"[.!?…][”\"'’»)]*$", found[-1].text):
            found.pop()
        return found

    def _line(self, line: str, *, ends: bool) -> Iterator[Claim]:
        """The sentences of a line, or of the complete part of one."""
        line = _ESCAPED.sub("", _TAG.sub(" ", html.unescape(without_fences(line))))
        marked = _marked(line)
        if _HEADING.match(line) or _LISTED.search(marked):
            line = ""
        if not line.strip():
            self._gap = "\n\n" if ends and self._begun else self._gap
            return
        item = bool(_ITEM.match(line)) and not self._gap.startswith(" ")
        plain = _PICTURES.sub("", _NAMED.sub("", _ITEM.sub("", _QUOTE.sub("", line), count=1)))
        if not self._begun and plain.lstrip()[:1] in _QUOTES:
            plain = _unwrapped(plain.lstrip())
        gap = self._gap or ("" if not self._begun else "\n")
        if item:
            gap = ("\n" if self._begun else "") + "- "
        elif self._in_list and gap == "\n":
            gap = "\n\n"
        if gap != " ":
            self._in_list = item
        for text, marks, own in _claims(_marked(plain), self._language):
            yield Claim(text, marks, own, gap)
            self._begun, gap = True, " "
        self._gap = "" if ends else " "


def _unwrapped(line: str) -> str:
    """A line without the quotation mark around a whole reply: it is not closed before the first mark."""
    said = _marked(line).split(_OPEN)[0]
    return line if _QUOTES[line[0]] in said[1:] else line[1:]


def _marked(text: str) -> str:
    """A text with its marks written in one way."""

    def write(match: re.Match[str]) -> str:
        numbers = next(group for group in match.groups() if group)
        return f"{_OPEN}{','.join(map(str, _expand(numbers)))}{_SHUT}"

    return _WRITTEN.sub(write, text)


def _expand(numbers: str) -> list[int]:
    """`1, 3-5` as 1, 3, 4, 5; at most ten of a range."""
    found: list[int] = []
    for part in re.split(r"\s*(?:,|;|&|en|and)\s*", numbers):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        found.extend(range(ends[0], min(ends[-1], ends[0] + 9) + 1) if len(ends) == 2 and ends[0] < ends[1] else ends)
    return found


def _claims(line: str, language: Language) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """The sentences of a line with their marks; one without takes those of the next sentence that has them."""
    line = _BEFORE_STOP.sub(r"\2\1", _plain(line))
    spans = list(_sentences(line, language))
    known: list[tuple[str, tuple[int, ...]]] = []
    for text in spans:
        marks = tuple(dict.fromkeys(int(number) for match in _MARK.finditer(text) for number in match[1].split(",")))
        words = " ".join(_MARK.sub("", text).split())
        if words and any(sign.isalnum() for sign in words):
            known.append((words, marks))
        elif marks and known:
            known[-1] = (known[-1][0], tuple(dict.fromkeys((*known[-1][1], *marks))))
    for place, (words, marks) in enumerate(known):
        following = next((later for _, later in known[place:] if later), ())
        yield words, marks or following, bool(marks)


def _sentences(line: str, language: Language) -> Iterator[str]:
    """The sentences of a line, each with the marks that follow it."""
    bare = _MARK.sub(lambda match: " " * len(match[0]), line)
    ends = [end for _, end in sentences(bare, language)]
    start = 0
    for end in ends:
        following = re.match(_MARKS, line[end:])
        stop = end + (following.end() if following else 0)
        if stop > start:
            yield line[start:stop].strip()
        start = max(start, stop)
    if line[start:].strip():
        yield line[start:].strip()


def _plain(line: str) -> str:
    """A line without Markdown's emphasis."""
    return _EMPHASIS.sub(lambda match: match[2] or match[3] or match[4], line)
