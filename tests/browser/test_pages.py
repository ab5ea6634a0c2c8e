"""Every page in both languages at both widths: it is there, whole, asks nothing of other machines, and is accessible."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from ui.texts import text

from .conftest import DESKTOP, PHONE, Strangers, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., tuple["Page", Strangers]]
PAGES = ("ask", "write", "check", "library", "evals", "settings")
GRAVE = ("serious", "critical")
TRIES = 5


def found_by_axe(page: Page) -> list[tuple[str, str]]:
    """The rules of axe-core that the page breaks for good, with the first element that does, as far as they are serious.

    What is still fading in has too little contrast for a moment; so a finding counts only if it stays.
    """
    found: list[tuple[str, str]] = []
    for _ in range(TRIES):
        results: dict[str, Any] = Axe().run(page).response
        found = [(one["id"], one["nodes"][0]["html"][:300]) for one in results["violations"] if one["impact"] in GRAVE]
        if not found:
            break
        page.wait_for_timeout(700)
    return found


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_accessible_and_asks_nothing_elsewhere(
    visit: Visit, address: str, name: str, language: str, width: int
) -> None:
    page, strangers = visit(f"{address}/{'' if name == 'ask' else name}", language, width)
    title = page.get_by_role("heading", level=1).inner_text()
    page.wait_for_function("language => document.documentElement.lang === language", arg=language)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    broken = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count()
    assert (title, overflow <= 0, broken, strangers) == (text(f"{name}.title", language), True, 0, [])  # type: ignore[arg-type]
    assert found_by_axe(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_the_dark(visit: Visit, address: str, name: str) -> None:
    page, _ = visit(f"{address}/{'' if name == 'ask' else name}", "nl", dark=True)
    if name == "check":
        page.get_by_role("button", name=text("check.example", "nl")).click()
        page.locator("mark").first.wait_for()
        settle(page)
    assert found_by_axe(page) == []


def test_streamlits_own_words_are_in_the_language_of_the_page(visit: Visit, address: str) -> None:
    page, _ = visit(address, "nl")
    page.get_by_role("button", name=text("streamlit.send", "nl")).wait_for()
    page.get_by_text("English", exact=True).click()
    page.get_by_role("button", name=text("streamlit.send", "en")).wait_for()
    page.get_by_text("Nederlands", exact=True).click()
    page.get_by_role("button", name=text("streamlit.send", "nl")).wait_for()


def test_the_switch_of_language_holds_on_every_page_and_after_a_reload(visit: Visit, address: str) -> None:
    page, _ = visit(address, "nl")
    page.get_by_text("English", exact=True).click()
    page.get_by_role("heading", name=text("ask.title", "en")).wait_for()
    page.get_by_role("link", name=text("write.nav", "en")).click()
    page.get_by_role("heading", name=text("write.title", "en")).wait_for()
    page.reload()
    page.get_by_role("heading", name=text("write.title", "en")).wait_for()
    settle(page)
    page.wait_for_function("document.documentElement.lang === 'en'")
