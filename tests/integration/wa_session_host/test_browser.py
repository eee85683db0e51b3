"""The page in headless Chromium: every button, as a person presses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from chalicelib.outbox.publish import publish_messages
from chalicelib.runtime import Runtime
from tests.integration.ledger import CHAT, add_change, message, write
from tests.integration.tables import Tables
from tests.integration.wa_session_host.browser import enter, log_in, state, told
from tests.integration.wa_session_host.hosting import running
from tests.integration.wa_session_host.windows import HASH, PASSWORD
from tests.integration.waiting import wait_until
from tests.wa_child.host import TIMES
from tests.wa_child.server import Scripted
from wa_session_host.host import Host
from wa_session_host.protocol import Qr


@pytest.fixture
def host(values: dict[str, str], scripted: Scripted) -> Iterator[Host]:
    with running(values | {"WA_PAGE_PASSWORD_HASH": HASH}, scripted) as made:
        yield made


def failed(
    writer: Runtime,
    tables: Tables,
    status: str,
    key: str = "k1",
    changes: tuple[int, ...] = (),
) -> int:
    """A message that waits for a person."""
    [row] = write(writer, message(writer, key, text="Apel <b>pagi</b>", changes=changes))
    tables.run(
        "UPDATE wa_notification_outbox SET status = :status, error_message = 'sebab' "
        "WHERE outbox_id = :id",
        status=status,
        id=row["outbox_id"],
    )
    return int(row["outbox_id"])


def test_only_the_right_password_opens_the_page_and_leaving_closes_it(
    page: Page, host: Host
) -> None:
    log_in(page, host, "salah sekali")
    expect(page.get_by_role("alert")).to_have_text("Kata sandi salah.")
    log_in(page, host, PASSWORD)
    page.get_by_role("link", name="WhatsApp", exact=True).click()
    expect(page.get_by_role("heading", name="Host WhatsApp")).to_be_visible()
    state(page, "tersambung")
    expect(page.locator(".account")).to_contain_text("host ini")
    page.get_by_role("button", name="Keluar", exact=True).click()
    expect(page.get_by_label("Kata sandi")).to_be_visible()


def test_a_form_without_its_token_is_refused(page: Page, host: Host) -> None:
    enter(page, host)
    page.eval_on_selector_all("input[name=csrf]", "fields => fields.forEach(f => f.remove())")
    page.get_by_role("button", name="Sambungkan ulang").click()
    expect(page.locator("body")).to_contain_text("Formulir kedaluwarsa")
    assert host.sessions["gateway"].snapshot.restarts <= 1


def test_pairing_by_qr_follows_the_codes_says_when_they_expire_and_ends_connected(
    page: Page, host: Host, scripted: Scripted
) -> None:
    scripted.paired, scripted.codes = False, ("kode-1",)
    wait_until(lambda: host.sessions["gateway"].snapshot.state != "stopped")
    host.sessions["gateway"].tell("restart_asked")
    enter(page, host)
    state(page, "menunggu pemasangan")
    image = page.get_by_alt_text("Kode QR pemasangan")
    expect(image).to_be_visible()
    expect(page.locator("figcaption")).to_contain_text(re.compile(r"sampai\s+\d\d-\d\d-\d{4}"))
    wait_until(lambda: bool(image.evaluate("i => i.complete && i.naturalWidth > 0")))
    first = image.get_attribute("src")
    login = next(login for login in reversed(scripted.logins) if not login.up)
    login.report(Qr(code="kode-2"))
    expect(image).not_to_have_attribute("src", first or "")
    login.happen("paired")
    login.connect()
    state(page, "tersambung")
    expect(image).to_have_count(0)


def test_a_code_that_can_be_scanned_no_more_is_said_to_be_expired(
    page: Page, values: dict[str, str], scripted: Scripted
) -> None:
    scripted.paired = False
    settings = values | {"WA_PAGE_PASSWORD_HASH": HASH}
    with running(
        settings, scripted, times=replace(TIMES, backoff=8.0, longest_backoff=8.0)
    ) as host:
        enter(page, host)
        state(page, "menunggu pemasangan")
        scripted.login().happen("pair_failed")
        expect(page.locator(".expired")).to_contain_text("kedaluwarsa")
        expect(page.get_by_alt_text("Kode QR pemasangan")).to_be_visible()


def test_pairing_by_phone_shows_the_code_to_type(
    page: Page, host: Host, scripted: Scripted
) -> None:
    scripted.paired = False
    wait_until(lambda: host.sessions["gateway"].snapshot.state != "stopped")
    host.sessions["gateway"].tell("restart_asked")
    enter(page, host)
    state(page, "menunggu pemasangan")
    page.get_by_label("Pasangkan dengan kode telepon").fill("0812-0000-0001")
    page.get_by_role("button", name="Minta kode").click()
    told(page, "Kode untuk diketik di ponsel: ABCD-EFGH, berlaku sampai ")


def test_pairing_by_phone_is_refused_where_it_makes_no_sense(page: Page, host: Host) -> None:
    enter(page, host)
    state(page, "tersambung")
    page.get_by_label("Pasangkan dengan kode telepon").fill("081200000001")
    page.get_by_role("button", name="Minta kode").click()
    told(page, "tidak sedang menunggu pemasangan")
    page.get_by_label("Pasangkan dengan kode telepon").fill("bukan nomor")
    page.get_by_role("button", name="Minta kode").click()
    told(page, "Tulis satu nomor telepon")


def test_reconnecting_starts_another_child(page: Page, host: Host, scripted: Scripted) -> None:
    enter(page, host)
    state(page, "tersambung")
    page.get_by_role("button", name="Sambungkan ulang").click()
    told(page, "Sambungan dimulai ulang.")
    scripted.login(1)
    state(page, "tersambung")


def test_logging_the_device_out_asks_once_more_and_brings_a_code(page: Page, host: Host) -> None:
    enter(page, host)
    state(page, "tersambung")
    page.get_by_text("Keluarkan perangkat…").click()
    page.get_by_role("button", name="Ya, keluarkan").click()
    told(page, "Perangkat dikeluarkan dari akun.")
    state(page, "menunggu pemasangan")


def test_a_group_s_name_is_text_and_its_id_can_be_copied(
    page: Page, host: Host, scripted: Scripted
) -> None:
    name = "<script>document.title='X'</script><img src=x onerror=alert(1)>&Satu"
    scripted.groups = [{"id": CHAT, "name": name, "members": 3}]
    enter(page, host)
    state(page, "tersambung")
    page.get_by_role("link", name="Daftar grup").click()
    expect(page.locator("tbody td").first).to_have_text(name)
    expect(page.locator("tbody td img, tbody td script")).to_have_count(0)
    expect(page).to_have_title("Grup gateway · Cicero Fetch")
    page.get_by_role("button", name="Salin").click()
    expect(page.get_by_role("button", name="Tersalin")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CHAT
    page.get_by_role("link", name="Kembali").click()
    expect(page.get_by_role("heading", name="Host WhatsApp")).to_be_visible()


def test_a_failed_message_is_sent_again_when_somebody_says_so(
    page: Page, host: Host, real_writer: Runtime, tables: Tables, scripted: Scripted
) -> None:
    enter(page, host)
    for turn, status in enumerate(("dead_letter", "uncertain"), start=1):
        outbox_id = failed(real_writer, tables, status, f"k{turn}")
        case = page.locator(f"[data-outbox='{outbox_id}']")
        expect(case).to_contain_text("sebab")
        case.get_by_text("Isi pesan").click()
        expect(case.locator("pre")).to_have_text("Apel <b>pagi</b>")
        case.get_by_role("button", name="Kirim lagi").click()
        told(page, "Pesan masuk antrean lagi.")
        wait_until(lambda n=turn: [s.text for s in scripted.sent] == ["Apel <b>pagi</b>"] * n)  # type: ignore[misc]
        expect(case).to_have_count(0)
        expect(page.locator("td.sent")).to_have_count(turn)
        expect(page.locator("td.sent").first).to_contain_text("terkirim")


def test_a_message_that_was_published_a_moment_ago_can_be_sent_again_at_once(
    page: Page, host: Host, real_writer: Runtime, tables: Tables, scripted: Scripted
) -> None:
    rows = write(real_writer, message(real_writer, "k1"))
    scripted.outcomes.append("timed out waiting for message send response")
    publish_messages(real_writer, rows)
    wait_until(lambda: len(scripted.tried) >= 1)
    enter(page, host)
    case = page.locator(f"[data-outbox='{rows[0]['outbox_id']}']")
    case.get_by_role("button", name="Kirim lagi").click()
    wait_until(lambda: "text of k1" in [sent.text for sent in scripted.sent])


def test_a_failed_message_can_be_dropped_and_is_asked_about_once_more(
    page: Page, host: Host, real_writer: Runtime, tables: Tables, scripted: Scripted
) -> None:
    enter(page, host)
    newest = "SELECT status FROM wa_notification_outbox ORDER BY outbox_id DESC LIMIT 1"
    for status, button, known in (
        ("dead_letter", "Ya, buang", 0),
        ("uncertain", "Ada, buang", 1),
        ("uncertain", "Tidak ada, buang", 1),
    ):
        change = add_change(tables, f"POST {button}", real_writer.now())
        outbox_id = failed(real_writer, tables, status, button, changes=(change,))
        case = page.locator(f"[data-outbox='{outbox_id}']")
        case.get_by_text("Buang…").click()
        assert tables.value(newest) == status
        case.get_by_role("button", name=button, exact=True).click()
        told(page, "Pesan dibuang.")
        expect(case).to_have_count(0)
        assert tables.value(newest) == "cancelled"
        assert tables.count("change_told") == known, "only by what has arrived"
    assert scripted.sent == []


def test_a_case_that_somebody_else_decided_is_said_to_be_decided(
    page: Page, host: Host, real_writer: Runtime, tables: Tables
) -> None:
    outbox_id = failed(real_writer, tables, "uncertain")
    enter(page, host)
    case = page.locator(f"[data-outbox='{outbox_id}']")
    case.get_by_text("Isi pesan").click()  # an opened case stays as it is
    tables.run("UPDATE wa_notification_outbox SET status = 'sent'")
    case.get_by_text("Buang…").click()
    case.get_by_role("button", name="Ada, buang", exact=True).click()
    told(page, "sudah tidak menunggu keputusan")


def test_a_new_case_comes_after_the_others(
    page: Page, host: Host, real_writer: Runtime, tables: Tables
) -> None:
    first = failed(real_writer, tables, "dead_letter", "k1")
    enter(page, host)
    cases = page.locator(".case")
    expect(cases).to_have_count(1)
    failed(real_writer, tables, "dead_letter", "k2")
    expect(cases).to_have_count(2)
    expect(cases.first).to_have_attribute("data-outbox", str(first))


def test_nothing_is_renewed_under_a_pressed_mouse_button(
    page: Page, host: Host, real_writer: Runtime, tables: Tables
) -> None:
    failed(real_writer, tables, "dead_letter")
    enter(page, host)
    summary = page.locator(".case").get_by_text("Buang…")
    drawn = summary.element_handle()
    summary.hover()
    page.mouse.down()
    page.wait_for_timeout(2500)
    assert drawn.evaluate("element => element.isConnected")
    page.mouse.up()
    expect(page.get_by_role("button", name="Ya, buang")).to_be_visible()


def test_the_page_asks_for_nothing_new_before_it_has_its_answer(page: Page, host: Host) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route) if "x-live" in route.request.headers else route.continue_()

    page.route("**/whatsapp", hold)
    enter(page, host)
    page.wait_for_timeout(4500)
    assert len(asked) == 1
    asked[0].continue_()
    page.wait_for_timeout(2500)
    assert len(asked) == 2
    asked[1].continue_()
