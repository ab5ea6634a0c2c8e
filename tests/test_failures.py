"""Whatever the coach can say to somebody on a Dutch page has its Dutch: every error, refusal and check in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.failures import told

ROOT = Path(__file__).resolve().parent.parent
# Said to those who edit prompts/ or .env, before there is a page.
NEVER_ON_THE_PAGE = {"cli.py", "settings.py", "files.py", "languages.py", "serve.py"}
ERRORS = ("SettingsError", "DocumentError", "EmbedderError", "StoreError", "DamagedError", "LockedError", "DraftError",
          "ModelError", "ConversationError")  # fmt: skip

REFUSALS = (("folders.py", "_refusal"), ("loaders.py", "unknown_format"))  # they give the reason instead of raising it


def said(node: ast.expr) -> str | None:
    """A text in the source, with `7` for what is filled in; nothing for a variable."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)  # type: ignore[misc]
    return None


def texts_of(path: Path) -> Iterator[str]:
    """What a module may say to somebody: its errors, its checks, and why it refuses a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ERRORS:
                found = node.args[:1]
            elif node.func.id in ("Check", "Failure"):
                found = [node.args[0], *node.args[2:]] if node.func.id == "Check" else node.args[1:]
        elif isinstance(node, ast.FunctionDef) and (path.name, node.name) in REFUSALS:
            found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        yield from filter(None, map(said, found))


SAID = sorted(
    {
        (path.relative_to(ROOT).as_posix(), text)
        for folder in ("coach", "ui")
        for path in (ROOT / folder).rglob("*.py")
        if path.name not in NEVER_ON_THE_PAGE
        for text in texts_of(path)
        if text.replace("7", "").strip(" :.")
    }
)


@pytest.mark.parametrize(("path", "text"), SAID)
def test_every_text_has_its_dutch(path: str, text: str) -> None:
    assert told(text, "nl") != text or text == "index", f"{path}: add it to ui/texts/failures.yaml"


def test_a_reason_inside_is_told_too_and_numbers_are_written_as_in_dutch() -> None:
    assert told("regels.pdf: the text has 5,000,000 characters, more than 2,000,000; split the file.", "nl") == (
        "regels.pdf: de tekst telt 5.000.000 tekens, meer dan 2.000.000; splits het bestand."
    )


def test_fields_are_called_as_in_the_form() -> None:
    assert told("The field 'time' is '25:00'; write it as 16:00 or 4 pm.", "en", {"time": "Starts at"}) == (
        "The field 'Starts at' is '25:00'; write it as 16:00 or 4 pm."
    )


def test_what_nobody_foresaw_is_shown_as_it_is() -> None:
    assert told("{0} {field} %s", "nl") == "{0} {field} %s"
