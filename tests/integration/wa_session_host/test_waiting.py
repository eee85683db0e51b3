"""Waiting costs no receive: whatever a message waits for, its queue has shown it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from threading import Event
from typing import Any

import pytest

from chalicelib.jobs import OutboundMessage
from chalicelib.queues import OUTBOUND, Entry, Queues
from chalicelib.runtime import Runtime
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, message
from tests.integration.tables import Tables
from tests.integration.wa_session_host.consuming import (
    DEAD,
    Account,
    HastyHand,
    consuming,
    publish,
    statuses,
)
from tests.integration.waiting import wait_until
from wa_session_host.sending.consumer import Assignment, Consumer
from wa_session_host.sending.inflight import InHand, open_in_hand
from wa_session_host.sending.transport import NotSent

MANY = 510
HIDDEN_AGAIN = 2
VISIBILITY = 20
"""Seconds: a busy machine keeps hundreds of messages hidden in moto, too."""


class Watched:
    """SQS that shows what is given back at once, and counts how often messages were hidden."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.hidden: Counter[str] = Counter()

    def change_message_visibility(self, **arguments: Any) -> Any:
        return self._sqs.change_message_visibility(**arguments | {"VisibilityTimeout": 0})

    def change_message_visibility_batch(self, **arguments: Any) -> Any:
        self.hidden.update(
            entry["ReceiptHandle"] for entry in arguments["Entries"] if entry["VisibilityTimeout"]
        )
        return self._sqs.change_message_visibility_batch(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)


@pytest.fixture
def writer(runtime_at: RuntimeAt) -> Runtime:
    return runtime_at("17:00")


@pytest.fixture
def watched(writer: Runtime) -> Watched:
    return Watched(writer.queues.client)


@pytest.fixture
def patient_queue(inbox: Inbox) -> Iterator[None]:
    """The queue hides messages for longer than in other tests."""
    url = inbox.url(OUTBOUND)
    found = inbox.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    inbox.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY)})
    yield
    inbox.sqs.set_queue_attributes(QueueUrl=url, Attributes=found["Attributes"])


@pytest.fixture
def in_hand(writer: Runtime, watched: Watched, patient_queue: None) -> Iterator[InHand]:
    queues = Queues(writer.settings.cicero_stage, watched)
    with closing(open_in_hand(queues, ["gateway", "log"])) as opened:
        yield opened


def consumer(runtime: Runtime, account: Account, stop: Event, hand: InHand, name: str) -> Consumer:
    return Consumer(runtime, account, stop, in_hand=hand, assignment=Assignment(name))


def looks(inbox: Inbox) -> list[int]:
    """How often the queue has shown each message that is in sight, this look not counted."""
    shown = (found["Attributes"]["ApproximateReceiveCount"] for found in inbox.receive(OUTBOUND))
    return [int(count) - 1 for count in shown]


def put(writer: Runtime, many: int) -> None:
    """Queue messages for the gateway, each for another chat; nobody looks their rows up."""
    bodies = [
        OutboundMessage(outbox_id=number, session="gateway", chat=f"{number}@g.us")
        for number in range(1_000_000, 1_000_000 + many)
    ]
    assert len(writer.queues.send(OUTBOUND, [Entry(b, b.chat, b.chat) for b in bodies])) == many


def test_messages_of_an_account_that_is_down_are_received_once_while_another_account_sends(
    writer: Runtime,
    runtime_at: RuntimeAt,
    tables: Tables,
    inbox: Inbox,
    watched: Watched,
    in_hand: InHand,
) -> None:
    put(writer, MANY)
    publish(writer, message(writer, "report", session="log", chat=CHAT))
    down, up, stop = Account(), Account(), Event()
    down.is_ready = False
    gateway = consumer(runtime_at("17:00"), down, stop, in_hand, "gateway")
    log = consumer(runtime_at("17:00"), up, stop, in_hand, "log")

    def waited_long() -> bool:
        return len(watched.hidden) >= MANY and min(watched.hidden.values()) >= HIDDEN_AGAIN

    with consuming(gateway, stop), consuming(log, stop):
        wait_until(lambda: statuses(tables) == ["sent"] and in_hand.count("gateway") == MANY)
        up.is_ready = False
        wait_until(waited_long)
        up.is_ready = True
        publish(writer, message(writer, "later", session="log", chat=CHAT))
        wait_until(lambda: statuses(tables) == ["sent", "sent"])
    assert (up.keys(), down.tries) == (["report", "later"], [])
    assert in_hand.count("gateway") == MANY
    in_hand.close()
    assert Counter(looks(inbox)) == {1: MANY}
    assert inbox.count(DEAD) == 0


def test_messages_in_hand_of_the_only_account_are_received_once_while_it_is_down(
    writer: Runtime, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, watched: Watched
) -> None:
    publish(writer, *(message(writer, f"k{n}", chat=f"{n}@g.us") for n in range(6)))
    account, stop = Account(), Event()

    def goes_down(sending: object) -> None:
        account.is_ready = False

    account.on_send = goes_down
    queues = Queues(writer.settings.cicero_stage, watched)
    with closing(open_in_hand(queues, ["gateway"])) as hand:
        while inbox.seen(OUTBOUND)[0]:
            hand.receive(1)
        host = consumer(runtime_at("17:00"), account, stop, hand, "gateway")
        with consuming(host, stop):
            wait_until(lambda: Counter(watched.hidden.values())[HIDDEN_AGAIN] >= 5)
            wait_until(lambda: hand.count("gateway") == 5)
    assert looks(inbox) == [1] * 5
    assert statuses(tables).count("sent") == 1


@pytest.mark.usefixtures("few_tries")
def test_however_often_whatsapp_asks_to_slow_down_a_message_is_received_once(
    writer: Runtime, tables: Tables, inbox: Inbox, watched: Watched
) -> None:
    publish(writer, message(writer, "k1"), message(writer, "k2"))
    slow = [NotSent("WhatsApp asks to slow down (429)", slow_down=True) for _ in range(30)]
    account, stop = Account(*slow), Event()
    queues = Queues(writer.settings.cicero_stage, watched)
    hand = HastyHand(queues, ["gateway"]).start()
    host = consumer(writer, account, stop, hand, "gateway")
    with closing(hand), consuming(host, stop):
        wait_until(lambda: statuses(tables) == ["sent", "sent"])
    assert account.keys() == ["k1"] * 31 + ["k2"]
    assert inbox.count(DEAD) == 0
