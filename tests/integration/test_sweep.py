"""The sweep of each minute over real tables and queues: it repairs what was left, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from chalicelib import dispatch
from chalicelib.db import Database
from chalicelib.manual import runs
from chalicelib.queues import FETCH, OUTBOUND, Queues, QueueUnavailable
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot, slots_of
from chalicelib.sweep import SweepFailed, Swept, sweep
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.ledger import message, write
from tests.integration.runs import start_run, whole_run
from tests.integration.tables import Tables

QUIET = Swept(0, 0, 0, 0, 0, 0, 0)


def wib(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}+07:00")


def fired(tables: Tables, last: str, first: str = "06:00", day: str = str(DAY)) -> None:
    """Records that every slot of the day in [first, last] was opened and closed."""
    for slot in slots_of(datetime.fromisoformat(day).date()):
        if first <= f"{slot.at:%H:%M}" <= last:
            tables.run(
                "INSERT INTO slot_run (slot, status, trigger, opened_at, closed_at) "
                "VALUES (:slot, 'closed', 'schedule', :slot, :slot)",
                slot=slot.at,
            )


def did(swept: Swept) -> dict[str, int]:
    """What the sweep did, without the counts that are zero."""
    return {name: number for name, number in asdict(swept).items() if number}


def alerts(tables: Tables) -> list[str]:
    sql = "SELECT message FROM wa_notification_outbox WHERE kind = 'admin_alert'"
    return tables.values(sql)


def reports(tables: Tables) -> list[str]:
    sql = "SELECT message FROM wa_notification_outbox WHERE kind = 'admin_report'"
    return tables.values(sql)


def test_a_quiet_minute_does_nothing(runtime_at: RuntimeAt, tables: Tables, inbox: Inbox) -> None:
    fired(tables, "17:00")
    sweep(runtime_at(wib("17:04")))  # sums up the slots that are over
    before = tables.dump()
    assert sweep(runtime_at(wib("17:05"))) == QUIET
    assert tables.dump() == before
    assert (inbox.count(FETCH), inbox.count(OUTBOUND)) == (0, 0)


# --- slots that did not fire ----------------------------------------------------------------


def test_a_slot_that_never_fired_is_caught_up(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:30")
    assert did(sweep(runtime_at(wib("17:24")))) == {"caught_up": 1}
    row = tables.row("SELECT status, trigger FROM slot_run WHERE slot = :slot", slot=wib("17:00"))
    assert tuple(row.values()) == ("open", "catch_up")
    jobs = inbox.take(FETCH)
    assert {(job["slot"], job["trigger"]) for job in jobs} == {
        ("2026-02-20T17:00:00+07:00", "catch_up")
    }
    assert len(jobs) == 6


def test_a_slot_that_is_about_to_fire_is_left_to_its_schedule(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "16:30")
    assert sweep(runtime_at(wib("17:00:30"))) == QUIET
    assert did(sweep(runtime_at(wib("17:01")))) == {"caught_up": 1}


def test_an_older_slot_is_reported_missed_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:00")
    assert did(sweep(runtime_at(wib("17:25")))) == {"missed": 2}
    missed = tables.values("SELECT slot FROM slot_run WHERE status = 'missed' ORDER BY slot")
    assert missed == [wib("16:30"), wib("17:00")]
    [alert] = alerts(tables)
    assert "16:30 WIB" in alert
    assert "17:00 WIB" in alert
    assert inbox.count(OUTBOUND) == 1
    assert did(sweep(runtime_at(wib("17:26")))) == {"published": 1}, (
        "to be sure; the queue drops it"
    )
    assert sweep(runtime_at(wib("17:27"))) == QUIET
    assert (len(alerts(tables)), inbox.count(OUTBOUND)) == (1, 1)


def test_sweeps_beside_each_other_open_and_report_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:00")
    both = [runtime_at(wib("17:20")), runtime_at(wib("17:20"))]
    together = Barrier(2)

    def work(runtime: Runtime) -> Swept:
        together.wait()
        return sweep(runtime)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, both))
    assert tables.count("client_run") == 6
    assert len(alerts(tables)) == 1
    assert inbox.count(OUTBOUND) == 1


def test_a_first_start_in_the_middle_of_the_day_has_missed_nothing(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    assert did(sweep(runtime_at(wib("17:10")))) == {"caught_up": 1}
    assert sweep(runtime_at(wib("17:11"))) == QUIET
    assert alerts(tables) == []


def test_a_morning_without_any_slot_is_reported_where_there_was_a_day_before(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "21:58", day="2026-02-19")
    swept = sweep(runtime_at(wib("08:10")))
    assert did(swept) == {"caught_up": 1, "missed": 4}
    assert "06:00 WIB" in "".join(alerts(tables))


def test_before_the_first_slot_and_after_the_last_nothing_is_missing(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    assert sweep(runtime_at(wib("05:59"))) == QUIET
    fired(tables, "21:58")
    assert sweep(runtime_at(wib("23:59"))) == QUIET


def test_a_slot_is_not_caught_up_while_the_operators_switch_is_off(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:30")
    tables.run("INSERT INTO cron_job_config VALUES (:key, 'x', false)", key=dispatch.JOB_KEY)
    sweep(runtime_at(wib("17:10")))
    status = "SELECT status FROM slot_run WHERE slot = :slot"
    assert tables.value(status, slot=wib("17:00")) == "skipped"
    assert inbox.count(FETCH) == 0


# --- slots that were left -------------------------------------------------------------------


def test_jobs_that_a_crash_left_unsent_are_sent(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:30")
    dispatch.open_slot(runtime_at("17:00"), Slot(wib("17:00")), "schedule")
    inbox.take(FETCH)
    tables.run("UPDATE client_run SET dispatched_at = NULL WHERE client_id IN ('CONTOH', 'MELATI')")
    assert sweep(runtime_at(wib("17:00:30"))) == QUIET
    assert did(sweep(runtime_at(wib("17:01")))) == {"dispatched": 2}
    assert sorted(inbox.clients(FETCH)) == ["CONTOH", "MELATI"]
    assert sweep(runtime_at(wib("17:02"))) == QUIET


def test_a_slot_whose_clients_have_finished_is_closed_and_reported(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "16:30")
    start_run(runtime_at("17:00"), "CONTOH")
    tables.run("UPDATE client_run SET finished_at = now(), outcome = 'done', dispatched_at = now()")
    assert did(sweep(runtime_at(wib("17:03")))) == {"closed": 1}
    [report] = reports(tables)
    assert "1 selesai, 0 bermasalah" in report
    assert inbox.count(OUTBOUND) == 1


def test_an_overdue_slot_is_closed_and_reported_once_with_who_is_missing(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "17:00", first="06:00")
    tables.run("DELETE FROM slot_run WHERE slot = :slot", slot=wib("17:00"))
    runtime = runtime_at("17:00")
    for client_id in ("CONTOH", "TELADAN"):
        start_run(runtime, client_id)
    tables.run("UPDATE client_run SET dispatched_at = :now", now=wib("17:00"))
    tables.run(
        "UPDATE client_run SET finished_at = :now, outcome = 'done' WHERE client_id = 'TELADAN'",
        now=wib("17:02"),
    )
    assert sweep(runtime_at(wib("17:24"))) == QUIET
    assert did(sweep(runtime_at(wib("17:25")))) == {"closed": 1}
    [report] = reports(tables)
    assert "Klien: 1 selesai, 1 bermasalah, dari 2" in report
    assert "belum selesai saat slot ditutup: CONTOH" in report
    assert did(sweep(runtime_at(wib("17:26")))) == {"published": 1}, (
        "to be sure; the queue drops it"
    )
    assert sweep(runtime_at(wib("17:27"))) == QUIET
    assert (len(reports(tables)), inbox.count(OUTBOUND)) == (1, 1)


def test_a_slot_that_was_opened_again_by_hand_gets_its_time(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "16:00")
    sweep(runtime_at(wib("17:25")))
    tables.run("UPDATE wa_notification_outbox SET status = 'sent'")
    fired(tables, "17:30", first="17:30")
    runs.run_slot(runtime_at(wib("17:55")), f"{DAY}T16:30")
    assert sweep(runtime_at(wib("17:56"))) == QUIET
    status = "SELECT status FROM slot_run WHERE slot = :slot"
    assert tables.value(status, slot=wib("16:30")) == "open"


# --- messages -------------------------------------------------------------------------------


def test_messages_that_a_crash_left_unpublished_are_published(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "17:00")
    [row] = write(runtime_at("17:00"), message(runtime_at("17:00"), "k1"))
    assert sweep(runtime_at(wib("17:00:59"))) == QUIET
    assert did(sweep(runtime_at(wib("17:01")))) == {"published": 1}
    assert sweep(runtime_at(wib("17:02"))) == QUIET
    assert [body["outbox_id"] for body in inbox.take(OUTBOUND)] == [row["outbox_id"]]


def test_a_published_message_that_the_queue_lost_is_published_again_after_ten_minutes(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "17:00")
    runtime = runtime_at("17:00")
    write(runtime, message(runtime, "k1"), message(runtime, "k2"), message(runtime, "k3"))
    tables.run("UPDATE wa_notification_outbox SET published_at = :at", at=wib("17:00"))
    tables.run("UPDATE wa_notification_outbox SET status = 'sent' WHERE idempotency_key = 'k2'")
    tables.run(
        "UPDATE wa_notification_outbox SET status = 'retrying', next_attempt_at = :at "
        "WHERE idempotency_key = 'k3'",
        at=wib("17:05"),
    )
    assert sweep(runtime_at(wib("17:09"))) == QUIET
    assert did(sweep(runtime_at(wib("17:10")))) == {"published": 1}
    assert did(sweep(runtime_at(wib("17:15")))) == {"published": 1}


def test_what_nobody_takes_for_a_day_is_published_again_a_handful_of_times(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "21:58")
    writer = runtime_at(wib("06:00"))
    write(writer, message(writer, "k1", expires_at=wib("23:59")))
    ages = [1, 11, 22, 44, 88, 176, 352, 704]
    for age in ages:
        before, at = (wib("06:00") + timedelta(minutes=minute) for minute in (age - 1, age))
        assert did(sweep(runtime_at(before))) == {}
        assert did(sweep(runtime_at(at))) == {"published": 1}


@pytest.mark.parametrize("status", ["sent", "uncertain", "dead_letter", "superseded", "cancelled"])
def test_what_is_over_is_never_published_again(
    status: str, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    fired(tables, "17:00")
    runtime = runtime_at("17:00")
    write(runtime, message(runtime, "k1", expires_at=wib("21:00")))
    tables.run("UPDATE wa_notification_outbox SET status = :status", status=status)
    for clock in ("17:01", "17:20"):
        assert sweep(runtime_at(wib(clock))) == QUIET
    assert (tables.value("SELECT status FROM wa_notification_outbox"), inbox.take(OUTBOUND)) == (
        status,
        [],
    )


def test_messages_whose_time_is_over_expire(runtime_at: RuntimeAt, tables: Tables) -> None:
    fired(tables, "18:00")
    runtime = runtime_at("17:00")
    write(runtime, message(runtime, "k1"))
    tables.run("UPDATE wa_notification_outbox SET published_at = :at", at=wib("17:59"))
    assert did(sweep(runtime_at(wib("18:00:30")))) == {"expired": 1}
    assert tables.value("SELECT status FROM wa_notification_outbox") == "expired"


# --- old rows -------------------------------------------------------------------------------


def test_old_audits_and_runs_are_pruned_and_younger_ones_stay(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    now = wib("17:05")
    fired(tables, "17:00")
    before = tables.count("slot_run")
    for days in (89, 91):
        add_run(tables, now - timedelta(days=days))
    for days in (29, 31):
        at = now - timedelta(days=days)
        tables.run("INSERT INTO insta_like_audit (shortcode, captured_at) VALUES ('A', :at)", at=at)
        tables.run(
            "INSERT INTO tiktok_comment_audit (video_id, captured_at) VALUES ('1', :at)", at=at
        )
    assert did(sweep(runtime_at(now))) == {"pruned": 4}
    assert tables.values("SELECT captured_at FROM insta_like_audit") == [now - timedelta(days=29)]
    assert tables.values("SELECT captured_at FROM tiktok_comment_audit") == [
        now - timedelta(days=29)
    ]
    assert tables.values("SELECT slot FROM client_run") == [now - timedelta(days=89)]
    assert tables.count("slot_run") == before + 1


def test_the_retention_is_a_setting(runtime_at: RuntimeAt, tables: Tables) -> None:
    fired(tables, "17:00")
    runtime = runtime_at(wib("17:05"))
    short = {"audit_retention_days": 2, "run_retention_days": 3}
    runtime.settings = runtime.settings.model_copy(update=short)
    add_run(tables, runtime.now() - timedelta(days=4))
    old = runtime.now() - timedelta(days=2, minutes=1)
    tables.run("INSERT INTO insta_like_audit (shortcode, captured_at) VALUES ('A', :at)", at=old)
    assert did(sweep(runtime)) == {"pruned": 3}


def test_pruning_goes_in_small_batches(runtime_at: RuntimeAt, tables: Tables) -> None:
    fired(tables, "17:00")
    tables.run("""INSERT INTO insta_like_audit (shortcode, captured_at)
    SELECT 'A', '2025-01-01' FROM generate_series(1, 1200)""")
    pruned = [sweep(runtime_at(wib("17:05"))).pruned for _ in range(4)]
    assert pruned == [500, 500, 200, 0]


def test_a_batch_is_one_whatever_the_planner_does(tables: Tables, database: Database) -> None:
    tables.run("""INSERT INTO insta_like_audit (shortcode, captured_at)
    SELECT 'A', '2025-01-01' FROM generate_series(1, 40)""")
    with database.transaction() as tx:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
            database.execute(f"SET LOCAL enable_{way} = off")
        gone = tx.run("instagram.prune_audits", before=datetime(2026, 1, 1, tzinfo=WIB), batch=5)
    assert len(gone) == 5


def add_run(tables: Tables, slot: datetime) -> None:
    run: dict[str, Any] = {"slot": slot}
    tables.run(
        "INSERT INTO slot_run (slot, status, trigger, opened_at) "
        "VALUES (:slot, 'closed', 'schedule', :slot)",
        **run,
    )
    tables.run(
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at) "
        "VALUES (:slot, 'CONTOH', 'schedule', true, :slot, :slot)",
        **run,
    )


# --- steps that fail ------------------------------------------------------------------------


class Away:
    """SQS that is unavailable."""

    def get_queue_url(self, **arguments: Any) -> Any:
        raise QueueUnavailable("SQS is away")

    def close(self) -> None:
        pass


def refuse(tables: Tables, kind: str) -> None:
    """Makes the database refuse messages of this kind."""
    tables.run(f"""CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.kind = '{kind}' THEN RAISE 'not this one'; END IF; RETURN NEW; END $$""")
    tables.run("""CREATE TRIGGER refuse BEFORE INSERT ON wa_notification_outbox
      FOR EACH ROW EXECUTE FUNCTION refuse()""")


@pytest.fixture
def refused(tables: Tables) -> Iterator[Callable[[str], None]]:
    """Makes the database refuse messages of a kind, until `accept` or the end of the test."""
    yield lambda kind: refuse(tables, kind)
    accept(tables)


def accept(tables: Tables) -> None:
    tables.run("DROP TRIGGER IF EXISTS refuse ON wa_notification_outbox")


def test_a_step_that_fails_keeps_no_other_from_being_tried(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "16:30")
    writer = runtime_at("16:00")
    write(writer, message(writer, "over"), message(writer, "left", expires_at=wib("20:00")))
    tables.run("INSERT INTO insta_like_audit (shortcode, captured_at) VALUES ('A', '2025-01-01')")
    runtime = runtime_at(wib("17:10"))
    runtime.queues = Queues("away", Away())
    with pytest.raises(SweepFailed, match=r"catching up 2026-02-20T17:00\+07:00: .*publishing: "):
        sweep(runtime)
    statuses = tables.values("SELECT status FROM wa_notification_outbox ORDER BY outbox_id")
    assert statuses == ["expired", "pending"]
    assert tables.count("insta_like_audit") == 0


def test_a_report_that_cannot_be_written_takes_nothing_back_and_is_written_later_once(
    runtime_at: RuntimeAt, tables: Tables, refused: Callable[[str], None]
) -> None:
    fired(tables, "17:30")
    tables.run("DELETE FROM slot_run WHERE slot = :slot", slot=wib("17:00"))
    refused("admin_report")
    whole_run(runtime_at("17:00"), "CONTOH")
    assert tables.count("insta_like") > 0
    ended = tables.row("SELECT outcome, status FROM client_run JOIN slot_run USING (slot)")
    assert tuple(ended.values()) == ("done", "closed")
    groups = "SELECT count(*) FROM wa_notification_outbox WHERE kind = 'task_list'"
    assert tables.value(groups) > 0
    with pytest.raises(SweepFailed, match=r"report 2026-02-20T17:00\+07:00"):
        sweep(runtime_at(wib("17:31")))
    accept(tables)
    assert did(sweep(runtime_at(wib("17:32"))))["told"] == 1
    assert "told" not in did(sweep(runtime_at(wib("17:33"))))
    [report] = reports(tables)
    assert "1 selesai, 0 bermasalah" in report


def test_a_slot_whose_report_cannot_be_written_does_not_keep_another_from_closing(
    runtime_at: RuntimeAt, tables: Tables, refused: Callable[[str], None]
) -> None:
    for clock in ("16:30", "17:00"):
        start_run(runtime_at(clock), "CONTOH")
    tables.run("UPDATE client_run SET finished_at = now(), outcome = 'done', dispatched_at = now()")
    refused("admin_report")
    with pytest.raises(SweepFailed, match=r"closing 2026-02-20T16:30.*closing 2026-02-20T17:00"):
        sweep(runtime_at(wib("17:03")))
    assert tables.values("SELECT DISTINCT status FROM slot_run WHERE status <> 'missed'") == [
        "closed"
    ]
