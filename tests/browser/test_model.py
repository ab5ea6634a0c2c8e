"""A model that breaks off in the middle, and a reader who clicks in the middle: the answer comes all the same, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from fake_model import Handler, Request, event, sends, serving
from playwright.sync_api import expect

from ui.texts import text

from .conftest import Serve, Strangers
from .test_flows import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., tuple["Page", Strangers]]
QUESTION = "Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?"
TRUE = "Wacht twee weken voor je een herinnering stuurt."


def pieces(request: Request, pause: float, handler: Handler, *, whole: bool) -> None:
    """Streams a true sentence slowly, and then either ends well or breaks off in the next one."""
    n = request.passage("Wacht twee weken")
    said = f"{TRUE} [{n}] Je mentor heeft het vaak gewoon druk. [{n}]"
    cut = said if whole else said[: len(TRUE) + 20]
    ending = [event({}, "stop"), "data: [DONE]\n\n"] if whole else []
    chunks = [event({"content": cut[start : start + 12]}) for start in range(0, len(cut), 12)]
    sends(*chunks, *ending, pause=pause, end=whole)(handler, request)


def type_in(page: Page, question: str) -> None:
    """Type a question without waiting for the answer."""
    box = page.get_by_test_id("stChatInput").locator("textarea")
    box.fill(question)
    box.press("Enter")


def test_a_model_that_breaks_off_and_a_click_in_the_middle(serve: Serve, visit: Visit) -> None:
    asked: list[float] = []

    def behave(handler: Handler, request: Request) -> None:
        asked.append(time.time())
        pieces(request, 0.4, handler, whole=len(asked) > 1)

    with serving(behave) as model:
        address = serve(COACH_MODEL="openai:klein", OPENAI_BASE_URL=model.url, OPENAI_API_KEY="sk-test", COACH_MODEL_TIMEOUT="20")
        page, _ = visit(address, "nl")
        type_in(page, QUESTION)
        page.get_by_test_id("stFeedback").wait_for()
        expect(main(page).locator(".prose").last).to_contain_text(TRUE)
        expect(main(page).get_by_test_id("stAlert")).to_be_visible()  # the notice that the guidance is quoted instead
        expect(main(page).get_by_text(text("composer.model", "nl"))).to_have_count(0)

        page.get_by_role("button", name=text("ask.new", "nl")).click()
        expect(page.get_by_test_id("stFeedback")).to_have_count(0)
        before = len(asked)
        type_in(page, QUESTION)
        while len(asked) == before:
            page.wait_for_timeout(50)
        page.get_by_text("English", exact=True).click()  # in the middle of the stream
        page.get_by_role("heading", name=text("ask.title", "en")).wait_for()
        page.reload()  # and once more
        page.get_by_test_id("stFeedback").wait_for()
        expect(main(page).get_by_text("Je mentor heeft het vaak gewoon druk.")).to_be_visible()
        expect(main(page).get_by_text(text("composer.model", "en"))).to_be_visible()
        assert len(asked) == before + 1
