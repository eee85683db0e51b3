"""The entry points of app.py, given the events in tests/events as Lambda would give them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import app
from chalicelib import runtime as runtimes
from chalicelib.errors import BadInput, CiceroError
from chalicelib.queues import ENGAGEMENT, FETCH
from chalicelib.runtime import Runtime
from local.invocation import Context
from local.sandbox import Scenario
from tests.conftest import DAY, ROOT, RuntimeAt
from tests.integration import answers
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, message, write
from tests.integration.runs import start_run
from tests.integration.tables import Tables

EVENTS = ROOT / "tests" / "events"


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def invoke(handler: str, sample: Any) -> Any:
    """What Lambda does: calls the handler with an event and a context."""
    return getattr(app, handler)(sample, Context(handler))


@pytest.fixture
def runtime(runtime_at: RuntimeAt) -> Iterator[Runtime]:
    """This process's runtime, at 17:00."""
    made = runtime_at("17:00")
    runtimes.use(made)
    yield made
    runtimes.use(None)


# --- schedules ------------------------------------------------------------------------------


def test_a_schedule_event_opens_the_slot_of_its_own_time(
    runtime: Runtime, tables: Tables, inbox: Inbox
) -> None:
    answer = invoke("open_slot_half_hour", event("schedule_half_hour"))
    assert (answer["slot"], answer["result"]) == (f"{DAY}T17:00+07:00", "opened")
    assert tables.value("SELECT slot FROM slot_run") == runtime.now()
    assert len(inbox.take(FETCH)) == 6


def test_the_slot_does_not_come_from_the_clock(runtime: Runtime, tables: Tables) -> None:
    answer = invoke("open_slot_final", event("schedule_final"))
    assert answer["slot"] == f"{DAY}T20:58+07:00"
    assert tables.count("slot_run") == 1


def test_a_late_event_still_means_its_slot(runtime: Runtime) -> None:
    late = event("schedule_half_hour") | {"time": "2026-02-20T10:24:59Z"}
    assert invoke("open_slot_half_hour", late)["slot"] == f"{DAY}T17:00+07:00"


def test_the_minute_s_event_sweeps(runtime: Runtime) -> None:
    assert invoke("sweep", event("schedule_sweep")).keys() >= {"caught_up", "closed", "expired"}


# --- jobs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["fetch_job", "manual_job", "job_of_a_newer_release"])
def test_a_fetch_job_stores_posts_and_sends_its_engagement_job(
    sample: str, runtime: Runtime, tables: Tables, inbox: Inbox
) -> None:
    start_run(runtime, "CONTOH")
    assert invoke("fetch_posts", event(sample)) is None
    assert tables.count("insta_post_clients") == 5
    assert inbox.clients(ENGAGEMENT) == ["CONTOH"]


@pytest.mark.parametrize(
    ("sample", "likes"), [("engagement_job", 5), ("engagement_continuation", 1)]
)
def test_an_engagement_job_stores_who_engaged_and_ends_the_run(
    sample: str, likes: int, runtime: Runtime, tables: Tables
) -> None:
    start_run(runtime, "CONTOH")
    invoke("fetch_posts", event("fetch_job"))
    job = json.loads(event(sample)["Records"][0]["body"])
    if job["continuation"]:
        job["continuation"][0]["content_id"] = tables.values(
            "SELECT shortcode FROM insta_post_clients LIMIT 1"
        )[0]
    changed = event(sample)
    changed["Records"][0]["body"] = json.dumps(job)
    invoke("refresh_engagement", changed)
    assert tables.count("insta_like") == likes
    assert tables.value("SELECT outcome FROM client_run") == "done"


@pytest.mark.parametrize("handler", ["dead_job", "dead_engagement_job"])
def test_a_dead_job_ends_its_run(handler: str, runtime: Runtime, tables: Tables) -> None:
    start_run(runtime, "CONTOH")
    invoke(handler, event("dead_job"))
    assert tables.value("SELECT outcome FROM client_run") == "dead_letter"


def test_a_dead_body_that_is_no_job_is_done_with(runtime: Runtime, tables: Tables) -> None:
    before = tables.dump()
    invoke("dead_job", event("junk_body"))
    assert tables.dump() == before


