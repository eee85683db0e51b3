"""What the operators are told when a slot closes, at each level; once."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from chalicelib.budget import Plan
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.platforms import PLATFORMS
from chalicelib.reports.close import close_slot
from chalicelib.reports.foretold import shortages
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot, slots_of
from chalicelib.social import errors
from chalicelib.texts import Shortage
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt
from tests.integration.answers import POSTS, Fault, no_posts
from tests.integration.ledger import message, write
from tests.integration.runs import start_run, whole_run
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until
from tests.unit.social.answers import Answer, serving


def finished(runtime: Runtime, tables: Tables, client_id: str = "CONTOH", **run: Any) -> None:
    """A run of this slot that has ended, as the slot's last or beside others."""
    start_run(runtime, client_id)
    values: dict[str, Any] = {"outcome": "done", "error_kind": None, "fetch": {}} | run
    tables.run(
        "UPDATE client_run SET finished_at = :now, outcome = :outcome, error_kind = :error_kind, "
        "fetch_result = CAST(:fetch AS jsonb), engagement_result = '{}' "
        "WHERE slot = :now AND client_id = :client_id",
        now=runtime.now(),
        client_id=client_id,
        **(values | {"fetch": json.dumps(values["fetch"])}),
    )


def result(verdict: str = "complete", **numbers: int) -> dict[str, Any]:
    usual = {"posts": 2, "new": 1, "removed": 0, "held": 0, "error_kind": None, "error": None}
    return {"verdict": verdict, **usual, **numbers}


def close(runtime: Runtime) -> bool:
    return close_slot(runtime, Slot.exactly(runtime.now()))


def setting(runtime: Runtime, **changes: Any) -> Runtime:
    runtime.settings = runtime.settings.model_copy(update=changes)
    return runtime


def texts(tables: Tables, kind: str) -> list[str]:
    return tables.values(
        "SELECT message FROM wa_notification_outbox WHERE kind = :kind ORDER BY outbox_id",
        kind=kind,
    )


# --- once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 8])
def test_of_clients_that_finish_at_the_same_moment_one_closes_the_slot(
    runtime_at: RuntimeAt, tables: Tables, workers: int
) -> None:
    ids = [f"UNIT{number}" for number in range(workers)]
    tables.run(
        "INSERT INTO clients (client_id, nama) SELECT u, u "
        "FROM unnest(CAST(:ids AS varchar[])) AS u",
        ids=ids,
    )
    slots = ("18:00", "18:30", "19:00", "19:30", "20:00", "20:30")
    together = Barrier(workers)

    def finish(runtime: Runtime, job: ClientJob) -> None:
        together.wait()
        refresh_engagement(runtime, job)

    with ThreadPoolExecutor(workers) as threads:
        for clock in slots:
            runtimes = [runtime_at(clock) for _ in ids]
            jobs = [start_run(runtimes[0], client_id) for client_id in ids]
            list(threads.map(finish, runtimes, jobs))
            for runtime in runtimes:
                runtime.db.close()
    assert tables.values("SELECT status FROM slot_run") == ["closed"] * len(slots)
    told = texts(tables, "admin_report")
    assert [text.splitlines()[0][14:19] for text in told] == list(slots)
    assert all(f"{workers} selesai, 0 bermasalah, dari {workers}" in text for text in told)


