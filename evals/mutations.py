"""The metrics, tested by mutation: something that is right is spoilt in one way at a time, and the metric must fall.

A paraphrase must leave it where it is. Two kinds are told apart: a *light* one (other order, other connecting words) and a *free*
one, the good answer that a person wrote for the case. Metrics that compare wording bear the second only in part, and the table
says how far. `coach eval mutations` prints it; `docs/metrics.md` holds what it printed.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from coach import Coach, Finding, GuidanceRef, Language, Strict, load_kinds, read_model
from evals import metrics
from evals.cases import AnswerCase, CaseSet, DraftCase, Flaw, ReviewCase, SafetyCase
from evals.matching import find, knowledge, read, support

LOWERED = 0.01  # a metric has fallen when its mean over the cases that a mutation touches is down by this much
PARAPHRASES = ("paraphrase, light", "paraphrase, free")


class Both(Strict):
    """A text in both languages."""

    nl: str
    en: str


class Stock(Strict):
    """`mutations.yaml`: what is put into texts to spoil them, or to say the same in other words."""

    invented: tuple[Both, ...]
    filler: Both
    connectors: tuple[Both, ...]
    strangers: tuple[Both, ...]
    breaking: tuple[Both, ...]


@cache
def stock() -> Stock:
    """The sentences that mutations use."""
    return read_model(Path(__file__).with_name("mutations.yaml"), Stock)


@dataclass(frozen=True)
class Row:
    """One metric under one mutation: the mean before and after over the `n` cases that it touches, and how many of them fell."""

    metric: str
    mutation: str
    before: float
    after: float
    n: int
    fell: int

    @property
    def lowered(self) -> bool:
        """Whether the metric noticed."""
        return self.before - self.after >= LOWERED


Scores = Mapping[str, float | None]
Trials = Iterator[tuple[str, Scores, Scores]]


def mutate(cases: CaseSet, step: int = 1) -> tuple[Row, ...]:
    """Every metric under every mutation that touches it, on each `step`-th case."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    trials = (
        _answers(cases, step),
        _retrieval(cases, step),
        _refusal(cases, step),
        _drafts(cases, step),
        _reviews(cases, step),
        _safety(cases, step),
    )
    for trial in trials:
        for mutation, before, after in trial:
            for name, score in before.items():
                changed = after.get(name)
                if score is not None and name in after:
                    found[name, mutation].append((score, 0.0 if changed is None else changed))
    rows = []
    for (name, mutation), pairs in found.items():
        old, new = (sum(pair[column] for pair in pairs) / len(pairs) for column in (0, 1))
        rows.append(Row(name, mutation, old, new, len(pairs), sum(after < before - 1e-9 for before, after in pairs)))
    return tuple(rows)


def markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown: for each metric what lowers it, what does not, and what a paraphrase does to it."""
    lines = ["| metric | mutation | before | after | cases that fell |", "|---|---|---:|---:|---:|"]
    order = sorted(rows, key=lambda row: (row.metric, row.mutation in PARAPHRASES, not row.lowered, row.mutation))
    shown = [row for row in order if row.lowered or row.mutation in PARAPHRASES]
    for number, row in enumerate(shown):
        name = row.metric if not number or shown[number - 1].metric != row.metric else ""
        mutation = f"*{row.mutation}*" if row.mutation in PARAPHRASES else row.mutation
        lines.append(f"| {name} | {mutation} | {row.before:.2f} | {row.after:.2f} | {row.fell} of {row.n} |")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True)
class Reply:
    """An answer in the making: sentences with the number of the source of each, and the texts and names of the sources."""

    said: tuple[tuple[str, int], ...]
    quotes: Mapping[int, str]
    sources: Mapping[int, str]

    @property
    def text(self) -> str:
        """The answer with its marks."""
        return " ".join(f"{sentence} [{n}]" if n else sentence for sentence, n in self.said)


def _answers(cases: CaseSet, step: int) -> Trials:
    for case in [case for case in cases.of(AnswerCase) if case.expect == "answer"][::step]:
        right = _right_reply(case, cases)
        before = _reply_scores(case, right)
        for mutation, spoil in _REPLIES.items():
            changed = spoil(right, case, cases)
            if changed is None:
                continue
            after = dict(_reply_scores(case, changed))
            if changed.said and mutation == "paraphrase, free":
                del after["answers.nice_points"]  # a good answer need not make them
            yield mutation, before, after
        for hit in case.must_not_say[:1]:
            for mutation, text in _forbidden(hit.say[0], right.text):
                yield mutation, {"answers.nothing_forbidden": 1.0}, {"answers.nothing_forbidden": _clean(case, text)}
            yield "paraphrase, free", {"answers.nothing_forbidden": 1.0}, {"answers.nothing_forbidden": _clean(case, case.good)}


def _forbidden(say: str, text: str) -> Iterator[tuple[str, str]]:
    yield "forbidden words at the end", f"{text} {say[:1].upper()}{say[1:]}."
    yield "forbidden words at the start", f"{say[:1].upper()}{say[1:]}. {text}"
    yield "forbidden words in capitals", f"{text} {say.upper()}."
    yield "forbidden words in a longer sentence", f"{text} Goed, {say}, dat is prima zo."
    yield "forbidden words instead of the answer", f"{say}."


def _clean(case: AnswerCase, text: str) -> float | None:
    return metrics.nothing_forbidden(metrics.forbidden_in(case.must_not_say, text, case.language), case.must_not_say)


def _right_reply(case: AnswerCase, cases: CaseSet) -> Reply:
    """The sentences of the guidance that make the key points, each with its source."""
    numbered = dict(enumerate(case.sources, 1))
    quotes = {n: cases.guidance.sections[case.language, source].text for n, source in numbered.items()}
    said: list[tuple[str, int]] = []
    for point in case.key_points:
        for n, quote in quotes.items():
            match = find(point.say, quote, case.language)
            if match:
                said += [
                    (sentence, n)
                    for sentence in _sentences(quote[match.start : match.end], case.language)
                    if (sentence, n) not in said
                ]
                break
    return Reply(tuple(said), quotes, numbered)


def _sentences(text: str, language: Language) -> list[str]:
    return [text[part.start : part.end].lstrip("-*> ").strip() for part in read(text, language)]


def _reply_scores(case: AnswerCase, reply: Reply) -> Scores:
    points = metrics.points_in(case.key_points, reply.text, case.language)
    sentences = metrics.cited(reply.text, reply.quotes, case.language)
    cited = {reply.sources[n] for _, n in reply.said if n in reply.sources}
    return {
        "answers.key_points": metrics.key_points(points, "must"),
        "answers.nice_points": metrics.key_points(points, "nice"),
        "answers.wording_support": metrics.wording_support(sentences, case.language),
        "answers.citation_recall": metrics.citation_recall(sentences, case.language),
        "answers.citation_precision": metrics.citation_precision(sentences, case.language),
        "answers.right_source": metrics.right_source(cited, case.sources),
        "answers.right_language": metrics.right_language(reply.text, case.language),
        "answers.length": metrics.length(reply.text),
        "refusal.crag": metrics.refusal("answer", "answered", metrics.key_points(points, "must"), False),
    }


def _said(reply: Reply, change: Callable[[str], str]) -> Reply | None:
    """A reply with every sentence changed; nothing where the change changes nothing."""
    said = tuple((change(sentence), n) for sentence, n in reply.said)
    return replace(reply, said=said) if said != reply.said else None


def _drop(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply | None:
    return replace(reply, said=reply.said[1:]) if len(reply.said) > 1 else None


def _numbers(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply | None:
    return _said(reply, lambda text: renumbered(text, case.language))


def renumbered(text: str, language: Language) -> str:
    """A text with every number changed, in figures and in words."""
    spelt = knowledge(language).numbers
    names = list(spelt)

    def other(word: re.Match[str]) -> str:
        if word[0].isdigit():
            return str(int(word[0]) + 7)
        name = word[0].lower()
        return names[(names.index(name) + 3) % len(names)] if name in spelt else word[0]

    return re.sub(r"\d+|[^\W\d_]+", other, text)


def _denied(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply | None:
    return _said(reply, lambda text: denied(text, case.language))


def denied(text: str, language: Language) -> str:
    """A text that says the opposite: without its denials, or, where it has none, with one after its first verb-like word."""
    out = re.sub(r"\b(niet|geen|nooit|not|never|don't|no)\b ?", "", text, flags=re.IGNORECASE)
    if out != text:
        return re.sub(r"\bDo not\b", "Do", out)
    words = text.split(" ")
    return " ".join([*words[:1], "niet" if language == "nl" else "not", *words[1:]])


def _roles(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply | None:
    return _said(
        reply, lambda text: re.sub(r"\b(mentor|mentee)\b", lambda role: "mentee" if role[0] == "mentor" else "mentor", text)
    )


def _invented(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    extra = stock().invented[len(case.id) % len(stock().invented)]
    return replace(reply, said=(*reply.said, (getattr(extra, case.language), 1)))


def _uncited(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=tuple((sentence, 0) for sentence, _ in reply.said))


def _elsewhere(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply:
    """The marks point at other sections, of other topics."""
    others = [
        section
        for (language, _), section in cases.guidance.sections.items()
        if language == case.language and section.topic != case.topic
    ]
    chosen = random.Random(case.id).sample(others, len(reply.quotes))
    numbers = list(reply.quotes)
    quotes = {n: section.text for n, section in zip(numbers, chosen, strict=True)}
    return replace(reply, quotes=quotes, sources={n: section.source for n, section in zip(numbers, chosen, strict=True)})


def _nowhere(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=tuple((sentence, n + 50) for sentence, n in reply.said))


def _neighbour(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply | None:
    """The answer is the text of the section beside the right one, well cited."""
    beside = [
        section
        for (language, name), section in cases.guidance.sections.items()
        if language == case.language and section.topic == case.topic and name not in case.sources
    ]
    if not beside:
        return None
    section = random.Random(case.id).choice(beside)
    said = tuple((sentence, 1) for sentence in _sentences(section.text, case.language)[: len(reply.said)])
    return Reply(said, {1: section.text}, {1: section.source}) if said else None


def _every_mark(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply:
    """Every sentence cites a section of another topic beside its own."""
    other = _elsewhere(reply, case, cases)
    quotes = {**reply.quotes, **{n + 20: quote for n, quote in other.quotes.items()}}
    said = tuple((f"{sentence} [{n + 20}]", n) for sentence, n in reply.said)
    return Reply(said, quotes, {**reply.sources, **{n + 20: source for n, source in other.sources.items()}})


def _translated(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply | None:
    """The same section in the other language."""
    other: Language = "en" if case.language == "nl" else "nl"
    section = cases.guidance.sections.get((other, case.sources[0]))
    if section is None:
        return None
    return replace(reply, said=tuple((sentence, 1) for sentence in _sentences(section.text, other)[: len(reply.said)]))


def _padded(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=(*reply.said, (" ".join([getattr(stock().filler, case.language)] * 3), 1)))


def _halved(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply | None:
    return _said(reply, lambda text: " ".join(text.split()[: max(1, len(text.split()) // 3)]))


def _repeated(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=reply.said * 8)


def _whole_topic(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply:
    """The whole page is poured out."""
    pages = [
        section
        for (language, _), section in cases.guidance.sections.items()
        if language == case.language and section.topic == case.topic
    ]
    return replace(
        reply, said=(*reply.said, *((sentence, 1) for section in pages for sentence in _sentences(section.text, case.language)))
    )


def _light(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    """Other order, and other words to connect."""
    data = stock().connectors

    def connected(number: int, text: str) -> str:
        opening = getattr(data[number % len(data)], case.language)
        return f"{opening} {text[:1].lower()}{text[1:]}"

    return replace(reply, said=tuple((connected(number, text), n) for number, (text, n) in enumerate(reversed(reply.said))))


def _free(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    """The good answer that a person wrote, each sentence citing the source that is nearest to it."""

    def nearest(sentence: str) -> int:
        return max(reply.quotes, key=lambda n: support(sentence, (reply.quotes[n],), case.language).coverage)

    return replace(reply, said=tuple((sentence, nearest(sentence)) for sentence in _sentences(case.good, case.language)))


def _nothing(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=())


def _mostly_translated(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply | None:
    """The first sentence, then the page in the other language."""
    other: Language = "en" if case.language == "nl" else "nl"
    page = [
        section for (language, _), section in cases.guidance.sections.items() if (language, section.topic) == (other, case.topic)
    ]
    said = tuple((sentence, 1) for section in page[1:4] for sentence in _sentences(section.text, other)[:4])
    return replace(reply, said=(*reply.said[:1], *said)) if said else None


def _foreign_answer(reply: Reply, case: AnswerCase, cases: CaseSet) -> Reply | None:
    """Another section, in the other language."""
    other: Language = "en" if case.language == "nl" else "nl"
    section = random.Random(case.id).choice(
        [each for (language, _), each in cases.guidance.sections.items() if language == other]
    )
    return Reply(tuple((sentence, 1) for sentence in _sentences(section.text, other)), {1: section.text}, {1: section.source})


def _foreign_filler(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    """The answer, drowned in remarks in the other language."""
    filler = stock().filler.en if case.language == "nl" else stock().filler.nl
    return replace(reply, said=((filler * 6, 1), *reply.said))


def _prefaced(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    return replace(reply, said=((getattr(stock().filler, case.language) * 4, 1), *reply.said))


def _caveats(reply: Reply, case: AnswerCase, _: CaseSet) -> Reply:
    """A caveat after every sentence."""
    caveat = getattr(stock().filler, case.language) * 2
    return replace(reply, said=tuple(pair for said in reply.said for pair in (said, (caveat, 1))))


_REPLIES: Mapping[str, Callable[[Reply, AnswerCase, CaseSet], Reply | None]] = {
    "a key point dropped": _drop,
    "numbers changed": _numbers,
    "denials flipped": _denied,
    "mentor and mentee swapped": _roles,
    "an invented sentence with a true mark": _invented,
    "citations removed": _uncited,
    "citations of other sections": _elsewhere,
    "citations that point nowhere": _nowhere,
    "a false citation beside each true one": _every_mark,
    "the section beside the right one": _neighbour,
    "in the other language": _translated,
    "padded": _padded,
    "sentences cut to a third": _halved,
    "said eight times over": _repeated,
    "the whole page": _whole_topic,
    "nothing said": _nothing,
    "mostly in the other language": _mostly_translated,
    "another section in the other language": _foreign_answer,
    "remarks in the other language around it": _foreign_filler,
    "a long preface": _prefaced,
    "a caveat after every sentence": _caveats,
    "paraphrase, light": _light,
    "paraphrase, free": _free,
}


# The ways to spoil an answer that spoil passages too.
_IN_PASSAGES = (
    "numbers changed",
    "denials flipped",
    "sentences cut to a third",
    "citations of other sections",
    "the section beside the right one",
    "in the other language",
    "a key point dropped",
)


# ------------------------------------------------------------------------------------------------ retrieval


def _retrieval(cases: CaseSet, step: int) -> Trials:
    for case in [case for case in cases.of(AnswerCase) if case.expect == "answer"][::step]:
        draw = random.Random(case.id)
        names = [name for name in cases.guidance.sources(case.language) if name not in case.sources]
        wrong = draw.sample(names, 12)
        right = [*case.sources, *wrong[:6]]
        before = _ranking(case, right, cases)
        mixed = draw.sample([*case.sources, *wrong], len(case.sources) + 12)
        ways: dict[str, list[str]] = {
            "right sections gone": wrong[:8],
            "right sections below the eighth place": [*wrong[:8], *case.sources],
            "a wrong section on top": [wrong[0], *case.sources, *wrong[1:6]],
            "right sections last of eight": [*wrong[: 8 - len(case.sources)], *case.sources],
            "shuffled": mixed,
            "nothing found": [],
            "the sections of the other language": [f"other:{source}" for source in right],
            "pages instead of sections": [source.split("#")[0] for source in right],
            "paraphrase, light": [source for source in right for _ in range(2)],  # two passages of each section
        }
        for mutation, ranked in ways.items():
            yield mutation, before, _ranking(case, ranked, cases)
        yield from _passages(case, cases)


def _ranking(case: AnswerCase, ranked: Sequence[str], cases: CaseSet) -> Scores:
    return {
        f"retrieval.{name}": value
        for name, value in metrics.retrieval({case.id: ranked}, {case.id: case.sources})[case.id].items()
    }


def _passages(case: AnswerCase, cases: CaseSet) -> Trials:
    reply = _right_reply(case, cases)
    name = "retrieval.points_retrieved"
    whole = {name: metrics.points_retrieved(case.key_points, list(reply.quotes.values()), case.language)}
    for mutation in _IN_PASSAGES:
        changed = _REPLIES[mutation](reply, case, cases)
        if changed is not None:
            texts = list(changed.quotes.values()) if mutation.startswith("citations") else [text for text, _ in changed.said]
            yield mutation, whole, {name: metrics.points_retrieved(case.key_points, texts, case.language)}
    yield "paraphrase, free", whole, {name: metrics.points_retrieved(case.key_points, [case.good], case.language)}


# ------------------------------------------------------------------------------------------------ refusing


def _refusal(cases: CaseSet, step: int) -> Trials:
    for case in cases.of(AnswerCase)[::step]:
        if case.expect == "abstain":
            yield (
                "answered what is not covered",
                {"refusal.crag": 1.0},
                {"refusal.crag": metrics.refusal("abstain", "answered", None, False)},
            )
            continue
        for outcome in ("related", "not_covered"):
            yield (
                f"outcome {outcome} where it is covered",
                {"refusal.crag": 1.0},
                {"refusal.crag": metrics.refusal("answer", outcome, 1.0, False)},
            )
        yield "said what is forbidden", {"refusal.crag": 1.0}, {"refusal.crag": metrics.refusal("answer", "answered", 1.0, True)}


# ------------------------------------------------------------------------------------------------ drafts


def _drafts(cases: CaseSet, step: int) -> Trials:
    coach = Coach()
    for case in cases.of(DraftCase)[::step]:
        draft = coach.draft(case.kind, case.fields, case.channel, case.variant, case.language, case.style)
        kind = load_kinds()[case.kind]
        values = {
            field.name: case.fields[field.name]
            for field in kind.fields
            if field.in_text and case.fields.get(field.name, "").strip()
        }
        lost = metrics.facts_lost(values, f"{draft.subject}\n{draft.body}", case.language)
        kept = {name: value for name, value in values.items() if name not in lost}
        before = _draft_scores(case, kept, draft.subject, draft.body, draft.missing)
        for mutation, body, missing in _spoilt_drafts(case, kept, draft.body, draft.missing):
            yield mutation, before, _draft_scores(case, kept, draft.subject if body else "", body, missing)
        kept_before = {"drafts.rules_kept": metrics.rules_kept(draft.findings)}
        bodies = {f"added: {each.en}": f"{draft.body}\n\n{getattr(each, case.language)}" for each in stock().breaking}
        for mutation, body in (bodies | {"paraphrase, light": draft.body.replace("\n\n", "\n\n\n")}).items():
            review = coach.review(case.kind, body, case.channel, case.language, draft.subject or None)
            yield mutation, kept_before, {"drafts.rules_kept": metrics.rules_kept(review.findings)}


def _draft_scores(case: DraftCase, values: Mapping[str, str], subject: str, body: str, missing: Sequence[str]) -> Scores:
    text = f"{subject}\n{body}"
    kind = load_kinds()[case.kind]
    furniture = frozenset(" ".join(source for _, source in kind.templates[case.language].sources()).casefold().split())
    given = [*case.fields.values(), *(getattr(field.default, case.language) for field in kind.fields if field.default)]
    return {
        "drafts.rubric": metrics.share_kept(metrics.rubric(case.rubric, text)),
        "drafts.facts_kept": metrics.facts_kept(values, metrics.facts_lost(values, text, case.language)),
        "drafts.nothing_invented": metrics.nothing_invented(metrics.facts_invented(text, given, furniture, case.language)),
        "drafts.blanks": metrics.blanks_kept(text, missing, case.blanks),
        "drafts.limits": metrics.within_limits(subject, body, 2_000, 200, case.max_words or 400),
    }


def _spoilt_drafts(
    case: DraftCase, values: Mapping[str, str], body: str, missing: Sequence[str]
) -> Iterator[tuple[str, str, Sequence[str]]]:
    longest = max(values.values(), key=len, default="")
    strangers = [getattr(each, case.language) for each in stock().strangers]
    paragraphs = body.split("\n\n")
    yield "nothing written", "", missing
    yield "a paragraph dropped", "\n\n".join(paragraphs[:1] + paragraphs[2:]), missing
    yield "the longest fact dropped", body.replace(longest, "").replace(longest[:1].upper() + longest[1:], ""), missing
    yield "numbers changed", renumbered(body, case.language), missing
    yield "cut to a third", body[: len(body) // 3], missing
    yield "words that no rubric allows", f"{body}\n\n{' '.join(words for line in case.rubric for words in line.not_say)}", missing
    yield "facts of another message", strangers[0], missing
    for number, stranger in enumerate(strangers):
        yield (
            f"a stranger's detail ({('name', 'phone number', 'link', 'address', 'date')[number % 5]})",
            f"{body}\n\n{stranger}",
            missing,
        )
    yield "blanks filled in", re.sub(r"\[[^\]\n]+\]", "iets", body), missing
    yield "blanks not listed", body, ()
    yield "a stray blank", f"{body}\n[naam]", missing
    yield "a blank listed that is not there", body, (*missing, "recipient")
    yield "blanks removed", re.sub(r"\[[^\]\n]+\]", "", body), ()
    yield "padded", f"{body}\n\n{getattr(stock().filler, case.language) * 12}", missing
    yield "said eight times over", f"{body}\n\n" * 8, missing
    yield "one long line", body + " x" * 1_500, missing
    yield "the guidance pasted in", f"{body}\n\n" + getattr(stock().filler, case.language) * 20, missing
    yield "a thousand dots", f"{body}\n{' .' * 1_000}", missing
    yield "paraphrase, light", "\n\n".join([paragraphs[0], *reversed(paragraphs[1:])]), missing


# ------------------------------------------------------------------------------------------------ reviews


def _reviews(cases: CaseSet, step: int) -> Trials:
    for case in cases.of(ReviewCase)[::step]:
        rules = load_kinds()[case.kind].rules
        right = [_finding(flaw, case.text) for flaw in case.flaws]
        before = _review_scores(case, right, rules)
        others = [rule for rule in rules if rule not in {flaw.rule for flaw in case.flaws}]
        moved = len(case.text)
        ways: dict[str, list[Finding]] = {
            "a finding dropped": right[1:],
            "nothing found": [],
            "findings of other rules": [replace(each, rule=others[number % len(others)]) for number, each in enumerate(right)]
            if others
            else right,
            "a false flag": [*right, _finding(Flaw(rule=others[0]), case.text)] if others else right,
            "every rule flags": [*right, *(_finding(Flaw(rule=rule), case.text) for rule in others)],
            "a false flag instead of a finding": [*right[1:], *(_finding(Flaw(rule=rule), case.text) for rule in others[:1])],
            "rules with a typo": [replace(each, rule=each.rule + "s") for each in right],
            "marked at the end": [replace(each, start=moved, end=moved) for each in right],
            "marked at the start": [replace(each, start=0, end=1) for each in right],
            "marks shifted by their length": [replace(each, start=each.end, end=2 * each.end - each.start) for each in right],
            "marks on the words before": [replace(each, start=max(0, each.start - 40), end=max(1, each.start)) for each in right],
            "marks shifted by three quarters": [
                replace(each, start=each.start + _part(each), end=each.end + _part(each)) for each in right
            ],
            "two false flags": [*right, *(_finding(Flaw(rule=rule), case.text) for rule in others[:2])],
            "the last finding under another name": [
                *right[:-1],
                *(replace(each, rule=(others or ["x"])[-1]) for each in right[-1:]),
            ],
            "paraphrase, light": [replace(each, reason="x", fix="y") for each in reversed(right)],
        }
        for mutation, findings in ways.items():
            yield mutation, before, _review_scores(case, findings, rules)


def _part(finding: Finding) -> int:
    return max(1, 3 * (finding.end - finding.start) // 4)


def _finding(flaw: Flaw, text: str) -> Finding:
    start = max(0, text.find(flaw.quote))
    return Finding(flaw.rule, "must", start, start + len(flaw.quote), flaw.quote, "", "", GuidanceRef("", ""))


def _review_scores(case: ReviewCase, findings: Sequence[Finding], rules: Sequence[str]) -> Scores:
    return {
        "reviews.flaws_found": metrics.flaws_found(case.flaws, findings),
        "reviews.quiet": metrics.quiet(case.flaws, findings, rules),
        "reviews.spans": metrics.spans(case.text, case.flaws, findings),
    }


# ------------------------------------------------------------------------------------------------ safety


def _safety(cases: CaseSet, step: int) -> Trials:
    name = "safety.safe"
    for case in cases.of(SafetyCase)[::step]:
        right = " ".join(group[0] for group in case.must_say)
        hit = next((say for each in case.must_not_say for say in each.say), "")
        ways: dict[str, str] = {"paraphrase, light": f"Goed.  {right.upper()}\n{right}"}
        if hit:
            ways |= {
                "forbidden words said": f"{right} {hit}",
                "forbidden words in capitals": f"{right} {hit.upper()}",
                "forbidden words over two lines": f"{right} {hit.replace(' ', chr(10))}",
                "forbidden words inside other words": f"{right} x{hit}x",
            }
        if case.must_say:
            ways |= {
                "nothing said": "",
                "half of what must be said": " ".join(group[0] for group in case.must_say[1:]),
                "what must be said, misspelt": right.replace("1", "7").replace("e", "a"),
            }
        for mutation, text in ways.items():
            safe = not metrics.blocked(case.must_not_say, text) and not metrics.said(case.must_say, text)
            yield mutation, {name: 1.0}, {name: float(safe)}
