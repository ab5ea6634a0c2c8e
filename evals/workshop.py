"""A coach beside the user's own: with other settings, or with poisoned documents in a folder beside the handbook.

The user's index is never touched: what changes it happens in a data folder of its own, which begins as a copy.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from coach import Coach, CoachError, Settings, load_settings
from evals.cases import SafetyCase

_NAME = re.compile(r"[^\w.-]+")
_OWN = ("conversations*", "evals", "*.lock")  # parts of a data folder that a copy does without


def ready(coach: Coach) -> Coach:
    """The coach, its index made if need be."""
    if coach.needs_sync():
        coach.sync()
    return coach


def with_settings(settings: Settings, **changes: object) -> Settings:
    """The same settings with some changed, by field name."""
    return load_settings(**(settings.model_dump() | changes))


@contextmanager
def poisoned(coach: Coach, cases: Sequence[SafetyCase]) -> Iterator[Coach]:
    """A coach that has read the documents of these cases beside its own folders."""
    with tempfile.TemporaryDirectory(prefix="coach-eval-") as name:
        folder = Path(name)
        for case in cases:
            if case.document is not None:
                place = folder / "documents" / _NAME.sub("-", case.id)
                place.mkdir(parents=True)
                (place / _NAME.sub("-", case.document.name)).write_text(case.document.text, "utf-8")
        if coach.settings.home.is_dir():
            shutil.copytree(coach.settings.home, folder / "home", ignore=shutil.ignore_patterns(*_OWN))
        knowledge = (*coach.settings.knowledge, folder / "documents")
        other = Coach(with_settings(coach.settings, home=folder / "home", knowledge=knowledge, chroma_url=""))
        try:
            report = other.sync()
            refused = [
                failure for failure in report.failed if failure.path.split("/")[0] in {_NAME.sub("-", case.id) for case in cases}
            ]
            if refused:
                raise CoachError(f"{refused[0].path}: {refused[0].reason}")
            yield other
        finally:
            other.close()


def variant(base: Settings, assignment: str) -> Coach:
    """A coach with one setting of these changed, as NAME=VALUE; what needs an index of its own gets one, kept for the next time.

    Raises `CoachError` for a setting that does not exist or cannot be used.
    """
    name, sign, value = assignment.partition("=")
    fields = {field.alias: key for key, field in Settings.model_fields.items() if field.alias}
    if not sign or name not in fields or name == "COACH_HOME":
        known = ", ".join(sorted(set(fields) - {"COACH_HOME"}))
        raise CoachError(f"--vs {assignment}: write it as NAME=VALUE, with one of {known}.")
    settings = load_settings(**(base.model_dump(exclude={fields[name]}) | {fields[name]: value}))
    if name in ("COACH_EMBEDDER", "COACH_KNOWLEDGE", "COACH_CHROMA_URL"):
        home = base.home / "evals" / "variants" / _NAME.sub("-", f"{name}-{value}")[:80]
        settings = with_settings(settings, home=home)
    return Coach(settings)
