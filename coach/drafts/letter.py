"""A kind's template around a writer's words: greeting, paragraphs and sign-off, laid out for a channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from coach.drafts.channels import Channel
from coach.drafts.framing import Words, environment, in_address
from coach.drafts.kinds import DraftKind, Style, Template, Variant
from coach.drafts.phrasing import phrasing
from coach.languages import words
from coach.records import Language


@dataclass(frozen=True)
class Letter:
    """Everything that decides how a draft reads.

    `given` holds the writer's own words by field, `values` what the template is filled with: those words, a field's
    default, or a blank for what is missing. `formal` is whether a Dutch reader is addressed as u.
    """

    kind: DraftKind
    channel: Channel
    language: Language
    style: Style | None
    formal: bool
    given: Mapping[str, str]
    values: Mapping[str, str]

    @property
    def template(self) -> Template:
        """The template in the language of the letter."""
        return self.kind.templates[self.language]

    def body(self, variant: Variant | None) -> str:
        """The text in a variant, with greeting and name where the kind is a letter."""
        paragraphs = [self._render(part.form(variant, self.style)) for part in self.template.body]
        paragraphs = [paragraph for paragraph in paragraphs if paragraph]
        if not self.kind.letter:
            return "\n\n".join(paragraphs)
        if self.channel.layout == "chat":
            return "\n".join([f"{self._greeting()} {self._after_comma(paragraphs[0])}", *paragraphs[1:]])
        return "\n\n".join([self._greeting(), *paragraphs, f"{self._sign_off(variant)}\n{self.values['sender']}"])

    def brief(self) -> str:
        """The text for a channel with room for a sentence or two, in one paragraph; empty where the kind has none."""
        if not self.template.brief:
            return ""
        return f"{self._greeting()} {self._after_comma(self._render(self.template.brief))}"

    def subject(self) -> str:
        """The subject, the short one where the other is longer than readers see; empty where the channel has none."""
        if self.channel.subject is None:
            return ""
        subject = self._render(self.template.subject)
        if len(subject) > self.channel.subject.customary and self.template.subject_short:
            subject = self._render(self.template.subject_short)
        return subject

    def _render(self, source: str) -> str:
        """A template's text with the values in it and without the doubled spaces that an empty field leaves."""
        text = _compiled(self.language, in_address(source, self.formal)).render(self.values)
        return "\n".join(re.sub(r" {2,}", " ", line).strip() for line in text.strip().split("\n"))

    def _greeting(self) -> str:
        greetings, name = phrasing(self.language).greetings, self.values["recipient"]
        if set(words(name)[:1]) & phrasing(self.language).titles:
            return greetings.titled.format(name=name)
        return (greetings.known if self.kind.acquainted else greetings.first).format(name=name)

    def _sign_off(self, variant: Variant | None) -> str:
        sign_offs = phrasing(self.language).sign_offs
        if variant == "warmer":
            return sign_offs.warmer
        return sign_offs.known if self.kind.acquainted and not self.formal else sign_offs.first

    def _after_comma(self, text: str) -> str:
        """A first sentence as it goes on behind a greeting: no capital, but for a name of the writer's and the English *I*."""
        own = {value.split()[0].lower() for value in self.values.values() if value}
        if text.split(maxsplit=1)[0].lower() in own or (self.language == "en" and re.match(r"I\b", text)):
            return Words(self.language).uncapital(text)
        return text[0].lower() + text[1:]


@lru_cache(maxsize=2_048)
def _compiled(language: Language, source: str) -> Any:
    return environment(language).from_string(source)
