"""The data that passes between rooms: frozen, and free of behaviour but for `to_dict`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Language = Literal["nl", "en"]
Outcome = Literal["answered", "related", "not_covered"]
Composer = Literal["extractive", "model", "template"]
Severity = Literal["must", "advice"]
Signal = Literal["crisis", "concern", "judging"]


@dataclass(frozen=True)
class Heading:
    """A heading of a document. `start` and `end` are its span in the text; `body` is where its section begins."""

    level: int
    text: str
    start: int
    end: int
    anchor: str = ""
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A file as it was loaded.

    `text` is what all offsets count in (characters, newlines as `\\n`). `hidden` holds spans that are never searched or
    quoted (front matter, comments, picture captions, page furniture). `pages` holds the offset at which each page or
    slide starts, empty where the format has none.
    """

    path: str
    title: str
    text: str
    language: Language
    headings: tuple[Heading, ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    pages: tuple[int, ...] = ()
    audience: tuple[str, ...] = ()
    identifier: str = ""


@dataclass(frozen=True)
class Passage:
    """One guideline: `text == document.text[start:end]`.

    `heading` is the path of headings above it and `context` what is searched with it beside title and heading (such as
    the line that introduces a list); neither is part of the span. `asked` are questions its section says it answers.
    """

    document: str
    title: str
    heading: tuple[str, ...]
    text: str
    start: int
    end: int
    language: Language
    context: str = ""
    anchor: str = ""
    asked: tuple[str, ...] = ()
    page: int | None = None
    promotional: bool = False
    twin: str = ""


@dataclass(frozen=True)
class Hit:
    """A passage found by a search; `score` grows with relevance and compares only within one search."""

    rank: int
    passage: Passage
    score: float

    def to_dict(self) -> dict[str, Any]:
        """The passage as `coach search --json` prints it."""
        passage = self.passage
        return {
            "rank": self.rank,
            "document": passage.document,
            "title": passage.title,
            "heading": " › ".join(passage.heading),
            "text": passage.text,
            "start": passage.start,
            "end": passage.end,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True)
class SearchResult:
    """What a search found; `confidence` is the calibrated chance, 0 to 1, that the passages answer the query.

    `clear`, 0 to 1, is how far one section of the handbook stands out as the one that is meant; 1 where pages of the folders' own
    come first, of which that says nothing.
    """

    query: str
    language: Language
    confidence: float
    hits: tuple[Hit, ...]
    notice: str = ""
    clear: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach search --json` prints."""
        return {
            "query": self.query,
            "language": self.language,
            "confidence": round(self.confidence, 3),
            "passages": [hit.to_dict() for hit in self.hits],
            "notice": self.notice,
        }


@dataclass(frozen=True)
class Citation:
    """The source `[n]` of an answer; `quote` is the span `start:end` of the document's text."""

    n: int
    document: str
    title: str
    heading: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Usage:
    """What a language model cost: tokens as the endpoint counted them (nothing where it did not say) and seconds in all.

    `cached` says that an earlier reply was used again, `kept` and `dropped` how many sentences passed the gate and how many not.
    `prompt` is the hash of the prompt files that it was asked with.
    """

    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = 0.0
    cached: bool = False
    kept: int = 0
    dropped: int = 0
    prompt: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer with its sources. Every sentence of `answer` carries the `[n]` of a citation.

    `usage` is empty where no model was called. `searched` is the question as it was searched for, where a follow-up was
    rewritten; else empty.
    """

    question: str
    language: Language
    outcome: Outcome
    answer: str
    citations: tuple[Citation, ...]
    composer: Composer
    notice: str
    timings_ms: Mapping[str, float]
    conversation: str = ""
    searched: str = ""
    usage: Usage | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach ask --json` prints."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Answer:
        """An answer from what `to_dict` gave, also by an earlier or later version: unknown keys are left out."""
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        known["citations"] = tuple(Citation(**one) for one in known.get("citations", ()))
        known["usage"] = Usage(**known["usage"]) if known.get("usage") else None
        return cls(**known)


@dataclass(frozen=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class SyncReport:
    """What a sync did: files by what happened to them, passages now in the index, seconds taken."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failed: tuple[Failure, ...]
    passages: int
    seconds: float
    moved: int = 0
    embedded: int = 0
    notice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach sync --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class GuidanceRef:
    """A section of the guidance that a finding rests on."""

    document: str
    heading: str


@dataclass(frozen=True)
class Finding:
    """A rule that a message breaks; `start:end` is the span in the message (empty at the end for what is missing)."""

    rule: str
    severity: Severity
    start: int
    end: int
    quote: str
    reason: str
    fix: str
    guidance: GuidanceRef


@dataclass(frozen=True)
class Review:
    """The findings in a message, in order of its text, and the rules it passed."""

    kind: str
    language: Language
    channel: str
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    parts: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach review --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class Draft:
    """A message written from fields; `missing` names the fields that stand as visible blanks."""

    kind: str
    language: Language
    channel: str
    subject: str
    body: str
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]
    composer: Composer
    notice: str = ""
    usage: Usage | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach draft --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class Disclosure:
    """What a person should know before anything is sent to a model outside this machine.

    `refused` says that they were asked before and said no. `sent` and `masked` say in the language asked for what goes out,
    and what is replaced by a stand-in first; `summary` is all of it in sentences, and `question` what they are asked.
    """

    endpoint: str
    model: str
    sent: tuple[str, ...]
    masked: tuple[str, ...]
    summary: str
    question: str
    refused: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach consent --json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class Outgoing:
    """A message as it would leave this machine, masked; `role` is system or user."""

    role: str
    text: str


@dataclass(frozen=True)
class Check:
    """One thing that `coach doctor` looked at; `advice` says what to do where it is not well."""

    name: str
    state: Literal["ok", "warning", "problem"]
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class Health:
    """What `coach doctor` found."""

    checks: tuple[Check, ...] = field(default_factory=tuple)

    @property
    def well(self) -> bool:
        """Whether nothing is a problem."""
        return all(check.state != "problem" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The object that `coach doctor --json` prints."""
        return {"well": self.well, "checks": [asdict(check) for check in self.checks]}