@pytest.mark.parametrize("handler", ["fetch_posts", "refresh_engagement"])
def test_a_job_that_fails_in_passing_comes_back_soon(
    handler: str, runtime: Runtime, inbox: Inbox, hide: Callable[[str], None]
) -> None:
    queue = FETCH if handler == "fetch_posts" else ENGAGEMENT
    runtime.settings = runtime.settings.model_copy(update={"job_retry_seconds": 0})
    inbox.put(queue, start_run(runtime, "CONTOH").model_dump_json())
    received = inbox.sqs.receive_message(QueueUrl=inbox.url(queue), VisibilityTimeout=600)
    sample = event("fetch_job")
    sample["Records"][0] |= {
        "body": received["Messages"][0]["Body"],
        "receiptHandle": received["Messages"][0]["ReceiptHandle"],
    }
    hide("client_run")
    with pytest.raises(CiceroError):
        invoke(handler, sample)
    assert inbox.clients(queue) == ["CONTOH"], "it can be received again at once"


# --- people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["run_client", "run_client_without_slot"])
def test_a_client_is_run_by_hand(sample: str, runtime: Runtime, inbox: Inbox) -> None:
    answer = invoke("run_client", event(sample))
    assert answer == {"client": "CONTOH", "slot": f"{DAY}T17:00+07:00"}
    assert inbox.clients(FETCH) == ["CONTOH"]


def test_a_slot_is_run_by_hand(runtime: Runtime, inbox: Inbox) -> None:
    answer = invoke("run_slot", event("run_slot"))
    assert (answer["slot"], answer["clients"]) == (f"{DAY}T17:00+07:00", 6)
    assert len(inbox.take(FETCH)) == 6


def test_a_post_is_added_by_hand(runtime: Runtime, tables: Tables, scenario: Scenario) -> None:
    [code, *_] = answers.codes_of(scenario, "instagram", "polres.contoh", runtime.now())
    given = event("add_post")
    added = invoke("add_post", given | {"link": given["link"].format(code=code)})
    assert added == {
        "platform": "instagram",
        "content_id": code,
        "client_id": "CONTOH",
        "source_type": "manual_input",
        "new": True,
    }
    assert tables.value("SELECT shortcode FROM insta_post_clients") == code


def test_a_client_is_compared_by_hand(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    assert "CONTOH" in invoke("shadow", {})["clients"]
    with caplog.at_level("INFO"):
        found = invoke("shadow", event("shadow"))
    assert json.loads(json.dumps(found))["client_id"] == "CONTOH"
    assert {one["only"] for one in found["differences"]} == {"here"}, "nothing is stored yet"
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("chalicelib")]
    assert found["differences"][0]["content_id"] not in "\n".join(ours)


def test_a_post_is_restored_by_hand(runtime: Runtime, tables: Tables) -> None:
    given = event("restore_post")
    tables.run(
        """INSERT INTO content_archive (platform, content_id, client_id, slot, rows)
        VALUES ('instagram', :code, 'CONTOH', now(), :rows)""",
        code=given["content_id"],
        rows=json.dumps({"insta_post": [{"shortcode": given["content_id"]}]}),
    )
    restored = invoke("restore_post", given)
    assert restored == given | {"platform": "instagram", "client_ids": ["CONTOH"]}
    assert given["content_id"] in tables.values("SELECT shortcode FROM insta_post")


@pytest.fixture
def dead_letter(runtime: Runtime, tables: Tables) -> int:
    """A message that was given up on; its id."""
    [row] = write(runtime, message(runtime, "k1"))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    return int(row["outbox_id"])


def test_messages_are_listed_and_shown_by_hand(runtime: Runtime, dead_letter: int) -> None:
    [listed] = invoke("outbox", event("outbox_list"))["messages"]
    assert listed["outbox_id"] == dead_letter
    shown = invoke("outbox", event("outbox_show") | {"outbox_id": dead_letter})
    assert shown["text"] == "text of k1"
    assert json.dumps([listed, shown])


@pytest.mark.parametrize(
    ("sample", "status"), [("outbox_redrive", "pending"), ("outbox_cancel", "cancelled")]
)
def test_a_message_is_sent_again_or_cancelled_by_hand(
    sample: str, status: str, runtime: Runtime, tables: Tables, dead_letter: int
) -> None:
    answer = invoke("outbox", event(sample) | {"outbox_id": dead_letter})
    assert (answer["action"], answer["status"]) == (event(sample)["action"], status)
    assert tables.value("SELECT status FROM wa_notification_outbox") == status


@pytest.mark.parametrize("sample", ["outbox_list", "outbox_show", "outbox_redrive"])
def test_no_text_and_no_chat_of_a_message_is_logged(
    sample: str, runtime: Runtime, dead_letter: int, caplog: pytest.LogCaptureFixture
) -> None:
    given = event(sample)
    if "outbox_id" in given:
        given["outbox_id"] = dead_letter
    with caplog.at_level(logging.INFO):
        invoke("outbox", given)
    assert not [text for text in caplog.messages if "text of" in text or CHAT in text]


