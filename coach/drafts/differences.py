"""What a variant of a draft changed: its sentences, each with whether the plain form has it too, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from coach.languages import sentences
from coach.records import Language


@dataclass(frozen=True)
class Change:
    """A piece of the variant, `start:end` in its text, that the plain form does not have."""

    start: int
    end: int


@dataclass(frozen=True)
class Differences:
    """`changed` are the pieces of the variant that are new, `left_out` the sentences that went; words are counted in both."""

    changed: tuple[Change, ...]
    left_out: tuple[str, ...]
    words_before: int
    words_after: int


def differences(plain: str, variant: str, language: Language) -> Differences:
    """How a variant differs from the plain form, sentence by sentence."""
    old, new = list(sentences(plain, language)), list(sentences(variant, language))
    texts = [_flat(plain[start:end]) for start, end in old]
    others = [_flat(variant[start:end]) for start, end in new]
    changed: list[Change] = []
    left_out: list[str] = []
    for what, first, last, begin, finish in SequenceMatcher(a=texts, b=others, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        changed += [Change(*span) for span in new[begin:finish]]
        left_out += [text for text in texts[first:last] if text not in others]
    return Differences(tuple(changed), tuple(left_out), len(plain.split()), len(variant.split()))


def _flat(text: str) -> str:
    return " ".join(text.split())
