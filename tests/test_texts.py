"""The texts of the page: the same keys and blanks in both languages, every one used, every one that is used there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach import load_kinds
from coach.drafts.channels import load_channels
from coach.drafts.rules import RULES
from ui.texts import LANGUAGES, blanks, text, texts

PAGES = sorted((Path(__file__).resolve().parent.parent / "ui").glob("*.py"))
NL, EN = (texts(language) for language in LANGUAGES)


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(NL) == list(EN)


@pytest.mark.parametrize("key", NL)
def test_a_text_has_the_same_blanks_in_both_languages(key: str) -> None:
    assert blanks(NL[key]) == blanks(EN[key])


@pytest.mark.parametrize("key", [key for key in NL if key.endswith(".one")])
def test_a_form_for_one_belongs_to_a_text_with_a_count(key: str) -> None:
    whole = NL[key.removesuffix(".one")]
    assert "count" in blanks(whole) and blanks(NL[key]) <= blanks(whole)


def literals() -> Iterator[str]:
    """Every text in the pages' code; one with values in it as a pattern, with a star for each."""
    for page in PAGES:
        for node in ast.walk(ast.parse(page.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)  # type: ignore[misc]


def test_every_text_is_used() -> None:
    used = set(literals())
    patterns = [name.split("*")[0] for name in used if "*" in name and "." in name.split("*")[0]]
    own = {f"{name}.nav" for name in ("ask", "write", "check", "library", "evals", "settings")}
    unused = [
        key
        for key in NL
        if key.removesuffix(".one") not in used | own and not any(key.startswith(pattern) for pattern in patterns)
    ]
    assert unused == []


def test_every_text_that_the_code_names_is_there() -> None:
    keys = {node.args[0].value for page in PAGES for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t"
            and isinstance(node.args[0], ast.Constant)}  # fmt: skip
    assert keys - set(NL) == set()


def test_what_the_coach_names_has_a_text() -> None:
    kinds = load_kinds().values()
    wanted = {f"rule.{rule}" for rule in RULES}
    wanted |= {f"kind.{audience}" for kind in kinds for audience in kind.audience}
    wanted |= {f"choice.{choice}" for kind in kinds for field in kind.fields for choice in field.choices}
    wanted |= {f"style.{style}" for kind in kinds for style in kind.styles}
    wanted |= {f"check.example.{kind.family}" for kind in kinds}
    wanted |= {f"length.{channel.customary.unit}" for channel in load_channels().values()}
    assert wanted - set(NL) == set()


@pytest.mark.parametrize(
    ("key", "count", "said"),
    [("check.passed", 1, "In orde: één regel"), ("check.passed", 3, "In orde: 3 regels"), ("forget.done", 1, "Vergeten.")],
)
def test_one_is_said_as_one(key: str, count: int, said: str) -> None:
    assert text(key, "nl", count=count) == said
