"""Sections of the handbook are opened by their id, in the language asked for."""

from __future__ import annotations

import pytest

from coach.drafts.guidance import section
from coach.errors import PromptError
from coach.records import Language


@pytest.mark.parametrize(
    ("language", "heading"), [("nl", "Vraag niet meteen om mentorschap"), ("en", "Don't ask for mentorship straight away")]
)
def test_a_section_has_its_file_heading_and_text(language: Language, heading: str) -> None:
    found = section("first-message#golden-rule", language)
    assert (found.document, found.heading) == (f"{language}/first-message.md", heading)
    assert found.reference.heading == heading
    assert "<!--" not in found.text and "{#" not in found.text and "\n## " not in found.text
    assert found.text


@pytest.mark.parametrize("reference", ["first-message#no-such", "no-such#golden-rule", "first-message"])
def test_a_section_that_is_not_there_is_named(reference: str) -> None:
    with pytest.raises(PromptError, match=f"mend the reference '{reference}'"):
        section(reference, "nl")
