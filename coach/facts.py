"""The hard facts in a text: amounts, names, links and addresses; and which of those stand in no source.

Words can be put another way, facts cannot. Numbers compare by value (*fifteen*, *15*, *een kwartier* for minutes), durations by
their length, names by their letters, and everything that can be clicked or dialled by the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from coach.files import Strict, read_model
from coach.languages import LANGUAGES, Words, fold, language_data, words
from coach.records import Language
from coach.settings import data_folder

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_LINK = re.compile(
    r"(?:mailto|tel|sms|javascript|data|file|vbscript):\S+|\b[a-z][a-z0-9+.-]{1,15}://\S+|(?<![\w:])//[\w.-]+\S*|www\.\S+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b(?:[^\W_][\w-]*\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,24})\b(?:/\S*)?|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,])\+?\d[\d\s()-]{6,18}\d(?!\w)")
_MARKUP = re.compile(r"!\[|\]\(|</?[a-z][^>]*>|```", re.IGNORECASE)
_OPENS = re.compile(r"(?:^|[.!?:;…\n]|[“\"'‘(>–—-]\s?)\s*$")
_CAPITAL = re.compile(r"[^\W\d_][\w'’-]*")


class Amounts(Strict):
    """`prompts/model/amounts.yaml`: the words for numbers and for stretches of time, by language."""

    numbers: Mapping[Language, Mapping[str, int]]
    minutes: Mapping[Language, Mapping[str, int]]
    whole: Mapping[Language, Mapping[str, int]]
    between: Words
    abbreviations: Words


@cache
def _amounts() -> Amounts:
    return read_model(data_folder("prompts") / "model" / "amounts.yaml", Amounts)


@dataclass(frozen=True)
class Amount:
    """A number as a text has it; `minutes` is its length where it counts time."""

    value: float
    minutes: float | None = None
    text: str = ""


def amounts(text: str, language: Language) -> list[Amount]:
    """The numbers of a text, those written out included. One, which is an article as often, counts only with a unit of time."""
    data = _amounts()
    tokens = [match[0].lower() for match in _TOKEN.finditer(text)]
    found: list[Amount] = []
    for place, token in enumerate(tokens):
        plain = fold(token)
        if minutes := data.whole[language].get(plain):
            found.append(Amount(minutes, minutes, token))
            continue
        value = _value(token, plain, data.numbers[language])
        if value is None:
            continue
        unit = _unit(tokens[place + 1 :], data, language)
        length = value * unit if unit else None
        if value != 1 or (length is not None and token != "a"):
            found.append(Amount(value, length, token))
    return found


def _value(token: str, plain: str, written: Mapping[str, int]) -> float | None:
    if _NUMBER.fullmatch(token):
        whole, _, part = token.replace(".", ",").rpartition(",")
        if whole and len(part) != 3:
            return float(f"{whole.replace(',', '')}.{part}")
        return float(re.sub(r"\D", "", token))
    return written.get(plain)


def _unit(following: list[str], data: Amounts, language: Language) -> int | None:
    """The minutes in the unit that a number counts: the next word, or the one after "to twenty" and the like."""
    for token in following[:4]:
        if token in data.minutes[language]:
            return data.minutes[language][token]
        if fold(token) not in data.numbers[language] and not _NUMBER.fullmatch(token) and token not in data.between:
            return None
    return None


def strange_amounts(text: str, sources: Iterable[str], language: Language) -> list[str]:
    """The numbers of a text that no source has: as a value or, for time, as a length."""
    known = [amount for source in sources for each in LANGUAGES for amount in amounts(source, each)]
    values = {amount.value for amount in known}
    lengths = {amount.minutes for amount in known if amount.minutes is not None}
    strange = []
    for amount in amounts(text, language):
        if amount.minutes is not None:
            right = amount.minutes in lengths or (amount.value in values and not _timed(amount.value, known))
        else:
            right = amount.value in values
        if not right:
            strange.append(amount.text)
    return strange


def _timed(value: float, known: Iterable[Amount]) -> bool:
    """Whether the sources have this number as a time, so that another unit is another time."""
    return any(amount.value == value and amount.minutes is not None for amount in known)


def strange_names(text: str, sources: Iterable[str]) -> list[str]:
    """Words with a capital inside a sentence that no source has in any case, nor a language as an ordinary word."""
    known = {word for source in sources for word in words(source)}
    strange = []
    for match in _CAPITAL.finditer(text):
        word = match[0]
        if not word[0].isupper() or _OPENS.search(text[: match.start()]):
            continue
        parts = words(word)
        ordinary = any(part in language_data(each).function_words for part in parts for each in LANGUAGES)
        if not ordinary and not all(_stands(part, known) for part in parts) and word.lower() not in _amounts().abbreviations:
            strange.append(word)
    return strange


def _stands(word: str, known: set[str]) -> bool:
    stem = re.sub(r"['’]?s$", "", word)
    return bool({word, stem, f"{stem}s"} & known)


def strange_links(text: str, sources: Iterable[str]) -> list[str]:
    """Links, mail addresses, phone and account numbers that no source has, and any markup that would load or hide one."""
    known = " ".join(sources).lower()
    found = [match[0] for match in _MARKUP.finditer(text)]
    for pattern in (_LINK, _PHONE):
        for match in pattern.finditer(text):
            link = match[0].rstrip(".,;:!?)”\"'").lower()
            if link not in known and re.sub(r"\W", "", link) not in re.sub(r"\W", "", known):
                found.append(link)
    return found
