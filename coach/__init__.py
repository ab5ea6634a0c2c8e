"""A mentoring coach that knows a programme's own guidance.

    from coach import Coach
    Coach().ask("Mag ik meteen vragen of iemand mijn mentor wil worden?").answer

The names are loaded when they are first used, so that `import coach` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coach.coach import Coach
    from coach.errors import CoachError
    from coach.library.retriever import CoachRetriever
    from coach.settings import Settings, load_settings

_PLACES = {
    "Coach": "coach.coach",
    "CoachError": "coach.errors",
    "CoachRetriever": "coach.library.retriever",
    "Settings": "coach.settings",
    "load_settings": "coach.settings",
}
__all__ = ["Coach", "CoachError", "CoachRetriever", "Settings", "load_settings"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'coach' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
