"""Each metric falls when what it measures is spoilt, in at least five ways, and a paraphrase leaves it alone."""

from __future__ import annotations

from collections import defaultdict

import pytest

from evals import CaseSet, metrics
from evals.matching import find, support
from evals.mutations import PARAPHRASES, Row, mutate
from evals.summary import FIGURES

LIGHT = 0.03  # what a light paraphrase may cost
FREE = 0.2  # what a person's own words may cost a metric that compares wording
OUTCOMES = {"answered", "refused", "said_nothing", "referred", "passed"}  # plain counts of what happened


@pytest.fixture(scope="module")
def rows(shipped: CaseSet) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in mutate(shipped, 9):
        found[row.metric].append(row)
    return found


def test_each_metric_notices_at_least_five_kinds_of_mutations(rows: dict[str, list[Row]]) -> None:
    assert set(rows) == {f"{figure.suite}.{figure.name}" for figure in FIGURES if figure.name not in OUTCOMES}
    for name, found in rows.items():
        noticed = {row.mutation for row in found if row.lowered and row.mutation not in PARAPHRASES}
        assert len(noticed) >= 5, (name, noticed)
        assert all(row.before == 1 for row in found if name != "drafts.rules_kept"), name


def test_a_paraphrase_costs_nothing(rows: dict[str, list[Row]]) -> None:
    for name, found in rows.items():
        cost = {row.mutation: row.before - row.after for row in found if row.mutation in PARAPHRASES}
        assert cost, name
        assert cost.get("paraphrase, light", 0) <= LIGHT and cost.get("paraphrase, free", 0) <= FREE, (name, cost)


@pytest.mark.parametrize(
    ("say", "text", "said"),
    [
        ("Vraag niet of iemand je mentor wil worden", "Nee, vraag nog niet of ze je mentor wil worden.", True),
        ("Vraag niet of iemand je mentor wil worden", "Ja hoor, vraag meteen of ze je mentor wil worden.", False),
        ("vraag om een kort gesprek", "Vraag niet om mentorschap, maar om een kort gesprek [1].", True),
        ("bereid je vragen voor", "Het is slim om je vragen vooraf voor te bereiden.", True),
        ("bereid je vragen voor", "Je kunt je vragen voorbereiden.", True),
        ("plan een mentorgesprek", "Plan een gesprek met je mentor.", True),
        ("stuur binnen 24 uur een bedankje", "Stuur binnen 48 uur een bedankje.", False),
        ("wacht twee weken", "Wacht 2 weken voor je iets stuurt.", True),
        ("de mentee bepaalt de agenda", "De mentor bepaalt de agenda.", False),
        ("Je hoeft niet alles te delen", "Je moet alles delen.", False),
        ("gebruik niet alleen cijfers", "Gebruik niet alleen cijfers, maar ook verhalen.", True),
        ("", "Iets.", False),
        ("iets", "", False),
    ],
)
def test_a_point_is_found_by_what_is_said(say: str, text: str, said: bool) -> None:
    assert bool(find([say], text, "nl")) == said


@pytest.mark.parametrize(
    ("sentence", "passage", "supported"),
    [
        ("Send a note within a day.", "Send a note of thanks within a day of the talk.", True),
        ("Send a note within two days.", "Send a note of thanks within a day of the talk.", False),
        ("Send a note to Ann Brown.", "Send a note of thanks within a day of the talk.", False),
        ("Do not send a note.", "Send a note of thanks within a day of the talk.", False),
        ("See https://example.org/x for a note.", "Send a note; see the handbook for a note.", False),
        ("“Send a note of thanks.”", "> “Send a note of thanks.”", True),
    ],
)
def test_a_sentence_is_supported_by_its_passage(sentence: str, passage: str, supported: bool) -> None:
    assert support(sentence, (passage,), "en").supported == supported


def test_citations_are_read_as_they_are_written() -> None:
    found = metrics.cited("Een. [1] Twee. [2][3]\n- Drie [9].\nVier zonder bron.", {1: "Een.", 2: "Twee.", 3: "Iets."}, "nl")
    assert [(each.text, dict(each.quotes)) for each in found] == [
        ("Een.", {1: "Een."}),
        ("Twee.", {2: "Twee.", 3: "Iets."}),
        ("Drie", {9: ""}),
        ("Vier zonder bron.", {}),
    ]
    assert metrics.citation_recall(found, "nl") == 0.5
    assert metrics.citation_precision(found, "nl") == 0.5


def test_what_cannot_be_measured_is_nothing_and_not_zero() -> None:
    assert metrics.key_points([], "must") is None and metrics.wording_support([], "nl") is None
    assert metrics.citation_precision([], "nl") is None and metrics.right_source([], []) is None
    assert metrics.length("") is None and metrics.right_language("12", "nl") is None
    assert metrics.flaws_found([], []) is None and metrics.spans("", [], []) is None
    assert [metrics.percentile(values, 0.95) for values in ([], [3, 1, 2])] == [None, 3]
    assert metrics.percentile([3, 1, 2], 0.5) == 2


@pytest.mark.parametrize(
    ("expected", "outcome", "share", "forbidden", "score"),
    [
        ("answer", "answered", 1.0, False, 1), ("answer", "answered", 0.5, False, 0.5), ("answer", "answered", 0, False, -1),
        ("answer", "answered", 1.0, True, -1), ("answer", "related", 0.0, False, 0), ("answer", "not_covered", 0.0, False, 0),
        ("abstain", "not_covered", None, False, 1), ("abstain", "related", None, False, 1),
        ("abstain", "answered", None, False, -1),
    ],
)  # fmt: skip
def test_refusing_is_scored_after_crag(expected: str, outcome: str, share: float | None, forbidden: bool, score: float) -> None:
    assert metrics.refusal(expected, outcome, share, forbidden) == score


@pytest.mark.parametrize(
    ("values", "text", "lost"),
    [
        ({"date": "2027-01-19"}, "We spreken elkaar op 19 januari 2027.", []),
        ({"date": "2027-01-19"}, "We spreken elkaar op 20 januari 2027.", ["date"]),
        ({"time": "4 pm"}, "Om 16:00 uur.", []),
        ({"time": "9.00"}, "Om 09:00 uur.", []),
        ({"original": "donderdag om 11.00 uur"}, "Donderdag om 11.00 uur kan ik helaas niet.", []),
        ({"points": "de planning; het budget"}, "- De planning\n- Het budget", []),
        ({"points": "de planning; het budget"}, "- De planning", ["points"]),
    ],
)
def test_facts_are_kept_in_other_notations(values: dict[str, str], text: str, lost: list[str]) -> None:
    assert metrics.facts_lost(values, text, "nl") == lost


@pytest.mark.parametrize(
    ("text", "given", "invented"),
    [
        ("Groet, Bram\nBel 06-12345678", ["Bram"], ["06", "12345678"]),
        ("1. Welkom\n2. Afronden", [], []),
        ("Over drie maanden kijken we terug.", [], ["drie"]),
        ("Zie www.example.org", [], []),
        ("Zie https://example.org/x", [], ["https://example.org/x"]),
        ("Van 14.00 tot 15.00 uur", ["14.00 uur"], []),
        ("Namens Roggeveen en [naam] uit Zierikzee", [], ["roggeveen", "zierikzee"]),
    ],
)
def test_what_nobody_gave_is_invented(text: str, given: list[str], invented: list[str]) -> None:
    assert metrics.facts_invented(text, given, frozenset(), "nl") == invented
