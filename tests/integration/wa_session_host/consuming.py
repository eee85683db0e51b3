"""Running a consumer with an account that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread

from chalicelib.outbox.messages import Message, Written
from chalicelib.outbox.publish import publish_messages
from chalicelib.queues import OUTBOUND, Queues
from chalicelib.runtime import Runtime
from tests.integration.inbox import Inbox
from tests.integration.ledger import write
from tests.integration.tables import Tables
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from wa_session_host.sending.consumer import Consumer
from wa_session_host.sending.fifo_queue import FifoQueue
from wa_session_host.sending.inflight import InHand, Taken
from wa_session_host.sending.transport import Outgoing, Transport, TransportError

DEAD = "wa-dlq.fifo"


class Account:
    """Fails as told, one error for each try, then sends. `keys` of tries and of what went out."""

    def __init__(
        self,
        *failures: TransportError,
        sent_before: bool | None = None,
        on_send: Callable[[Outgoing], None] = lambda message: None,
    ) -> None:
        self._failures = list(failures)
        self._sent_before = sent_before
        self.on_send = on_send
        self.tries: list[Outgoing] = []
        self.sent: list[Outgoing] = []
        self.is_ready = True

    def ready(self) -> bool:
        return self.is_ready

    def send(self, message: Outgoing) -> str:
        self.tries.append(message)
        self.on_send(message)
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(message)
        return f"ID{len(self.sent)}"

    def was_sent(self, message: Outgoing) -> bool | None:
        return self._sent_before

    def close(self) -> None:
        pass

    def keys(self) -> list[str]:
        return [message.key for message in self.tries]


class HastyHand(InHand):
    """Lets a message be tried again at once, and remembers the seconds it was asked for instead."""

    def __init__(self, queues: Queues, sessions: list[str] | None = None) -> None:
        super().__init__(FifoQueue(queues.client, queues.url(OUTBOUND)), sessions)
        self.asked: list[float] = []

    def release(self, taken: Taken, wait: timedelta) -> None:
        self.asked.append(wait.total_seconds())
        super().release(taken, timedelta(0))


@contextmanager
def consuming(consumer: Consumer, stop: Event) -> Iterator[None]:
    """A consumer that runs, until the block ends."""
    thread = Thread(target=consumer.run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@contextmanager
def sending(host: Runtime, account: Transport) -> Iterator[list[float]]:
    """A consumer that sends with the account whatever comes, and does not wait between tries: the
    seconds after which it wanted to look again."""
    stop = Event()
    hand = HastyHand(host.queues).start()
    with closing(hand), consuming(Consumer(host, account, stop, in_hand=hand), stop):
        yield hand.asked


def publish(writer: Runtime, *messages: Message) -> list[Written]:
    rows = write(writer, *messages)
    publish_messages(writer, rows)
    return rows


def statuses(tables: Tables) -> list[str]:
    return tables.values("SELECT status FROM wa_notification_outbox ORDER BY outbox_id")


def consume(host: Runtime, account: Transport, tables: Tables, inbox: Inbox) -> list[float]:
    """Runs a consumer until no message waits and the queue is empty; the seconds after which it
    wanted to look again."""

    def done() -> bool:
        waiting = {"pending", "processing", "retrying"} & set(statuses(tables))
        return not waiting and inbox.count(OUTBOUND) == 0

    with sending(host, account) as asked:
        wait_until(done)
    return asked
