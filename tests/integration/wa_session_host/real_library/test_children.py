"""A child that dies or hangs: another one within half a minute, and no message lost or doubled."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from tests.conftest import Measured
from tests.integration.inbox import Inbox
from tests.integration.ledger import message
from tests.integration.wa_session_host.hosting import between_receives, publish
from tests.integration.wa_session_host.real_library.hosting import (
    Told,
    running,
    snapshot,
)
from tests.integration.waiting import wait_until
from tests.whatsapp.linked import GROUP, GROUP_NAME
from tests.whatsapp.standin import Standin
from wa_session_host import protocol
from wa_session_host.host import Host
from wa_session_host.session.child_process import CHILD
from wa_session_host.session.snapshot import Times

TEXTS = ["Apel pagi", "Halo @6281200000002 https://contoh.id/x", "baris\nkedua ✓"]


def _publish(writer: Runtime) -> None:
    publish(writer, *(message(writer, f"k{n}", text=text) for n, text in enumerate(TEXTS)))


def _signal(host: Host, number: signal.Signals) -> int:
    """Sends the child a signal; its process id."""
    pid = snapshot(host).pid
    assert pid is not None
    os.kill(pid, number)
    return pid


def _all_sent(told: Told) -> Callable[[], bool]:
    return lambda: told.statuses() == ["sent"] * len(TEXTS)


def test_texts_go_out_as_they_were_written_and_the_groups_are_known(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told
) -> None:
    with running(values, standin) as host:
        wait_until(host.ready)
        _publish(real_writer)
        wait_until(_all_sent(told))
        groups = host.page.operations.groups(host.sessions["gateway"])
    assert standin.texts == TEXTS
    assert [row["wa_message_id"] for row in told.rows()] == [one.id for one in standin.arrivals]
    assert groups == [protocol.Group(id=GROUP, name=GROUP_NAME, members=2)]


def test_a_killed_child_is_replaced_and_meanwhile_nothing_is_taken_from_the_queue(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told, inbox: Inbox
) -> None:
    with running(values, standin, Times(), command=CHILD) as host:
        idle = between_receives(host)
        wait_until(host.ready)
        pid = _signal(host, signal.SIGKILL)
        wait_until(lambda: not host.ready())
        wait_until(idle)
        _publish(real_writer)
        seen = inbox.seen(OUTBOUND)
        assert seen == (len(TEXTS), 0) or host.ready()
        wait_until(_all_sent(told))
        assert snapshot(host).pid != pid
    assert standin.texts == TEXTS
    assert [row["attempt_count"] for row in told.rows()] == [1, 1, 1]
    assert told.alerts() == []


def test_a_child_that_is_killed_while_it_sends_leaves_one_message_uncertain(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told
) -> None:
    standin.next_sends("ack", "silence")
    with running(values, standin, Times(), command=CHILD) as host:
        wait_until(host.ready)
        _publish(real_writer)
        standin.wait_for(lambda: len(standin.arrivals) == 2)
        _signal(host, signal.SIGKILL)
        wait_until(lambda: told.statuses() == ["sent", "uncertain", "sent"])
    assert standin.texts_to(GROUP) == TEXTS
    assert told.alerts() == ["wa-uncertain"]


def test_a_child_that_hangs_is_replaced_and_what_it_had_not_begun_is_sent(
    values: dict[str, str],
    standin: Standin,
    real_writer: Runtime,
    told: Told,
    measured: Measured,
) -> None:
    with running(values, standin, Times(), command=CHILD) as host:
        wait_until(host.ready)
        hung, pid = time.monotonic(), _signal(host, signal.SIGSTOP)
        _publish(real_writer)
        wait_until(lambda: not host.ready())
        wait_until(host.ready)
        seconds = time.monotonic() - hung
        wait_until(_all_sent(told))
        assert snapshot(host).pid != pid
    assert standin.texts == TEXTS
    assert len(standin.arrivals) == len(TEXTS), "each once"
    assert [row["attempt_count"] for row in told.rows()] == [2, 1, 1], "one was given to it"
    measured(f"a hanging child was replaced in {seconds:.1f} s")
    assert told.alerts() == []
