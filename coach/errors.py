"""Every failure that the coach expects, as one tree.

    CoachError
    ├── SettingsError       a setting that cannot be used
    ├── DocumentError       a file that cannot be read as guidance
    ├── EmbedderError       an embedder that is missing, unreachable or broken
    ├── StoreError          an index that cannot be opened, written or trusted
    │   ├── DamagedError    an index that must be built again
    │   └── LockedError     another process is writing the index
    ├── PromptError         a file in prompts/ that breaks its schema
    ├── DraftError          a kind, field, channel or variant that does not exist
    ├── ModelError          a chat model that cannot be reached or used
    └── ConversationError   a conversation that does not exist

The text of each names the thing, the value and the next step on one line; `cli.py` and the page print it as it is.
"""


class CoachError(Exception):
    """Something expected went wrong; the message says what, and what to do."""


class SettingsError(CoachError):
    """A setting has a value that cannot be used."""


class DocumentError(CoachError):
    """A file cannot be read as guidance; the message is the reason, without the path."""


class EmbedderError(CoachError):
    """An embedder is not installed, not reachable, or returned something unusable."""


class StoreError(CoachError):
    """The index cannot be opened, written or trusted."""


class DamagedError(StoreError):
    """The index is damaged, or was made by another version; the next sync builds it again."""


class LockedError(StoreError):
    """Another process is writing the index; the message names it."""


class PromptError(CoachError):
    """A file in `prompts/` breaks its schema; the message has file, line and a suggestion."""


class DraftError(CoachError):
    """A kind of message, a field, a channel or a variant that does not exist."""


class ModelError(CoachError):
    """The chat model cannot be reached or used; `code` and `values` choose and fill a text of `prompts/model/texts.yaml`."""

    def __init__(self, message: str, code: str = "failed", **values: str) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


class ConversationError(CoachError):
    """A conversation that does not exist."""
