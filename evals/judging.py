"""The questions that a judge is asked, and what its replies say: atomic, yes or no, with words as evidence.

The questions are data, one file a criterion in `prompts/judges/`. A reply counts only if it is a yes or a no, and a yes only if
the words it quotes stand in the text; anything else is unscored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from coach import Language, Strict, data_folder, read_model
from evals.cases import AnswerCase, CaseSet
from evals.records import CaseResult

Verdict = Literal["yes", "no"]
SHORTEST = 3  # words of evidence; a word or two stand in any text


class Both(Strict):
    """A text in both languages."""

    nl: str
    en: str

    def in_(self, language: Language) -> str:
        """The text in a language."""
        return self.nl if language == "nl" else self.en


class Criterion(Strict):
    """One file of `prompts/judges/`.

    `each` says whether it is asked once a case or once a key point, and `good` which reply is the good one.
    """

    id: str
    suite: Literal["answers", "drafts"]
    each: Literal["case", "point"]
    good: Verdict
    evidence: Literal["answer"]
    title: Both
    question: Both


class Frame(Strict):
    """`prompts/judges/frame.yaml`: what stands around every question."""

    system: Both
    user: Both
    context: Both


@dataclass(frozen=True)
class Item:
    """One question about one text: `name` is the case with, where there is one, the key point; `asked` the bare question."""

    criterion: Criterion
    case: str
    name: str
    asked: str
    language: Language
    system: str
    user: str
    text: str

    @property
    def key(self) -> str:
        """A hash of everything that is sent."""
        return hashlib.sha256(f"{self.system}\0{self.user}".encode("utf-8", "surrogatepass")).hexdigest()


@cache
def criteria() -> tuple[Criterion, ...]:
    """Every criterion. Raises `PromptError` for the first file that breaks the schema."""
    files = sorted(path for path in (data_folder("prompts") / "judges").glob("*.yaml") if path.stem != "frame")
    return tuple(read_model(path, Criterion) for path in files)


@cache
def frame() -> Frame:
    """What stands around every question."""
    return read_model(data_folder("prompts") / "judges" / "frame.yaml", Frame)


def items(cases: CaseSet, results: Sequence[CaseResult]) -> Iterator[Item]:
    """Every question to ask about what the coach gave; nothing is asked about an answer that was refused or broke."""
    for result in results:
        case = cases.named(result.id)
        text = str(result.details.get("answer") or result.details.get("body") or "")
        if case is None or not text or (isinstance(case, AnswerCase) and result.details.get("outcome") != "answered"):
            continue
        for criterion in criteria():
            if criterion.suite != result.suite:
                continue
            points = {point.id: point.say[0] for point in case.key_points} if isinstance(case, AnswerCase) else {}
            for name, point in (points if criterion.each == "point" else {"": ""}).items():
                yield _item(criterion, result, case.language, text, name, point)


def _item(criterion: Criterion, result: CaseResult, language: Language, text: str, name: str, point: str) -> Item:
    quotes = "\n\n".join(dict.fromkeys(str(each["quote"]) for each in result.details.get("citations", ())))
    context = frame().context.in_(language).format(question=result.shown, guidance=quotes) if criterion.suite == "answers" else ""
    asked = criterion.question.in_(language).replace("{point}", point).strip()
    fence = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]  # a text cannot close a fence it cannot know
    user = frame().user.in_(language).format(asked=asked, context=context.strip(), text=text, fence=fence)
    name = f"{result.id}#{name}" if name else result.id
    return Item(criterion, result.id, name, asked, language, frame().system.in_(language).strip(), user, text)


_VERDICT = re.compile(r"[\"']?(?:verdict|oordeel)[\"']?\s*[:=]\s*[\"'*]*(yes|no|ja|nee)\b", re.IGNORECASE)
_EVIDENCE = re.compile(r"[\"']?(?:evidence|bewijs)[\"']?\s*[:=]\s*(.*)", re.IGNORECASE | re.DOTALL)
_MEANS: Mapping[str, Verdict] = {"yes": "yes", "ja": "yes", "no": "no", "nee": "no"}
_EDGES = " \t\r\n\"'“”‘’`*.{}[],"


def parse(reply: str, text: str) -> Verdict | None:
    """What a reply says: yes or no, or nothing where it cannot be read or its evidence does not stand in the text.

    Read are a line or a JSON field `verdict` (or `oordeel`), and one `evidence` (or `bewijs`), in any quotes.
    """
    reply = reply.replace("*", "")
    verdicts = {_MEANS[found.lower()] for found in _VERDICT.findall(reply)}
    if len(verdicts) != 1:
        return None
    (verdict,) = verdicts
    if verdict == "no":
        return verdict
    found = _EVIDENCE.search(reply)
    return verdict if found and _stands(found[1], text) else None


def _stands(quoted: str, text: str) -> bool:
    """Whether quoted words stand in a text, whatever the white space, case, marks and quotes around them."""
    wanted, there = _plain(quoted.split("\n\n", maxsplit=1)[0]), _plain(text)
    return len(wanted.split()) >= SHORTEST and wanted in there


def _plain(text: str) -> str:
    text = re.sub(r"\[\d{1,3}\]", " ", text.replace("\\n", " ").replace('\\"', '"')).casefold()
    return " ".join(re.sub(r"[“”\"'‘’`*>]", "", text).split()).strip(_EDGES)
