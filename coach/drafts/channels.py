"""Where a message goes: hard limits and customary lengths, one dated table in `prompts/channels.yaml`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import Field

from coach.errors import DraftError
from coach.files import Both, Strict, did_you_mean, read_model
from coach.settings import data_folder


class Customary(Strict):
    """The length that readers of a channel are used to."""

    unit: Literal["words", "characters"]
    low: int
    high: int

    def count(self, text: str) -> int:
        """How long a text is in this unit."""
        return len(text.split()) if self.unit == "words" else len(text)


class SubjectLimit(Strict):
    """Characters of a subject line: what the channel refuses beyond, and what readers see in a list."""

    hard: int
    customary: int


class Channel(Strict):
    """A way to send a message. `hard` is None where nothing is refused; `subject` is None where there is no such line."""

    id: str
    title: Both
    layout: Literal["letter", "note", "chat"]
    subject: SubjectLimit | None = None
    hard: int | None = None
    safe: int | None = None
    customary: Customary
    prefer_short: bool = False
    sources: tuple[str, ...] = Field(min_length=1)

    @property
    def room(self) -> int | None:
        """Characters that fit for every account; None without a limit."""
        return self.safe or self.hard


class ChannelTable(Strict):
    """The file as a whole; `checked` is the day on which its limits were last looked up."""

    checked: datetime.date
    channels: tuple[Channel, ...]


@cache
def channel_table() -> ChannelTable:
    """The table. Raises `PromptError` naming file and line."""
    return read_model(data_folder("prompts") / "channels.yaml", ChannelTable)


@cache
def load_channels() -> Mapping[str, Channel]:
    """The channels by id."""
    return {channel.id: channel for channel in channel_table().channels}


def channel_named(name: str) -> Channel:
    """A channel by its id. Raises `DraftError` that names the nearest one."""
    try:
        return load_channels()[name]
    except KeyError:
        raise DraftError(f"There is no channel '{name}'{did_you_mean(name, load_channels())}") from None
