"""Evals: whether the coach repeats the guidance faithfully, measured on reference cases that a trainer keeps."""

from __future__ import annotations

from ui.parts import masthead


def page() -> None:
    """Draw the page."""
    masthead("evals.title", "evals.intro")
