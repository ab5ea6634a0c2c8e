"""What is said to a model, and what is said to people about it: strictly validated files in `prompts/model/`.

A prompt is two messages with `{names}` to fill in. Its hash goes with each answer, so that an answer can be traced to the words
that asked for it.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from coach.errors import ModelError
from coach.files import Both, Strict, mistake, read_model
from coach.languages import LANGUAGES
from coach.records import Language
from coach.settings import data_folder

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class Prompt(Strict):
    """A prompt in both languages. `names` are what is filled in; each stands in `user`, and nothing else is filled in."""

    id: str
    names: tuple[str, ...]
    system: Both
    user: Both

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        for language in LANGUAGES:
            found = {name for _, name, _, _ in string.Formatter().parse(self.user[language]) if name is not None}
            if found != set(self.names):
                raise mistake(f"the {language} text fills in {sorted(found)}, names says {sorted(self.names)}", at=("user",))
            if any(name is not None for _, name, _, _ in string.Formatter().parse(self.system[language])):
                raise mistake("nothing is filled in here; what users and documents say belongs in user", at=("system",))
        return self

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any word of the prompt."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def messages(self, language: Language, values: Mapping[str, str]) -> list[BaseMessage]:
        """The messages with the values filled in, as LangChain's prompt template writes them."""
        from langchain_core.messages import SystemMessage
        from langchain_core.prompts import ChatPromptTemplate, HumanMessagePromptTemplate

        user = HumanMessagePromptTemplate.from_template(self.user[language])
        return ChatPromptTemplate.from_messages([SystemMessage(self.system[language]), user]).format_messages(**values)


class Texts(Strict):
    """What people read about the model. `failures` says by its code what went wrong."""

    extractive: Both
    template: Both
    partly: Both
    rewritten: Both
    sent: Mapping[str, Both]
    form: Mapping[str, Both]
    reasons: Mapping[str, Both]
    masked: Mapping[str, Both]
    disclosure: Both
    may_it: Both
    failures: Mapping[str, Both]


@cache
def prompt(name: str) -> Prompt:
    """A prompt by its name. Raises `PromptError` with file and line where it breaks the schema."""
    return read_model(data_folder("prompts") / "model" / f"{name}.yaml", Prompt)


@cache
def model_texts() -> Texts:
    """The texts about the model."""
    return read_model(data_folder("prompts") / "model" / "texts.yaml", Texts)


def failure(code: str, **values: str) -> ModelError:
    """The error for a code, in English as all errors are; `why` gives the reason in the language of an answer."""
    reason = {"reason": model_texts().reasons[values["reason"]].en} if "reason" in values else {}
    return ModelError(model_texts().failures[code].en.format(**{"model": "", **values, **reason}), code, **values)


def why(error: ModelError, language: Language) -> str:
    """What went wrong, in a language, as a clause that names the next step."""
    reason = {"reason": model_texts().reasons[error.values["reason"]][language]} if "reason" in error.values else {}
    return model_texts().failures[error.code][language].format(**{"model": "", **error.values, **reason})
