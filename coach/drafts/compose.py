"""Facts in, message out: a kind's template around the writer's own words, in the form that fits the channel.

Details come only from the fields. A required one that is empty stands as a blank between square brackets and is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from coach.drafts.channels import Channel, channel_named
from coach.drafts.files import did_you_mean
from coach.drafts.guidance import section
from coach.drafts.kinds import VARIANTS, DraftKind, Style, Template, Variant, kind_named
from coach.drafts.phrasing import Phrasing, Words, environment, in_address, lines, phrasing
from coach.drafts.values import clean
from coach.errors import DraftError
from coach.languages import DEFAULT_LANGUAGE, detect, vote, words
from coach.records import Draft, Language

# Fewer words than this say too little about the language that a field is written in.
TELLING_WORDS = 5
_QUOTES = ("“”", "«»", "()")


@dataclass(frozen=True)
class Letter:
    """Everything that decides how a draft reads, and the values with blanks in place of what is missing."""

    kind: DraftKind
    channel: Channel
    language: Language
    variant: Variant | None
    style: Style | None
    formal: bool
    values: Mapping[str, str]

    @property
    def template(self) -> Template:
        """The template in the language of the letter."""
        return self.kind.templates[self.language]

    def blank(self, name: str) -> str:
        """What stands in the text while a field is empty."""
        blank = self.kind.field(name).blank
        return f"[{blank[self.language]}]" if blank else ""

    def render(self, source: str) -> str:
        """A template's text with the values in it, tidied: no double spaces, no space before a comma."""
        text = _compiled(self.language, in_address(source, self.formal)).render(self.values)
        return "\n".join(re.sub(r" {2,}", " ", line).strip() for line in text.strip().split("\n"))


def write(
    kind: str,
    fields: Mapping[str, str],
    *,
    channel: str | None = None,
    variant: str | None = None,
    language: Language | None = None,
    style: str | None = None,
) -> Draft:
    """A draft of a kind from its fields, without a model.

    Without `channel` it is the kind's own; without `language` that of the words filled in. `variant` is shorter, warmer or
    more_direct; `style` (direct or gentle) is for feedback. Raises `DraftError` naming the kind, field, channel, variant or
    style that does not exist, a value that cannot be used, or the words that do not fit the channel.
    """
    chosen = kind_named(kind)
    to = _channel_of(chosen, channel)
    given = clean(chosen, fields)
    language = language or language_of(given)
    letter = Letter(
        kind=chosen,
        channel=to,
        language=language,
        variant=_one_of(variant, VARIANTS, "variant"),
        style=_style_of(chosen, style),
        formal=_is_formal(given, phrasing(language)),
        values=_filled(chosen, given, language),
    )
    fitted = _fit(letter, given)
    subject = _subject(letter)
    missing = tuple(
        field.name
        for field in chosen.fields
        if field.required and not given[field.name] and letter.blank(field.name) in fitted.body + subject
    )
    notices = [*fitted.notices, *_notices(letter, given)]
    return Draft(
        kind=chosen.id,
        language=language,
        channel=to.id,
        subject=subject,
        body=fitted.body,
        missing=missing,
        findings=(),
        composer="template",
        notice=" ".join(notices),
    )


def language_of(values: Mapping[str, str], default: Language = DEFAULT_LANGUAGE) -> Language:
    """The language of the words filled in, names left out of account where there is more to go by."""
    return detect(" ".join(values.values()), default)


def _one_of(value: str | None, known: tuple[Any, ...], what: str) -> Any:
    if value is None or value in known:
        return value
    raise DraftError(f"There is no {what} '{value}'{did_you_mean(value, known)}")


def _channel_of(kind: DraftKind, name: str | None) -> Channel:
    channel = channel_named(name or kind.default_channel)
    if channel.id not in kind.channels:
        raise DraftError(
            f"The kind '{kind.id}' does not go by '{channel.id}'; choose from: {', '.join(kind.channels)}."
        )
    return channel


