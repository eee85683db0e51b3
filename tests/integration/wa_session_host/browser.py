"""The host's page in headless Chromium, as a person sees and presses it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from wa_session_host.host import Host
from wa_session_host.page.passwords import hash_password

PASSWORD = "kata sandi uji coba"
HASH = hash_password(PASSWORD)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium of this machine. Without one the tests that need it are skipped, loudly."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(
            "NO BROWSER: the page's tests need chromium on PATH (Debian: apt-get install chromium)"
        )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        started = playwright.chromium.launch(
            executable_path=program, args=list(_FLAGS), env={**os.environ, "HOME": home}
        )
        yield started
        started.close()


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """A new visitor, whom nothing from outside may reach."""
    context = browser.new_context(locale="id-ID")
    context.grant_permissions(["clipboard-read"])
    made = context.new_page()
    made.set_default_timeout(PATIENCE_SECONDS * 1000)
    strange: list[str] = []
    made.on("request", lambda r: None if "127.0.0.1" in r.url else strange.append(r.url))
    made.on("pageerror", lambda error: strange.append(str(error)))
    yield made
    context.close()
    assert [url for url in strange if not url.startswith("data:")] == []


def enter(page: Page, host: Host, password: str = PASSWORD) -> None:
    """Logs in to a host of this process, and opens the page of its accounts."""
    wait_until(lambda: host.page.started)
    enter_at(page, host.page.port, password)


def enter_at(page: Page, port: int, password: str = PASSWORD) -> None:
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk").click()
    if password == PASSWORD:
        page.get_by_role("link", name="WhatsApp").click()


def told(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def state(page: Page, text: str) -> None:
    expect(page.locator(".account .state .word")).to_have_text(text)
