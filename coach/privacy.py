"""Personal details, replaced by stand-ins before a text leaves this machine and put back in what returns.

Mail addresses, links, phone numbers, IBANs and BSNs are known by their form and, where they have one, their checksum. Names are
those in fields that ask for one, and in running text what is written or introduced as one. A stand-in such as PERSOON_1 is
plain capitals, which models leave alone; the same detail has the same stand-in in every message of a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from coach.files import Both, Strict, read_model
from coach.languages import LANGUAGES, Words, fold, language_data
from coach.records import Language
from coach.settings import data_folder

Kind = Literal["mail", "link", "iban", "bsn", "phone", "name"]

_MAIL = re.compile(r"[\w.+'-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]“”\"]+|\b(?:[\w-]+\.)+(?:nl|com|org|net|be|eu|io|co\.uk)\b(?:/[^\s<>()\[\]“”\"]*)?",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b", re.IGNORECASE)
_BSN = re.compile(r"(?<![\d.,])\d{3}[ .-]?\d{3}[ .-]?\d{3}(?![\d])|(?<![\d.,])\d{4}[ .-]\d{2}[ .-]\d{3}(?!\d)")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00|\(?0)[\d\s()./-]{7,20}\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n“\"'‘(>-])\s*$")


class _Data(Strict):
    """`prompts/privacy.yaml`."""

    stand_ins: Mapping[Kind, Both]
    introducers: Words
    particles: Words
    not_names: Words
    first_names: Words
    ordinary: Words


@cache
def _data() -> _Data:
    return read_model(data_folder("prompts") / "privacy.yaml", _Data)


@dataclass
class Mask:
    """The details of one call and their stand-ins, in the language of its messages."""

    language: Language
    _stand_ins: dict[str, str] = field(default_factory=dict)
    _details: dict[str, str] = field(default_factory=dict)

    def learn(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        """Take note of the details that a user typed: those in running texts, and whole names from fields that ask for one."""
        for name in names:
            self._learn_name(name)
        for text in texts:
            rest = text
            for kind, found in _formal(text):
                self._stand_in(kind, found)
                rest = rest.replace(found, " . ")
            for name in names_in(rest):
                self._learn_name(name)

    def hide(self, text: str) -> str:
        """A text with every known detail, and whatever has the form of one, replaced."""
        for kind, found in _formal(text):
            text = text.replace(found, self._stand_in(kind, found))
        names = [(detail, token) for detail, token in self._details.items() if token.startswith(self._label("name"))]
        for detail, token in sorted(names, key=lambda pair: -len(pair[0])):
            text = self._hide_name(text, detail, token)
        return text

    def _hide_name(self, text: str, detail: str, token: str) -> str:
        """A text without a name in any case; one that is a word as well, such as *Wil*, comes back in the case it had."""

        def stand_in(match: re.Match[str]) -> str:
            return self._stand_in("name", match[0]) if match[0] != detail and _is_word(detail.lower()) else token

        return re.sub(rf"(?<!\w){re.escape(detail)}(?=(?:['’]?s)?(?!\w))", stand_in, text, flags=re.IGNORECASE)

    def show(self, text: str) -> str:
        """A text with the details put back, however its stand-ins were dressed: `**Persoon 1**`, `[PERSOON_1]`."""
        for token, detail in sorted(self._stand_ins.items(), key=lambda pair: -len(pair[0])):
            label, number = token.rsplit("_", 1)
            pattern = rf"[\[<{{]?\b{label}[ _-]{number}\b[\]>}}]?"
            text = re.sub(pattern, detail.replace("\\", r"\\"), text, flags=re.IGNORECASE)
        return text

    def strangers(self, text: str) -> list[str]:
        """Stand-ins in a text that stand for nothing: the model made them up."""
        labels = "|".join(sorted({re.escape(both[each]) for both in _data().stand_ins.values() for each in LANGUAGES}))
        return re.findall(rf"\b(?:{labels})_\d+\b", self.show(text))

    @property
    def details(self) -> tuple[str, ...]:
        """What was replaced, as the user wrote it."""
        return tuple(self._stand_ins.values())

    def _learn_name(self, name: str) -> None:
        """A whole name and each of its parts: a message says *Fatima* of *Fatima el Idrissi*."""
        name = " ".join(name.split())
        if not any(sign.isalpha() for sign in name):
            return
        token = self._stand_in("name", name)
        for part in re.split(r"[\s-]+", name):
            plain = part.strip(".,;:()“”\"'’")
            if len(plain) > 2 and plain.lower() not in _data().particles | _data().introducers:
                self._details.setdefault(plain, token)

    def _stand_in(self, kind: Kind, detail: str) -> str:
        if detail not in self._details:
            label = self._label(kind)
            token = f"{label}_{1 + sum(known.startswith(f'{label}_') for known in self._stand_ins)}"
            self._details[detail] = token
            self._stand_ins[token] = detail
        return self._details[detail]

    def _label(self, kind: Kind) -> str:
        return _data().stand_ins[kind][self.language]


def _formal(text: str) -> Iterator[tuple[Kind, str]]:
    """The details that are known by their form; what one pattern took is not offered to the next."""
    patterns = (("mail", _MAIL), ("link", _LINK), ("iban", _IBAN), ("bsn", _BSN), ("phone", _PHONE))
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            found = match[0].rstrip(".,;:!? ")
            if (kind == "iban" and not is_iban(found)) or (kind == "bsn" and not is_bsn(found)):
                continue
            if kind == "phone" and not 9 <= sum(sign.isdigit() for sign in found) <= 15:
                continue
            yield kind, found  # type: ignore[misc]
            text = text.replace(found, " " * len(found))


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN by its check digits (ISO 13616, modulo 97)."""
    plain = re.sub(r"[\s-]", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_bsn(text: str) -> bool:
    """Whether a text is a Dutch citizen service number by the eleven test."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if len(digits) != 9 or not any(digits):
        return False
    return (sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits[:8], strict=True)) - digits[8]) % 11 == 0


def names_in(text: str) -> list[str]:
    """The names of people in running text, in order.

    A name has a capital inside a sentence, or opens one and is a known first name or no word at all; or it follows a word that
    introduces people and is a known first name or no word at all. Words that take a capital without being a name stay.
    """
    data = _data()
    found: list[str] = []
    pieces = list(_WORD.finditer(text))
    position = 0
    while position < len(pieces):
        end = position
        if _opens_name(text, pieces, position):
            end = position + 1
            while end < len(pieces) and _continues_name(text, pieces, end):
                end += 1
            while end > position + 1 and pieces[end - 1][0].lower() in data.particles:
                end -= 1
            found.append(text[pieces[position].start() : pieces[end - 1].end()].rstrip("."))
        position = max(end, position + 1)
    return [re.sub(r"['’]s?$", "", name) for name in found]


def _opens_name(text: str, pieces: list[re.Match[str]], position: int) -> bool:
    data, piece = _data(), pieces[position]
    word = piece[0].rstrip(".")
    plain = re.sub(r"['’]s?$", "", word.lower())
    if re.split(r"[-'’]", plain)[0] in data.not_names or len(plain) < 2 or (word.isupper() and len(word) <= 5):
        return len(word) == 1 and word.isupper() and piece[0].endswith(".") and _is_initial(text, pieces, position)
    introduced = position > 0 and pieces[position - 1][0].lower().rstrip(".") in data.introducers
    if introduced and (plain in data.first_names or not _is_word(plain)):
        return True
    if not word[0].isupper():
        return plain in data.first_names - data.ordinary and not _is_word(plain)
    if _SENTENCE_START.search(text[: piece.start()]):
        return plain in data.first_names - data.ordinary or not _is_word(plain)
    return not any(plain in language_data(each).function_words for each in LANGUAGES)


def _is_initial(text: str, pieces: list[re.Match[str]], position: int) -> bool:
    """Whether a single capital with a full stop stands before a name, as in *J. Jansen*."""
    following = pieces[position + 1][0] if position + 1 < len(pieces) else ""
    return bool(following) and following[0].isupper()


def _continues_name(text: str, pieces: list[re.Match[str]], position: int) -> bool:
    before, piece = pieces[position - 1], pieces[position]
    between = text[before.end() : piece.start()]
    if between.strip() or "\n" in between or (before[0].endswith(".") and len(before[0]) > 3):
        return False
    word = piece[0]
    if word.lower() in _data().particles:
        return position + 1 < len(pieces) and (
            pieces[position + 1][0][0].isupper() or pieces[position + 1][0].lower() in _data().particles
        )
    return word[0].isupper() and word.lower() not in _data().not_names


def _is_word(plain: str) -> bool:
    """Whether a word is an ordinary one in either language, a compound of such words included."""
    from simplemma import is_known

    if any(plain in data.function_words | data.question_words for data in map(language_data, LANGUAGES)):
        return True
    if any(is_known(form, lang=each) for form in {plain, fold(plain)} for each in LANGUAGES):
        return plain not in _data().first_names or plain in _data().ordinary
    cuts = ((plain[:cut].removesuffix("s"), plain[cut:]) for cut in range(4, len(plain) - 3))
    return any(is_known(head, lang="nl") and is_known(tail, lang="nl") for head, tail in cuts)
