"""What the coach's errors, refusals and checks say, in the language of the page: `texts/failures.yaml`.

The coach says these in English, for its command line; each stands there with its Dutch, and a text that is not there is shown as
it is. Names of fields become what the form calls them, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coach import Language, data_folder, read_yaml

_BLANK = re.compile(r"\{(\w+)\}")
_TEXTS = ("reason", "weekday")
_NUMBERS = ("count", "most")
_DEEPEST = 3  # a reason inside a reason


@dataclass(frozen=True)
class _Row:
    pattern: re.Pattern[str]
    texts: Mapping[Language, str]


def told(message: str, language: Language, names: Mapping[str, str] | None = None, depth: int = 0) -> str:
    """A text of the coach in a language; `names` says what the form calls the fields in it."""
    for row in _rows():
        if (found := row.pattern.fullmatch(message)) is None:
            continue
        blanks = found.groupdict()
        if depth < _DEEPEST:
            blanks |= {name: told(blanks[name], language, names, depth + 1) for name in _TEXTS if name in blanks}
        for blank in {"field", "fields"} & set(blanks):
            blanks[blank] = re.sub(r"\w+", lambda word: (names or {}).get(word[0], word[0]), blanks[blank])
        if language == "nl":
            blanks |= {name: blanks[name].replace(",", ".") for name in _NUMBERS if name in blanks}
        return row.texts[language].format(**blanks)
    return message


@cache
def _rows() -> tuple[_Row, ...]:
    """Every text as a pattern; the first that fits is taken. What is said of a model stands with its prompts."""
    of_model = read_yaml(data_folder("prompts") / "model" / "texts.yaml")
    own = read_yaml(Path(__file__).parent / "texts" / "failures.yaml")
    return tuple(_row(texts) for texts in (*of_model["failures"].values(), *of_model["reasons"].values(), *own))


def _row(texts: Mapping[Language, str]) -> _Row:
    parts = _BLANK.split(texts["en"])  # text, name of a blank, text, ...
    pattern = "".join(f"(?P<{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return _Row(re.compile(pattern, re.DOTALL), texts)