def _style_of(kind: DraftKind, style: str | None) -> Style | None:
    if style is not None and not kind.styles:
        raise DraftError(f"The kind '{kind.id}' has no styles; leave out the style '{style}'.")
    chosen: Style | None = _one_of(style, kind.styles, "style")
    return chosen


def _is_formal(given: Mapping[str, str], data: Phrasing) -> bool:
    """Whether the reader is addressed as u: by choice, else as the writer's own words do."""
    if choice := given.get("address"):
        return choice == "u"
    own = set(words(" ".join(given.values())))
    return bool(own & data.polite) and not own & data.familiar


def _filled(kind: DraftKind, given: Mapping[str, str], language: Language) -> dict[str, str]:
    """The values for the template: the writer's words, else the field's own default, else its blank when it is required."""
    values = {}
    for field in kind.fields:
        blank = f"[{field.blank[language]}]" if field.required and field.blank else ""
        values[field.name] = given[field.name] or (field.default[language] if field.default else blank)
    return values


@lru_cache(maxsize=2_048)
def _compiled(language: Language, source: str) -> Any:
    return environment(language).from_string(source)


@dataclass(frozen=True)
class _Fitted:
    body: str
    notices: tuple[str, ...] = ()


def _fit(letter: Letter, given: Mapping[str, str]) -> _Fitted:
    """The body in the fullest form that the channel takes.

    The form that was asked for; without a wish the short one where readers of the channel are used to less; the short and
    then the brief one where the channel refuses more.
    """
    channel = letter.channel
    forms = _forms(letter)
    name, body = forms[0]
    long = channel.prefer_short and channel.customary.count(body) > channel.customary.high
    if long and letter.variant is None and len(forms) > 1 and len(forms[1][1]) < len(body):
        name, body = forms[1]
    if channel.room is None or len(body) <= channel.room:
        return _Fitted(body, tuple(_about_form(letter, given, name, body)))
    for name, body in forms[1:]:
        if len(body) <= channel.room:
            return _Fitted(body, tuple(_about_form(letter, given, name, body)))
    return _too_long(letter, given, body)


def _about_form(letter: Letter, given: Mapping[str, str], name: str, body: str) -> Iterator[str]:
    """What the writer should know about the form that was chosen for them."""
    if name == "brief":
        yield from _left_out(letter, given, body)
    elif name == "shorter" and letter.variant != "shorter":
        yield phrasing(letter.language).notices.shortened.format(channel=letter.channel.title[letter.language])


def _too_long(letter: Letter, given: Mapping[str, str], body: str) -> _Fitted:
    """The shortest form does not fit every account: it may fit a paid one; else the longest words are named."""
    channel, texts = letter.channel, phrasing(letter.language).notices
    if channel.hard and len(body) <= channel.hard:
        notice = texts.paid_only.format(count=len(body), hard=channel.hard, safe=channel.safe)
        return _Fitted(body, (notice, *_left_out(letter, given, body)))
    inside = [field.name for field in letter.kind.fields if field.in_text and letter.values[field.name] in body]
    longest = sorted(inside, key=lambda name: -len(letter.values[name]))[:2]
    named = " and ".join(f"'{name}' ({len(letter.values[name])})" for name in longest)
    raise DraftError(
        f"The shortest form has {len(body)} characters and '{channel.id}' takes {channel.room}: shorten {named}, or choose another channel."
    )


def _forms(letter: Letter) -> list[tuple[str, str]]:
    """The bodies of a letter, fullest first: as asked, shorter, brief."""
    asked = [(letter.variant or "text", _body(letter, letter.variant))]
    short = [("shorter", _body(letter, "shorter"))]
    brief = [("brief", _brief(letter))] if letter.template.brief else []
    return brief or asked + short if letter.channel.layout == "note" else asked + short + brief


def _body(letter: Letter, variant: Variant | None) -> str:
    paragraphs = [letter.render(part.form(variant, letter.style)) for part in letter.template.body]
    paragraphs = [paragraph for paragraph in paragraphs if paragraph]
    if not letter.kind.letter:
        return "\n\n".join(paragraphs)
    greeting = _greeting(letter)
    if letter.channel.layout == "chat":
        return "\n".join([f"{greeting} {_after_comma(letter, paragraphs[0])}", *paragraphs[1:]])
    return "\n\n".join([greeting, *paragraphs, f"{_sign_off(letter, variant)}\n{letter.values['sender']}"])


