"""Facts in, message out: a kind's template around the writer's own words, in the form that fits the channel.

Details come only from the fields. A required one that is empty stands as a blank between square brackets and is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from coach.drafts.channels import Channel, channel_named
from coach.drafts.framing import Name, lines
from coach.drafts.generate import Open, better
from coach.drafts.guidance import section
from coach.drafts.kinds import VARIANTS, DraftKind, Style, Variant, kind_named
from coach.drafts.letter import Letter
from coach.drafts.phrasing import Phrasing, phrasing
from coach.drafts.review import review
from coach.drafts.values import clean
from coach.errors import DraftError
from coach.files import did_you_mean
from coach.languages import DEFAULT_LANGUAGE, detect, vote, words
from coach.records import Draft, Finding, Language

# Fewer words than this say too little about the language that a field is written in.
TELLING_WORDS = 5
_QUOTES = ("“”", "«»", "()")


def write(
    kind: str,
    fields: Mapping[str, str],
    *,
    channel: str | None = None,
    variant: str | None = None,
    language: Language | None = None,
    style: str | None = None,
    open_session: Open | None = None,
) -> Draft:
    """A draft of a kind from its fields, reviewed by the kind's own rules; in a model's words where `open_session` opens one.

    Without `channel` it is the kind's own; without `language` that of the words filled in. `variant` is shorter, warmer or
    more_direct; `style` (direct or gentle) is for feedback. Raises `DraftError` naming the kind, field, channel, variant or
    style that does not exist, a value that cannot be used, or the words that do not fit the channel.
    """
    chosen = kind_named(kind)
    to = _channel_of(chosen, channel)
    wanted: Variant | None = _one_of(variant, VARIANTS, "variant")
    given = clean(chosen, fields)
    language = language or language_of(chosen, given)
    letter = Letter(
        kind=chosen,
        channel=to,
        language=language,
        style=_style_of(chosen, style),
        formal=_is_formal(given, phrasing(language)),
        given=given,
        values=_filled(chosen, given, language),
    )
    name, body = _fit(letter, wanted)
    subject = letter.subject()
    shown = f"{subject}\n{body}"
    missing = [
        field.name for field in chosen.fields if field.required and not given[field.name] and letter.values[field.name] in shown
    ]
    plain = Draft(
        kind=chosen.id,
        language=language,
        channel=to.id,
        subject=subject,
        body=body,
        missing=tuple(missing),
        findings=tuple(_findings(letter, subject, body, bool(missing))),
        composer="template",
        notice=" ".join([*_about_form(letter, wanted, name, body), *_about_words(letter), *_about_reader(letter)]),
    )
    if open_session is None:
        return plain
    made = better(plain, letter, wanted, open_session)
    if made.composer == "template":
        return made
    findings = tuple(_findings(letter, made.subject, made.body, bool(missing)))
    return replace(made, findings=findings, notice=" ".join([*_about_words(letter), *_about_reader(letter)]))


def _findings(letter: Letter, subject: str, body: str, blank: bool) -> Iterator[Finding]:
    """What the kind's rules find; while blanks stand, not what may merely be missing because of them."""
    known_subject = subject if letter.channel.subject else None
    found = review(letter.kind.id, body, channel=letter.channel.id, language=letter.language, subject=known_subject).findings
    for finding in found:
        if finding.rule == "placeholder" or not blank or (finding.quote and "[" not in finding.quote):
            yield finding


def language_of(kind: DraftKind, values: Mapping[str, str], default: Language = DEFAULT_LANGUAGE) -> Language:
    """The language of the words filled in; names, and fields that are not in the text, say nothing of it."""
    telling = [values[field.name] for field in kind.fields if field.in_text and field.shape != "name" and values[field.name]]
    return detect(" ".join(telling), default)


def _one_of(value: str | None, known: tuple[Any, ...], what: str) -> Any:
    if value is None or value in known:
        return value
    raise DraftError(f"There is no {what} '{value}'{did_you_mean(value, known)}")


def _channel_of(kind: DraftKind, name: str | None) -> Channel:
    channel = channel_named(name or kind.default_channel)
    if channel.id not in kind.channels:
        raise DraftError(f"The kind '{kind.id}' does not go by '{channel.id}'; choose from: {', '.join(kind.channels)}.")
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
    values: dict[str, str] = {}
    for field in kind.fields:
        blank = f"[{field.blank[language]}]" if field.required and field.blank else ""
        value = given[field.name] or (field.default[language] if field.default else blank)
        values[field.name] = Name(value) if field.shape == "name" else value
    return values


