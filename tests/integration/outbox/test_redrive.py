"""Messages in people's hands: shown, sent again, cancelled; and never told twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.db import Database, Row
from chalicelib.errors import BadInput
from chalicelib.outbox.publish import publish_messages
from chalicelib.outbox.redrive import (
    LATE_LIFE,
    NotPossible,
    Redriven,
    cancel,
    list_messages,
    redrive,
    show_message,
)
from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from tests.conftest import RuntimeAt
from tests.integration.db import old_database
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, add_change, message, write
from tests.integration.runs import tell
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

AFTERNOON = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)


def add(runtime: Runtime, tables: Tables, status: str, **fields: Any) -> int:
    """A message that ended so; its id."""
    [row] = write(runtime, message(runtime, fields.pop("key", "k1"), **fields))
    outbox_id = int(row["outbox_id"])
    tables.run(
        "UPDATE wa_notification_outbox SET status = :s, attempt_count = 5, error_message = 'x', "
        "published_at = :now WHERE outbox_id = :i",
        s=status,
        i=outbox_id,
        now=runtime.now(),
    )
    return outbox_id


def status_of(tables: Tables, outbox_id: int) -> str:
    return str(
        tables.value("SELECT status FROM wa_notification_outbox WHERE outbox_id = :i", i=outbox_id)
    )


def told(tables: Tables) -> list[tuple[int, int]]:
    """(change, message) of what is told now."""
    rows = tables.run("SELECT change_id, outbox_id FROM change_told ORDER BY change_id")
    return [(row["change_id"], row["outbox_id"]) for row in rows]


# --- looking --------------------------------------------------------------------------------


def test_the_newest_messages_are_listed_without_their_texts(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    ids = [add(runtime, tables, s, key=s) for s in ("sent", "uncertain", "dead_letter")]
    rows = list_messages(runtime, None, most=2)
    assert [row["outbox_id"] for row in rows] == [ids[2], ids[1]]
    assert not {"text", "message", "chat", "group_id"} & set(rows[0])
    [only] = list_messages(runtime, "uncertain", most=20)
    assert (only["outbox_id"], only["expires_at"]) == (ids[1], "2026-02-20T18:00:00+07:00")


def test_a_message_is_shown_with_its_text(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    change = add_change(tables, "POST1", AFTERNOON)
    shown = show_message(runtime, add(runtime, tables, "dead_letter", changes=(change,)))
    assert (shown["text"], shown["chat"], shown["error_message"]) == ("text of k1", CHAT, "x")
    assert (shown["change_ids"], shown["slot"]) == ([change], "2026-02-20T17:00:00+07:00")


# --- sending again --------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["dead_letter", "uncertain"])
def test_a_message_that_was_given_up_is_sent_again_from_its_start(
    status: str, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    change = add_change(tables, "POST1", AFTERNOON)
    outbox_id = add(runtime, tables, status, changes=(change,))
    assert redrive(runtime, outbox_id) == Redriven(outbox_id, "pending", published=True)
    row = tables.row("SELECT * FROM wa_notification_outbox")
    assert (row["status"], row["attempt_count"], row["error_message"]) == ("pending", 0, None)
    assert row["expires_at"] == AFTERNOON + timedelta(hours=1)
    assert told(tables) == [(change, outbox_id)]
    assert [body["outbox_id"] for body in inbox.take(OUTBOUND)] == [outbox_id]


def test_the_queue_takes_it_again_at_once(runtime_at: RuntimeAt, inbox: Inbox) -> None:
    runtime = runtime_at("17:00")
    rows = write(runtime, message(runtime, "k1"))
    publish_messages(runtime, rows)
    with runtime.db.transaction() as tx:
        tx.run("outbox.claim", outbox_id=rows[0]["outbox_id"], now=runtime.now())
        finished = {"wa_message_id": None, "error": "403", "next_attempt_at": None, "refund": 0}
        tx.run(
            "outbox.finish",
            outbox_id=rows[0]["outbox_id"],
            started=runtime.now(),
            status="dead_letter",
            now=runtime.now(),
            **finished,
        )
    redrive(runtime, rows[0]["outbox_id"])
    assert len(inbox.take(OUTBOUND)) == 2


def test_a_message_whose_time_is_over_is_sent_again_only_on_purpose(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    outbox_id = add(runtime_at("17:00"), tables, "dead_letter")
    later = runtime_at("18:30")
    with pytest.raises(BadInput, match="its time was over at 18:00 WIB, 20-02-2026"):
        redrive(later, outbox_id)
    assert status_of(tables, outbox_id) == "dead_letter"
    redrive(later, outbox_id, late=True)
    row = tables.row("SELECT status, expires_at FROM wa_notification_outbox")
    assert tuple(row.values()) == ("pending", later.now() + LATE_LIFE)


def test_an_expired_list_takes_back_what_it_tells(runtime_at: RuntimeAt, tables: Tables) -> None:
    change = add_change(tables, "POST1", AFTERNOON)
    tell(runtime_at("17:00"))
    later = runtime_at("18:30")
    with later.db.transaction() as tx:
        [expired] = tx.run("outbox.expire", now=later.now())
    assert told(tables) == []
    redrive(later, expired["outbox_id"], late=True)
    assert told(tables) == [(change, expired["outbox_id"])]
    tell(later)
    assert tables.count("wa_notification_outbox") == 1, "the change is not told a second time"


def test_what_another_message_told_since_is_not_told_twice(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", AFTERNOON)
    tell(runtime_at("17:00"))
    later = runtime_at("18:30")
    with later.db.transaction() as tx:
        [expired] = tx.run("outbox.expire", now=later.now())
    tell(later)
    before = tables.dump()
    with pytest.raises(BadInput, match="1 of its changes were told by another message since"):
        redrive(later, expired["outbox_id"], late=True)
    assert tables.dump() == before


def test_what_a_run_tells_at_the_same_moment_is_not_told_twice(
    runtime_at: RuntimeAt, tables: Tables, database_url: str
) -> None:
    runtime = runtime_at("17:00")
    change = add_change(tables, "POST1", AFTERNOON)
    [given_up, of_run] = (add(runtime, tables, "dead_letter", key=key) for key in ("k1", "k2"))
    tables.run("UPDATE wa_notification_outbox SET change_ids = ARRAY[CAST(:c AS bigint)]", c=change)
    before = tables.dump_of("wa_notification_outbox")
    with ThreadPoolExecutor(1) as thread, closing(Database(database_url)) as running:
        with running.transaction():
            running.execute(
                "INSERT INTO change_told (change_id, chat, outbox_id) VALUES (:c, :chat, :o)",
                c=change,
                chat=CHAT,
                o=of_run,
            )
            asked = thread.submit(redrive, runtime, given_up)
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            wait_until(lambda: bool(tables.value(waiting)))
        with pytest.raises(BadInput, match="1 of its changes were told by another message"):
            asked.result()
    assert tables.dump_of("wa_notification_outbox") == before
    assert told(tables) == [(change, of_run)]


@pytest.mark.parametrize("status", ["dead_letter", "uncertain"])
def test_an_old_list_is_not_sent_after_a_newer_one(
    status: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell(runtime_at("16:00"))
    tables.run("UPDATE wa_notification_outbox SET status = :s", s=status)
    tell(runtime_at("17:00"))
    old = tables.value("SELECT min(outbox_id) FROM wa_notification_outbox")
    with pytest.raises(BadInput, match="the chat has a newer one"):
        redrive(runtime_at("17:00"), old, late=True)


def test_the_parts_of_a_list_are_not_newer_than_each_other(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    first = add(runtime, tables, "dead_letter", key="a", kind="task_list")
    add(runtime, tables, "sent", key="a:part2", kind="task_list")
    assert redrive(runtime, first).status == "pending"


@pytest.mark.parametrize(
    "status", ["pending", "processing", "retrying", "sent", "superseded", "cancelled"]
)
def test_only_what_has_ended_without_being_sent_is_sent_again(
    status: str, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    outbox_id = add(runtime, tables, status)
    with pytest.raises(BadInput, match=f"^outbox_id: is {status}"):
        redrive(runtime, outbox_id)
    assert status_of(tables, outbox_id) == status
    assert inbox.count(OUTBOUND) == 0


# --- cancelling -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "retrying", "dead_letter"])
def test_a_cancelled_message_leaves_its_changes_to_the_next_one(
    status: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("18:30")
    change = add_change(tables, "POST1", runtime.now())
    outbox_id = add(runtime, tables, status, changes=(change,))
    done = cancel(runtime, outbox_id)
    assert done == Redriven(outbox_id, "cancelled", changes_given_back=1)
    tell(runtime_at("19:00"))
    [(again, by)] = told(tables)
    assert again == change
    assert by != outbox_id


def test_a_cancelled_uncertain_message_counts_as_told(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("18:30")
    change = add_change(tables, "POST1", runtime.now())
    outbox_id = add(runtime, tables, "uncertain", changes=(change,))
    assert cancel(runtime, outbox_id).changes_given_back == 0
    assert told(tables) == [(change, outbox_id)]


def test_a_person_may_vouch_that_an_uncertain_message_never_arrived(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("18:30")
    change = add_change(tables, "POST1", runtime.now())
    outbox_id = add(runtime, tables, "uncertain", changes=(change,))
    assert cancel(runtime, outbox_id, not_sent=True).changes_given_back == 1
    assert told(tables) == []


def test_a_cancelled_message_is_not_sent(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    outbox_id = add(runtime, tables, "pending")
    cancel(runtime, outbox_id)
    with runtime.db.transaction() as tx:
        assert tx.first("outbox.claim", outbox_id=outbox_id, now=runtime.now()) is None


@pytest.mark.parametrize("status", ["processing", "sent", "expired", "superseded", "cancelled"])
def test_what_is_over_or_on_its_way_is_not_cancelled(
    status: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    outbox_id = add(runtime, tables, status)
    with pytest.raises(BadInput, match=f"^outbox_id: is {status}"):
        cancel(runtime, outbox_id)
    assert status_of(tables, outbox_id) == status


def test_only_an_uncertain_message_can_be_vouched_for(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    outbox_id = add(runtime, tables, "dead_letter")
    with pytest.raises(BadInput, match=r"^not_sent: is for uncertain messages"):
        cancel(runtime, outbox_id, not_sent=True)
    assert status_of(tables, outbox_id) == "dead_letter"


def test_a_case_that_was_sent_again_is_no_case_any_more(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    change = add_change(tables, "POST1", AFTERNOON)
    outbox_id = add(runtime, tables, "dead_letter", changes=(change,))
    redrive(runtime, outbox_id)
    with pytest.raises(NotPossible, match=r"is pending\. Wait"):
        cancel(runtime, outbox_id, cases_only=True)
    assert (status_of(tables, outbox_id), told(tables)) == ("pending", [(change, outbox_id)])


@pytest.mark.parametrize("act", [show_message, redrive, cancel])
def test_a_message_that_does_not_exist_is_bad_input(
    act: Callable[[Runtime, int], object], runtime_at: RuntimeAt
) -> None:
    with pytest.raises(BadInput, match=r"^outbox_id: there is no message 4711"):
        act(runtime_at("17:00"), 4711)


# --- the service before this one ------------------------------------------------------------


@pytest.fixture
def old_rows(database_url: str, tables: Tables) -> dict[str, Row]:
    """Messages that the old service left, by their state."""
    old_database.execute(database_url, old_database.OUTBOX)
    rows = tables.run("SELECT * FROM wa_notification_outbox")
    return {row["status"]: row for row in rows}


def test_the_old_service_s_messages_are_listed_apart_and_shown(
    runtime_at: RuntimeAt, old_rows: dict[str, Row]
) -> None:
    runtime = runtime_at("17:00")
    assert list_messages(runtime, None, most=20) == []
    listed = list_messages(runtime, None, most=20, old=True)
    assert {row["status"] for row in listed} == set(old_rows)
    for row in old_rows.values():
        shown = show_message(runtime, row["outbox_id"])
        assert (shown["text"], shown["session"]) == (row["message"], None)


def test_the_old_service_s_messages_are_never_sent_again(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, old_rows: dict[str, Row]
) -> None:
    runtime = runtime_at("17:00")
    before = tables.dump()
    for row in old_rows.values():
        with pytest.raises(BadInput, match="of the service before this one"):
            redrive(runtime, row["outbox_id"], late=True)
    assert tables.dump() == before
    assert inbox.count(OUTBOUND) == 0


def test_the_old_service_s_open_messages_can_be_cancelled_those_it_was_sending_too(
    runtime_at: RuntimeAt, tables: Tables, old_rows: dict[str, Row]
) -> None:
    runtime = runtime_at("17:00")
    for status in ("pending", "processing", "retrying", "dead_letter"):
        cancel(runtime, old_rows[status]["outbox_id"])
        assert status_of(tables, old_rows[status]["outbox_id"]) == "cancelled"
    with pytest.raises(BadInput, match="is sent"):
        cancel(runtime, old_rows["sent"]["outbox_id"])
