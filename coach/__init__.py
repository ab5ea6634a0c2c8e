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
    from coach.drafts.channels import Channel, channel_named, load_channels
    from coach.drafts.differences import Change, differences
    from coach.drafts.kinds import DraftField, DraftKind, load_kinds
    from coach.drafts.mail import mail
    from coach.errors import CoachError, SettingsError
    from coach.files import Strict, read_model
    from coach.languages import detect, language_data, read_yaml, sentences, split_compound, stem
    from coach.library.folders import scan
    from coach.library.loaders import load
    from coach.library.reading import Reading, plain
    from coach.library.retriever import CoachRetriever
    from coach.library.shelf import ShelfFile
    from coach.records import (
        Answer,
        Citation,
        Document,
        Draft,
        Finding,
        GuidanceRef,
        Health,
        Language,
        Passage,
        Review,
        SearchResult,
        SyncReport,
        Usage,
    )
    from coach.settings import Settings, data_folder, load_settings

_PLACES = {
    "Answer": "coach.records",
    "Change": "coach.drafts.differences",
    "Channel": "coach.drafts.channels",
    "Citation": "coach.records",
    "Coach": "coach.coach",
    "CoachError": "coach.errors",
    "CoachRetriever": "coach.library.retriever",
    "Document": "coach.records",
    "Draft": "coach.records",
    "DraftField": "coach.drafts.kinds",
    "DraftKind": "coach.drafts.kinds",
    "Exchange": "coach.answers.history",
    "Finding": "coach.records",
    "GuidanceRef": "coach.records",
    "Health": "coach.records",
    "Language": "coach.records",
    "SyncReport": "coach.records",
    "Passage": "coach.records",
    "Rating": "coach.answers.history",
    "Reading": "coach.library.reading",
    "Review": "coach.records",
    "SearchResult": "coach.records",
    "Settings": "coach.settings",
    "SettingsError": "coach.errors",
    "ShelfFile": "coach.library.shelf",
    "Strict": "coach.files",
    "Usage": "coach.records",
    "channel_named": "coach.drafts.channels",
    "data_folder": "coach.settings",
    "detect": "coach.languages",
    "differences": "coach.drafts.differences",
    "invitation": "coach.drafts.calendar",
    "language_data": "coach.languages",
    "load": "coach.library.loaders",
    "load_channels": "coach.drafts.channels",
    "load_kinds": "coach.drafts.kinds",
    "load_settings": "coach.settings",
    "mail": "coach.drafts.mail",
    "plain": "coach.library.reading",
    "read_model": "coach.files",
    "read_yaml": "coach.languages",
    "scan": "coach.library.folders",
    "sentences": "coach.languages",
    "split_compound": "coach.languages",
    "stem": "coach.languages",
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
    "Document",
    "Draft",
    "DraftField",
    "DraftKind",
    "Exchange",
    "Finding",
    "GuidanceRef",
    "Health",
    "Language",
    "Passage",
    "Rating",
    "Reading",
    "Review",
    "SearchResult",
    "Settings",
    "SettingsError",
    "ShelfFile",
    "Strict",
    "SyncReport",
    "Usage",
    "channel_named",
    "data_folder",
    "detect",
    "differences",
    "invitation",
    "language_data",
    "load",
    "load_channels",
    "load_kinds",
    "load_settings",
    "mail",
    "plain",
    "read_model",
    "read_yaml",
    "scan",
    "sentences",
    "split_compound",
    "stem",
    "to_docx",
    "to_markdown",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'coach' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
