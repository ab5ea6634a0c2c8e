"""What the coach has with its model: consent, budget and deadline for one answer or draft, and what it cost in all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coach.errors import ModelError
from coach.model.cache import Replies, key_of
from coach.model.client import REPLY_TOKENS, ChatModel, Deadline, Reply, estimated_tokens
from coach.model.consent import decision
from coach.model.endpoint import endpoint
from coach.model.prompts import Prompt, failure
from coach.privacy import Mask
from coach.records import Outgoing, Usage
from coach.settings import Settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

FEWEST_TOKENS = 150  # for a reply; with less left in a budget, none is asked for


class Models:
    """The model of one set of settings, made when it is first used; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.replies = Replies(settings)
        self._guard = threading.Lock()
        self._model: ChatModel | None = None

    def open(self, mask: Mask, conversation: str = "", spent: int = 0) -> Session | None:
        """A session for one answer or draft; none where no model is set.

        `spent` is the number of tokens that the conversation has used. Raises `ModelError` when the settings name no usable
        model, or nobody agreed yet that texts are sent there.
        """
        where = endpoint(self.settings)
        if where is None:
            return None
        if not decision(self.settings, where):
            raise failure("no_consent", where=where.where, model=where.model)
        import langchain_core.prompts  # noqa: F401  half a second that is not the model's: the clock starts with the session

        with self._guard:
            if self._model is None:
                self._model = ChatModel(self.settings, where)
        return Session(self._model, self.replies, mask, conversation, spent)

    def close(self) -> None:
        """Let go of threads and connections."""
        with self._guard:
            model, self._model = self._model, None
        if model is not None:
            model.close()


class Session:
    """The calls for one answer or draft: one deadline, one mask, one bill."""

    def __init__(self, model: ChatModel, replies: Replies, mask: Mask, conversation: str, spent: int) -> None:
        self.mask = mask
        self._model = model
        self._replies = replies
        self._conversation = conversation
        self._spent = spent
        self._deadline = Deadline(model.settings.model_timeout)
        self._bill = Reply(Usage(model.endpoint.model))
        self._last: _Last | None = None

    @property
    def usage(self) -> Usage:
        """What the session cost so far."""
        return self._bill.usage

    @property
    def used(self) -> bool:
        """Whether anything was asked of the model or of what it said before."""
        return bool(self.usage.prompt)

    @property
    def tokens(self) -> int:
        """Tokens used so far, as counted or, where the endpoint does not count, as estimated."""
        counted = (self.usage.input_tokens or 0) + (self.usage.output_tokens or 0)
        return counted or self._bill.estimated

    @property
    def cut(self) -> bool:
        """Whether the last reply stopped at a cap, so that its last sentence may be half of one."""
        return self._bill.cut

    @property
    def afresh(self) -> int:
        """How often what had come of a reply turned out to be thought; it is then to be thrown away."""
        return self._bill.afresh

    def count(self, *, kept: int, dropped: int) -> None:
        """Note how many sentences passed the gate."""
        self._bill.usage = replace(self.usage, kept=kept, dropped=dropped)

    def ask(self, prompt: Prompt, values: Mapping[str, str]) -> Iterator[str]:
        """The reply as it comes, still with its stand-ins; from the cache where the same was asked before.

        Raises `ModelError` when there is no whole reply within the deadline and the budget.
        """
        messages = masked(prompt, values, self.mask)
        key = key_of(messages, self._model.endpoint, prompt.hash)
        self._bill.usage = replace(self.usage, prompt=prompt.hash)
        self._last = None
        if (known := self._replies.get(key)) is not None:
            self._bill.usage = replace(self.usage, cached=True)
            self._bill.cut = False
            yield known
            return
        text, begun = "", self.afresh
        self._bill.usage = replace(self.usage, cached=False)
        for piece in self._model.stream(messages, self._deadline, self._bill, self._allowance(messages)):
            text, begun = piece if self.afresh > begun else text + piece, self.afresh
            yield piece
        if not self.cut:
            self._last = _Last(key, text)

    def whole(self, prompt: Prompt, values: Mapping[str, str]) -> str:
        """The same at once."""
        text, begun = "", self.afresh
        for piece in self.ask(prompt, values):
            text, begun = piece if self.afresh > begun else text + piece, self.afresh
        return text

    def keep(self) -> None:
        """Put the last reply into the cache, once the gate has let it through."""
        if self._last is None:
            return
        try:
            self._replies.put(self._last.key, self._last.text, self._conversation)
        except ModelError:  # a cache that cannot be written costs the next call its price, and nobody an answer
            return

    def _allowance(self, messages: list[BaseMessage]) -> int:
        """How many tokens the next reply may have. Raises `ModelError` where the budget has no room for one."""
        budget = self._model.settings.model_budget
        if not budget:
            return REPLY_TOKENS
        left = budget - self._spent - self.tokens - estimated_tokens(sum(len(message.text) for message in messages))
        if left < FEWEST_TOKENS:
            raise failure("budget", budget=str(budget))
        return min(REPLY_TOKENS, left)


@dataclass(frozen=True)
class _Last:
    key: str
    text: str


def masked(prompt: Prompt, values: Mapping[str, str], mask: Mask) -> list[BaseMessage]:
    """The messages of a prompt exactly as they leave this machine."""
    return prompt.messages(mask.language, {name: mask.hide(value) for name, value in values.items()})


def outgoing(prompt: Prompt, values: Mapping[str, str], mask: Mask) -> list[Outgoing]:
    """The same, to be shown."""
    roles = {"system": "system", "human": "user"}
    return [Outgoing(roles[message.type], str(message.text)) for message in masked(prompt, values, mask)]
