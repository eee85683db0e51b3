"""Opening slots over real tables and queues: once, complete, in order, and at the right gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib import dispatch
from chalicelib.errors import BadInput
from chalicelib.manual import runs
from chalicelib.queues import ENGAGEMENT, FETCH, Queues, QueueUnavailable
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot
from local.environment import environment
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.tables import Tables

EVERYBODY = {"CONTOH", "TELADAN", "DITLANTAS", "DITBINMAS", "MELATI", "ANGGREK"}
SEGMENT_B = {"DITLANTAS"}


class Refusing:
    """SQS that refuses messages whose body contains this text; otherwise the real one."""

    def __init__(self, sqs: Any, text: str) -> None:
        self._sqs = sqs
        self._text = text

    def get_queue_url(self, **arguments: Any) -> Any:
        return self._sqs.get_queue_url(**arguments)

    def send_message_batch(self, **arguments: Any) -> Any:
        entries = arguments.pop("Entries")
        good = [entry for entry in entries if self._text not in entry["MessageBody"]]
        answer = self._sqs.send_message_batch(Entries=good, **arguments) if good else {}
        failed = [{"Id": e["Id"], "SenderFault": False} for e in entries if e not in good]
        return {**answer, "Failed": failed}


def at(clock: str) -> Slot:
    return Slot.parse(f"{DAY}T{clock}")


def open_now(runtime: Runtime) -> dispatch.Opened:
    return dispatch.open_slot(runtime, Slot.exactly(runtime.now()), "schedule")


def test_a_slot_opens_with_one_run_and_one_job_per_client(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    opened = open_now(runtime_at("17:00"))
    assert opened == dispatch.Opened("2026-02-20T17:00+07:00", "opened", 6, 6)
    assert set(tables.values("SELECT client_id FROM client_run")) == EVERYBODY
    assert tables.value("SELECT status FROM slot_run") == "open"
    assert tables.value("SELECT count(*) FROM client_run WHERE dispatched_at IS NULL") == 0
    jobs = inbox.take(FETCH)
    assert {job["client_id"] for job in jobs} == EVERYBODY
    assert {(job["version"], job["slot"], job["trigger"]) for job in jobs} == {
        (1, "2026-02-20T17:00:00+07:00", "schedule")
    }


def test_a_slot_that_fires_twice_opens_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    open_now(runtime)
    before = tables.dump()
    again = open_now(runtime)
    assert (again.result, again.clients, again.dispatched) == ("already_open", 0, 0)
    assert tables.dump() == before
    assert len(inbox.take(FETCH)) == 6


def test_openings_beside_each_other_open_once_and_send_every_client(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtimes = [runtime_at("17:00") for _ in range(3)]
    together = Barrier(len(runtimes))

    def opening(runtime: Runtime) -> str:
        together.wait()
        return open_now(runtime).result

    with ThreadPoolExecutor(len(runtimes)) as threads:
        results = sorted(threads.map(opening, runtimes))
    assert results == ["already_open", "already_open", "opened"]
    assert (tables.count("slot_run"), tables.count("client_run")) == (1, 6)
    assert set(inbox.clients(FETCH)) == EVERYBODY


@pytest.mark.parametrize(
    ("clock", "fetching"),
    [
        ("17:00", EVERYBODY),
        ("20:58", EVERYBODY - SEGMENT_B),
        ("21:30", SEGMENT_B),
        ("21:00", SEGMENT_B),
    ],
)
def test_the_gate_decides_which_queue_a_client_starts_in(
    clock: str, fetching: set[str], runtime_at: RuntimeAt, inbox: Inbox
) -> None:
    open_now(runtime_at(clock))
    assert set(inbox.clients(FETCH)) == fetching
    assert set(inbox.clients(ENGAGEMENT)) == EVERYBODY - fetching


@pytest.mark.parametrize(
    ("clock", "client_id", "expires"),
    [
        ("17:00", "CONTOH", "17:30"),
        ("20:30", "CONTOH", "20:58"),
        ("20:30", "DITLANTAS", "21:00"),
        ("20:58", "CONTOH", "21:28"),
        ("20:58", "DITLANTAS", "21:00"),
        ("21:58", "DITLANTAS", "22:28"),
    ],
)
def test_a_job_expires_when_another_slot_does_the_same_work(
    clock: str, client_id: str, expires: str, runtime_at: RuntimeAt, inbox: Inbox
) -> None:
    open_now(runtime_at(clock))
    jobs = {job["client_id"]: job for job in inbox.take(FETCH) + inbox.take(ENGAGEMENT)}
    expected = datetime.fromisoformat(f"{DAY}T{expires}+07:00")
    assert datetime.fromisoformat(jobs[client_id]["expires_at"]) == expected


def test_only_active_clients_with_a_platform_take_part(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    tables.run("UPDATE clients SET client_status = false WHERE client_id = 'CONTOH'")
    tables.run("UPDATE clients SET client_tiktok_status = false WHERE client_id = 'MELATI'")
    tables.run("UPDATE clients SET client_tiktok_status = NULL WHERE client_id = 'ANGGREK'")
    open_now(runtime)
    taking_part = set(tables.values("SELECT client_id FROM client_run"))
    assert taking_part == EVERYBODY - {"CONTOH", "MELATI"}


def test_a_slot_without_clients_is_closed_and_reported(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    tables.run("UPDATE clients SET client_status = false")
    assert open_now(runtime).clients == 0
    assert tables.value("SELECT status FROM slot_run") == "closed"
    assert tables.value("SELECT kind FROM wa_notification_outbox") == "admin_report"


def test_a_slot_is_skipped_and_recorded_while_the_operators_switch_is_off(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    tables.run("INSERT INTO cron_job_config VALUES (:key, 'x', false)", key=dispatch.JOB_KEY)
    assert open_now(runtime).result == "skipped"
    row = tables.row("SELECT status, reason, closed_at FROM slot_run")
    assert (row["status"], row["closed_at"]) == ("skipped", runtime.now())
    assert "inactive" in row["reason"]
    assert (tables.count("client_run"), inbox.count(FETCH)) == (0, 0)


@pytest.mark.parametrize("active", [True, None])
def test_a_switch_that_is_on_or_was_never_set_lets_the_slot_run(
    active: bool | None, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    sql = "INSERT INTO cron_job_config VALUES (:key, 'x', CAST(:active AS boolean))"
    tables.run(sql, key=dispatch.JOB_KEY, active=active)
    assert open_now(runtime).result == "opened"


@pytest.mark.parametrize(
    ("strategy", "result", "reason"),
    [
        ("fail_open", "opened", None),
        ("fail_closed", "skipped", "cron_job_config could not be read"),
    ],
)
def test_a_switch_that_cannot_be_read_means_what_the_setting_says(
    strategy: str,
    result: str,
    reason: str | None,
    runtime_at: RuntimeAt,
    tables: Tables,
    hide: Callable[[str], None],
) -> None:
    runtime = runtime_at("17:00")
    changed = {"cron_status_lookup_strategy": strategy}
    runtime.settings = runtime.settings.model_copy(update=changed)
    hide("cron_job_config")
    assert open_now(runtime).result == result
    assert tables.value("SELECT reason FROM slot_run") == reason


@pytest.mark.parametrize("active", [False, None])
def test_a_slot_by_hand_runs_whatever_the_switch_says(
    active: bool | None, runtime_at: RuntimeAt, tables: Tables, hide: Callable[[str], None]
) -> None:
    runtime = runtime_at("17:00")
    runtime.settings = runtime.settings.model_copy(
        update={"cron_status_lookup_strategy": "fail_closed"}
    )
    if active is False:
        tables.run("INSERT INTO cron_job_config VALUES (:key, 'x', false)", key=dispatch.JOB_KEY)
    else:
        hide("cron_job_config")
    assert runs.run_slot(runtime, "2026-02-20T17:00").result == "opened"


def test_a_slot_that_was_skipped_is_not_caught_up_when_the_switch_is_on_again(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    tables.run("INSERT INTO cron_job_config VALUES (:key, 'x', false)", key=dispatch.JOB_KEY)
    open_now(runtime)
    tables.run("UPDATE cron_job_config SET is_active = true")
    assert open_now(runtime).result == "already_open"
    assert tables.value("SELECT status FROM slot_run") == "skipped"
    assert (tables.count("client_run"), inbox.count(FETCH)) == (0, 0)


def test_clients_longest_without_a_success_are_sent_first(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    finished = [
        ("DITLANTAS", "2026-02-20T16:35+07:00", "done"),
        ("CONTOH", "2026-02-20T16:33+07:00", "done"),
        ("DITBINMAS", "2026-02-20T08:03+07:00", "done"),
        ("TELADAN", "2026-02-19T21:31+07:00", "done"),
        ("ANGGREK", "2026-02-20T16:31+07:00", "failed"),
    ]
    for client_id, moment, outcome in finished:
        tables.run(
            "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, "
            "finished_at, outcome) VALUES (CAST(:at AS timestamptz) - interval '1 minute', "
            ":client_id, 'schedule', true, :at, :at, :outcome)",
            client_id=client_id,
            at=moment,
            outcome=outcome,
        )
    open_now(runtime)
    assert inbox.clients(FETCH) == [
        "ANGGREK",
        "MELATI",
        "TELADAN",
        "DITBINMAS",
        "CONTOH",
        "DITLANTAS",
    ]


def test_jobs_that_sqs_refused_are_sent_by_the_next_call(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    working = runtime.queues
    runtime.queues = Queues(runtime.settings.cicero_stage, Refusing(working.client, "TELADAN"))
    assert open_now(runtime).dispatched == 5
    undispatched = "SELECT client_id FROM client_run WHERE dispatched_at IS NULL"
    assert tables.values(undispatched) == ["TELADAN"]
    runtime.queues = working
    assert set(inbox.clients(FETCH)) == EVERYBODY - {"TELADAN"}
    again = open_now(runtime)
    assert (again.result, again.dispatched) == ("already_open", 1)
    assert inbox.clients(FETCH) == ["TELADAN"]
    assert tables.values(undispatched) == []


class Taking:
    """SQS that accepts everything without this text, and remembers the order of the clients."""

    def __init__(self, refused: str = "nobody") -> None:
        self._refused = refused
        self.clients: list[str] = []

    def get_queue_url(self, **arguments: Any) -> Any:
        return {"QueueUrl": arguments["QueueName"]}

    def send_message_batch(self, **arguments: Any) -> Any:
        entries = arguments["Entries"]
        good = [entry for entry in entries if self._refused not in entry["MessageBody"]]
        self.clients += [json.loads(entry["MessageBody"])["client_id"] for entry in good]
        failed = [{"Id": e["Id"], "SenderFault": True} for e in entries if e not in good]
        return {"Successful": [{"Id": e["Id"]} for e in good], "Failed": failed}


@pytest.fixture
def many(runtime_at: RuntimeAt, tables: Tables) -> Runtime:
    """A slot with some pages of clients not yet sent; the last ones are first in line."""
    runtime = runtime_at("17:00")
    open_now(runtime)
    tables.run("DELETE FROM client_run")
    for slot, outcome in (("2026-02-20T16:30+07:00", "'done'"), ("2026-02-20T17:00+07:00", "NULL")):
        tables.run(
            "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, outcome, "
            "finished_at) SELECT CAST(:slot AS timestamptz), 'C' || to_char(n, 'FM0000'), "
            "'schedule', n % 2 = 0, CAST(:slot AS timestamptz) + interval '30 minutes', "
            f"{outcome}, CASE WHEN {outcome} IS NULL THEN NULL ELSE "
            "CAST(:slot AS timestamptz) - n * interval '1 second' END "
            "FROM generate_series(1, CAST(:count AS int)) n",
            slot=slot,
            count=MANY,
        )
    return runtime


MANY = 2 * dispatch.PAGE + 100


def test_many_jobs_are_all_sent_once_the_longest_unserved_page_first(
    many: Runtime, tables: Tables
) -> None:
    sqs = Taking()
    many.queues = Queues(many.settings.cicero_stage, sqs)
    assert dispatch.send_jobs(many, at("17:00")) == MANY
    assert len(set(sqs.clients)) == len(sqs.clients) == MANY
    first_page = {f"C{number:04d}" for number in range(MANY - dispatch.PAGE + 1, MANY + 1)}
    assert set(sqs.clients[: dispatch.PAGE]) == first_page
    assert tables.value("SELECT count(*) FROM client_run WHERE dispatched_at IS NULL") == MANY
    assert dispatch.send_jobs(many, at("17:00")) == 0


def test_what_there_is_no_time_for_is_left_to_the_next_call(many: Runtime) -> None:
    sqs = Taking()
    many.queues = Queues(many.settings.cicero_stage, sqs)
    sent = [dispatch.send_jobs(many, at("17:00"), seconds=0) for _ in range(4)]
    assert sent == [dispatch.PAGE, dispatch.PAGE, 100, 0]
    assert len(set(sqs.clients)) == MANY


def test_a_job_that_sqs_refuses_holds_no_other_back(many: Runtime) -> None:
    sqs = Taking(refused=f"C{MANY:04d}")
    many.queues = Queues(many.settings.cicero_stage, sqs)
    assert dispatch.send_jobs(many, at("17:00")) == MANY - 1
    assert len(set(sqs.clients)) == len(sqs.clients) == MANY - 1


def test_a_slot_that_opened_while_sqs_was_away_is_sent_by_the_next_call(
    runtime_at: RuntimeAt, service_environment: dict[str, str], inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    working = runtime.queues
    with environment(service_environment):
        once = Config(retries={"total_max_attempts": 1})
        away = boto3.client("sqs", endpoint_url="http://127.0.0.1:9", config=once)
    runtime.queues = Queues(runtime.settings.cicero_stage, away)
    with pytest.raises(QueueUnavailable):
        open_now(runtime)
    away.close()
    runtime.queues = working
    again = open_now(runtime)
    assert (again.result, again.dispatched) == ("already_open", 6)
    assert set(inbox.clients(FETCH)) == EVERYBODY


def test_a_run_by_hand_finds_the_client_however_its_id_is_written(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    job = runs.run_client(runtime, "  contoh ", None)
    assert (job.client_id, job.trigger, job.fetch_posts) == ("CONTOH", "manual", True)
    assert job.slot == runtime.now()
    [sent] = inbox.take(FETCH)
    assert (sent["client_id"], sent["trigger"]) == ("CONTOH", "manual")
    row = tables.row("SELECT client_id, slot, dispatched_at FROM client_run")
    assert (row["client_id"], row["slot"]) == ("CONTOH", runtime.now())
    assert row["dispatched_at"] == runtime.now()


def test_a_run_by_hand_fetches_whatever_the_gate_says_and_lives_half_an_hour(
    runtime_at: RuntimeAt, inbox: Inbox
) -> None:
    runtime = runtime_at(datetime(2026, 2, 20, 22, 10, tzinfo=WIB))
    job = runs.run_client(runtime, "CONTOH", "2026-02-20T21:30+07:00")
    assert job.expires_at == runtime.now() + timedelta(minutes=30)
    assert inbox.clients(FETCH) == ["CONTOH"]


def test_a_run_by_hand_starts_a_finished_run_over(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    open_now(runtime)
    tables.run(
        "UPDATE client_run SET finished_at = now(), fetched_at = now(), outcome = 'failed', "
        "error_kind = 'quota', fetch_result = '{}', engagement_result = '{}'"
    )
    runs.run_client(runtime, "CONTOH", None)
    row = tables.row("SELECT * FROM client_run WHERE client_id = 'CONTOH'")
    assert row["trigger"] == "manual"
    for column in ("finished_at", "fetched_at", "outcome", "error_kind", "fetch_result"):
        assert row[column] is None


ByHand = Callable[[Runtime], object]


@pytest.mark.parametrize(
    ("field", "reason", "refused"),
    [
        ("client_id", "no client", lambda r: runs.run_client(r, "NOBODY", None)),
        ("client_id", "inactive", lambda r: runs.run_client(r, "TELADAN", None)),
        ("client_id", "no platform", lambda r: runs.run_client(r, "MELATI", None)),
        ("slot", "not a slot", lambda r: runs.run_client(r, "CONTOH", "2026-02-20T16:45")),
        ("slot", "not a time", lambda r: runs.run_client(r, "CONTOH", "tea time")),
        ("slot", "still to come", lambda r: runs.run_client(r, "CONTOH", "2026-02-20T17:30")),
        ("slot", "not a slot", lambda r: runs.run_slot(r, "2026-02-20T05:30+07:00")),
        ("slot", "not a slot", lambda r: runs.run_slot(r, "2026-02-20T17:00+00:00")),
        ("slot", "still to come", lambda r: runs.run_slot(r, "2026-02-21T06:00+07:00")),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_is_written(
    field: str, reason: str, refused: ByHand, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    tables.run("UPDATE clients SET client_status = false WHERE client_id = 'TELADAN'")
    tables.run("UPDATE clients SET client_tiktok = ' ' WHERE client_id = 'MELATI'")
    before = tables.dump()
    with pytest.raises(BadInput, match=f"^{field}: .*{reason}"):
        refused(runtime)
    assert tables.dump() == before
    assert (inbox.count(FETCH), inbox.count(ENGAGEMENT)) == (0, 0)


def test_before_the_day_s_first_slot_a_run_by_hand_needs_a_slot(runtime_at: RuntimeAt) -> None:
    early = runtime_at(datetime(2026, 2, 20, 5, 59, tzinfo=WIB))
    with pytest.raises(BadInput, match=r"^slot: today has had no slot yet"):
        runs.run_client(early, "CONTOH", None)


def test_a_slot_run_by_hand_opens_as_the_schedule_would(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    opened = runs.run_slot(runtime_at("17:00"), "2026-02-20T16:30+07:00")
    assert (opened.slot, opened.result) == (str(at("16:30")), "opened")
    assert tables.value("SELECT trigger FROM slot_run") == "manual"
    assert set(inbox.clients(FETCH)) == EVERYBODY


# --- a schedule that fires late -------------------------------------------------------------


@pytest.mark.parametrize("minutes", [25, 40, 300])
def test_a_schedule_that_fires_too_late_opens_nothing_and_the_slot_is_told_as_missed(
    minutes: int, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    late = runtime_at(at("16:00").at + timedelta(minutes=minutes))
    opened = dispatch.open_slot(late, at("16:00"), "schedule")
    assert opened == dispatch.Opened("2026-02-20T16:00+07:00", "missed", 0, 0)
    assert dispatch.open_slot(late, at("16:00"), "schedule").result == "already_open"
    row = tables.row("SELECT status, reason FROM slot_run")
    assert tuple(row.values()) == ("missed", "the schedule fired too late")
    [alert] = tables.values("SELECT message FROM wa_notification_outbox")
    assert "16:00 WIB" in alert
    assert (tables.count("client_run"), inbox.count(FETCH), inbox.count(ENGAGEMENT)) == (0, 0, 0)


def test_a_schedule_that_fires_a_little_late_opens_its_slot(
    runtime_at: RuntimeAt, inbox: Inbox
) -> None:
    late = runtime_at(at("16:00").at + timedelta(minutes=24, seconds=59))
    assert dispatch.open_slot(late, at("16:00"), "schedule").result == "opened"
    assert inbox.count(FETCH) == 6


def test_a_late_repetition_of_a_schedule_sends_no_job_of_a_slot_that_was_opened_in_time(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    open_now(runtime_at("16:00"))
    tables.run("UPDATE client_run SET dispatched_at = NULL")
    inbox.take(FETCH)
    late = runtime_at(at("16:00").at + timedelta(minutes=40))
    again = dispatch.open_slot(late, at("16:00"), "schedule")
    assert (again.result, again.dispatched, inbox.count(FETCH)) == ("already_open", 0, 0)
    assert tables.count("wa_notification_outbox") == 0


def test_a_person_opens_a_slot_that_was_missed(runtime_at: RuntimeAt, inbox: Inbox) -> None:
    late = runtime_at(at("16:00").at + timedelta(hours=5))
    dispatch.open_slot(late, at("16:00"), "schedule")
    assert runs.run_slot(late, f"{DAY}T16:00").result == "opened"
    assert inbox.count(FETCH) == 6
