"""The structure of plain text, where nothing is marked: which lines are headings, which are furniture, what is advertised.

Written for articles saved from the web: a heading is only a short line, a list has `-`, `•` or `Term: explanation` lines, and
picture captions, bylines and dates stand between the paragraphs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from coach.languages import is_wrapped, words
from coach.records import Heading

LONGEST_HEADING = 100  # characters; the longest heading in the articles we looked at has 84
SHORT_TERM = 60  # a `Term: explanation` shorter than this, on its own after a list of longer ones, is the next heading
BRAND_MENTIONS = 6  # fewer mentions are an example, more are a sales text
SHORTEST_CAPTION_RUN = 3

ITEM = re.compile(r"\s*(?:[-–—•*·▪‣]|\d{1,2}[.)]|[a-z][.)])\s+\S")
TERM = re.compile(r"\s*(?:[-–—•*·▪‣]\s+)?(?P<term>[^\s:.!?][^:.!?\n]{1,58}?)\s?:\s+(?P<explanation>\S.*)")
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,2})[.)]\s+\S")
_STEP = re.compile(r"(?:stap|step|fase|phase|tip|deel|part|week|les|lesson)\s+\d+\b", re.IGNORECASE)
_CLOSED = re.compile(r"[.!;,…][\"'”’»)]*$")
_MONTH = (
    r"(?:jan(?:uar[iy])?|feb(?:ruar[iy])?|m(?:aart|rt|arch|ar)|apr(?:il)?|mei|may|jun[ei]?|jul[iy]?|aug(?:ustus|ust)?"
    r"|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"\W*(?:date\s+)?(?:\d{{1,2}}[-/. ](?:\d{{1,2}}|{_MONTH})[-/. ]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}"
    r"|\d{4}-\d{2}(?:-\d{2})?)\W*",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"\W*(?:"
    r"(?:gepubliceerd|laatst bijgewerkt|bijgewerkt|geplaatst|published|last updated|updated|posted)\s+(?:op|on)\b.{0,60}"
    r"|\d+\s+min(?:uten|utes|\.)?\s*(?:om te lezen|leestijd|lezen|read|reading time)?"
    r"|leestijd\b.{0,30}|lees (?:meer|ook|verder)\b.{0,120}|(?:read more|see also|related)\b:?.{0,120}"
    r"|(?:comments?|reacties|reageer|delen|deel dit (?:artikel|bericht)|share(?: this)?|gids|visuele introductie)"
    r"|(?:photo|foto|beeld|image|afbeelding|credits?)\s*(?:by|door|:|©).{0,80}|©.{0,80}|.{0,80}\bon unsplash"
    r"|download deze\b.{0,120}|(?:cookies?|privacybeleid|privacy policy|nieuwsbrief|newsletter)"
    r")\W*",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"(?:photo by|foto:|unsplash|getty|shutterstock|pexels|istock)", re.IGNORECASE)
_CAPITALISED = re.compile(r"(?<=[a-zà-ÿ,;:] )[A-Z][A-Za-z]{2,}\b")
_PITCH = re.compile(r"\b(?:met|van|gebruik|gebruiken|probeer|in|with|from|use|using|try|by)\s+$", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A line of a text, with the offset at which it starts."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def lines_of(text: str) -> list[Line]:
    """The lines of a text, blank ones too, without their line breaks."""
    lines, start = [], 0
    for piece in text.split("\n"):
        lines.append(Line(start, piece))
        start += len(piece) + 1
    return lines


def is_term(line: str) -> bool:
    """Whether a line reads as `Term: explanation`."""
    match = TERM.match(line)
    return bool(match) and len(match["term"].split()) <= 8 and len(match["explanation"].split()) >= 3  # type: ignore[index]


def structure(text: str) -> tuple[list[Heading], list[tuple[int, int]]]:
    """The headings of a plain text, with the title at level 1, and the spans that are furniture rather than guidance."""
    lines = lines_of(text)
    advertised = brands(text)
    filled = [index for index, line in enumerate(lines) if line.text.strip()]
    hidden = _furniture(lines, filled)
    kept = [index for index in filled if index not in hidden]
    headings = [
        _heading(lines[index], first=position == 0)
        for position, index in enumerate(kept)
        if _is_heading(lines, kept, position, advertised)
    ]
    return headings, [(lines[index].start, lines[index].end) for index in sorted(hidden)]


def _heading(line: Line, *, first: bool) -> Heading:
    text = line.text.strip()
    start = line.start + line.text.index(text)
    return Heading(1 if first else _level(text), text.rstrip(":").strip(), start, start + len(text))


def _level(text: str) -> int:
    """Numbered and step headings stand under plain ones; a line that ends in a colon introduces what follows it."""
    if text.endswith(":"):
        return 4
    return 3 if _NUMBERED.match(text) or _STEP.match(text) else 2


def _is_heading(lines: list[Line], kept: list[int], position: int, advertised: frozenset[str]) -> bool:
    index = kept[position]
    text = lines[index].text.strip()
    following = kept[position + 1] if position + 1 < len(kept) else None
    if following is None or len(text) > LONGEST_HEADING or len(text.split()) > 15:
        return False
    if _CLOSED.search(text) or not (text[0].isupper() or text[0].isdigit() or text[0] in "“\"'‘¿"):
        return False
    after = lines[following].text
    if index + 1 == following and is_wrapped(text, after) and not _STEP.match(text):
        return False
    previous = lines[kept[position - 1]].text if position else ""
    if position and kept[position - 1] == index - 1 and is_wrapped(previous, text):
        return False
    if _NUMBERED.match(text):
        return not _NUMBERED.match(after) and not (position and _NUMBERED.match(previous) and kept[position - 1] == index - 1)
    if ITEM.match(text):
        return False
    if is_term(previous) and any(brand in text for brand in advertised):
        return False  # the caption under a screenshot of the product
    if is_term(text) and not _STEP.match(text):
        listed = [is_term(line) and not ITEM.match(line) for line in (previous, after)]
        apart = index + 1 < following and len(text) < SHORT_TERM
        return not any(listed) or (apart and not listed[1])
    return True


def _furniture(lines: list[Line], filled: list[int]) -> set[int]:
    """Indexes of the lines that are dates, bylines, captions, credits and links onward."""
    hidden = {i for i in filled if _FURNITURE.fullmatch(lines[i].text) or _DATE.fullmatch(lines[i].text)}
    for found in _runs(lines, filled):
        run = found[1:] if found[0] == filled[0] else found  # the title, with a date or a credit right under it
        texts = [lines[i].text.strip() for i in run]
        if any(_CREDIT.search(text) for text in texts) or (
            len(run) >= SHORTEST_CAPTION_RUN and sum(text[0].islower() for text in texts) > 0.6 * len(run)
        ):
            hidden.update(run)
        elif len(run) >= SHORTEST_CAPTION_RUN and sum(i in hidden for i in run) * 2 >= len(run):
            hidden.update(run)  # the byline between a date and a reading time
    return hidden


def _runs(lines: list[Line], filled: list[int]) -> list[list[int]]:
    """Runs of adjacent short lines that end in no full stop, of one kind: all with a bullet or all without."""
    runs: list[list[int]] = []
    for i in filled:
        text = lines[i].text.strip()
        if len(text) > LONGEST_HEADING or _CLOSED.search(text) or text.endswith((":", "?")):
            continue
        last = runs[-1][-1] if runs else None
        same_kind = last is not None and bool(ITEM.match(lines[last].text)) == bool(ITEM.match(text))
        if last == i - 1 and same_kind:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


def brands(text: str) -> frozenset[str]:
    """Names that a text advertises: capitalised in mid-sentence, never in lower case, named often and mostly as a means
    ("met X", "gebruik X")."""
    counts: dict[str, int] = {}
    pitched: dict[str, int] = {}
    for match in _CAPITALISED.finditer(text):
        name = match[0]
        counts[name] = counts.get(name, 0) + 1
        if _PITCH.search(text, max(0, match.start() - 12), match.start()):
            pitched[name] = pitched.get(name, 0) + 1
    lower = set(words("\n".join(re.findall(r"\b[a-zà-ÿ]\S+", text))))
    return frozenset(
        name
        for name, count in counts.items()
        if count >= BRAND_MENTIONS and pitched.get(name, 0) * 3 >= count and name.lower() not in lower
    )
