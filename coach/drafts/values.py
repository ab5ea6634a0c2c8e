"""The words that a writer filled in, made safe to stand in a message: or refused by the name of their field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from coach.drafts.kinds import DraftField, DraftKind
from coach.errors import DraftError

# Characters that one field may hold. A name longer than its bound is no name; notes of a long meeting do fit.
LONGEST = {"choice": 40, "name": 120, "phrase": 300, "sentence": 600, "text": 4_000, "items": 4_000}

# Invisible signs that turn the direction of text, hide in it or mark its start. The joiners U+200C and U+200D stay: Persian
# names and emoji need them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_SPACES = re.compile(r"[^\S\n]+")


def clean(kind: DraftKind, fields: Mapping[str, str]) -> dict[str, str]:
    """The value of every field of a kind, in its order; an empty text where nothing was filled in.

    White space is tidied, signs that change the direction of text are taken out. Raises `DraftError`, naming the field, for
    one that the kind does not have, is too long, breaks over lines where it may not, holds control characters, or is none
    of the choices.
    """
    given = {kind.field(name).name: value for name, value in fields.items()}
    return {field.name: _clean_one(field, given.get(field.name, "")) for field in kind.fields}


def _clean_one(field: DraftField, value: str) -> str:
    value = unicodedata.normalize("NFC", _INVISIBLE.sub("", _BREAKS.sub("\n", value))).strip()
    for sign in value:
        if unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") and sign not in "\n\t":
            raise DraftError(f"The field '{field.name}' holds a character that is no text (U+{ord(sign):04X}); take it out.")
    longest = LONGEST[field.shape]
    if len(value) > longest:
        raise DraftError(f"The field '{field.name}' has {len(value)} characters and holds {longest} at most; shorten it.")
    if "\n" in value and not field.multiline:
        raise DraftError(f"The field '{field.name}' is one line, and yours breaks over several; put it on one line.")
    value = "\n".join(_SPACES.sub(" ", line).strip() for line in value.split("\n"))
    value = re.sub(r"\n{3,}", "\n\n", value)
    if field.choices and value and value.lower() not in field.choices:
        raise DraftError(f"The field '{field.name}' is '{value}', and can be: {', '.join(field.choices)}.")
    return value.lower() if field.choices else value