def test_migrating_an_up_to_date_database_changes_nothing(runtime: Runtime, tables: Tables) -> None:
    before = tables.dump()
    answer = invoke("migrate", {})
    assert answer["from"] == answer["to"]
    assert tables.dump() == before


# --- what cannot be used --------------------------------------------------------------------

BAD = [
    ("open_slot_half_hour", "schedule_between_slots", "time"),
    ("open_slot_half_hour", "schedule_odd_time", "time"),
    *(
        (handler, sample, field)
        for handler in ("fetch_posts", "refresh_engagement")
        for sample, field in (
            ("junk_body", "body"),
            ("empty_body", "body"),
            ("unknown_version", "version"),
            ("missing_field", "client_id"),
            ("slot_without_zone", "slot"),
            ("expiry_without_zone", "expires_at"),
            ("slot_that_is_none", "slot"),
            ("unknown_run", "client_id"),
            ("two_records", "Records"),
            ("no_records", "Records"),
        )
    ),
    ("run_client", "run_client_unknown_field", "client_id"),
    ("run_client", "run_client_not_a_slot", "slot"),
    ("run_slot", "run_slot_in_the_future", "slot"),
    ("run_slot", "run_slot_without_slot", "slot"),
    ("add_post", "add_post_without_link", "link"),
    ("add_post", "add_post_of_no_post", "link"),
    ("add_post", "run_client_unknown_field", "client_id"),
    ("restore_post", "restore_post", "content_id"),
    ("shadow", "run_client_unknown_field", "client"),
    ("restore_post", "restore_post_without_id", "content_id"),
    ("outbox", "outbox_unknown_action", "action"),
    ("outbox", "outbox_without_id", "outbox_id"),
    ("outbox", "outbox_wrong_option", "late"),
    ("outbox", "outbox_unknown_status", "status"),
    ("outbox", "outbox_show", "outbox_id"),
    ("outbox", "outbox_redrive", "outbox_id"),
    ("outbox", "outbox_cancel", "outbox_id"),
]


@pytest.mark.parametrize(("handler", "sample", "field"), BAD)
def test_bad_input_is_one_error_that_names_the_field_and_nothing_is_written(
    handler: str, sample: str, field: str, runtime: Runtime, tables: Tables, inbox: Inbox
) -> None:
    start_run(runtime, "CONTOH")
    before = tables.dump()
    with pytest.raises(BadInput) as caught:
        invoke(handler, event(sample))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert tables.dump() == before
    assert (inbox.count(FETCH), inbox.count(ENGAGEMENT)) == (0, 0)


@pytest.mark.parametrize("payload", [None, "CONTOH", ["CONTOH"], 7, {"client_id": 7}])
def test_a_payload_of_the_wrong_kind_is_bad_input(
    payload: object, runtime: Runtime, tables: Tables
) -> None:
    before = tables.dump()
    with pytest.raises(BadInput, match="RunClientRequest takes: client_id, slot"):
        invoke("run_client", payload)
    assert tables.dump() == before


def test_people_look_fill_days_in_and_import_clients(runtime: Runtime, tables: Tables) -> None:
    assert invoke("look", event("look"))["today"]["day"] == str(DAY)
    filled = invoke("backfill", event("backfill"))
    assert [(day["client_id"], day["errors"]) for day in filled["days"]] == [("CONTOH", {})]
    imported = invoke("import_clients", event("import_clients"))
    assert (imported["written"], imported["same"], imported["wrong"]) == (False, 1, [])
    foreseen = invoke("run_client", event("run_client") | {"dry_run": True})
    assert foreseen["messages"]
    assert tables.count("client_run") == tables.count("wa_notification_outbox") == 0
    json.dumps([filled, imported, foreseen])  # Lambda does


@pytest.mark.parametrize(
    ("handler", "payload", "problem"),
    [
        ("look", {"show": "all"}, "show: "),
        ("look", {"show": "client"}, "client_id: is missing"),
        ("look", {"show": "export"}, "table: is missing"),
        ("backfill", {"first_day": "x", "last_day": "2026-02-19"}, "first_day: "),
        ("import_clients", {"rows": "x"}, "rows: "),
    ],
)
def test_what_people_get_wrong_there_is_one_clear_error(
    runtime: Runtime, handler: str, payload: Any, problem: str
) -> None:
    with pytest.raises(BadInput, match=problem):
        invoke(handler, payload)


def test_every_sample_event_is_used() -> None:
    source = (ROOT / "tests/integration/test_handlers.py").read_text(encoding="utf-8")
    assert [f.stem for f in EVENTS.glob("*.json") if f'"{f.stem}"' not in source] == []
