"""A message written by a chat model from the same facts as the template, through the gate, with one try at mending it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from coach.drafts.faithful import Fault, faults, worst
from coach.drafts.kinds import Variant
from coach.drafts.letter import Letter
from coach.errors import ModelError
from coach.model.fence import fenced, without_fences
from coach.model.prompts import failure, model_texts, prompt, why
from coach.model.session import Session
from coach.privacy import Mask
from coach.records import Draft

# Opens the dealings with the model for one draft; nothing where no model is set. Raises `ModelError` where it may not be used.
Open = Callable[[Mask], Session | None]

_SUBJECT = re.compile(r"\A\s*(?:onderwerp|subject)\s*:\s*(?P<subject>[^\n]*)\n+", re.IGNORECASE)


def better(plain: Draft, letter: Letter, variant: Variant | None, open_session: Open) -> Draft:
    """The template's draft in a model's words; the template's own, with a notice that says why, where that cannot be served."""
    session: Session | None = None
    try:
        session = open_session(mask_of(letter))
        if session is None:
            return plain
        subject, body = _written(plain, letter, variant, session)
    except ModelError as error:
        notice = model_texts().template[letter.language].format(reason=why(error, letter.language))
        usage = session.usage if session is not None and session.used else None
        return replace(plain, notice=" ".join(filter(None, (plain.notice, notice))), usage=usage)
    session.keep()
    return replace(plain, subject=subject, body=body, composer="model", usage=session.usage)


def mask_of(letter: Letter) -> Mask:
    """The personal details in what was filled in; a field that asks for a name holds one."""
    names = [letter.given[field.name] for field in letter.kind.fields if field.shape == "name"]
    mask = Mask(letter.language)
    mask.learn([letter.given[field.name] for field in letter.kind.fields if field.shape != "name"], names)
    return mask


def _written(plain: Draft, letter: Letter, variant: Variant | None, session: Session) -> tuple[str, str]:
    """A subject and a body that pass the gate. Raises `ModelError` with the reason why there are none."""
    text = session.whole(prompt("draft"), values_of(plain, letter, variant))
    subject, body, found = _judged(text, plain, letter, session)
    if found:
        session.count(kept=0, dropped=1)
        values = values_of(plain, letter, variant)
        values = {"facts": values["facts"], "plain": values["plain"]}
        values |= {"message": fenced([text.strip()], "message"), "findings": _told(found, letter)}
        subject, body, found = _judged(session.whole(prompt("repair"), values), plain, letter, session)
    if found:
        session.count(kept=0, dropped=2)
        raise failure("unverified", reason=worst(found))
    session.count(kept=1, dropped=session.usage.dropped)
    return subject, body


def _judged(text: str, plain: Draft, letter: Letter, session: Session) -> tuple[str, str, list[Fault]]:
    """The subject and body of a reply, personal details put back, and what is wrong with them."""
    if session.cut:
        return "", "", [Fault("long")]
    strangers = session.mask.strangers(text)
    shown = session.mask.show(without_fences(text)).strip().strip("`").strip()
    line = _SUBJECT.match(shown)
    subject = plain.subject
    if line:
        subject = line["subject"].strip() if letter.channel.subject is not None else ""
        shown = shown[line.end() :].strip()
    body = re.sub(r"\n{3,}", "\n\n", shown)
    return subject, body, [*(Fault("added", stranger) for stranger in strangers), *faults(subject, body, letter, plain)]


def values_of(plain: Draft, letter: Letter, variant: Variant | None) -> dict[str, str]:
    """What the prompt `draft` is filled in with."""
    language = letter.language
    facts = [
        f"{field.label[language]}: {letter.values[field.name]}"
        for field in letter.kind.fields
        if letter.values[field.name] and field.shape != "choice"
    ]
    whole = f"{'Onderwerp' if language == 'nl' else 'Subject'}: {plain.subject}\n\n{plain.body}" if plain.subject else plain.body
    return {
        "instruction": letter.kind.instruction[language],
        "form": "\n".join(f"- {line}" for line in _form(letter, variant)),
        "facts": fenced(facts, "gegeven" if language == "nl" else "fact"),
        "plain": fenced([whole], "versie" if language == "nl" else "version"),
    }


def _form(letter: Letter, variant: Variant | None) -> list[str]:
    """What the model is told about length, address, subject and manner."""
    texts, language = model_texts().form, letter.language
    limit = letter.channel.room if letter.channel.room is not None else letter.channel.hard
    lines = [texts["limit"][language].format(count=limit)] if limit else []
    lines.append(texts["subject" if letter.channel.subject is not None else "no_subject"][language])
    if language == "nl":
        lines.append(texts["formal" if letter.formal else "familiar"][language])
    return [*lines, *(texts[name][language] for name in (variant, letter.style) if name)]


def _told(found: Sequence[Fault], letter: Letter) -> str:
    """The faults as a list for the model."""
    reasons = model_texts().reasons
    return "\n".join(f"- {reasons[fault.reason][letter.language]}{f': {fault.about}' if fault.about else ''}" for fault in found)


__all__ = ["Open", "better", "mask_of", "values_of"]
