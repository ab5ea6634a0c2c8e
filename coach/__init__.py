"""A mentoring coach that knows a programme's own guidance.

    from coach import Coach
    Coach().ask("Mag ik meteen vragen of iemand mijn mentor wil worden?").answer

The names are loaded when they are first used, so that `import coach` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coach.answers.export import to_docx, to_markdown
    from coach.answers.history import Exchange, Rating
    from coach.coach import Coach
    from coach.drafts.calendar import invitation
    from coach.drafts.channels import Channel, channel_named
    from coach.drafts.differences import Change, differences
    from coach.drafts.kinds import DraftField, DraftKind, load_kinds
    from coach.drafts.mail import mail
    from coach.errors import CoachError, SettingsError
    from coach.languages import detect, read_yaml
    from coach.library.reading import Reading
    from coach.library.retriever import CoachRetriever
    from coach.library.shelf import ShelfFile
    from coach.records import Answer, Citation, Draft, Finding, GuidanceRef, Language, Passage, Review
    from coach.settings import Settings, load_settings

_PLACES = {
    "Answer": "coach.records",
    "Change": "coach.drafts.differences",
    "Channel": "coach.drafts.channels",
    "Citation": "coach.records",
    "Coach": "coach.coach",
    "CoachError": "coach.errors",
    "CoachRetriever": "coach.library.retriever",
    "Draft": "coach.records",
    "DraftField": "coach.drafts.kinds",
    "DraftKind": "coach.drafts.kinds",
    "Exchange": "coach.answers.history",
    "Finding": "coach.records",
    "GuidanceRef": "coach.records",
    "Language": "coach.records",
    "Passage": "coach.records",
    "Rating": "coach.answers.history",
    "Reading": "coach.library.reading",
    "Review": "coach.records",
    "Settings": "coach.settings",
    "SettingsError": "coach.errors",
    "ShelfFile": "coach.library.shelf",
    "channel_named": "coach.drafts.channels",
    "detect": "coach.languages",
    "differences": "coach.drafts.differences",
    "invitation": "coach.drafts.calendar",
    "load_kinds": "coach.drafts.kinds",
    "load_settings": "coach.settings",
    "mail": "coach.drafts.mail",
    "read_yaml": "coach.languages",
    "to_docx": "coach.answers.export",
    "to_markdown": "coach.answers.export",
}
__all__ = [
    "Answer",
    "Change",
    "Channel",
    "Citation",
    "Coach",
    "CoachError",
    "CoachRetriever",
    "Draft",
    "DraftField",
    "DraftKind",
    "Exchange",
    "Finding",
    "GuidanceRef",
    "Language",
    "Passage",
    "Rating",
    "Reading",
    "Review",
    "Settings",
    "SettingsError",
    "ShelfFile",
    "channel_named",
    "detect",
    "differences",
    "invitation",
    "load_kinds",
    "load_settings",
    "mail",
    "read_yaml",
    "to_docx",
    "to_markdown",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'coach' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
