"""The pictures of the page in the README: `python -m docs.screenshots http://127.0.0.1:8501`, with the page running there.

Writes docs/images/{ask,write,check,library}.png. Needs the development extras and a chromium.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT = 1100, 860


def ask(page: Page) -> None:
    """A question with its answer."""
    page.get_by_test_id("stChatInput").locator("textarea").fill("Mijn mentor reageert al weken niet. Wat nu?")
    page.keyboard.press("Enter")
    page.get_by_test_id("stFeedback").last.wait_for()


def write(page: Page) -> None:
    """A draft beside the form that it was made of."""
    facts = {
        "Voor wie *": "Marieke",
        "Wat je van de ander kent *": "je lezing over duurzaam inkopen",
        "Wie je bent *": "junior inkoper bij een ziekenhuis",
        "Waarover je iets wilt vragen *": "hoe je leveranciers meekreeg",
    }
    for label, words in facts.items():
        page.get_by_role("textbox", name=label).fill(words)
        page.wait_for_timeout(700)


def check(page: Page) -> None:
    """A message with its findings marked."""
    page.get_by_role("button", name="Probeer een voorbeeld").click()
    page.locator("mark").first.wait_for()


def library(page: Page) -> None:
    """A topic of the handbook, one of its sections open."""
    page.get_by_test_id("stExpander").first.click()


PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "ask": ("", ask),
    "write": ("write", write),
    "check": ("check", check),
    "library": ("library", library),
}


def main(address: str) -> None:
    """Take them all."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name, (path, act) in PICTURES.items():
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="nl-NL")
            context.set_default_timeout(60_000)
            page = context.new_page()
            page.goto(f"{address.rstrip('/')}/{path}")
            page.get_by_role("heading", level=1).wait_for()
            page.wait_for_timeout(2_000)
            act(page)
            page.wait_for_timeout(2_500)
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["http://127.0.0.1:8501"]))
