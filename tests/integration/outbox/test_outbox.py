"""The outbox over real tables and the FIFO queue: each message written, and published, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import sweep
from chalicelib.db import Row
from chalicelib.outbox.publish import publish_messages, publish_unpublished
from chalicelib.queues import OUTBOUND, Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from tests.conftest import RuntimeAt
from tests.integration.db import old_database
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, add_change, message, write
from tests.integration.tables import Tables

AFTERNOON = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)


class Refusing:
    """SQS that takes no message to this chat; else the real one."""

    def __init__(self, sqs: Any, chat: str) -> None:
        self._sqs = sqs
        self._chat = chat

    def get_queue_url(self, **arguments: Any) -> Any:
        return self._sqs.get_queue_url(**arguments)

    def send_message_batch(self, **arguments: Any) -> Any:
        entries = arguments.pop("Entries")
        good = [entry for entry in entries if entry["MessageGroupId"] != self._chat]
        return self._sqs.send_message_batch(Entries=good, **arguments) if good else {}


def expire(runtime: Runtime) -> int:
    with runtime.db.transaction() as tx:
        return len(tx.run("outbox.expire", now=runtime.now()))


def claim(runtime: Runtime, outbox_id: int) -> Row | None:
    with runtime.db.transaction() as tx:
        return tx.first("outbox.claim", outbox_id=outbox_id, now=runtime.now())


def statuses(tables: Tables) -> list[str]:
    return tables.values("SELECT status FROM wa_notification_outbox ORDER BY outbox_id")


# --- writing --------------------------------------------------------------------------------


def test_a_message_is_written_with_what_it_tells(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    changes = tuple(add_change(tables, f"POST{n}", AFTERNOON) for n in range(2))
    [row] = write(runtime, message(runtime, "k1", changes=changes, text="a\x00b"))
    to = {"session": "gateway", "chat": CHAT, "key": "k1"}
    assert row == {"outbox_id": row["outbox_id"], **to, "tells_all": True}
    stored = tables.row("SELECT * FROM wa_notification_outbox")
    assert (stored["status"], stored["attempt_count"], stored["max_attempts"]) == ("pending", 0, 5)
    assert (stored["message"], stored["next_attempt_at"]) == ("ab", AFTERNOON)
    told = tables.run("SELECT change_id, chat, outbox_id FROM change_told ORDER BY change_id")
    assert [tuple(t.values()) for t in told] == [(c, CHAT, row["outbox_id"]) for c in changes]


def test_a_message_says_whether_its_chat_was_told_some_of_it_before(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    old, new = (add_change(tables, f"POST{n}", AFTERNOON) for n in range(2))
    write(runtime, message(runtime, "k1", changes=(old,)))
    rows = write(
        runtime, message(runtime, "k2", changes=(old, new)), message(runtime, "k3", changes=())
    )
    assert [row["tells_all"] for row in rows] == [False, True]


def test_a_message_is_written_once_per_key_whatever_it_says(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    change = add_change(tables, "POST1", AFTERNOON)
    write(runtime, message(runtime, "k1", text="first"))
    again = message(runtime, "k1", text="second", changes=(change,))
    assert write(runtime, again) == []
    assert tables.values("SELECT message FROM wa_notification_outbox") == ["first"]
    assert tables.count("change_told") == 0, "nothing was told by what was not written"


def test_of_several_messages_only_the_new_ones_are_answered(runtime_at: RuntimeAt) -> None:
    runtime = runtime_at("17:00")
    write(runtime, message(runtime, "k1"))
    rows = write(runtime, *(message(runtime, key) for key in ("k1", "k2", "k3")))
    assert [row["key"] for row in rows] == ["k2", "k3"]
    assert write(runtime) == []


# --- publishing -----------------------------------------------------------------------------


def test_publishing_sends_the_id_and_the_way(runtime_at: RuntimeAt, inbox: Inbox) -> None:
    runtime = runtime_at("17:00")
    [row] = rows = write(runtime, message(runtime, "k1"))
    assert publish_messages(runtime, rows) == [row["outbox_id"]]
    [sent] = inbox.receive(OUTBOUND)
    assert sent["Attributes"]["MessageGroupId"] == CHAT
    assert sent["Attributes"]["MessageDeduplicationId"] == "k1"
    assert "text of" not in sent["Body"]
    assert f'"outbox_id":{row["outbox_id"]}' in sent["Body"]


def test_a_row_published_twice_is_in_the_queue_once(runtime_at: RuntimeAt, inbox: Inbox) -> None:
    runtime = runtime_at("17:00")
    rows = write(runtime, message(runtime, "k1"))
    assert publish_messages(runtime, rows) == publish_messages(runtime, rows) != []
    assert inbox.count(OUTBOUND) == 1


def test_what_the_queue_refused_is_not_among_what_was_taken(
    runtime_at: RuntimeAt, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    other = "120363000000000002@g.us"
    rows = write(runtime, message(runtime, "k1"), message(runtime, "k2", chat=other))
    refusing = Refusing(runtime.queues.client, CHAT)
    runtime.queues = Queues(runtime.settings.cicero_stage, refusing)
    [taken] = publish_messages(runtime, rows)
    assert [row["chat"] for row in rows if row["outbox_id"] == taken] == [other]
    assert inbox.count(OUTBOUND) == 1


def test_only_what_a_client_s_run_left_is_published(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    earlier = AFTERNOON - timedelta(minutes=30)
    rows = write(
        runtime,
        message(runtime, "mine"),
        message(runtime, "other client", client_id="TELADAN"),
        message(runtime, "other slot", slot=earlier),
        message(runtime, "over"),
    )
    tables.run(
        "UPDATE wa_notification_outbox SET status = 'expired' WHERE idempotency_key = 'over'"
    )
    assert publish_unpublished(runtime, AFTERNOON, "CONTOH") == [rows[0]["outbox_id"]]
    assert [body["outbox_id"] for body in inbox.take(OUTBOUND)] == [rows[0]["outbox_id"]]


# --- expiring -------------------------------------------------------------------------------


def test_unsent_messages_expire_when_their_time_is_over_and_give_their_changes_back(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    changes = [add_change(tables, f"POST{n}", AFTERNOON) for n in range(6)]
    states = ("pending", "retrying", "processing", "sent", "uncertain", "pending")
    for number, (change, status) in enumerate(zip(changes, states, strict=True)):
        life = timedelta(hours=2 if number == 5 else 1)
        write(
            runtime,
            message(runtime, f"k{number}", changes=(change,), expires_at=AFTERNOON + life),
        )
        tables.run(
            "UPDATE wa_notification_outbox SET status = :s WHERE idempotency_key = :k",
            s=status,
            k=f"k{number}",
        )
    assert expire(runtime_at("17:30")) == 0
    assert expire(runtime_at("18:00")) == 2
    assert statuses(tables) == ["expired", "expired", "processing", "sent", "uncertain", "pending"]
    told = tables.values("SELECT change_id FROM change_told ORDER BY change_id")
    assert told == changes[2:]


# --- claiming -------------------------------------------------------------------------------


def test_a_claim_records_the_intent_and_is_given_once(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    [row] = write(runtime, message(runtime, "k1"))
    claimed = claim(runtime, row["outbox_id"])
    sent = {name: value for name, value in row.items() if name != "tells_all"}
    of = {"client_id": "CONTOH", "kind": "changes", "started": AFTERNOON}
    text = {"text": "text of k1", "attachment": None}
    assert claimed == {**sent, **of, **text, "attempt": 1, "max_attempts": 5}
    stored = tables.row("SELECT status, attempt_count, send_started_at FROM wa_notification_outbox")
    assert tuple(stored.values()) == ("processing", 1, AFTERNOON)
    assert claim(runtime, row["outbox_id"]) is None


def test_an_older_unsent_message_of_the_chat_goes_first(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    other = "120363000000000002@g.us"
    first, second, elsewhere = write(
        runtime,
        message(runtime, "k1"),
        message(runtime, "k2"),
        message(runtime, "k3", chat=other),
    )
    assert claim(runtime, second["outbox_id"]) is None
    assert claim(runtime, elsewhere["outbox_id"]) is not None
    for status in ("processing", "retrying"):
        tables.run(
            "UPDATE wa_notification_outbox SET status = :s WHERE outbox_id = :i",
            s=status,
            i=first["outbox_id"],
        )
        assert claim(runtime, second["outbox_id"]) is None
    tables.run(
        "UPDATE wa_notification_outbox SET status = 'uncertain' WHERE idempotency_key = 'k1'"
    )
    assert claim(runtime, second["outbox_id"]) is not None


def test_a_message_whose_time_is_over_is_not_claimed_and_blocks_nobody(
    runtime_at: RuntimeAt,
) -> None:
    runtime = runtime_at("17:00")
    old, new = write(
        runtime,
        message(runtime, "k1", expires_at=AFTERNOON),
        message(runtime, "k2"),
    )
    assert claim(runtime, old["outbox_id"]) is None
    assert claim(runtime, new["outbox_id"]) is not None


# --- the service before this one ------------------------------------------------------------


@pytest.fixture
def old_rows(database_url: str, tables: Tables) -> list[Row]:
    """Messages that the old service left in several states."""
    old_database.execute(database_url, old_database.OUTBOX)
    return tables.dump_of("wa_notification_outbox")


def test_the_old_service_s_messages_are_left_alone(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, old_rows: list[Row]
) -> None:
    runtime = runtime_at("17:00")
    assert expire(runtime) == 0
    assert [claim(runtime, row["outbox_id"]) for row in old_rows] == [None] * len(old_rows)
    assert publish_unpublished(runtime, AFTERNOON, "LAMA") == []
    sweep.sweep(runtime)
    assert tables.dump_of("wa_notification_outbox") == old_rows
    assert inbox.count(OUTBOUND) == 0


def test_the_old_service_s_messages_hold_nobody_up(
    runtime_at: RuntimeAt, old_rows: list[Row]
) -> None:
    runtime = runtime_at("17:00")
    [row] = write(runtime, message(runtime, "k1", chat=old_rows[0]["group_id"]))
    assert claim(runtime, row["outbox_id"]) is not None
