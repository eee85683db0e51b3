"""The host's consumer over a real queue and database, with accounts that do as they are told."""

from __future__ import annotations

import io
import random
import re
import threading
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from chalicelib.db import Database, Row
from chalicelib.db.migrate import migrate
from chalicelib.jobs import OutboundMessage
from chalicelib.queues import OUTBOUND, Entry
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.services import EmbeddedPostgres
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, add_change, message, write
from tests.integration.runs import tell
from tests.integration.tables import Tables
from tests.integration.wa_session_host.consuming import (
    DEAD,
    Account,
    consume,
    consuming,
    publish,
    sending,
    statuses,
)
from tests.integration.waiting import wait_until
from wa_session_host.sending.console import ConsoleTransport
from wa_session_host.sending.consumer import Assignment, Consumer
from wa_session_host.sending.inflight import open_in_hand
from wa_session_host.sending.pacing import Limits, Pace
from wa_session_host.sending.transport import (
    NotSent,
    OutcomeUnknown,
    Outgoing,
    Rejected,
)

AFTERNOON = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)
OTHER_CHAT = "120363000000000002@g.us"


@pytest.fixture
def writer(runtime_at: RuntimeAt) -> Runtime:
    """Writes and publishes, as Lambda does."""
    return runtime_at("17:00")


@pytest.fixture
def host(runtime_at: RuntimeAt) -> Runtime:
    """The host's own runtime."""
    return runtime_at("17:00")


# --- what goes out --------------------------------------------------------------------------


def test_messages_go_out_in_the_order_of_their_chat_and_are_marked(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    chats = (CHAT, OTHER_CHAT)
    publish(writer, *(message(writer, f"k{n:02}", chat=chats[n % 2]) for n in range(12)))
    account = Account()
    consume(host, account, tables, inbox)
    for chat in chats:
        keys = [m.key for m in account.sent if m.chat == chat]
        assert keys == sorted(keys)
        assert len(keys) == 6
    assert account.sent[0].text == f"text of {account.sent[0].key}"
    rows = tables.run("SELECT * FROM wa_notification_outbox")
    assert {(r["status"], r["attempt_count"], r["sent_at"]) for r in rows} == {
        ("sent", 1, AFTERNOON)
    }
    assert {row["wa_message_id"] for row in rows} == {f"ID{n}" for n in range(1, 13)}


def test_the_console_shows_each_message_once_and_keeps_a_journal(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox, tmp_path: Path
) -> None:
    publish(writer, message(writer, "k1", text="Apel pagi"), message(writer, "k2"))
    shown = io.StringIO()
    console = ConsoleTransport(tmp_path / "console", shown)
    consume(host, console, tables, inbox)
    console.close()
    assert statuses(tables) == ["sent", "sent"]
    assert shown.getvalue().count("Apel pagi") == 1
    again = ConsoleTransport(tmp_path / "console", shown)
    known = Outgoing("gateway", CHAT, "Apel pagi", "k1")
    assert again.was_sent(known) is True
    again.close()


def test_the_same_queue_message_twice_is_sent_once(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))
    [received] = inbox.receive(OUTBOUND)
    for number in range(3):
        inbox.put(
            OUTBOUND,
            str(received["Body"]),
            MessageGroupId=CHAT,
            MessageDeduplicationId=f"copy-{number}",
        )
    account = Account()
    consume(host, account, tables, inbox)
    assert account.keys() == ["k1"]


@pytest.mark.parametrize("status", ["superseded", "dead_letter", "expired", "uncertain", "sent"])
def test_what_is_over_is_not_sent(
    status: str, writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))
    tables.run("UPDATE wa_notification_outbox SET status = :status", status=status)
    account = Account()
    consume(host, account, tables, inbox)
    assert (account.tries, statuses(tables)) == ([], [status])


def test_an_expired_message_is_not_sent_and_holds_nobody_up(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1", expires_at=AFTERNOON), message(writer, "k2"))
    account = Account()
    consume(host, account, tables, inbox)
    assert account.keys() == ["k2"]
    assert statuses(tables) == ["expired", "sent"]


def test_a_message_of_a_row_that_does_not_exist_is_dropped(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))
    tables.run("DELETE FROM wa_notification_outbox")
    account = Account()
    consume(host, account, tables, inbox)
    assert account.tries == []


