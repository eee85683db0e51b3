"""The host's page in headless Chromium, as a person sees and presses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.screenshots import browser as shared
from tests.integration.wa_session_host.windows import PASSWORD, Visitor
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from wa_session_host.host import Host

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium of this machine. Without one the tests that need it are skipped, loudly."""
    try:
        with shared.chromium() as started:
            yield started
    except shared.NoBrowser as error:
        pytest.skip(f"NO BROWSER: the page's tests need one: {error}")


@contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[Page]:
    """A new visitor, whom nothing from outside may reach."""
    with shared.visitor(browser, PATIENCE_SECONDS, **options) as made:
        yield made


def log_in(page: Page, host: Host, password: str) -> None:
    """Types the password at the door of a host of this process."""
    wait_until(lambda: host.page.started)
    page.goto(f"http://127.0.0.1:{host.page.port}/")
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk").click()


def enter(page: Page, host: Host) -> None:
    """Opens the page of the accounts of a host of this process, as somebody who has logged in."""
    wait_until(lambda: host.page.started)
    enter_at(page, host.page.port)


def enter_at(page: Page, port: int) -> None:
    with closing(Visitor(f"http://127.0.0.1:{port}").enter("operator", PASSWORD)) as visitor:
        page.context.add_cookies(
            [
                {"name": name, "value": value, "url": visitor.url}
                for name, value in visitor.cookies.items()
            ]
        )
    page.goto(f"{visitor.url}/whatsapp")


def told(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def state(page: Page, text: str) -> None:
    expect(page.locator(".account .state .word")).to_have_text(text)
