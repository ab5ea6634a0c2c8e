"""A browser and the page, once for all tests: Debian's chromium through Playwright, and Streamlit on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import guidance
import pytest
from conftest import synced_in

from ui.serve import ADDRESS, command

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
DESKTOP, PHONE = 1280, 390  # pixels
ENGLISH = {
    "en/silence.md": """# When you hear nothing

## Waiting
Wait two weeks before you send a reminder to your mentor. Usually your mentor is simply busy.

## After that
If your mentor still does not reply after the reminder, call the coordinator, who looks for another mentor with you.
""",
}

Open = Callable[..., "Page"]
# What a browser asked for that does not stand on this machine.
Strangers = list[str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped, which they say; in CI a missing browser is a failure."""
    if executable() or os.environ.get("CI"):
        return
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason="no chromium on this machine: apt-get install chromium"))


def executable() -> str | None:
    """The browser that this machine has."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)
    found = executable()
    assert found, "no chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


Serve = Callable[..., str]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Iterator[Serve]:
    """Starts a page over a small programme of its own, with settings as it is told; gives its address."""
    running: list[subprocess.Popen[bytes]] = []

    def started(root: Path = ROOT, prepare: Callable[[Path], object] = lambda _home: None, **environment: str) -> str:
        """Of the source in `root`; `prepare` gets the COACH_HOME before the page starts."""
        folder = tmp_path_factory.mktemp("page")
        settings = synced_in(folder, warm_home, guidance.DUTCH | ENGLISH)
        prepare(settings.home)
        with socket.socket() as free:
            free.bind((ADDRESS, 0))
            port = free.getsockname()[1]
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
        ours |= {"COACH_HOME": str(settings.home), "COACH_KNOWLEDGE": str(settings.knowledge[0]), "PYTHONPATH": str(root)}
        log = (folder / "log.txt").open("wb")
        run = [part.replace(str(ROOT / "ui"), str(root / "ui")) for part in command(port)]  # the page; Python stays where it is
        running.append(subprocess.Popen(run, env=ours | environment, cwd=folder, stdout=log, stderr=log))
        _await(f"http://{ADDRESS}:{port}/_stcore/health", folder / "log.txt")
        return f"http://{ADDRESS}:{port}"

    yield started
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def _await(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the page did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def address(serve: Serve) -> str:
    """The page that most tests share."""
    return serve()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., tuple[Page, Strangers]]]:
    """Opens an address as a new visitor: their language, their width; gives the page and what it asked of other machines."""
    contexts = []

    def opened(address: str, language: str = "nl", width: int = DESKTOP, *, dark: bool = False) -> tuple[Page, Strangers]:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale=LOCALES[language],
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        strangers: Strangers = []
        page.on("request", lambda request: None if _own(request.url, address) else strangers.append(request.url))
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        settle(page)
        return page, strangers

    yield opened
    for context in contexts:
        context.close()


def _own(url: str, address: str) -> bool:
    home = address.split("/", 3)[2]
    return url.startswith(("data:", "blob:", f"http://{home}/", f"ws://{home}/"))


def settle(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stMainBlockContainer"] [data-stale="true"]').first.wait_for(state="detached")
