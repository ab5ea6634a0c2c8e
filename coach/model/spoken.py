"""What of a reply is said aloud: no thoughts, no tokens of its template, no signs that cannot be seen.

Signs that have no shape of their own would make a text read differently than it is checked. Those that models scatter without
harm are taken out, those that turn or hide text become the sign for what cannot be read, which no gate lets through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

AFRESH = object()  # in place of a piece: everything said before it was thought, and the reply begins here

_OPENS = re.compile(
    r"<(?:think|thinking|thoughts?|reasoning|reflection)>|\[THINK\]|<\|channel\|>(?:analysis|commentary)[^<>\n]{0,20}<\|message\|>",
    re.IGNORECASE,
)
_SHUTS = re.compile(
    r"</(?:think|thinking|thoughts?|reasoning|reflection)>|\[/THINK\]|<\|channel\|>final[^<>\n]{0,20}<\|message\|>", re.IGNORECASE
)
_TOKEN = re.compile(r"<\|[a-z_]{2,20}\|>|</?s>|\[/?INST\]", re.IGNORECASE)
_LONGEST_TAG = 60  # characters that a tag may have, so many are held back from the last "<" or "[" on
_HARMLESS = "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # soft hyphens, joiners, byte order marks
_BREAKS = "\x85\u2028\u2029"


class _Shapes(dict[int, str]):
    """What each sign becomes, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _shape(chr(code))
        return self[code]


def _shape(sign: str) -> str:
    kind, code = unicodedata.category(sign), ord(sign)
    if sign in _HARMLESS or 0xFE00 <= code <= 0xFE0F:  # variation selectors, which follow many emoji
        return ""
    if sign in _BREAKS:
        return "\n"
    if kind == "Zs" or sign in "\t\x0b\x0c":
        return " "
    if 0xFF01 <= code <= 0xFF5E:  # full-width signs, which some models take for marks and digits
        return chr(code - 0xFEE0)
    hidden = kind in ("Cs", "Cf", "Co") or (kind == "Cc" and sign not in "\n\r") or 0xE0100 <= code <= 0xE01EF
    return "\ufffd" if hidden else sign


_SHAPES = _Shapes()


def visible(text: str) -> str:
    """A text as it is read: wide signs narrow, signs without a shape gone, those that deceive made unreadable."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHAPES)


def spoken(pieces: Iterable[str]) -> Iterator[str | object]:
    """The pieces of a reply that are no thought, tags cut over pieces included; one that is never closed goes on to the end.

    Some servers begin the thought in the prompt, so that a reply only has its end: `AFRESH` then says what came was thought.
    """
    held, thinking = "", False
    for piece in pieces:
        held += piece
        while True:
            opened, shut = _OPENS.search(held), _SHUTS.search(held)
            if shut and (thinking or not opened or shut.start() < opened.start()):
                if not thinking:
                    yield AFRESH
                held, thinking = held[shut.end() :].lstrip(), False
            elif opened and not thinking:
                yield from _plain(held[: opened.start()])
                held, thinking = held[opened.end() :], True
            else:
                break
        keep = _unfinished(held)
        if not thinking:
            yield from _plain(held[:keep])
        held = held[keep:]
    if not thinking:
        yield from _plain(held)


def _unfinished(text: str) -> int:
    """Where what may be the beginning of a tag starts."""
    tail = max(0, len(text) - _LONGEST_TAG)
    places = [place for sign in "<[" if (place := text.find(sign, tail)) >= 0 and not _ended(text[place:])]
    return min(places, default=len(text))


def _ended(tail: str) -> bool:
    """Whether what begins like a tag cannot become one any more: a mark, a link, or words."""
    return bool(re.match(r"<\s|\[[^/TtIi]|<[^|/\w]|[<\[]/?\w+[^\w|>\]]", tail))


def _plain(text: str) -> Iterator[str]:
    if plain := _TOKEN.sub("", text):
        yield plain
