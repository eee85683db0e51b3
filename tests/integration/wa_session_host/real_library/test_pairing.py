"""Linking the account's device from the page, as an operator does, and unlinking it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from chalicelib.runtime import Runtime
from tests.integration.ledger import message
from tests.integration.wa_session_host import browser
from tests.integration.wa_session_host.browser import enter, enter_at, state
from tests.integration.wa_session_host.hosting import publish
from tests.integration.wa_session_host.processes import HostProcess
from tests.integration.wa_session_host.real_library.hosting import (
    TIMES,
    Told,
    pair,
    running,
    session_of,
    snapshot,
)
from tests.integration.wa_session_host.windows import HASH
from tests.integration.waiting import wait_until
from tests.whatsapp.linked import GROUP, NUMBER
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.host import Host

QR = "Kode QR pemasangan"


@pytest.fixture
def unlinked(unlinked: dict[str, str]) -> dict[str, str]:
    """With the page's password."""
    return unlinked | {"WA_PAGE_PASSWORD_HASH": HASH}


@pytest.fixture
def host(unlinked: dict[str, str], standin: Standin) -> Iterator[Host]:
    with running(unlinked, standin) as made:
        yield made


def scanned(page: Page) -> str:
    """What a phone's camera reads from the screen."""
    image = page.get_by_alt_text(QR)
    expect(image).to_be_visible()
    wait_until(lambda: bool(image.evaluate("i => i.complete && i.naturalWidth > 0")))
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    return str(code.text)


def test_from_an_empty_session_to_messages_and_back_after_a_kill_without_a_code(
    unlinked: dict[str, str],
    standin: Standin,
    account: AccountScript,
    page: Page,
    real_writer: Runtime,
    told: Told,
    tmp_path: Path,
) -> None:
    values = unlinked | standin.environment()
    publish(real_writer, message(real_writer, "k1", text="Apel pagi"))
    with HostProcess(values, tmp_path / "first.log") as first:
        enter_at(page, first.page_port())
        state(page, "menunggu pemasangan")
        assert told.statuses() == ["pending"]
        account.scan(scanned(page))
        state(page, "tersambung")
        wait_until(lambda: told.statuses() == ["sent"])
        first.kill()
    account.wait_disconnected()
    publish(real_writer, message(real_writer, "k2", text="Apel sore"))
    with HostProcess(values, tmp_path / "second.log") as second:
        enter_at(page, second.page_port())
        state(page, "tersambung")
        wait_until(lambda: told.statuses() == ["sent", "sent"])
        expect(page.get_by_alt_text(QR)).to_have_count(0)
        assert "pairing" not in second.log()
    assert standin.texts_to(GROUP) == ["Apel pagi", "Apel sore"]


def test_a_code_typed_on_the_phone_links_the_device_and_the_page_s_button_unlinks_it(
    host: Host, account: AccountScript, page: Page
) -> None:
    enter(page, host)
    state(page, "menunggu pemasangan")
    page.get_by_label("Pasangkan dengan kode telepon").fill(f"0{NUMBER[2:]}")
    page.get_by_role("button", name="Minta kode").click()
    browser.told(page, "Kode untuk diketik di ponsel")
    shown = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", page.get_by_role("status").inner_text())
    assert shown
    before = account.linked
    account.type_code(shown[0])
    state(page, "tersambung")
    assert account.linked == before + 1

    page.get_by_text("Keluarkan perangkat…").click()
    page.get_by_role("button", name="Ya, keluarkan").click()
    browser.told(page, "Perangkat dikeluarkan dari akun.")
    state(page, "menunggu pemasangan")
    assert account.linked == before

    account.scan(scanned(page))
    state(page, "tersambung")


def test_a_phone_code_that_is_asked_for_late_gets_a_round_of_its_own_to_be_typed_in(
    unlinked: dict[str, str], standin: Standin, account: AccountScript
) -> None:
    with running(unlinked, standin, replace(TIMES, typing=160.0)) as host:
        wait_until(lambda: snapshot(host).code is not None)
        before = snapshot(host)
        code, until = host.page.operations.pair_phone(session_of(host), NUMBER)
        assert before.round_until is not None
        assert until > before.round_until
        assert snapshot(host).pid != before.pid
        account.type_code(code)
        wait_until(host.ready)


def test_a_phone_that_answers_with_another_secret_is_not_linked_and_new_codes_follow(
    host: Host, account: AccountScript
) -> None:
    wait_until(lambda: snapshot(host).code is not None)
    account.scan_wrongly(snapshot(host).code or "")
    wait_until(lambda: snapshot(host).reason == "pair_failed")
    pair(host, account)


@pytest.mark.timeout(240)
def test_when_nobody_scanned_any_code_new_ones_follow_at_once(
    unlinked: dict[str, str], standin: Standin, account: AccountScript
) -> None:
    """The library's own 20 seconds for the only code that it is offered."""
    standin.offer_codes(1)
    with running(unlinked, standin, replace(TIMES, backoff=60.0)) as host:
        wait_until(lambda: snapshot(host).code is not None)
        expired = snapshot(host).code or ""
        wait_until(lambda: snapshot(host).code is None)
        assert snapshot(host).reason == "qr_expired"
        with pytest.raises(LookupError):
            account.scan(expired)
        wait_until(lambda: snapshot(host).code is not None)
        pair(host, account)
