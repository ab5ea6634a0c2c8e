"""What does not stand in its source is not served: an extractive answer letter for letter."""

from __future__ import annotations

import pytest

from coach.answers.ground import cited_sentences, verbatim
from coach.records import Citation

QUOTES = ("Wacht twee weken. Stuur dan\neen herinnering.\n\n> Voorbeeld: “Hoe gaat het?”", "Bel de coördinator")


def cited() -> list[Citation]:
    """The two sources."""
    return [Citation(n, "stil.md", "Stilte", "Wachten", 0, len(quote), quote) for n, quote in enumerate(QUOTES, start=1)]


@pytest.mark.parametrize(
    ("answer", "stands"),
    [
        ("Wacht twee weken. [1]", True),
        ("Wacht twee weken. [1] Stuur dan een herinnering. [1]", True),
        ("Stuur dan een herinnering. [1]\n\nBel de coördinator. [2]", True),
        ("- Wacht twee weken. [1]\n- Bel de coördinator. [2]", True),
        ("Voorbeeld: “Hoe gaat het?” [1]", True),
        ("", True),
        ("Wacht drie weken. [1]", False),
        ("Wacht niet twee weken. [1]", False),
        ("Wacht twee weken. [2]", False),
        ("Wacht twee weken. [3]", False),
        ("Wacht twee weken.", False),
        ("Wacht twee weken. [1] En bel dan.", False),
        ("Stuur dan een herinnering. Wacht twee weken. [1]", False),
        ("wacht twee weken. [1]", False),
    ],
)
def test_only_what_stands_in_its_source_passes(answer: str, stands: bool) -> None:
    assert verbatim(answer, cited()) == stands


@pytest.mark.parametrize(
    ("answer", "pieces"),
    [
        ("Een. [1] Twee. [2]", [("Een.", 1), ("Twee.", 2)]),
        ("- Een. [12]\nTwee.", [("Een.", 12), ("Twee.", 0)]),
        ("[1]", [("", 1)]),
        ("", []),
    ],
)
def test_pieces_of_an_answer_and_their_numbers(answer: str, pieces: list[tuple[str, int]]) -> None:
    assert cited_sentences(answer) == pieces
