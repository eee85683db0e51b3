"""The pages about clients, posts, messages and history: what they show, to whom, and their
actions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from chalicelib.queues import FETCH
from chalicelib.slots import Slot
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt
from tests.integration.conftest import hosts
from tests.integration.inbox import Inbox
from tests.integration.ledger import add_change, message, write
from tests.integration.runs import whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables
from tests.integration.wa_session_host.windows import Visitor, serving

PAGES = ("/satker", "/konten", "/konten/arsip", "/konten/ditahan", "/pesan", "/riwayat")
NASTY = '<img src=x onerror=alert(1)> "Polres" & *tebal*'
POST = "SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH' LIMIT 1"
LIST = "SELECT min(outbox_id) FROM wa_notification_outbox WHERE kind = 'task_list'"
NOW = Slot.parse(f"{DAY}T17:00").at + timedelta(minutes=7)


@pytest.fixture
def url(service: SharedService, sandbox: Sandbox) -> Iterator[str]:
    apis = {name.lower(): host for name, host in hosts(sandbox).items()}
    with serving(service, service.settings.model_copy(update=apis), lambda: NOW) as address:
        yield address


@pytest.fixture
def operator(url: str) -> Iterator[Visitor]:
    visitor = Visitor(url).enter("budi")
    yield visitor
    visitor.close()


@pytest.fixture
def watcher(url: str) -> Iterator[Visitor]:
    visitor = Visitor(url).enter("sari")
    yield visitor
    visitor.close()


def test_an_empty_day_says_what_to_do(operator: Visitor, tables: Tables) -> None:
    tables.run("UPDATE clients SET client_status = false")
    tables.run("DELETE FROM insta_post")
    for path in (*PAGES, "/konten?hari=2026-01-01", "/konten?platform=tiktok"):
        assert 'class="empty"' in operator.text(path), path
    assert "layanan belum dimulai" in operator.text(f"/riwayat/{DAY}")


def test_every_page_shows_a_played_slot_with_its_age(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    post = tables.value(
        "SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH' LIMIT 1"
    )
    number = tables.value(
        "SELECT min(outbox_id) FROM wa_notification_outbox WHERE kind = 'task_list'"
    )
    assert "17.00, 7 menit lalu" in operator.text("/satker?cari=contoh")
    client = operator.text("/satker/CONTOH")
    assert "Jalankan sekarang" in client
    assert "konten diambil" in client
    assert f"/konten/{post}" in client
    assert f"/pesan/{number}" in client
    assert f"/konten/{post}" in operator.text("/konten")
    assert "Nama tersimpan" in operator.text(f"/konten/{post}")
    assert f"/pesan/{number}" in operator.text("/pesan?keadaan=antre")
    assert "<b>" in operator.text(f"/pesan/{number}")
    assert "sedang berjalan" in operator.text(f"/riwayat/{DAY}") or "selesai" in operator.text(
        f"/riwayat/{DAY}"
    )


def test_names_and_captions_are_text_not_html(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    tables.run("UPDATE clients SET nama = :nasty WHERE client_id = 'CONTOH'", nasty=NASTY)
    tables.run("UPDATE insta_post SET caption = :nasty", nasty=NASTY)
    tables.run("UPDATE content_change SET caption = :nasty", nasty=NASTY)
    tables.run("UPDATE wa_notification_outbox SET message = :nasty", nasty=NASTY)
    add_change(tables, "AAA", runtime_at("17:00").now(), kind="held")
    tables.run("UPDATE content_change SET caption = :nasty", nasty=NASTY)
    post = tables.value(
        "SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH' LIMIT 1"
    )
    number = tables.value("SELECT min(outbox_id) FROM wa_notification_outbox")
    pages = (*PAGES, "/satker/CONTOH", f"/konten/{post}", f"/pesan/{number}")
    for path in (*pages, "/satker?cari=%3Cimg", "/pesan?cari=%3Cimg+src", "/konten?cari=%3Cimg"):
        text = operator.text(path)
        assert "<img src" not in text
        assert "&lt;img" in text or path in ("/konten/arsip", "/riwayat", "/pesan")


def test_a_thousand_clients_come_in_pages(operator: Visitor, tables: Tables) -> None:
    tables.run(
        "INSERT INTO clients (client_id, nama, client_status, client_insta) "
        "SELECT 'RIBU ' || n, 'Polres Seribu ' || n, true, 'polres_' || n "
        "FROM generate_series(1, 1000) AS n"
    )
    first = operator.text("/satker?cari=seribu&urut=-nama")
    assert "1.000 satker, halaman 1 dari 20" in first
    assert "Polres Seribu 999" in first
    assert "Polres Seribu 1<" in operator.text("/satker?cari=seribu&urut=-nama&hal=20")
    assert "Polres Seribu 7" in operator.text("/satker/RIBU%207")


def test_what_does_not_exist_is_said(operator: Visitor) -> None:
    for path in ("/satker/TIDAK", "/konten/TIDAK"):
        assert operator.get(path).status_code == 404
    assert "tidak ada" in operator.text("/pesan/99")
    for path in (
        "/konten?hari=kemarin",
        "/riwayat/besok",
        "/riwayat?dari=2026-03-01&sampai=2026-02-01",
        *("/konten?hari=9999-12-31", "/konten/ditahan?hari=9999-12-31"),
        *("/satker/CONTOH?hari=9999-12-31", "/riwayat/9999-12-31", "/riwayat/0001-01-01"),
    ):
        assert operator.get(path).status_code == 400


def test_a_client_is_run_now(operator: Visitor, inbox: Inbox, tables: Tables) -> None:
    said = operator.act("/satker/CONTOH/jalankan", "/satker/CONTOH")
    assert "dijalankan untuk slot 17.00" in said
    assert [body["client_id"] for body in inbox.take(FETCH)] == ["CONTOH"]
    [entry] = tables.run("SELECT * FROM operator_action WHERE action = 'run_client'")
    assert (entry["actor"], entry["target"], entry["result"]) == ("budi", "CONTOH", "done")


def test_a_post_is_added_by_its_link(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime_at("17:00")
    whole_run(runtime_at("17:00"), "CONTOH")
    post = tables.value(
        "SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH' LIMIT 1"
    )
    added = operator.act("/satker/CONTOH/tambah", "/satker/CONTOH", link=post)
    assert "sudah dimiliki CONTOH" in added
    refused = operator.act("/satker/CONTOH/tambah", "/satker/CONTOH", link="https://contoh.id/x")
    assert "tidak dapat dipakai" in refused
    results = tables.values(
        "SELECT result FROM operator_action WHERE action = 'add_post' ORDER BY 1"
    )
    assert results == ["done", "refused"]


def test_recaps_are_scheduled_on_the_client_s_page(operator: Visitor, tables: Tables) -> None:
    page, form = "/satker/CONTOH", "/satker/CONTOH/jadwal-absensi"
    assert "Tidak ada absensi yang dikirim" in operator.text(page)
    chosen = {"active": "ya", "to_group": "ya", "as_text": "ya", "as_png": "ya"}
    number = "+6281234567890"
    said = operator.act(form, page, hours="15:20, 18.20", chats=number, **chosen)
    assert "pukul 15.20, 18.20 WIB" in said
    row = tables.row("SELECT * FROM recap_schedule")
    assert (row["client_id"], row["active"]) == ("CONTOH", True)
    assert [f"{hour:%H:%M}" for hour in row["hours"]] == ["15:20", "18:20"]
    assert (row["recipients"], row["forms"]) == (["group"], ["text", "png"])
    text = operator.text(page)
    assert "kepada grup satker dan penerima lain" in " ".join(text.split())
    assert 'value="15:20, 18:20"' in text
    assert "Jam tidak dapat dipakai" in operator.act(form, page, hours="jam tiga", **chosen)
    refused = operator.act(form, page, hours="15:20", chats="Pak Budi", **chosen)
    assert "nomor telepon atau id grup" in refused
    refused = operator.act(form, page, hours="15:20", to_super="ya", **chosen)
    assert "client_super kosong" in refused
    assert tables.row("SELECT * FROM recap_schedule") == row
    tables.run("UPDATE clients SET client_group = 'grup polres' WHERE client_id = 'CONTOH'")
    concern = operator.text("/").split('data-kind="recaps"')[1].split("</article>")[0]
    assert "client_group kosong atau berisi yang bukan id grup" in concern
    assert "dimatikan" in operator.act(form, page, hours="15:20")
    assert tables.values("SELECT active FROM recap_schedule") == [False]
    audited = tables.run("SELECT * FROM operator_action WHERE action = 'recap_schedule'")
    assert [entry["result"] for entry in audited] == ["done", *["refused"] * 3, "done"]
    assert {(entry["actor"], entry["target"]) for entry in audited} == {("budi", "CONTOH")}
    assert number not in str(audited)


def test_a_post_is_restored_from_the_archive(operator: Visitor, tables: Tables) -> None:
    row = {
        "shortcode": "BBB",
        "client_id": "CONTOH",
        "caption": "Apel",
        "source_type": "cron_fetch",
    }
    tables.run(
        "INSERT INTO content_archive (platform, content_id, client_id, slot, rows) VALUES "
        "('instagram', 'BBB', 'CONTOH', :slot, CAST(:rows AS jsonb))",
        slot=NOW,
        rows=json.dumps({"insta_post": [row]}),
    )
    assert "Apel" in operator.text("/konten/arsip?satker=CONTOH")
    said = operator.act("/konten/BBB/pulihkan", "/konten/arsip")
    assert "dipulihkan untuk CONTOH" in said
    assert tables.value("SELECT caption FROM insta_post WHERE shortcode = 'BBB'") == "Apel"
    assert "sudah dipulihkan" in operator.act("/konten/BBB/pulihkan", "/konten/BBB")


def test_those_who_only_look_see_no_action_and_may_take_none(
    watcher: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    [row] = write(runtime_at("17:00"), message(runtime_at("17:00"), "k"))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    for path in ("/satker/CONTOH", f"/pesan/{row['outbox_id']}"):
        assert "Tindakan" not in watcher.text(path)
    assert "Ubah jadwal" not in watcher.text("/satker/CONTOH")
    client = "/satker/CONTOH"
    acts = (f"{client}/jalankan", f"{client}/tambah", f"{client}/jadwal-absensi")
    for path in (*acts, "/konten/BBB/pulihkan"):
        answer = watcher.post(path, {"csrf": watcher.token("/satker")})
        assert answer.status_code == 403
    assert tables.value("SELECT count(*) FROM operator_action WHERE result = 'refused'") == 4


@pytest.mark.parametrize("path", ["/satker/CONTOH/jalankan", "/konten/BBB/pulihkan"])
def test_no_action_without_a_token_or_a_login(url: str, operator: Visitor, path: str) -> None:
    assert operator.post(path, {}).status_code == 403
    stranger = Visitor(url)
    assert stranger.post(path, {}).headers["location"] == "/login"
    assert "login" in stranger.get("/satker").url
    stranger.close()


def test_a_message_can_be_sent_again_from_its_page(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    write(runtime, message(runtime, "k"))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    number = tables.value("SELECT outbox_id FROM wa_notification_outbox")
    assert "Kirim lagi" in operator.text(f"/pesan/{number}")
    assert "antrean lagi" in operator.act(f"/messages/{number}/send-again", f"/pesan/{number}")
    assert "Kirim lagi…" not in operator.text(f"/pesan/{number}")


def test_the_history_can_be_downloaded(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    from chalicelib.sweep import sweep

    whole_run(runtime_at("17:00"), "CONTOH")
    sweep(runtime_at(NOW))
    assert "1 dari 34" in operator.text("/riwayat")
    answer = operator.get("/riwayat/unduh.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    [heading, row] = csv.reader(answer.text.splitlines())
    assert dict(zip(heading, row, strict=True))["hari"] == str(DAY)


def test_posts_people_and_runs_are_downloaded_as_cicero_exports_them(
    operator: Visitor, runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    tables.run("UPDATE insta_post SET caption = '=HYPERLINK(1)'")
    asked = f"/riwayat/ekspor?dari={DAY}&sampai={DAY}"
    [head, first, *_] = csv.reader(io.StringIO(operator.text(f"{asked}&tabel=posts")))
    found = dict(zip(head, first, strict=True))
    assert (found["client_id"], found["caption"][:2]) == ("CONTOH", "'=")
    for table in ("engagement", "runs"):
        answer = operator.get(f"{asked}&tabel={table}&bentuk=xlsx")
        [sheet] = load_workbook(io.BytesIO(answer.content)).worksheets
        assert "CONTOH" in list(sheet.iter_rows(values_only=True))[1]
    for refused in ("&tabel=clients", "&tabel=posts&bentuk=exe", "&tabel=runs&dari=2025-12-01"):
        assert operator.get(asked + refused).status_code == 400
