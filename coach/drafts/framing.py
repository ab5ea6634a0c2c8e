"""Putting a writer's own words into sentences: capitals, full stops, frames and lists, with the knowledge in `prompts/phrasing/`.

Templates are Jinja2 (sandboxed; an unknown name is an error). These are the filters they use:

    {{ words | sentence }}                  Words with a capital and a full stop.
    {{ words | question }}                  Words?          (`quoted`: Words. to stand between quotation marks)
    {{ words | within("I liked ….") }}      I liked words.   Words that are a sentence of their own stand alone instead,
                                            or in the frame given as `sentence=`; a thing rather than something to do
                                            takes the frame given as `thing=`, a clause ("that you came") `clause=`; with
                                            `elided=true` the words may leave out I. Other fields stand in a frame as {name}.
    {{ words | phrase }}                    words, without a full stop
    {{ words | lines | bullets }}           - one item a line (`numbered`: 1. one item a line)
    {{ words | lines | either }}            one, two or three   (`both`: one, two and three)
    {{ words | moment("During …, I saw it.") }}   In the meeting on Tuesday, I saw it.   The frame's own preposition is
                                            for words that have none. Words that are a sentence take `sentence=`.
    {{ date | when(time, timezone, reader_timezone) }}   Thursday 3 December 2026 at 16:00 (Amsterdam), 20:30 in Kolkata

Empty words give nothing, with all of their frame, so that a field left empty leaves no trace.
`<je|u>` in a Dutch template is the familiar and the polite form; one of the two is chosen for the whole message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from coach.drafts.phrasing import Phrasing, phrasing
from coach.records import Language

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment

HERE = "…"

_FORMS = re.compile(r"<([^<>|{}]*)\|([^<>|{}]*)>")
_BULLET = re.compile(r"^\s*(?:[-*•–]\s+|\d{1,2}[.)]\s+)")
_ENDS = re.compile(r"[.!?…:][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FIELD = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


class Name(str):
    """Words that are a name: they keep the capitals they were typed with."""


def in_address(source: str, formal: bool) -> str:
    """A template with each `<je|u>` replaced by its familiar or polite form."""
    return _FORMS.sub(lambda match: match[2 if formal else 1], source)


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def is_sentence(value: str, language: Language) -> bool:
    """Whether words read as a sentence of their own rather than as a part of one.

    A judgement from the first words and the last sign; "je lezing over inkoop" is a part, "je vertelde over inkoop" a sentence.
    """
    value = value.strip()
    found = _words(value)
    if len(found) < 2 or value.startswith("["):
        return False
    data = phrasing(language)
    if (
        found[0] in data.subordinators and found[1] in data.pronouns and value.endswith("?")
    ):  # "wat je doet?": no question of its own
        return False
    if re.search(r"[!?][\"'”’)]*$|[.!?] +[A-Z]|\n", value) or found[0] in data.sentence_openers:
        return True
    whole = value.endswith(".") and not value.endswith("..")
    verbs = [number for number in range(1, len(found)) if _is_finite(found, number, data, whole)]
    # "after that" and "na dat gesprek" point at something; they open no clause.
    pointing = data.subordinators | data.prepositions
    clauses = sum(
        word in data.subordinators and (not number or found[number - 1] not in pointing) for number, word in enumerate(found)
    )
    if found[0] in data.subordinators and verbs:  # "Dat hielp me"; "Toen het misging, hielp je me"
        after = len(_words(value.partition(",")[0]))
        return verbs[0] == 1 or len(verbs) > clauses or ("," in value and any(after <= verb < after + 3 for verb in verbs))
    return len(verbs) > clauses


def _is_finite(found: Sequence[str], number: int, data: Phrasing, whole: bool) -> bool:
    """Whether a word is a finite verb: one of the common ones, or in words with a full stop also one that looks like it."""
    word, following = found[number], found[number + 1] if number + 1 < len(found) else ""
    if word in data.participles and following in data.prepositions:  # "the talk held in May"
        return False
    return word in data.early_verbs or (whole and _looks_finite(word, following, data))


def _looks_finite(word: str, following: str, data: Phrasing) -> bool:
    """Whether a word is likely a finite verb that the list lacks: a form of a Dutch infinitive, an English past."""
    if data.language == "en":
        return len(word) > 4 and word.endswith("ed") and following not in data.prepositions
    from simplemma import lemmatize

    lemma = lemmatize(word, lang="nl")
    return bool(lemma != word and lemma.endswith("en") and not word.startswith("ge"))


def capital(value: str) -> str:
    """The words with a capital, unless their first word has one further on, as in *iPhone*. Dutch *ij* counts as one letter."""
    first = value.split(maxsplit=1)[0] if value.split() else ""
    if not first or not value[0].islower() or any(sign.isupper() for sign in first):
        return value
    return ("IJ" + value[2:]) if value.startswith("ij") else value[0].upper() + value[1:]


def sentence(value: str) -> str:
    """The words as a sentence: a capital at the start, a full stop unless another sign ends it."""
    value = value.strip()
    if not value:
        return ""
    value = value.rstrip(",;") if value[-1] in ",;" else value
    return capital(value) + ("" if _ENDS.search(value) else ".")


def quoted(value: str) -> str:
    """The words as a sentence to stand between quotation marks; marks of their own around them are taken off."""
    return sentence(value.strip().strip("\"“”'‘’").strip())


def question(value: str) -> str:
    """The words as a question; a sentence that ends with a full stop already is left as it is."""
    value = value.strip()
    if not value:
        return ""
    return capital(value) + ("" if _ENDS.search(value) else "?")


def lines(value: str) -> list[str]:
    """The items in words that were typed one a line or with semicolons between them; their own bullets are taken off."""
    items = (_BULLET.sub("", item).strip().rstrip(";,") for item in re.split(r"[\n;]+", value))
    return [item for item in items if item]


def bullets(items: Sequence[str]) -> str:
    """The items with a dash, one a line."""
    return "\n".join(f"- {capital(item)}" for item in items)


def numbered(items: Sequence[str]) -> str:
    """The items counted, one a line."""
    return "\n".join(f"{number}. {capital(item)}" for number, item in enumerate(items, 1))


class Words:
    """The filters that need to know the language."""

    def __init__(self, language: Language):
        self.language = language
        self.data = phrasing(language)

    def phrase(self, value: str) -> str:
        """Words as the middle of a sentence: no full stop, no capital on a word such as *the*."""
        tidy = value.strip().rstrip(".,;:?").strip()
        return tidy if isinstance(value, Name) else self.uncapital(tidy)

    def uncapital(self, value: str) -> str:
        """The words without a capital on a first word that has none of its own; a name and the English *I* keep theirs."""
        match = _WORD.match(value)
        if not match or not value[0].isupper() or match[0][1:].isupper():
            return value
        word = match[0].lower().replace("’", "'")
        if word in self.data.names or (self.language == "en" and re.match(r"I\b", value)):
            return value
        return value[0].lower() + value[1:] if word in self.data.lowered or self._is_verbal(word) else value

    def _is_verbal(self, word: str) -> bool:
        """Whether a word is an infinitive or a verbal noun, as in *Onderhandelen* and *Negotiating*; few names look so."""
        if self.language == "en":
            return len(word) > 5 and word.endswith("ing")
        from simplemma import is_known

        return len(word) > 4 and word.endswith(("en", "ing")) and is_known(word, lang="nl")

    def within(self, context: Context, value: str, frame: str, **frames: Any) -> str:
        """Words in a frame, at its `…`. `frames` are those for other shapes: `sentence`, `thing` and `clause`; `elided` is
        whether the words may have left out *I* ("werk bij een gemeente")."""
        value = self._without_filler(value.strip())
        if not value:
            return ""
        own = _words(value)
        if frames.get("elided") and own[:1] and own[0] in self.data.elided:
            value = f"{self.data.subject} {value[0].lower()}{value[1:]}"
        whole = frames.get("sentence", HERE)
        if is_sentence(value, self.language):
            return self._framed(context, whole, self._as_sentence(whole, value))
        if not value.startswith("["):
            frame = frames.get(self._shape(own), frame)
        before, inner = frame.partition(HERE)[0], self.phrase(value)
        return self._framed(context, frame, _without_echo(before, inner) if before.strip() else capital(inner))

    def _without_filler(self, value: str) -> str:
        """Words without a *because* in front that leaves a sentence when it goes: "because I am ill", "want ik ben ziek"."""
        first, _, rest = value.partition(" ")
        return rest if first.lower() in self.data.fillers and rest.count(" ") > 1 else value

    def _shape(self, own: list[str]) -> str:
        """What words name: a clause ("dat je er was"), a thing ("de cursus"), or something else, such as something to do."""
        if (
            len(own) > 1
            and own[0] in self.data.clause_openers
            and (own[0] not in self.data.determiners or own[1] in self.data.pronouns)
        ):
            return "clause"
        return "thing" if own and own[0] in self.data.determiners else ""

    def _framed(self, context: Context, frame: str, inner: str) -> str:
        """A frame with the words at its `…` and other fields at their `{name}`."""
        ends = (_FIELD.sub(lambda match: self.phrase(context[match[1]]), end) for end in frame.split(HERE, 1))
        return inner.join(ends)

    def moment(self, context: Context, value: str, frame: str, sentence: str = HERE) -> str:
        """A time or place in a frame that opens with a preposition; words that bring their own replace that one."""
        if not value.strip():
            return ""
        if is_sentence(value, self.language):
            return self._framed(context, sentence, self._as_sentence(sentence, value))
        inner = self.phrase(value)
        own = _words(inner)
        if own[:1] and own[0] in self.data.prepositions:
            return self._framed(context, HERE + frame.partition(HERE)[2], capital(inner))
        if self._names_document(own):
            return self._framed(context, f"{self.data.inside} {HERE}{frame.partition(HERE)[2]}", inner)
        return self._framed(context, frame, inner)

    def _names_document(self, own: list[str]) -> bool:
        """Whether words name something written, in which things stand, rather than an occasion, during which they happen."""
        head = [word for word in own[:4] if word in self.data.documents or word in self.data.subordinators]
        return bool(head) and head[0] in self.data.documents

    def _as_sentence(self, frame: str, value: str) -> str:
        """Words with a full stop, and with a capital unless the frame has them go on behind a colon."""
        colon = frame.partition(HERE)[0].rstrip().endswith(":")
        return self.uncapital(value) + ("" if _ENDS.search(value) else ".") if colon else sentence(value)

    def joined(self, items: Sequence[str], word: str) -> str:
        """Items as one enumeration: *a, b or c*."""
        items = [self.phrase(item) for item in items]
        if len(items) > 1 and any("," in item for item in items):
            return f"{'; '.join(items[:-1])}; {word} {items[-1]}"
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""


def fields_in_frames(source: str) -> set[str]:
    """The names that stand between single braces in a template's frames."""
    return {match[1] for match in _FIELD.finditer(source)}


