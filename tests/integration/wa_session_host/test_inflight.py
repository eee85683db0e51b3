"""What the host has in hand of the queue, over a real queue and over one that refuses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.jobs import OutboundMessage
from chalicelib.queues import OUTBOUND, Entry
from chalicelib.runtime import Runtime
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT
from tests.integration.waiting import wait_until
from wa_session_host.sending.fifo_queue import FifoQueue
from wa_session_host.sending.inflight import InHand, open_in_hand

Received = dict[str, Any]


@pytest.fixture
def writer(runtime_at: RuntimeAt) -> Runtime:
    return runtime_at("17:00")


def body(number: int, session: str, chat: str = CHAT) -> str:
    message = OutboundMessage(outbox_id=number, session=session, chat=chat)
    return str(message.model_dump_json())


class Queue:
    """As much of SQS as is needed: gives out messages of these sessions, a batch at a time."""

    def __init__(self, *sessions: str, visibility: str = "600", chats: Sequence[str] = ()) -> None:
        to = itertools.chain(chats, itertools.repeat(CHAT))
        numbered = enumerate(zip(sessions, to, strict=False), 1)
        self._bodies = iter([body(number, name, chat) for number, (name, chat) in numbered])
        self._visibility = visibility
        self._numbers = iter(range(1, 10_000))
        self.given_back: list[int] = []
        self.hidden: list[int] = []
        self.refuses = False

    def get_queue_attributes(self, **_: Any) -> Received:
        return {"Attributes": {"VisibilityTimeout": self._visibility}}

    def receive_message(self, **_: Any) -> Received:
        few = list(itertools.islice(self._bodies, 10))
        return {
            "Messages": [{"Body": text, "ReceiptHandle": f"r{next(self._numbers)}"} for text in few]
        }

    def change_message_visibility(self, **arguments: Any) -> Received:
        self.given_back.append(arguments["VisibilityTimeout"])
        return {}

    def change_message_visibility_batch(self, **arguments: Any) -> Received:
        self.hidden += [entry["VisibilityTimeout"] for entry in arguments["Entries"]]
        failed = arguments["Entries"] if self.refuses else []
        return {"Failed": [{"Id": entry["Id"], "Code": "Invalid"} for entry in failed]}


@pytest.fixture
def hands() -> Iterator[Callable[..., InHand]]:
    made: list[InHand] = []

    def make(queue: Queue) -> InHand:
        made.append(InHand(FifoQueue(queue, "url"), ["gateway", "log"]).start())
        return made[-1]

    yield make
    for in_hand in made:
        in_hand.close()


def test_a_host_that_lost_the_account_gives_everything_back(writer: Runtime, inbox: Inbox) -> None:
    owned = True
    messages = [OutboundMessage(outbox_id=n, session="gateway", chat=f"{n}@g.us") for n in (1, 2)]
    writer.queues.send(OUTBOUND, [Entry(each, each.chat, each.chat) for each in messages])
    in_hand = open_in_hand(writer.queues, ["gateway"], lambda: owned)
    try:
        for _ in messages:  # the emulator gives one chat's at a time
            in_hand.receive(1)
        assert inbox.seen(OUTBOUND) == (0, 2)
        owned = False
        wait_until(lambda: inbox.seen(OUTBOUND) == (2, 0))
        assert in_hand.next("gateway") is None
    finally:
        in_hand.close()


def test_an_account_that_is_away_holds_no_other_up_and_nothing_is_given_back(
    hands: Callable[..., InHand],
) -> None:
    queue = Queue(*["gateway"] * 2_000, "log")
    in_hand = hands(queue)
    while (message := in_hand.next("log")) is None:
        in_hand.receive(0)
    assert message.message.session == "log"
    assert in_hand.count("gateway") == 2_000
    assert queue.given_back == []


def test_a_message_that_waits_for_its_next_try_holds_only_its_chat_back(
    hands: Callable[..., InHand],
) -> None:
    in_hand = hands(Queue(*["gateway"] * 3, chats=["a@g.us", "a@g.us", "b@g.us"]))
    in_hand.receive(0)
    first, other = in_hand.next("gateway"), in_hand.next("gateway")
    assert first is not None
    assert other is not None
    assert [t.message.outbox_id for t in (first, other)] == [1, 3]
    in_hand.release(first, timedelta(hours=1))
    assert in_hand.next("gateway") is None
    assert 3590 < in_hand.wait("gateway") <= 3600
    in_hand.release(first, timedelta(0))
    assert in_hand.next("gateway") is first


def test_what_is_in_hand_is_hidden_the_longer_the_more_there_is(
    hands: Callable[..., InHand],
) -> None:
    queue = Queue(*["gateway"] * 400, visibility="2")
    in_hand = hands(queue)
    for _ in range(40):
        in_hand.receive(0)
    wait_until(lambda: 10 in queue.hidden)
    assert in_hand.count("gateway") == 400


def test_a_message_that_cannot_be_kept_hidden_is_held_no_longer(
    hands: Callable[..., InHand],
) -> None:
    """SQS refuses it after twelve hours, and shows the message again."""
    queue = Queue("gateway", visibility="1")
    queue.refuses = True
    in_hand = hands(queue)
    in_hand.receive(0)
    wait_until(lambda: in_hand.count("gateway") == 0)
    assert in_hand.next("gateway") is None
