"""Fixes that are offered do away with the flaw, bring no new one, and leave the sense alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coach.drafts.differences import differences
from coach.drafts.mending import Mend, mends
from coach.drafts.review import review
from coach.languages import read_yaml
from coach.records import Review

ROOT = Path(__file__).resolve().parent.parent
HELD_OUT: list[dict[str, Any]] = read_yaml(ROOT / "evals" / "messages" / "held_out.yaml")


def offered(kind: str, text: str, rule: str, language: Any = "nl") -> tuple[Mend, ...]:
    """What is offered for the first finding of a rule."""

    def again(other: str) -> Review:
        return review(kind, other, language=language)

    finding = next(one for one in again(text).findings if one.rule == rule)
    return mends(text, finding, language, again)


@pytest.mark.parametrize(
    ("kind", "language", "rule", "text", "mended"),
    [
        ("feedback", "nl", "absolutes", "Je bent altijd te laat. Hoe komt dat?", "Je bent te laat. Hoe komt dat?"),
        (
            "outreach",
            "en",
            "no-courtesy",
            "Dear Sanne,\n\nYour talk on buying stayed with me. Would you have fifteen minutes to talk about it?\n\n"
            "Regards,\nNoor",
            "Dear Sanne,\n\nYour talk on buying stayed with me. Would you have fifteen minutes to talk about it?\n\n"
            "If it doesn't suit, I understand. Thank you for your time.\n\nRegards,\nNoor",
        ),
    ],
)
def test_the_mended_text_reads_on(kind: str, language: str, rule: str, text: str, mended: str) -> None:
    assert mended in [one.text for one in offered(kind, text, rule, language)]


@pytest.mark.parametrize(
    ("kind", "language", "rule", "text", "never"),
    [
        ("feedback", "en", "absolutes", "You never prepare for anything. What happened?", "You prepare for anything"),
        ("feedback", "nl", "absolutes", "Je luistert nooit naar de klant. Hoe komt dat?", "Je luistert naar de klant"),
    ],
)
def test_no_fix_turns_a_sentence_around(kind: str, language: str, rule: str, text: str, never: str) -> None:
    assert not [one.text for one in offered(kind, text, rule, language) if never in one.text]


def test_on_messages_that_nobody_tuned_on_every_fix_removes_its_flaw_and_adds_none_but_blanks() -> None:
    made = 0
    for row in HELD_OUT:

        def again(other: str, row: dict[str, Any] = row) -> Review:
            return review(row["kind"], other, channel=row.get("channel"), language=row["language"], subject=row.get("subject"))

        before = again(row["text"]).findings
        for finding in before:
            for mend in mends(row["text"], finding, row["language"], again):
                made += 1
                count, after = Counter(one.rule for one in before), Counter(one.rule for one in again(mend.text).findings)
                assert after[finding.rule] < count[finding.rule]
                assert not {rule for rule in after if after[rule] > count[rule]} - {"placeholder"}
    assert made >= 30


def test_a_variant_shows_what_is_new_and_what_went() -> None:
    found = differences("Beste Noor,\n\nEen. Twee. Drie.", "Beste Noor,\n\nEen. Twee en meer.", "nl")
    text = "Beste Noor,\n\nEen. Twee en meer."
    assert ([text[one.start : one.end] for one in found.changed], found.left_out, found.words_before, found.words_after) == (
        ["Twee en meer."],
        ("Twee.", "Drie."),
        5,
        6,
    )
