"""The operators' window on a bad day, in one browser: what each role sees and presses, what
axe-core finds, what a script or a name in a table can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from chalicelib.db import Database
from chalicelib.settings import Settings
from local.screenshots.axe import fetch_axe, violations
from local.screenshots.browser import log_in
from local.screenshots.camera import SIZES, pages_of
from local.screenshots.scenes import PASSWORD, SCENES, fill, window
from local.services import ServiceError
from tests.integration.conftest import Copies, NewService
from tests.integration.wa_session_host.browser import chromium, told, visitor
from tests.integration.wa_session_host.english import english_in, visible
from tests.integration.wa_session_host.windows import Visitor, own_settings
from tests.integration.waiting import PATIENCE_SECONDS

BAD = replace(SCENES["bad"], size=(14, 2, 900))
CONTRAST = ("color-contrast",)  # the one rule that the theme makes a difference to


@pytest.fixture(scope="module")
def settings(new_service: NewService, new_copy: Copies) -> Iterator[Settings]:
    with own_settings(new_service, new_copy) as made:
        yield made


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    connection = Database(settings.database_url)
    fill(connection, BAD)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def pages(database: Database) -> dict[str, str]:
    """All but the door, which has a test of its own."""
    return {name: path for name, path in pages_of(database).items() if name != "login"}


@pytest.fixture(scope="module")
def address(settings: Settings, database: Database) -> Iterator[str]:
    with window(settings, BAD) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def axe() -> Path:
    try:
        return fetch_axe(offline=True)
    except ServiceError as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture
def operator(browser: Browser, address: str) -> Iterator[Page]:
    with visitor(browser, viewport=SIZES["desktop"]) as page:
        log_in(page, address, "budi", PASSWORD)
        yield page


@pytest.fixture
def watcher(browser: Browser, address: str) -> Iterator[Page]:
    with visitor(browser, viewport=SIZES["phone"], color_scheme="dark") as page:
        log_in(page, address, "sari", PASSWORD)
        yield page


def test_axe_finds_nothing_on_any_page_that_an_operator_sees(
    operator: Page, address: str, pages: dict[str, str], axe: Path
) -> None:
    found = {}
    operator.emulate_media(reduced_motion="reduce")  # a colour must not be on its way
    for name, path in {**pages, "missing": "/tidak-ada"}.items():
        answer = operator.goto(f"{address}{path}")
        assert answer is not None
        assert answer.status == (404 if name == "missing" else 200), path
        operator.eval_on_selector_all("details", "parts => parts.forEach(one => one.open = true)")
        found[name] = violations(operator, axe)
        operator.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = violations(operator, axe, CONTRAST)
        operator.emulate_media(color_scheme="light")
    assert {name: some for name, some in found.items() if some} == {}


def test_a_watcher_s_pages_fit_a_phone_and_have_no_buttons(
    watcher: Page, address: str, pages: dict[str, str]
) -> None:
    wide, forms = [], {}
    for name, path in pages.items():
        watcher.goto(f"{address}{path}")
        if watcher.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
        forms[name] = watcher.locator("main form[method=post]").count()
    assert (wide, {name for name, number in forms.items() if number}) == ([], set())


def test_no_page_of_a_bad_day_has_english_words(address: str, pages: dict[str, str]) -> None:
    asked = {**pages, "failed": "/pesan?keadaan=keputusan"}
    with closing(Visitor(address).enter("budi", PASSWORD)) as visitor:
        texts = {name: visible(visitor.text(path)) for name, path in asked.items()}
    assert {name: words for name, text in texts.items() if (words := english_in(text))} == {}


def test_a_door_that_asks_for_a_name_has_no_violation_and_stays_shut_for_a_wrong_password(
    browser: Browser, address: str, axe: Path
) -> None:
    with visitor(browser) as page:
        page.goto(f"{address}/satker")
        page.get_by_label("Nama").fill("budi")
        page.get_by_label("Kata sandi").fill("bukan kata sandinya")
        page.get_by_role("button", name="Masuk").click()
        expect(page.get_by_role("alert")).to_have_text("Nama atau kata sandi salah.")
        assert violations(page, axe) == []
        page.eval_on_selector("label", "label => label.replaceWith(label.querySelector('input'))")
        assert any(found.startswith("label: ") for found in violations(page, axe))
        page.goto(f"{address}/")
        expect(page.get_by_label("Kata sandi")).to_be_visible()


def test_names_and_captions_are_text_wherever_they_are_shown(
    operator: Page, address: str, pages: dict[str, str]
) -> None:
    operator.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for name in ("today", "clients", "client", "posts", "post"):
        operator.goto(f"{address}{pages[name]}")
        expect(operator.locator("main script, main img[src=x]")).to_have_count(0)
    operator.goto(f"{address}{pages['client']}")
    name = '<b>Polres</b> & "Kutip" <script>alert(1)</script>'
    expect(operator.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_slot_that_was_missed_is_run_from_its_page_and_that_is_recorded(
    operator: Page, address: str, database: Database
) -> None:
    operator.goto(address)
    operator.locator(".strip").get_by_role("link", name="09.00").click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Slot 09.00")
    operator.get_by_text("Jalankan slot ini…").click()
    operator.get_by_role("button", name="Ya, jalankan").click()
    told(operator, "Slot dijalankan: 14 satker masuk antrean.")
    operator.get_by_role("link", name="Catatan").click()
    row = operator.locator("tbody tr").first
    for text in ("budi", "jalankan slot", "2026-02-20T09:00", "berhasil"):
        expect(row).to_contain_text(text)


def test_what_needs_a_person_has_its_button_on_the_first_page(operator: Page, address: str) -> None:
    operator.goto(address)
    dead = operator.locator("[data-kind=dead_letter]")
    expect(dead.get_by_role("button", name="Kirim lagi").first).to_be_visible()
    behind = operator.locator("[data-kind=behind]")
    behind.get_by_role("button", name="Jalankan sekarang").first.click()
    told(operator, "POLRES_00")
    expect(operator).to_have_url(f"{address}/")
    closed = operator.locator("[data-kind=api_closed]")
    expect(closed).to_contain_text("Instagram, kuota API habis, sampai 22.12")
    expect(operator.locator("#needed")).to_contain_text("Akun WhatsApp gateway")


def test_a_block_renews_itself_around_what_is_typed_and_a_focus_stays(
    operator: Page, address: str, database: Database
) -> None:
    operator.goto(f"{address}/whatsapp")
    field = operator.get_by_label("Pasangkan dengan kode telepon")
    field.fill("0812")
    with database.transaction():
        database.execute(
            "INSERT INTO wa_notification_outbox (client_id, message, idempotency_key, status, "
            "session, kind, slot) VALUES ('BARU', 'x', 'new', 'sent', 'gateway', 'changes', now())"
        )
    expect(operator.locator("#recent")).to_contain_text("BARU")
    expect(field).to_be_focused()
    expect(field).to_have_value("0812")
    expect(operator.locator("#renewal")).to_be_visible()


def test_the_keyboard_comes_to_the_contents_first(operator: Page, address: str) -> None:
    operator.goto(address)
    operator.keyboard.press("Tab")
    expect(operator.get_by_role("link", name="Langsung ke isi")).to_be_focused()
    operator.keyboard.press("Enter")
    expect(operator.locator("main")).to_be_focused()


def test_without_scripts_the_window_shows_and_does_the_same(browser: Browser, address: str) -> None:
    with visitor(browser, java_script_enabled=False) as page:
        log_in(page, address, "budi", PASSWORD)
        page.get_by_role("link", name="Satker", exact=True).first.click()
        page.get_by_label("Cari nama atau id").fill("0009")
        page.get_by_role("button", name="Tampilkan").click()
        expect(page.locator("tbody tr")).to_have_count(1)


def posts_of(address: str, pages: dict[str, str]) -> list[str]:
    """The address of every action."""
    client, post = pages["client"], pages["post"]
    return [
        *("/slot/2026-02-20T09:00/jalankan", f"{client}/jalankan", f"{client}/tambah"),
        *(f"{post}/pulihkan", "/messages/1/send-again", "/messages/1/drop"),
        *(f"/accounts/gateway/{name}" for name in ("pair-phone", "reconnect", "unlink")),
    ]


def test_a_watcher_s_forms_are_refused_in_words_and_recorded(
    watcher: Page, address: str, pages: dict[str, str], database: Database
) -> None:
    [cookie] = watcher.context.cookies()
    token = watcher.locator(".who input[name=csrf]").get_attribute("value") or ""
    cookies = {str(cookie.get("name")): str(cookie.get("value"))}
    actions = posts_of(address, pages)
    for path in actions:
        answer = requests.post(
            f"{address}{path}", {"csrf": token}, cookies=cookies, timeout=PATIENCE_SECONDS
        )
        assert answer.status_code == 403, path
        assert "hanya untuk operator" in answer.text
    with database.transaction():
        rows = database.execute("SELECT result FROM operator_action WHERE actor = 'sari'")
    assert [row["result"] for row in rows].count("refused") == len(actions)
