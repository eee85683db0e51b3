"""Headless Chromium of this machine, and visitors whom nothing from outside may reach."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

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


class NoBrowser(RuntimeError):
    """There is no Chromium on PATH."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, until the block ends. Raises NoBrowser."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise NoBrowser("no chromium on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        started = playwright.chromium.launch(
            executable_path=program, args=list(_FLAGS), env={**os.environ, "HOME": home}
        )
        yield started
        started.close()


@contextmanager
def visitor(browser: Browser, patience: float, **options: Any) -> Iterator[Page]:
    """A new visitor, with a context of these options. At the end nothing outside 127.0.0.1 must
    have been asked for, and no script may have failed."""
    context = browser.new_context(locale="id-ID", **options)
    context.grant_permissions(["clipboard-read"])
    made = context.new_page()
    made.set_default_timeout(patience * 1000)
    strange: list[str] = []
    made.on("request", lambda r: None if "127.0.0.1" in r.url else strange.append(r.url))
    made.on("pageerror", lambda error: strange.append(str(error)))
    yield made
    context.close()
    found = [url for url in strange if not url.startswith("data:")]
    if found:
        raise AssertionError(f"asked for, or failed: {found}")


def log_in(page: Page, address: str, name: str, password: str) -> None:
    """Opens the window and logs in."""
    page.goto(f"{address}/login")
    page.get_by_label("Nama").fill(name)
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk").click()
    page.get_by_role("button", name="Keluar", exact=True).wait_for()


Theme = Literal["light", "dark"]
