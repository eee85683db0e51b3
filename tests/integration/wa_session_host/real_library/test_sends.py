"""What becomes of a message, class by class: the outbox row, the tries, who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.jobs import OutboundMessage
from chalicelib.outbox.publish import publish_messages
from chalicelib.queues import OUTBOUND, Entry
from chalicelib.runtime import Runtime
from tests.integration.inbox import Inbox
from tests.integration.ledger import message, write
from tests.integration.wa_session_host.hosting import publish
from tests.integration.wa_session_host.real_library.hosting import (
    Told,
    running,
    session_of,
    snapshot,
)
from tests.integration.waiting import wait_until
from tests.whatsapp.binary import Jid
from tests.whatsapp.linked import GROUP, MEMBER, OTHERS_GROUP
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from tests.whatsapp.state import Reaction
from wa_session_host.sending.delivery import Delivery
from wa_session_host.session.transport import WhatsAppTransport


@dataclass(frozen=True)
class Row:
    """What the sends of one message meet, and how its outbox row is left after how many tries.

    A try at which WhatsApp asked to slow down does not count.
    """

    meets: tuple[Reaction, ...]
    status: str
    tries: int = 1
    error: str | None = None
    alert: str | None = None
    """A line that the alert has, where there is one."""


SOON = "Kirim lagi"
ROWS = {
    "taken": Row((), "sent"),
    "403": Row((403,), "dead_letter", 1, "refused the group (403); the account is in", "ke grup"),
    "404": Row((404,), "dead_letter", 1, "refused the group (404); the account is in", "ke grup"),
    "420": Row((420,), "sent", 2),
    "429": Row((429,), "sent", 2),
    "463": Row((463,), "dead_letter", 1, "may not write to this chat (463)", "menyapa akun"),
    "479": Row((479,), "sent", 2),
    "500": Row((500,), "sent", 2),
    "dropped": Row(("drop",), "sent"),
    "dropped twice": Row(("drop", "drop"), "uncertain", 1, "disconnected before message", SOON),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_a_send_meets_decides_its_row_and_the_next_one_goes_out_once(
    row: Row, values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told
) -> None:
    standin.next_sends(*row.meets)
    with running(values, standin) as host:
        wait_until(host.ready)
        publish(real_writer, message(real_writer, "k1", text="satu"))
        wait_until(lambda: told.finished(1))
        publish(real_writer, message(real_writer, "k2", text="dua"))
        wait_until(lambda: told.finished(2))
        assert snapshot(host).restarts == 1
    first, second = told.rows()
    counted = row.tries - sum(outcome in (420, 429) for outcome in row.meets)
    assert (first["status"], first["attempt_count"]) == (row.status, counted)
    assert (row.error or "") in (first["error_message"] or "")
    assert (second["status"], second["attempt_count"]) == ("sent", 1)
    refused = row.status == "dead_letter"
    assert standin.texts_to(GROUP) == (["dua"] if refused else ["satu", "dua"])
    tries = [arrival for arrival in standin.arrivals if arrival.text == "satu"]
    drops = row.meets.count("drop")
    assert len(tries) == max(row.tries, 2 * min(drops, 1)), "no blind try"
    assert len({arrival.id for arrival in tries}) == row.tries, "the library resends one id"
    assert told.alerts() == ([f"wa-{row.status}"] if row.alert else [])
    if row.alert:
        assert row.alert in told.alert()


@pytest.mark.parametrize("gone", [True, False], ids=["group gone", "not a member"])
def test_a_group_without_the_account_is_a_dead_letter_and_holds_no_other_chat_up(
    gone: bool, values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told
) -> None:
    chat = GROUP if gone else OTHERS_GROUP
    standin.world.groups[Jid.parse(GROUP)].gone = gone
    person = f"{MEMBER}@s.whatsapp.net"
    with running(values, standin) as host:
        wait_until(host.ready)
        publish(
            real_writer,
            message(real_writer, "k1", chat=chat),
            message(real_writer, "k2", chat=person),
        )
        wait_until(lambda: told.finished(2))
    first, second = told.rows()
    assert (first["status"], first["attempt_count"]) == ("dead_letter", 1)
    assert first["error_message"] == "the account is not in the group, or the group is gone"
    assert second["status"] == "sent"
    assert "perbaiki client_group" in told.alert()
    assert standin.texts_to(chat) == []


def test_a_message_without_a_connection_is_not_sent_and_tried_again(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told, inbox: Inbox
) -> None:
    [row] = write(real_writer, message(real_writer, "k1"))
    ours = OutboundMessage(outbox_id=row["outbox_id"], session="gateway", chat=GROUP)
    with running(values, standin) as host:
        nobodys = ours.model_copy(update={"outbox_id": row["outbox_id"] + 1})
        real_writer.queues.send(OUTBOUND, [Entry(nobodys, GROUP, "nobody's")])
        # it has settled what a host before it left, and takes a message of ours for none of these
        wait_until(lambda: inbox.count(OUTBOUND) == 0)
        standin.down()
        delivery = Delivery(real_writer, WhatsAppTransport(session_of(host)))
        wait = delivery.deliver(ours)  # as if the host had not noticed yet
        assert wait is not None
        assert 3 < wait.total_seconds() < 7
        [after] = told.rows()
        assert (after["status"], after["attempt_count"]) == ("retrying", 1)
        assert "failed to get group members" in after["error_message"]
        standin.up()
        publish_messages(real_writer, [row])
        wait_until(lambda: told.statuses() == ["sent"])
    assert len(standin.arrivals) == 1
    assert told.alerts() == []


def test_a_question_about_the_group_that_is_cut_short_costs_a_try_and_no_message(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    told: Told,
) -> None:
    account.drop_questions("w:g2", 2)
    with running(values, standin) as host:
        wait_until(host.ready)
        publish(real_writer, message(real_writer, "k1"))
        wait_until(lambda: told.statuses() == ["sent"])
    assert told.rows()[0]["attempt_count"] == 2
    assert len(standin.arrivals) == 1


def _then_down(standin: Standin) -> None:
    """The server goes with the first message, and stays away."""
    standin.wait_for(lambda: standin.arrivals)
    standin.down()


def _then_nothing(standin: Standin) -> None:
    """The server says nothing to the first message."""


@pytest.mark.parametrize(
    ("meets", "happens", "error", "restarts", "alerts"),
    [
        ("drop", _then_down, "disconnected before", 1, ["wa-uncertain"]),
        (
            "silence",
            _then_nothing,
            "no outcome after 3 seconds",
            2,
            ["wa-send_limit", "wa-uncertain"],
        ),
    ],
    ids=["connection lost for good", "no outcome"],
)
def test_a_message_whose_outcome_nobody_knows_is_uncertain_and_never_sent_again(
    meets: Reaction,
    happens: Callable[[Standin], None],
    error: str,
    restarts: int,
    alerts: list[str],
    values: dict[str, str],
    standin: Standin,
    real_writer: Runtime,
    told: Told,
) -> None:
    standin.next_sends(meets)
    with running(values, standin, send_seconds=3.0 if meets == "silence" else 120.0) as host:
        wait_until(host.ready)
        publish(real_writer, *(message(real_writer, key, text=key) for key in ("k1", "k2")))
        happens(standin)
        wait_until(lambda: told.statuses()[0] == "uncertain")
        standin.up()
        wait_until(lambda: told.statuses() == ["uncertain", "sent"])
        assert snapshot(host).restarts == restarts
        assert sorted(told.alerts()) == alerts
    assert error in told.rows()[0]["error_message"]
    assert [arrival.text for arrival in standin.arrivals if str(arrival.chat) == GROUP] == [
        "k1",
        "k2",
    ]