def _brief(letter: Letter) -> str:
    return f"{_greeting(letter)} {_after_comma(letter, letter.render(letter.template.brief))} {letter.values['sender']}"


def _after_comma(letter: Letter, text: str) -> str:
    """A first sentence without its capital, as it goes on behind a greeting; a name and the English *I* keep theirs."""
    own = {value.split()[0].lower() for value in letter.values.values() if value}
    if text.split()[0].lower() in own or (letter.language == "en" and re.match(r"I\b", text)):
        return Words(letter.language).uncapital(text)
    return text[0].lower() + text[1:]


def _greeting(letter: Letter) -> str:
    data, name = phrasing(letter.language), letter.values["recipient"]
    first = words(name)[:1]
    if first and first[0] in data.titles:
        return data.greetings.titled.format(name=name)
    return (data.greetings.known if letter.kind.acquainted else data.greetings.first).format(name=name)


def _sign_off(letter: Letter, variant: Variant | None) -> str:
    sign_offs = phrasing(letter.language).sign_offs
    if variant == "warmer":
        return sign_offs.warmer
    return sign_offs.known if letter.kind.acquainted and not letter.formal else sign_offs.first


def _subject(letter: Letter) -> str:
    """The subject line, the short one where the other is longer than readers see; empty where the channel has none."""
    if letter.channel.subject is None:
        return ""
    subject = letter.render(letter.template.subject)
    if len(subject) > letter.channel.subject.customary and letter.template.subject_short:
        subject = letter.render(letter.template.subject_short)
    return subject


def _left_out(letter: Letter, given: Mapping[str, str], body: str) -> Iterator[str]:
    """A notice that names the fields that were filled in and are not in the text."""
    flat = _flat(body)
    names = [
        field.label[letter.language] for field in letter.kind.fields
        if field.in_text and given[field.name] and not _stands_in(given[field.name], flat)
    ]  # fmt: skip
    if names:
        yield phrasing(letter.language).notices.left_out.format(fields=", ".join(names).lower())


def _flat(text: str) -> str:
    return " ".join(words(text))


def _stands_in(value: str, flat: str) -> bool:
    """Whether words are in the text; their last few tell, since a frame may have taken over the first."""
    return all(" ".join(words(line)[-5:]) in flat for line in lines(value))


def _notices(letter: Letter, given: Mapping[str, str]) -> Iterator[str]:
    """What the writer should know about their own words, and the guidance that goes with what they chose."""
    texts, language = phrasing(letter.language).notices, letter.language
    labels = {field.name: field.label[language].lower() for field in letter.kind.fields if field.in_text}
    own = {name: value for name, value in given.items() if value and name in labels}
    for template, culprits in (
        (texts.address, [name for name, value in own.items() if _other_address(value, letter)]),
        (texts.language, [name for name, value in own.items() if _other_language(value, language)]),
        (texts.quote, [name for name, value in own.items() if _open_quote(value)]),
    ):
        if culprits:
            form = "u" if letter.formal else "je"
            yield template.format(fields=", ".join(labels[name] for name in culprits), form=form)
    for note in letter.kind.notes:
        value = given[note.field]
        if value and note.value in ("", value):
            yield section(note.guidance, language).text.split("\n", 1)[0]


def _other_address(value: str, letter: Letter) -> bool:
    data, own = phrasing(letter.language), set(words(value))
    return bool(own & (data.familiar if letter.formal else data.polite))


def _other_language(value: str, language: Language) -> bool:
    counts = vote(value)
    other = sum(count for name, count in counts.items() if name != language)
    return len(words(value)) >= TELLING_WORDS and other > 2 * counts[language]


def _open_quote(value: str) -> bool:
    return value.count('"') % 2 == 1 or any(value.count(pair[0]) != value.count(pair[1]) for pair in _QUOTES)
