"""Which group a text's words point to: by words and pairs, in the text's own language, however large the group is."""

from __future__ import annotations

import numpy as np
import pytest

from coach.library.naive_bayes import NaiveBayes, features
from coach.library.naive_bayes import learn as learn_from
from coach.records import Language

SILENT, THANKS, SALARY = 0, 1, 2
EXAMPLES: list[tuple[str, Language, int]] = [
    ("ik krijg al drie weken niks terug", "nl", SILENT),
    ("hij reageert niet op mijn berichten", "nl", SILENT),
    ("zij laat niks meer horen sinds mei", "nl", SILENT),
    ("she has not written back for weeks", "en", SILENT),
    ("hoe bedank ik na een gesprek", "nl", THANKS),
    ("een bedankje sturen, wat schrijf ik", "nl", THANKS),
    ("how do i say thanks after a talk", "en", THANKS),
    ("wat verdien ik als mentor", "nl", SALARY),
]


def learn(examples: list[tuple[str, Language, int]], groups: int) -> NaiveBayes:
    """What is learnt from texts."""
    return learn_from([(tuple(features(text, language)), language, group) for text, language, group in examples], groups)


@pytest.fixture(scope="module")
def counted() -> NaiveBayes:
    """What was learnt from the examples."""
    return learn(EXAMPLES, 3)


@pytest.mark.parametrize(
    ("text", "language", "group"),
    [
        ("al weken niks gehoord", "nl", SILENT),
        ("Zij reageert niet.", "nl", SILENT),
        ("Hoe bedank ik haar?", "nl", THANKS),
        ("is een bedankje overdreven", "nl", THANKS),
        ("verdien ik daar iets mee", "nl", SALARY),
        ("nothing back for weeks now", "en", SILENT),
        ("a thanks after our talk", "en", THANKS),
    ],
)
def test_the_words_of_a_question_point_to_its_group(counted: NaiveBayes, text: str, language: Language, group: int) -> None:
    assert int(np.argmax(counted.scores(text, language))) == group


def test_a_pair_of_words_tells_more_than_the_words_apart() -> None:
    counted = learn([("over werk praten", "nl", 0), ("werk over laten", "nl", 1), ("praten laten", "nl", 1)], 2)
    together, apart = counted.scores("over werk", "nl"), counted.scores("werk over", "nl")
    assert (together[0] > together[1], apart[0] < apart[1]) == (True, True)


@pytest.mark.parametrize("text", ["", "?!", "zeppelin quasar", "she has not written back"])
def test_unknown_words_and_those_of_the_other_language_point_nowhere(counted: NaiveBayes, text: str) -> None:
    assert not counted.scores(text, "nl").any()


def test_without_examples_nothing_is_pointed_to() -> None:
    assert learn([], 2).scores("hoe bedank ik", "nl").tolist() == [0, 0]


def test_a_group_is_not_likelier_for_having_more_examples() -> None:
    counted = learn([*(("hoe gaat het nu", "nl", 0) for _ in range(30)), ("hoe gaat het straks", "nl", 1)], 2)
    assert abs(np.diff(counted.scores("hoe gaat het", "nl"))[0]) < abs(np.diff(counted.scores("het straks", "nl"))[0]) + 1e-6
