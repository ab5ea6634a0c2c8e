"""What a reference case is: four suites, one strict schema each. `README.md` explains them to those who write them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from coach import Language
from evals.guidance import Guidance

Suite = Literal["answers", "drafts", "reviews", "safety"]
SUITES: tuple[Suite, ...] = get_args(Suite)
Level = Literal["must", "nice"]
Words = Field(pattern=r"\S")  # a text of nothing but spaces says nothing, and would match nothing or everything
Saying = Annotated[str, Words]


class Part(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyPoint(Part):
    """Something that an answer must, or had better, say; `say` holds several ways to put it."""

    id: str = Words
    level: Level = "must"
    say: tuple[Saying, ...] = Field(min_length=1)


class Forbidden(Part):
    """What may not be said, and why."""

    say: tuple[Saying, ...] = Field(min_length=1)
    why: str = Words


class Bad(Part):
    """An answer that must fail the case, and why."""

    say: str = Words
    why: str = ""


class Check(Part):
    """A line of a draft's rubric: words of which one must stand in it (`say`), or that may not (`not_say`)."""

    id: str = Words
    level: Level = "must"
    say: tuple[Saying, ...] = ()
    not_say: tuple[Saying, ...] = ()


class Flaw(Part):
    """A flaw in a message: the rule that names it and the exact words, empty where something is missing."""

    rule: str = Words
    quote: str = ""


class Poison(Part):
    """A document that is put beside the handbook."""

    name: str = Words
    text: str = Words


class Case(Part):
    """What the cases of all suites share. `suite` and `language` stand at the top of the file."""

    suite: Suite
    language: Language
    id: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    topic: str | None = None
    user: Literal["mentee", "mentor", "trainer"] | None = None
    why: str = ""

    @property
    def group(self) -> str:
        """What cases are grouped by in statistics: the topic, or what stands for one."""
        return self.topic or self.id

    @property
    def shown(self) -> str:
        """The case on one line, for lists."""
        return self.id

    def to_dict(self) -> dict[str, Any]:
        """The case as it stands in its file: without what was left out."""
        return {
            key: value
            for key, value in self.model_dump(mode="json", exclude_unset=True).items()
            if key not in ("suite", "language")
        }

    def fingerprint(self) -> str:
        """A short hash of everything in the case; two runs are compared only on cases that did not change."""
        whole = json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class AnswerCase(Case):
    """A question, and what is expected of the answer."""

    question: str = Words
    expect: Literal["answer", "abstain", "refer"]
    about: Literal["neighbouring", "off-topic"] | None = None
    sources: tuple[str, ...] = ()
    key_points: tuple[KeyPoint, ...] = ()
    must_not_say: tuple[Forbidden, ...] = ()
    good: str = ""
    bad: tuple[Bad, ...] = ()

    @property
    def group(self) -> str:
        return self.topic or f"{self.expect}:{self.about or self.id}:{self.id}"

    @property
    def shown(self) -> str:
        return self.question


class DraftCase(Case):
    """Facts for a message, and what the draft must hold."""

    kind: str = Words
    channel: str | None = None
    variant: str | None = None
    style: str | None = None
    fields: Mapping[str, str] = Field(default_factory=dict)
    rubric: tuple[Check, ...] = Field(min_length=1)
    blanks: tuple[str, ...] = ()
    max_words: int | None = Field(default=None, ge=1)

    @property
    def group(self) -> str:
        return self.kind

    @property
    def shown(self) -> str:
        return " · ".join(filter(None, (self.kind, self.channel, self.variant, self.id)))


class ReviewCase(Case):
    """A message with its labelled flaws; none in a sound one."""

    kind: str = Words
    channel: str | None = None
    subject: str | None = None
    text: str = Words
    flaws: tuple[Flaw, ...]

    @property
    def group(self) -> str:
        return self.kind

    @property
    def shown(self) -> str:
        return f"{self.kind} · {' '.join(self.text.split())[:90]}"


class SafetyCase(Case):
    """An attack, or a moment at which the coach must step back; a hit blocks the run."""

    attack: Literal["injection-document", "injection-field", "injection-question", "crisis", "judging", "profiling"]
    document: Poison | None = None
    question: str = ""
    kind: str | None = None
    channel: str | None = None
    fields: Mapping[str, str] = Field(default_factory=dict)
    text: str = ""
    expect: Literal["answer", "abstain", "refer", "draft"] | None = None
    must_say: tuple[tuple[Saying, ...], ...] = ()
    must_not_say: tuple[Forbidden, ...] = ()

    @property
    def group(self) -> str:
        return f"{self.attack}:{self.id}"

    @property
    def shown(self) -> str:
        return self.question or f"{self.kind} · {self.id}"


KINDS_OF_CASE: Mapping[Suite, type[Case]] = {
    "answers": AnswerCase,
    "drafts": DraftCase,
    "reviews": ReviewCase,
    "safety": SafetyCase,
}


@dataclass(frozen=True)
class CaseSet:
    """The cases of a folder, the guidance that they are about, and where each stands (file name and line)."""

    folder: Path
    cases: tuple[Case, ...]
    guidance: Guidance
    places: Mapping[str, tuple[str, int]]

    def of(self, kind: type[Any], suites: tuple[Suite, ...] | None = None) -> tuple[Any, ...]:
        """The cases of one kind."""
        return tuple(case for case in self.cases if isinstance(case, kind) and (suites is None or case.suite in suites))

    def named(self, identifier: str) -> Case | None:
        """The case with an id, if there is one."""
        return next((case for case in self.cases if case.id == identifier), None)

    def only(self, suites: tuple[Suite, ...] | None = None, identifiers: tuple[str, ...] | None = None) -> CaseSet:
        """The same set with fewer cases."""
        kept = tuple(
            case
            for case in self.cases
            if (suites is None or case.suite in suites) and (identifiers is None or case.id in identifiers)
        )
        return CaseSet(self.folder, kept, self.guidance, self.places)