def test_a_message_whose_older_one_the_queue_has_lost_is_sent_after_that_one(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    write(writer, message(writer, "k1"), message(writer, "other", chat=OTHER_CHAT))
    publish(writer, message(writer, "k2"))
    account = Account()
    with sending(host, account):
        wait_until(lambda: statuses(tables).count("sent") == 2)
    assert account.keys() == ["k1", "k2"]
    assert inbox.count(OUTBOUND) == 0


def test_a_message_whose_older_one_waits_for_a_retry_that_the_queue_has_lost_is_sent_after_it(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    write(writer, message(writer, "k1"))
    tables.run("UPDATE wa_notification_outbox SET status = 'retrying', attempt_count = 1")
    publish(writer, message(writer, "k2"))
    account = Account()
    consume(host, account, tables, inbox)
    assert account.keys() == ["k1", "k2"]


# --- what fails -----------------------------------------------------------------------------


def test_what_certainly_did_not_go_out_is_tried_again_later_and_before_the_next(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"), message(writer, "k2"))
    states: list[Row] = []
    look = """SELECT status, error_message, next_attempt_at FROM wa_notification_outbox
    ORDER BY outbox_id LIMIT 1"""
    between = Database(host.settings.database_url)
    account = Account(
        NotSent("not connected"),
        on_send=lambda m: states.extend(Tables(between).run(look)),
    )
    asked = consume(host, account, tables, inbox)
    between.close()
    assert account.keys() == ["k1", "k1", "k2"]
    assert [state["status"] for state in states[:2]] == ["processing", "processing"]
    assert states[1]["error_message"] == "not connected"
    delay = states[1]["next_attempt_at"] - AFTERNOON
    assert timedelta(seconds=3.75) <= delay <= timedelta(seconds=6.25)
    assert 3.75 <= asked[0] <= 6.25
    rows = tables.run("SELECT * FROM wa_notification_outbox ORDER BY outbox_id")
    assert [(row["status"], row["attempt_count"]) for row in rows] == [("sent", 2), ("sent", 1)]
    assert rows[0]["error_message"] is None


def test_a_message_that_waits_for_its_next_try_is_retrying_and_holds_its_chat_back_alone(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"), message(writer, "k2"))
    account, stop = Account(NotSent("not connected")), Event()
    with consuming(Consumer(host, account, stop), stop):
        wait_until(lambda: "retrying" in statuses(tables))
        publish(writer, message(writer, "other", chat=OTHER_CHAT))
        wait_until(lambda: statuses(tables) == ["retrying", "pending", "sent"])
        # What was sent leaves the queue after its row says so; the others are out of sight.
        wait_until(lambda: inbox.seen(OUTBOUND) == (0, 2))
    assert account.keys() == ["k1", "other"]


def test_after_five_failures_a_message_is_a_dead_letter_and_the_next_goes_out(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"), message(writer, "k2"))
    account = Account(*(NotSent(f"failure {n}") for n in range(1, 6)))
    asked = consume(host, account, tables, inbox)
    assert account.keys() == ["k1"] * 5 + ["k2"]
    assert statuses(tables) == ["dead_letter", "sent"]
    dead = tables.run("SELECT * FROM wa_notification_outbox ORDER BY outbox_id")[0]
    assert (dead["attempt_count"], dead["error_message"]) == (5, "failure 5")
    waits = [seconds for seconds in asked if seconds > 1]
    assert len(waits) == 4
    for seconds, wanted in zip(waits, (5, 10, 20, 40), strict=True):
        assert wanted * 0.7 <= seconds <= wanted * 1.3


def test_a_message_that_whatsapp_refuses_is_a_dead_letter_at_once(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"), message(writer, "k2"))
    account = Account(Rejected("not a member of the group"))
    consume(host, account, tables, inbox)
    assert account.keys() == ["k1", "k2"]
    assert statuses(tables) == ["dead_letter", "sent"]


def test_a_message_that_may_have_gone_out_is_uncertain_and_never_sent_again(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    rows = publish(writer, message(writer, "k1"), message(writer, "k2"))
    account = Account(OutcomeUnknown("timed out waiting for message send response"))
    consume(host, account, tables, inbox)
    again = OutboundMessage(outbox_id=rows[0]["outbox_id"], session="gateway", chat=CHAT)
    entry = Entry(again, CHAT, "again")
    assert writer.queues.send(OUTBOUND, [entry]) == [entry]
    consume(host, account, tables, inbox)
    assert account.keys() == ["k1", "k2"]
    assert statuses(tables) == ["uncertain", "sent"]


def test_what_another_host_made_of_a_message_meanwhile_stands(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))

    def taken_over(sending: Outgoing) -> None:
        """It was held for dead, and a person had the message sent once more."""
        later = AFTERNOON + timedelta(minutes=1)
        tables.run("UPDATE wa_notification_outbox SET send_started_at = :later", later=later)
        stop.set()

    stop = Event()
    Consumer(host, Account(NotSent("late"), on_send=taken_over), stop).run()
    row = tables.row("SELECT status, attempt_count, error_message FROM wa_notification_outbox")
    assert tuple(row.values()) == ("processing", 1, None)


def test_a_message_that_went_out_is_sent_though_another_host_held_it_for_uncertain(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))

    def doubted(sending: Outgoing) -> None:
        tables.run("UPDATE wa_notification_outbox SET status = 'uncertain'")
        stop.set()

    stop = Event()
    Consumer(host, Account(on_send=doubted), stop).run()
    assert statuses(tables) == ["sent"]


def test_a_message_that_went_out_is_marked_though_postgresql_refuses_it_for_a_while(
    writer: Runtime, host: Runtime, tables: Tables
) -> None:
    publish(writer, message(writer, "k1"))
    stop = Event()
    back = Event()

    def refuse(sending: Outgoing) -> None:
        tables.run("ALTER TABLE wa_notification_outbox RENAME COLUMN updated_at TO away")
        threading.Timer(0.5, come_back).start()
        stop.set()

    def come_back() -> None:
        tables.run("ALTER TABLE wa_notification_outbox RENAME COLUMN away TO updated_at")
        back.set()

    account = Account(on_send=refuse)
    Consumer(host, account, stop).run()
    assert back.is_set()
    assert (account.keys(), statuses(tables)) == (["k1"], ["sent"])


def test_an_owner_s_cap_counts_what_the_one_before_sent(
    writer: Runtime, host: Runtime, tables: Tables
) -> None:
    account, stop, tenures = Account(), Event(), [1]
    pace = Pace(Limits(per_hour=2), random.uniform)
    in_hand = open_in_hand(host.queues, ["gateway"])
    consumer = Consumer(
        host,
        account,
        stop,
        in_hand=in_hand,
        assignment=Assignment("gateway", lambda: tenures[-1], pace),
    )
    with closing(in_hand), consuming(consumer, stop):
        publish(writer, message(writer, "k1"))
        wait_until(lambda: statuses(tables) == ["sent"])
        account.is_ready = False  # another host owns the account now
        write(writer, message(writer, "k2"))
        tables.run("UPDATE wa_notification_outbox SET status = 'sent', sent_at = :at", at=AFTERNOON)
        tenures.append(2)
        account.is_ready = True
        publish(writer, message(writer, "k3"))
        time.sleep(1)
    assert (account.keys(), statuses(tables)) == (["k1"], ["sent", "sent", "pending"])


# --- outages --------------------------------------------------------------------------------


def test_after_an_outage_of_the_host_each_group_gets_the_current_list_and_what_changed_in_order(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    groups = {"CONTOH": CHAT, "TELADAN": OTHER_CHAT}
    for clock in ("09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "12:00"):
        writer = runtime_at(clock)
        for client_id in groups:
            change = f"{client_id}{clock.replace(':', '')}"
            add_change(tables, change, writer.now(), client_id=client_id)
            tell(writer, client_id)
    host = runtime_at(AFTERNOON.replace(hour=12, minute=10))
    account = Account()

    consume(host, account, tables, inbox)

    for client_id, chat in groups.items():
        got = [m.text for m in account.sent if m.chat == chat]
        titles = [text.splitlines()[0] for text in got]
        assert titles == ["*PERUBAHAN KONTEN*"] * 3 + ["*DAFTAR TUGAS LIKES & KOMENTAR*"]
        assert "Data per 12:00 WIB" in got[-1]
        told = [re.findall(rf"{client_id}(\d{{4}})", text) for text in got]
        assert told == [["0930"], ["1030"], ["1130"], ["0900", "1000", "1100", "1200"]]


# --- crashes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was_sent", "tries", "status"),
    [(False, ["k1"], "sent"), (True, [], "sent"), (None, [], "uncertain")],
)
def test_a_send_that_a_crash_cut_short_is_repeated_only_if_it_certainly_did_not_go_out(
    was_sent: bool | None,
    tries: list[str],
    status: str,
    writer: Runtime,
    host: Runtime,
    tables: Tables,
    inbox: Inbox,
) -> None:
    [row] = publish(writer, message(writer, "k1"))
    with writer.db.transaction() as tx:
        tx.run("outbox.claim", outbox_id=row["outbox_id"], now=AFTERNOON)
    account = Account(sent_before=was_sent)
    consume(host, account, tables, inbox)
    assert account.keys() == tries
    assert statuses(tables) == [status]


@pytest.mark.usefixtures("few_tries")
def test_a_body_that_cannot_be_used_goes_to_the_dead_letters_and_the_others_go_out(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    for number, body in enumerate(("not JSON", '{"version":2}', '{"outbox_id":"x"}')):
        inbox.put(
            OUTBOUND, body, MessageGroupId=f"junk-{number}", MessageDeduplicationId=str(number)
        )
    publish(writer, message(writer, "k1"))
    account = Account()
    with sending(host, account):
        wait_until(lambda: inbox.count(DEAD) == 3 and statuses(tables) == ["sent"])
    assert account.keys() == ["k1"]
    bodies = {found["Body"] for found in inbox.receive(DEAD)}
    assert bodies == {"not JSON", '{"version":2}', '{"outbox_id":"x"}'}


def test_a_stop_ends_the_consumer_after_the_message_in_hand(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, *(message(writer, f"k{n}") for n in range(3)))
    stop = Event()
    account = Account(on_send=lambda m: stop.set())
    Consumer(host, account, stop).run()
    assert account.keys() == ["k0"]
    assert statuses(tables) == ["sent", "pending", "pending"]
    assert len(inbox.take(OUTBOUND)) == 2, "in sight of the next host at once"


def test_a_consumer_that_is_stopped_before_it_runs_takes_nothing(
    writer: Runtime, host: Runtime, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))
    stop = Event()
    stop.set()
    Consumer(host, Account(), stop).run()
    assert len(inbox.take(OUTBOUND)) == 1


def test_nothing_is_taken_from_the_queue_while_the_account_is_not_ready(
    writer: Runtime, host: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(writer, message(writer, "k1"))
    account = Account()
    account.is_ready = False
    with sending(host, account):
        time.sleep(0.2)
        assert account.tries == []
        [received] = inbox.receive(OUTBOUND)
    assert received["Attributes"]["ApproximateReceiveCount"] == "1", "by this test alone"
    assert statuses(tables) == ["pending"]


def test_a_message_sent_while_postgresql_goes_down_is_sent_once_and_marked(
    writer: Runtime, host: Runtime, inbox: Inbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stop = Event()
    back = threading.Timer(0.3, lambda: postgres.start())  # noqa: PLW0108  it is bound below

    def outage(sending: Outgoing) -> None:
        postgres.stop()
        back.start()
        stop.set()

    account = Account(on_send=outage)
    with EmbeddedPostgres(tmp_path_factory.mktemp("going-down")) as postgres:
        url = postgres.create_database("host", template="template1")
        migrate(url)
        for runtime in (writer, host):
            runtime.settings = runtime.settings.model_copy(update={"database_url": url})
            del runtime.db  # the next one is of these settings
        publish(writer, message(writer, "k1", client_id=None))
        Consumer(host, account, stop).run()
        back.join()
        row = Tables(host.db).row("SELECT status, attempt_count FROM wa_notification_outbox")
    assert account.keys() == ["k1"]
    assert tuple(row.values()) == ("sent", 1)
    assert inbox.count(OUTBOUND) == 0