def _without_echo(before: str, inner: str) -> str:
    """The words without a start that repeats the end of the frame: "questions about …" and "about budgets"."""
    if before.rstrip().endswith(":"):
        return inner
    ahead, own = _words(before), inner.split()
    for count in (3, 2, 1):
        if len(own) > count and ahead[-count:] == [word.lower() for word in own[:count]]:
            return " ".join(own[count:])
    return inner


@cache
def environment(language: Language) -> SandboxedEnvironment:
    """The Jinja2 environment of a language, with the filters above and nothing else that is ours."""
    from jinja2 import StrictUndefined, pass_context
    from jinja2.sandbox import SandboxedEnvironment

    words, data = Words(language), phrasing(language)

    @pass_context
    def within(context: Context, value: str, frame: str, **frames: Any) -> str:
        return words.within(context, value, frame, **frames)

    @pass_context
    def moment(context: Context, value: str, frame: str, sentence: str = HERE) -> str:
        return words.moment(context, value, frame, sentence)

    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)

    def when(date: str, time: str, timezone: str, reader_timezone: str) -> str:
        from coach.drafts.dates import told

        return told(language, date, time, timezone, reader_timezone)

    filters: dict[str, Callable[..., Any]] = {
        "sentence": sentence,
        "quoted": quoted, "question": question, "lines": lines, "bullets": bullets, "numbered": numbered,
        "phrase": words.phrase, "within": within, "moment": moment, "when": when,
        "either": lambda items: words.joined(items, data.either),
        "both": lambda items: words.joined(items, data.both),
    }  # fmt: skip
    environment.filters.update(filters)
    return environment
