"""What a case says, held against the guidance, the kinds of message and itself.

A case that cites what does not exist, asks for points that its sources do not make, or fails its own good answer would blame the
coach for a mistake of its author.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from coach import Language, load_kinds
from evals.cases import AnswerCase, Case, DraftCase, ReviewCase, SafetyCase
from evals.guidance import Guidance
from evals.matching import find, nearest_sentence
from evals.metrics import forbidden_in, literal, points_in
from evals.mistakes import nearest
from evals.tree import Place
from evals.wordings import texts


@dataclass(frozen=True)
class Found:
    """A mistake in a case, with the way to it from the case."""

    at: Place
    message: str
    suggestion: str


def check(case: Case, guidance: Guidance, language: Language) -> Iterator[Found]:
    """The mistakes in one case."""
    say = texts(language)
    if not case.id.endswith(f".{case.language}"):
        yield Found(("id",), say("mistake.id-language", id=case.id), say("suggest.id-language", language=case.language))
    topics = guidance.topics(case.language)
    if case.topic is not None and case.topic not in topics:
        yield Found(("topic",), say("mistake.topic", topic=case.topic), nearest(case.topic, topics, language))
    if isinstance(case, AnswerCase):
        yield from _answer(case, guidance, language)
    elif isinstance(case, DraftCase):
        yield from _draft(case, language)
    elif isinstance(case, ReviewCase):
        yield from _review(case, language)
    elif isinstance(case, SafetyCase):
        yield from _safety(case, language)


def _answer(case: AnswerCase, guidance: Guidance, language: Language) -> Iterator[Found]:
    say = texts(language)
    if case.expect == "abstain":
        if case.about is None:
            yield Found((), say("mistake.missing-key", key="about"), say("suggest.about"))
        for key in ("sources", "key_points", "good", "bad"):
            if getattr(case, key):
                yield Found((key,), say("mistake.abstain-with", key=key), say("suggest.abstain-with"))
        return
    required = ("topic", "sources", "key_points", "good") if case.expect == "answer" else ()
    for key in required:
        if not getattr(case, key):
            yield Found((key,), say("mistake.missing-key", key=key), say("suggest.missing-key", key=key))
    yield from _doubles([point.id for point in case.key_points], "key_points", language)
    known = guidance.sources(case.language)
    for number, source in enumerate(case.sources):
        if source not in known:
            page = [name for name in known if name.split("#")[0] == source.split("#")[0]]
            suggestion = nearest(source if "#" in source else "", page or known, language)
            yield Found(("sources", number), say("mistake.source", source=source), suggestion)
    sections = [guidance.sections[case.language, source].text for source in case.sources if source in known]
    if case.expect == "answer" and case.key_points and not any(point.level == "must" for point in case.key_points):
        yield Found(("key_points",), say("mistake.no-must"), say("suggest.no-must"))
    for number, point in enumerate(case.key_points):
        if sections and not any(find(point.say, text, case.language) for text in sections):
            there = nearest_sentence(point.say[0], sections, case.language)
            yield Found(
                ("key_points", number),
                say("mistake.not-in-section", point=point.id),
                say("suggest.not-in-section", sentence=there),
            )
    if case.good:
        yield from _self_test(case, language)


def _self_test(case: AnswerCase, language: Language) -> Iterator[Found]:
    say = texts(language)
    missing = [
        found.id for found in points_in(case.key_points, case.good, case.language) if not found.found and found.level == "must"
    ]
    if missing:
        yield Found(("good",), say("mistake.good-misses", points=", ".join(missing)), say("suggest.good-misses"))
    hits = forbidden_in(case.must_not_say, case.good, case.language)
    if hits:
        yield Found(("good",), say("mistake.good-forbidden", words=hits[0].say), say("suggest.good-forbidden"))
    for number, bad in enumerate(case.bad):
        musts = [found for found in points_in(case.key_points, bad.say, case.language) if found.level == "must"]
        if all(found.found for found in musts) and not forbidden_in(case.must_not_say, bad.say, case.language):
            yield Found(("bad", number), say("mistake.bad-passes"), say("suggest.bad-passes"))


def _draft(case: DraftCase, language: Language) -> Iterator[Found]:
    say = texts(language)
    yield from _kind(case.kind, case.channel, language)
    kind = load_kinds().get(case.kind)
    if kind is None:
        return
    for key, given, known in (
        ("variant", case.variant, ("shorter", "warmer", "more_direct")),
        ("style", case.style, kind.styles),
    ):
        if given is not None and given not in known:
            yield Found((key,), say("mistake.choice", key=key, value=given), nearest(given, known, language))
    names = {field.name: field for field in kind.fields}
    yield from _fields(case.fields, names, language)
    for number, blank in enumerate(case.blanks):
        if blank not in names or not names[blank].required:
            required = [name for name, field in names.items() if field.required]
            yield Found(("blanks", number), say("mistake.blank", field=blank), nearest(blank, required, language))
        elif case.fields.get(blank, "").strip():
            yield Found(("blanks", number), say("mistake.blank-filled", field=blank), say("suggest.blank-filled"))
    yield from _doubles([line.id for line in case.rubric], "rubric", language)
    for number, line in enumerate(case.rubric):
        if bool(line.say) == bool(line.not_say):
            yield Found(("rubric", number), say("mistake.rubric", id=line.id), say("suggest.rubric"))


def _review(case: ReviewCase, language: Language) -> Iterator[Found]:
    say = texts(language)
    yield from _kind(case.kind, case.channel, language)
    kind = load_kinds().get(case.kind)
    if kind is None:
        return
    for number, flaw in enumerate(case.flaws):
        if flaw.rule not in kind.rules:
            yield Found(
                ("flaws", number, "rule"),
                say("mistake.rule", rule=flaw.rule, kind=case.kind),
                nearest(flaw.rule, kind.rules, language),
            )
        if flaw.quote and flaw.quote not in case.text and flaw.quote not in (case.subject or ""):
            yield Found(("flaws", number, "quote"), say("mistake.quote", quote=flaw.quote), say("suggest.quote"))


def _safety(case: SafetyCase, language: Language) -> Iterator[Found]:
    say = texts(language)
    if not case.question and case.kind is None:
        yield Found((), say("mistake.no-input"), say("suggest.no-input"))
    if case.attack == "injection-document" and case.document is None:
        yield Found((), say("mistake.missing-key", key="document"), say("suggest.missing-key", key="document"))
    if case.kind is not None:
        yield from _kind(case.kind, case.channel, language)
        if kind := load_kinds().get(case.kind):
            yield from _fields(case.fields, [field.name for field in kind.fields], language)
    if case.expect is None and not case.must_say and not case.must_not_say:
        yield Found((), say("mistake.no-expectation"), say("suggest.no-expectation"))
    harmless = case.question or case.text or " ".join(case.fields.values())
    for number, forbidden in enumerate(case.must_not_say):
        if not any(words.strip() for words in forbidden.say) or literal(forbidden.say, "") or not harmless:
            yield Found(("must_not_say", number), say("mistake.empty", key="say"), say("suggest.empty", key="say"))


def _kind(name: str, channel: str | None, language: Language) -> Iterator[Found]:
    """The kind of message that a case is about, and the channel, which must be one of that kind."""
    say, kinds = texts(language), load_kinds()
    if name not in kinds:
        yield Found(("kind",), say("mistake.kind", kind=name), nearest(name, kinds, language))
    elif channel is not None and channel not in kinds[name].channels:
        suggestion = nearest(channel, kinds[name].channels, language)
        yield Found(("channel",), say("mistake.choice", key="channel", value=channel), suggestion)


def _fields(given: Collection[str], known: Collection[str], language: Language) -> Iterator[Found]:
    for name in given:
        if name not in known:
            yield Found(("fields", name), texts(language)("mistake.field", field=name), nearest(name, known, language))


def _doubles(ids: list[str], key: str, language: Language) -> Iterator[Found]:
    for number, identifier in enumerate(ids):
        if identifier in ids[:number]:
            yield Found(
                (key, number), texts(language)("mistake.double-point", id=identifier), texts(language)("suggest.double-id")
            )
