"""A whole host in this process, over scripted children or others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from chalicelib.outbox.messages import Message, Written
from chalicelib.outbox.publish import publish_messages
from chalicelib.runtime import Runtime
from local.environment import environment
from tests.conftest import settings_of
from tests.integration.ledger import write
from tests.integration.service import unhurried
from tests.integration.waiting import PATIENCE_SECONDS
from tests.wa_child.host import TIMES
from tests.wa_child.server import Scripted
from wa_session_host.host import Host, Overrides
from wa_session_host.lease import LeaseTimes
from wa_session_host.session.snapshot import Times

QUICK = LeaseTimes(beat=0.1, valid=10.0, settle=0.0)  # nobody else is there


@contextmanager
def hosting(
    values: Mapping[str, str], overrides: Overrides, codes: list[int] | None = None
) -> Iterator[Host]:
    """A host in this process with these settings; `codes` gets its exit code."""
    stop, ended = Event(), [] if codes is None else codes
    with environment(values):
        host = Host(settings_of(values), overrides)
        unhurried(host.runtime.queues.client)
    thread = Thread(target=lambda: ended.append(host.run(stop.is_set)))
    thread.start()
    try:
        yield host
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@contextmanager
def running(
    values: dict[str, str],
    scripted: Scripted,
    times: Times = TIMES,
    codes: list[int] | None = None,
) -> Iterator[Host]:
    """A host over scripted children."""
    with hosting(
        values, Overrides(scripted.command, times, QUICK, pause_seconds=0.5), codes
    ) as host:
        yield host


def between_receives(host: Host) -> Callable[[], bool]:
    """Whether the host is not just asking the queue for messages: what such a call finds is in
    hand, though the account has gone away meanwhile. For a host with one account, from its start
    on."""
    idle = Event()
    idle.set()
    events = host.runtime.queues.client.meta.events
    events.register_first("before-parameter-build.sqs.ReceiveMessage", lambda **_: idle.clear())
    for end in ("after-call", "after-call-error"):
        events.register_last(f"{end}.sqs.ReceiveMessage", lambda **_: idle.set())
    return idle.is_set


def publish(writer: Runtime, *messages: Message) -> list[Written]:
    """Writes the messages and brings them into the queue, as Lambda does."""
    rows = write(writer, *messages)
    assert len(publish_messages(writer, rows)) == len(rows)
    return rows
