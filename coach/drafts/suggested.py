"""A message that an answer suggests, held against the rules of the kinds that its guidance belongs to."""

from __future__ import annotations

from pathlib import PurePosixPath

from coach.drafts.kinds import DraftKind, load_kinds
from coach.drafts.review import review
from coach.records import Language

# What is wrong with a whole message, or cannot be told from a few sentences of one.
_OF_WHOLE_MESSAGES = frozenset({"placeholder", "too-long", "over-limit", "no-subject", "vague", "softened"})


def breaks_rules(text: str, document: str, section: str, language: Language) -> bool:
    """Whether a suggested message holds words that a rule forbids, by the kinds whose guidance is this section or, failing
    those, its document. What a suggestion leaves out is not held against it."""
    for kind in _kinds_of(document, section):
        for finding in review(kind.id, text, language=language).findings:
            if finding.severity == "must" and finding.quote and finding.rule not in _OF_WHOLE_MESSAGES:
                return True
    return False


def _kinds_of(document: str, section: str) -> list[DraftKind]:
    file = PurePosixPath(document).stem
    kinds = list(load_kinds().values())
    exact = [kind for kind in kinds if f"{file}#{section}" in kind.guidance]
    return exact or [kind for kind in kinds if any(place.startswith(f"{file}#") for place in kind.guidance)]