def _fit(letter: Letter, variant: Variant | None) -> tuple[str, str]:
    """The name and text of the fullest form that the channel takes.

    The form that was asked for; without a wish the short one where readers of the channel are used to less; then the short
    and the brief one where the channel refuses more. Raises `DraftError` that names the longest words when none fits.
    """
    channel = letter.channel
    forms = [(variant or "text", letter.body(variant)), ("shorter", letter.body("shorter")), ("brief", letter.brief())]
    if channel.layout == "note" and forms[-1][1]:
        forms = forms[-1:]
    forms = [(name, body) for name, body in forms if body]
    if (
        variant is None
        and len(forms) > 1
        and channel.prefer_short
        and channel.customary.count(forms[0][1]) > channel.customary.high
    ):
        forms = forms[1:]
    for limit in (channel.room, channel.hard):
        for name, body in forms:
            if limit is None or len(body) <= limit:
                return name, body
    shortest = min((body for _, body in forms), key=len)
    inside = [
        field.name
        for field in letter.kind.fields
        if field.in_text and letter.given[field.name] and letter.given[field.name] in shortest
    ]
    named = " and ".join(
        f"'{name}' ({len(letter.given[name])})" for name in sorted(inside, key=lambda name: -len(letter.given[name]))[:2]
    )
    raise DraftError(
        f"The shortest form has {len(shortest)} characters and '{channel.id}' takes {channel.room}: "
        f"shorten {named or 'your words'}, or choose another channel."
    )


def _about_form(letter: Letter, variant: Variant | None, name: str, body: str) -> Iterator[str]:
    """What the writer should know about the form that was chosen: that it is short, whom it suits, what it leaves out."""
    channel, texts = letter.channel, phrasing(letter.language).notices
    if name == "shorter" and variant != "shorter":
        yield texts.shortened.format(channel=channel.title[letter.language])
    if channel.room is not None and len(body) > channel.room:
        yield texts.paid_only.format(count=len(body), hard=channel.hard, safe=channel.safe)
    if name == "brief":
        flat = " ".join(words(body))
        left = [
            field.label[letter.language].lower()
            for field in letter.kind.fields
            if field.in_text and letter.given[field.name] and not _stands_in(letter.given[field.name], flat)
        ]
        if left:
            yield texts.left_out.format(fields=", ".join(left))


def _stands_in(value: str, flat: str) -> bool:
    """Whether words are in the text; their last few tell, since a frame may have taken over the first."""
    return all(" ".join(words(line)[-5:]) in flat for line in lines(value))


def _about_words(letter: Letter) -> Iterator[str]:
    """What the writer should know about their own words: another form of address or language, a quotation left open."""
    texts, language = phrasing(letter.language).notices, letter.language
    labels = {field.name: field.label[language].lower() for field in letter.kind.fields if field.in_text}
    own = {name: value for name, value in letter.given.items() if value and name in labels}
    for text, is_so in ((texts.address, _other_address), (texts.language, _other_language), (texts.quote, _open_quote)):
        culprits = [labels[name] for name, value in own.items() if is_so(value, letter)]
        if culprits:
            yield text.format(fields=", ".join(culprits), form="u" if letter.formal else "je")


def _about_reader(letter: Letter) -> Iterator[str]:
    """The guidance that goes with what the writer said of the reader: the first paragraph of its section."""
    for note in letter.kind.notes:
        value = letter.given[note.field]
        if value and note.value in ("", value):
            yield section(note.guidance, letter.language).text.split("\n", 1)[0]


def _other_address(value: str, letter: Letter) -> bool:
    data = phrasing(letter.language)
    return bool(set(words(value)) & (data.familiar if letter.formal else data.polite))


def _other_language(value: str, letter: Letter) -> bool:
    counts = vote(value)
    other = sum(count for name, count in counts.items() if name != letter.language)
    return len(words(value)) >= TELLING_WORDS and other > 2 * counts[letter.language]


def _open_quote(value: str, _: Letter) -> bool:
    return value.count('"') % 2 == 1 or any(value.count(pair[0]) != value.count(pair[1]) for pair in _QUOTES)