# --- levels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "run", "told"),
    [
        ("errors", {}, 0),
        ("errors", {"outcome": "failed", "error_kind": "upstream"}, 1),
        ("errors", {"fetch": {"instagram": result(held=3)}}, 1),
        ("errors", {"fetch": {"tiktok": result("empty")}}, 1),
        ("normal", {}, 1),
        ("verbose", {}, 1),
    ],
)
def test_the_level_says_which_slots_are_reported(
    level: str, run: dict[str, Any], told: int, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = setting(runtime_at("17:00"), cicero_report_level=level)
    finished(runtime, tables, **run)
    assert close(runtime)
    assert len(texts(tables, "admin_report")) == told
    assert tables.value("SELECT status FROM slot_run") == "closed"


def test_only_the_verbose_report_has_a_line_per_client(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = setting(runtime_at("17:00"), cicero_report_level="verbose")
    finished(runtime, tables, fetch={"instagram": result(), "tiktok": result(posts=5)})
    close(runtime)
    [text] = texts(tables, "admin_report")
    assert "• CONTOH: 7 konten (2 baru, 0 hilang)" in text
    plain = runtime_at("17:30")
    finished(plain, tables)
    close(plain)
    assert "CONTOH" not in texts(tables, "admin_report")[1]


FORETOLD = "*Perkiraan permintaan API:*\n"


AT_ONCE = ("20:58", "21:00")


def plan(runtime: Runtime, tables: Tables, **ends: str | None) -> None:
    """A slot whose run has ended, and in which each platform's budget ends so, by its plan."""
    finished(runtime, tables)
    plans = {
        platform: Plan(ends=Slot.parse(f"2026-02-20T{clock}").at if clock else None).as_json()
        for platform, clock in ends.items()
    }
    tables.run(
        "UPDATE slot_run SET plan = CAST(:plan AS jsonb) WHERE slot = :now",
        plan=json.dumps(plans),
        now=runtime.now(),
    )


def planned(runtime: Runtime, tables: Tables, **ends: str | None) -> str:
    """What the slot's report foretells."""
    plan(runtime, tables, **ends)
    close(runtime)
    return texts(tables, "admin_report")[-1].partition(FORETOLD)[2]


def test_a_budget_that_will_not_last_is_foretold_once_a_day(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    """Also at the level of errors, and for each platform in the slot that first shows it."""
    changes = {"rapidapi_daily_budget": 1_000, "cicero_report_level": "errors"}
    first, second, third = (
        setting(runtime_at(at), **changes) for at in ("10:00", "10:30", "11:00")
    )
    line = "• Instagram: anggaran hari ini (1.000) habis sekitar 19:30 bila tidak dihemat"
    assert planned(first, tables, instagram="19:30", tiktok=None) == line
    assert planned(second, tables, instagram="18:30", tiktok="21:58").startswith("• TikTok: ")
    planned(third, tables, instagram="18:00", tiktok="21:30")
    assert len(texts(tables, "admin_report")) == 2


def test_two_slots_that_close_at_once_foretell_a_shortage_once(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    first, second = (setting(runtime_at(at), rapidapi_daily_budget=1_000) for at in AT_ONCE)
    for runtime in (first, second):
        plan(runtime, tables, instagram="21:30")

    def foretold(runtime: Runtime) -> list[Shortage]:
        with runtime.db.transaction() as tx:
            return shortages(runtime, tx, Slot.exactly(runtime.now()))

    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(1) as pool:
        with first.db.transaction() as tx:
            told = shortages(first, tx, Slot.exactly(first.now()))
            other = pool.submit(foretold, second)
            wait_until(lambda: other.done() or tables.value(waiting))
        assert ([one.platform for one in told], other.result()) == (["instagram"], [])


def test_a_month_that_will_exceed_its_plan_is_foretold_once_a_day(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    """100 calls in each of yesterday's 34 slots, and so on each of the 8 days to come and
    today, but for 6 slots that nobody counted."""
    slots = [at.at - timedelta(days=1) for at in slots_of(DAY)]
    for sql in (
        "INSERT INTO slot_run (slot, status, trigger, opened_at, closed_at) "
        "SELECT s, 'closed', 'schedule', s, s FROM unnest(CAST(:slots AS timestamptz[])) AS s",
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at, "
        "outcome, api_calls) SELECT s, 'CONTOH', 'schedule', true, s, s, 'done', "
        "'{\"/v1/likes ok\": 100}' FROM unnest(CAST(:slots AS timestamptz[])) AS s",
    ):
        tables.run(sql, slots=slots)
    with (summing := runtime_at("06:00")).db.transaction() as tx:
        now = summing.now()
        tx.run("overview_slots.summarise", closed_before=now, now=now, batch=100)
    for clock in ("10:00", "10:30"):
        runtime = setting(runtime_at(clock), rapidapi_monthly_plan=30_000)
        finished(runtime, tables)
        close(runtime)
    first, second = texts(tables, "admin_report")
    expected = "• Instagram: sekitar 33.400 sampai akhir bulan, paketnya 30.000"
    assert first.partition(FORETOLD)[2] == expected
    assert FORETOLD not in second


def test_held_posts_and_empty_accounts_are_named(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    finished(runtime, tables, fetch={"instagram": result(held=4), "tiktok": result("empty")})
    close(runtime)
    [text] = texts(tables, "admin_report")
    assert "CONTOH (4)" in text
    assert "CONTOH (TikTok)" in text


ENDLESS = {"data": {"items": []}, "pagination_token": "page-12"}
READS: dict[str, tuple[Fault, str]] = {
    "an unreadable item": ({"kind": "unreadable_items", "every": 3}, "sebagian isi akun tidak"),
    "nothing readable": ({"kind": "unreadable_items", "every": 1, "junk": ["null"]}, "sebagian"),
    "empty pages without end": ({"status": 200, "body": ENDLESS}, "halaman akun berulang"),
}


@pytest.mark.parametrize("fault", READS)
def test_a_feed_that_was_not_read_to_its_end_is_trouble_and_never_done(
    fault: str, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    wrong, words = READS[fault]
    runtime = runtime_at(datetime(2026, 2, 20, 6, 0, tzinfo=WIB))
    sandbox.set_faults([{**wrong, "account": "polres.teladan", "path": POSTS, "times": None}])
    whole_run(runtime, "TELADAN")
    run = tables.row("SELECT outcome, fetch_result FROM client_run")
    assert (run["outcome"], run["fetch_result"]["instagram"]["verdict"]) == ("failed", "partial")
    [text] = texts(tables, "admin_report")
    assert "0 selesai, 1 bermasalah, dari 1" in text
    assert "0 hilang; 1 klien tidak terbaca lengkap" in text
    assert f"• {words}" in text
    assert "TELADAN (Instagram)" in text


def test_an_account_that_became_empty_is_trouble_and_never_done(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    whole_run(runtime_at("16:30"), "TELADAN")
    runtime = runtime_at("17:00")
    sandbox.set_faults([no_posts("polres.teladan")])
    whole_run(runtime, "TELADAN")
    *_, text = texts(tables, "admin_report")
    assert "0 selesai, 1 bermasalah, dari 1" in text
    assert text.endswith("*Akun kosong:*\n• pernah berisi, sekarang tidak: TELADAN (Instagram)")


def test_a_long_report_comes_in_parts_and_once(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = setting(
        runtime_at("17:00"), cicero_report_level="verbose", wa_message_max_characters=1000
    )
    sql = """INSERT INTO clients (client_id, nama, client_type, client_status, client_insta)
    SELECT 'SATKER_' || n, 'Satker', 'org', true, 'satker' || n FROM generate_series(1, 40) n"""
    tables.run(sql)
    for number in range(1, 41):
        finished(runtime, tables, f"SATKER_{number}")
    assert close(runtime)
    parts = texts(tables, "admin_report")
    assert len(parts) > 1
    assert parts[1].startswith("*LAPORAN SLOT 17:00 WIB, 20-02-2026* (2/")
    assert not close(runtime)
    assert texts(tables, "admin_report") == parts


def test_without_an_operator_nothing_is_written_and_the_log_says_so(
    runtime_at: RuntimeAt, tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = setting(runtime_at("17:00"), admin_whatsapp="0812", gateway_whatsapp_admin="")
    finished(runtime, tables)
    assert close(runtime)
    assert tables.count("wa_notification_outbox") == 0
    assert "no operator's number is valid; not told: admin_report" in caplog.messages


# --- clients without a group ----------------------------------------------------------------


def test_clients_without_a_valid_group_are_told_once_a_day(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("UPDATE clients SET client_group = '6281200000009@c.us' WHERE client_id = 'CONTOH'")
    tables.run("UPDATE clients SET client_group = ' ' WHERE client_id = 'TELADAN'")
    for clock in ("16:30", "17:00"):
        runtime = runtime_at(clock)
        for client_id in ("CONTOH", "TELADAN", "MELATI"):
            finished(runtime, tables, client_id)
        close(runtime)
    [alert] = texts(tables, "admin_alert")
    assert "• CONTOH: 1 isian bukan id grup" in alert
    assert "• TELADAN: kosong" in alert
    assert "MELATI" not in alert
    assert "81200000009" not in alert
    tomorrow = runtime_at(runtime_at("17:00").now() + timedelta(days=1))
    finished(tomorrow, tables)
    close(tomorrow)
    assert len(texts(tables, "admin_alert")) == 2


# --- handles that name no account ------------------------------------------------------------


def test_handles_that_name_no_account_are_told_once_a_day_also_of_those_left_out(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("UPDATE clients SET client_tiktok = 'vt.tiktok.com/ZS1' WHERE client_id = 'CONTOH'")
    tables.run(
        "UPDATE clients SET client_insta = 'NULL', client_tiktok = '081200000009' "
        "WHERE client_id = 'TELADAN'"
    )
    tables.run(
        "UPDATE clients SET client_insta = '-', client_insta_status = false "
        "WHERE client_id = 'MELATI'"
    )
    for clock in ("16:30", "17:00"):
        runtime = runtime_at(clock)
        for client_id in ("CONTOH", "MELATI"):
            finished(runtime, tables, client_id)
        close(runtime)
    [alert] = texts(tables, "admin_alert")
    assert alert.startswith("*AKUN TIDAK DAPAT DIPAKAI*")
    assert "• CONTOH (TikTok): tautan tanpa nama akun" in alert
    assert "• TELADAN (Instagram): isinya bukan akun" in alert
    assert "TELADAN tidak ikut diproses sama sekali" in alert
    assert "MELATI" not in alert
    assert "81200000009" not in alert
    tomorrow = runtime_at(runtime_at("17:00").now() + timedelta(days=1))
    finished(tomorrow, tables)
    close(tomorrow)
    assert len(texts(tables, "admin_alert")) == 2


# --- schedules of recaps that reach nobody ----------------------------------------------------


def test_recaps_that_do_not_reach_whom_their_schedule_names_are_told_once_a_day(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("UPDATE clients SET client_super = 'Pak Kapolres 0812' WHERE client_id = 'CONTOH'")
    for client_id, active in (("CONTOH", True), ("MELATI", False)):
        tables.run(
            "INSERT INTO recap_schedule VALUES (:id, :active, '{15:20}', '{group,super}', '', "
            "'{text}', now())",
            id=client_id,
            active=active,
        )
    for clock in ("16:30", "17:00"):
        runtime = runtime_at(clock)
        finished(runtime, tables)
        close(runtime)
    [alert] = texts(tables, "admin_alert")
    assert alert.startswith("*ABSENSI TERJADWAL TIDAK SAMPAI*")
    assert "• CONTOH: client_super kosong atau berisi yang bukan nomor" in alert
    assert "MELATI" not in alert
    assert "0812" not in alert


# --- undelivered messages -------------------------------------------------------------------


def test_messages_that_were_given_up_are_told_with_the_next_slot_and_once(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    early = runtime_at("16:30")
    ids = {}
    for status in ("dead_letter", "uncertain", "sent", "expired"):
        [row] = write(early, message(early, status))
        ids[status] = row["outbox_id"]
        tables.run(
            "UPDATE wa_notification_outbox SET status = :s, updated_at = :now WHERE outbox_id = :i",
            s=status,
            now=early.now() + timedelta(minutes=10),
            i=row["outbox_id"],
        )
    for clock in ("17:00", "17:30"):
        runtime = runtime_at(clock)
        finished(runtime, tables)
        close(runtime)
    [alert] = texts(tables, "admin_alert")
    assert f"• nomor {ids['dead_letter']}, CONTOH: gagal terkirim" in alert
    assert f"• nomor {ids['uncertain']}, CONTOH: tidak pasti terkirim" in alert
    assert f"nomor {ids['sent']}" not in alert
    assert f"nomor {ids['expired']}" not in alert


def test_a_message_that_is_given_up_while_a_slot_closes_is_told_once(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    closing = runtime_at("17:00")
    write(closing, message(closing, "k1"))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter', updated_at = created_at")
    for clock in ("17:00", "17:30", "18:00"):
        runtime = runtime_at(clock)
        finished(runtime, tables)
        close(runtime)
    assert len(texts(tables, "admin_alert")) == 1


def test_the_operators_own_messages_are_no_reason_for_another(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    early = runtime_at("16:30")
    write(early, message(early, "report", kind="admin_report", client_id=None))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    runtime = runtime_at("17:00")
    finished(runtime, tables)
    close(runtime)
    assert texts(tables, "admin_alert") == []


# --- fallback hosts -------------------------------------------------------------------------


def test_a_fallback_host_that_has_taken_over_is_told_once_a_day(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("17:00", "17:30"):
        runtime = setting(
            runtime_at(clock), rapidapi_tiktok_fallback_host="http://127.0.0.1:9", redis_url=None
        )
        for platform in PLATFORMS:
            runtime.guard.breaker.trip(runtime.routes(platform)[0], errors.QuotaExceeded("used up"))
        finished(runtime, tables)
        close(runtime)
    [alert] = texts(tables, "admin_alert")
    assert alert.startswith("*HOST CADANGAN TIKTOK DIPAKAI*")
    assert "kuota API habis" in alert


def test_a_fallback_host_that_is_not_needed_is_not_told(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    host = "http://127.0.0.1:9"
    runtime = setting(runtime_at("17:00"), rapidapi_tiktok_fallback_host=host, redis_url=None)
    finished(runtime, tables)
    close(runtime)
    assert texts(tables, "admin_alert") == []


# --- figures and the monitor outside --------------------------------------------------------


def test_a_closed_slot_logs_its_figures_and_is_told_to_the_monitor_once(
    runtime_at: RuntimeAt, tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Answer(200)) as monitor, caplog.at_level(logging.INFO):
        runtime = setting(runtime_at("18:00"), heartbeat_url=f"{monitor.url}/ping")
        finished(runtime, tables)
        assert (close(runtime), close(runtime)) == (True, False)
        assert monitor.paths == ["/ping"]
    [line] = [vars(record) for record in caplog.records if "_aws" in vars(record)]
    assert line["message"] == f"slot {Slot.exactly(runtime.now())}: 1 of 1 clients done"
    assert (line["Clients"], line["ClientsDone"], line["ListsIncomplete"]) == (1, 1, 0)


def test_a_monitor_that_is_away_costs_no_report(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = setting(runtime_at("18:00"), heartbeat_url="http://127.0.0.1:9/ping")
    finished(runtime, tables)
    assert close(runtime)
    assert len(texts(tables, "admin_report")) == 1
