"""What people come for, from start to end: a mentee, a mentor and a trainer, each in their language and at their width."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from ui.texts import text

from .conftest import PHONE, Strangers, settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Visit = Callable[..., tuple["Page", Strangers]]


def main(page: Page) -> Locator:
    """The page without its navigation."""
    return page.get_by_test_id("stMainBlockContainer")


def ask(page: Page, question: str) -> None:
    """Type a question and wait for its answer."""
    box = page.get_by_test_id("stChatInput").locator("textarea")
    box.fill(question)
    box.press("Enter")
    expect(main(page).get_by_text(question).first).to_be_visible()
    page.get_by_test_id("stFeedback").last.wait_for()
    settle(page)


def test_a_mentee_asks_opens_the_source_reloads_and_goes_on(visit: Visit, address: str) -> None:
    page, _ = visit(address, "nl", PHONE)
    ask(page, "Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?")
    expect(main(page).locator(".stMarkdownBadge")).to_contain_text(text("outcome.answered", "nl"))
    expect(main(page).get_by_text("Wacht twee weken voor je een herinnering stuurt")).to_be_visible()
    page.get_by_role("button", name="Bron 1").first.press("Enter")  # by keyboard
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("mark").first).to_contain_text("Wacht twee weken voor je een herinnering stuurt")
    expect(dialog.get_by_text("bel dan de coördinator")).to_have_count(0)
    dialog.get_by_text(text("source.whole", "nl")).click()
    expect(dialog.get_by_text("bel dan de coördinator")).to_be_visible()
    expect(dialog.locator("mark").first).to_contain_text("Wacht twee weken")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Bron 1").first).to_be_focused()  # where it was before the dialog
    page.reload()
    page.get_by_test_id("stFeedback").wait_for()
    settle(page)
    expect(main(page).get_by_text("Wacht twee weken voor je een herinnering stuurt")).to_be_visible()
    page.get_by_role("button", name="Bron 1").first.click()
    expect(page.get_by_role("dialog").locator("mark").first).to_contain_text("Wacht twee weken")
    page.keyboard.press("Escape")
    ask(page, "en als hij dan nog niet reageert?")
    expect(main(page).get_by_text("Gelezen als vervolg op")).to_be_visible()
    ask(page, "Hoe kook ik een ei?")
    expect(main(page).locator(".stMarkdownBadge").last).to_contain_text(text("outcome.not_covered", "nl"))


def test_a_mentee_writes_checks_and_takes_the_message_along(visit: Visit, address: str) -> None:
    page, _ = visit(f"{address}/write", "en")
    expect(main(page).get_by_text("[name of the talk, article or project]")).to_be_visible()
    for label, words in {"To *": "Marieke", "What you know of their work *": "your talk on sustainable purchasing"}.items():
        page.get_by_role("textbox", name=label).fill(words)
    expect(main(page).get_by_text("because of your talk on sustainable purchasing")).to_be_visible()
    expect(main(page).get_by_text(re.compile(r"\d+ words; 50 to 125 is customary"))).to_be_visible()
    main(page).get_by_text(text("variant.shorter", "en"), exact=True).first.click()
    expect(main(page).get_by_text(text("variant.compare", "en"))).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name=text("write.mail", "en")).click()
    assert b"sustainable purchasing" in Path(downloading.value.path()).read_bytes()
    page.get_by_role("button", name=text("write.onward", "en")).click()
    page.get_by_role("heading", name=text("check.title", "en")).wait_for()
    expect(page.get_by_role("textbox", name=text("check.message", "en"))).to_have_value(re.compile("sustainable purchasing"))
    expect(main(page).get_by_text(text("rule.placeholder", "en")).first).to_be_visible()


def test_a_mentor_has_feedback_checked_and_mended(visit: Visit, address: str) -> None:
    page, _ = visit(f"{address}/check", "nl")
    main(page).get_by_text("Mentor", exact=True).click()
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stSelectbox]')].some("
        "one => (one.innerText + one.querySelector('input')?.value).includes('als mentor'))"
    )
    page.get_by_role("combobox", name=text("kind.situation", "nl")).click()
    page.get_by_role("option", name="(Feedback)").click()
    settle(page)
    page.get_by_role("button", name=text("check.example", "nl")).click()
    finding = main(page).get_by_text(text("rule.absolutes", "nl"))
    expect(finding.first).to_be_visible()
    expect(main(page).locator("mark.must", has_text="altijd").first).to_be_visible()
    expect(main(page).get_by_text(f"{text('part.situation', 'nl')}: {text('part.absent', 'nl')}")).to_be_visible()
    page.get_by_role("button", name="Haal weg: “altijd”").click()
    box = page.get_by_role("textbox", name=text("check.message", "nl"))
    expect(box).to_have_value(re.compile("^Je bent te laat"))
    expect(main(page).locator("mark.must", has_text="altijd")).to_have_count(0)
    page.get_by_role("button", name="Lees de richtlijn").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=text("check.undo", "nl")).click()
    expect(box).to_have_value(re.compile("^Je bent altijd te laat"))


RULES = b"# Onze regels\n\n## In de zomer\nWacht in de zomer vier weken voor je je mentor een herinnering stuurt.\n"


def test_a_trainer_adds_guidance_that_counts_and_a_bad_file_changes_nothing(visit: Visit, address: str) -> None:
    page, _ = visit(f"{address}/library", "nl")
    page.get_by_role("tab", name=text("library.manage", "nl")).click()
    page.set_input_files("input[type=file]", {"name": "kapot.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 nothing"})
    expect(main(page).get_by_text(text("library.unchanged", "nl"))).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "regels.md", "mimeType": "text/markdown", "buffer": RULES})
    expect(main(page).get_by_text("Onze regels").first).to_be_visible()
    page.get_by_role("button", name=text("library.add", "nl")).click()
    expect(main(page).get_by_text("Bijgewerkt: 1 nieuw")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=text("ask.nav", "nl")).click()
    page.get_by_role("heading", name=text("ask.title", "nl")).wait_for()
    ask(page, "Hoe lang wacht ik in de zomer met een herinnering aan mijn mentor?")
    expect(main(page).get_by_text("Wacht in de zomer vier weken").first).to_be_visible()


def test_two_visitors_do_not_mix(visit: Visit, address: str) -> None:
    (one, _), (other, _) = visit(address, "nl"), visit(address, "en")
    ask(one, "Hoe lang wacht ik met een herinnering?")
    ask(other, "How long do I wait before I send a reminder to my mentor?")
    expect(main(one).get_by_text("How long do I wait")).to_have_count(0)
    expect(main(other).get_by_text("Hoe lang wacht ik")).to_have_count(0)


def test_what_documents_and_people_type_is_shown_and_not_carried_out(visit: Visit, address: str) -> None:
    page, strangers = visit(f"{address}/check", "nl")
    hostile = "![x](http://evil.example/a.png) <img src=http://evil.example/b.png> [a](javascript:alert(1)) :material/home:"
    box = page.get_by_role("textbox", name=text("check.message", "nl"))
    box.fill(hostile)
    box.blur()
    for part in (
        "![x](http://evil.example/a.png)",
        "<img src=http://evil.example/b.png>",
        "[a](javascript:alert(1)) :material/home:",
    ):
        expect(main(page).locator(".exact")).to_contain_text(part)
    page.get_by_role("link", name=text("ask.nav", "nl")).click()
    page.get_by_role("heading", name=text("ask.title", "nl")).wait_for()
    ask(page, hostile)
    assert main(page).locator("img, a[href*=evil]").count() == 0
    assert strangers == []


def test_what_is_half_filled_in_outlives_a_reload_in_its_own_tab_alone(visit: Visit, address: str) -> None:
    page, _ = visit(f"{address}/write", "nl")
    page.get_by_role("textbox", name="Voor wie *").fill("Marieke")
    expect(main(page).get_by_text("Beste Marieke")).to_be_visible()
    page.get_by_role("textbox", name="Wie je bent *").press_sequentially("junior inkoper")  # the page has not heard of it yet
    page.reload()
    expect(page.get_by_role("textbox", name="Voor wie *")).to_have_value("Marieke")
    expect(page.get_by_role("textbox", name="Wie je bent *")).to_have_value("junior inkoper")
    expect(main(page).get_by_text("Beste Marieke")).to_be_visible()
    assert "Marieke" not in page.url
    page.get_by_role("button", name=text("write.empty", "nl")).click()
    expect(page.get_by_role("textbox", name="Voor wie *")).to_have_value("")
    page.get_by_role("link", name=text("check.nav", "nl")).click()
    box = page.get_by_role("textbox", name=text("check.message", "nl"))
    box.press_sequentially("Wil je mijn mentor worden?")
    page.reload()
    expect(box).to_have_value("Wil je mijn mentor worden?")
    expect(main(page).locator("mark").first).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{address}/check")
    other.get_by_role("heading", level=1).wait_for()
    settle(other)
    expect(other.get_by_role("textbox", name=text("check.message", "nl"))).to_have_value("")


def test_the_first_answer_is_one_click_and_a_few_seconds_away(visit: Visit, address: str) -> None:
    page, _ = visit(address, "nl", PHONE)
    begun = time.monotonic()
    page.get_by_role("button", name=text("ask.mentee.2", "nl")).click()
    expect(main(page).locator(".prose").last).to_contain_text("Wacht twee weken")
    assert time.monotonic() - begun < 10


def test_what_went_wrong_is_said_in_dutch_on_a_dutch_page(visit: Visit, address: str) -> None:
    page, _ = visit(f"{address}/library", "nl")
    page.get_by_role("tab", name=text("library.manage", "nl")).click()
    page.set_input_files("input[type=file]", {"name": "leeg.docx", "mimeType": "application/octet-stream", "buffer": b"niets"})
    expect(main(page).get_by_test_id("stAlert")).to_contain_text("het is geen leesbaar DOCX-bestand")
    page.get_by_role("link", name=text("settings.nav", "nl")).click()
    page.get_by_role("button", name=text("doctor.go", "nl")).click()
    expect(main(page).get_by_text("mappen: ")).to_contain_text("bestanden om te lezen")
