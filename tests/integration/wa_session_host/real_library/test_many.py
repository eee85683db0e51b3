"""Many messages, and many reconnects."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from chalicelib.outbox.publish import publish_messages
from chalicelib.runtime import Runtime
from tests.conftest import Measured
from tests.forks.forks import forked
from tests.integration.ledger import message, write
from tests.integration.wa_session_host.processes import HostProcess
from tests.integration.wa_session_host.real_library.hosting import Told, running
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from tests.whatsapp.linked import MEMBER, NUMBER
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin

AT_ONCE, CHATS_AT_ONCE = 20, 5
DROPS, RESTARTS = 80, 20
MB = 1024 * 1024


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("messages", "groups"), [(100, 10), pytest.param(1000, 50, marks=pytest.mark.soak)]
)
def test_many_messages_to_many_groups_keep_their_order_in_each_group(
    messages: int,
    groups: int,
    values: dict[str, str],
    standin: Standin,
    real_writer: Runtime,
    told: Told,
    measured: Measured,
) -> None:
    chats = [f"1203630000001{number:05}@g.us" for number in range(groups)]
    for number, chat in enumerate(chats):
        standin.add_group(chat, f"Satker {number}", NUMBER, MEMBER)
    turns = [(chats[_chat(number) % groups], f"pesan {number:04}") for number in range(messages)]
    rows = write(
        real_writer,
        *(message(real_writer, text, chat=chat, text=text) for chat, text in turns),
    )
    with running(values, standin) as host:
        wait_until(host.ready)
        started = time.monotonic()
        for start in range(0, messages, AT_ONCE):  # a full queue slows the emulator, not the host
            publish_messages(real_writer, rows[start : start + AT_ONCE])
            standin.wait_for(lambda n=start: len(standin.arrivals) >= n)  # type: ignore[misc]
        wait_until(lambda: told.finished(messages))
        seconds = time.monotonic() - started
    assert len(standin.arrivals) == messages, "each once"
    for chat in chats:
        assert standin.texts_to(chat) == [text for to, text in turns if to == chat]
    assert set(told.statuses()) == {"sent"}
    rate = messages / seconds
    measured(f"{messages:,} messages to {groups} groups in {seconds:.1f} s: {rate:.0f} a second")


def _chat(number: int) -> int:
    """A few chats at once get several messages each."""
    batch, turn = divmod(number, AT_ONCE)
    return batch * CHATS_AT_ONCE + turn % CHATS_AT_ONCE


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_memory_stays_flat_over_a_hundred_reconnects_and_restarts_of_the_child(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    tmp_path: Path,
    measured: Measured,
) -> None:
    values = values | standin.environment()
    hasty = ["tests.wa_child.host"]
    with HostProcess(values, tmp_path / "first.log", hasty) as host:
        account.wait_connected(PATIENCE_SECONDS)
        [child] = psutil.Process(host.process.pid).children()
        child_before = _after(account, DROPS // 4, child)
        child_after = _after(account, DROPS - DROPS // 4, child)
    account.wait_disconnected()
    hasty += forked("wa_session_host.child")  # the host does not know the difference
    with HostProcess(values, tmp_path / "second.log", hasty) as host:
        account.wait_connected(PATIENCE_SECONDS)
        parent = psutil.Process(host.process.pid)
        before = _after_restarts(account, RESTARTS // 4, parent)
        after = _after_restarts(account, RESTARTS - RESTARTS // 4, parent)
    measured(
        f"memory: a child over {DROPS} reconnects {child_before:.0f} → {child_after:.0f} MB, "
        f"the host over {RESTARTS} restarts {before:.0f} → {after:.0f} MB"
    )
    assert child_after < child_before * 1.1
    assert after < before * 1.05


def _after(account: AccountScript, drops: int, child: psutil.Process) -> float:
    """The child's memory in MB after so many lost connections."""
    for _ in range(drops):
        account.drop()
        account.wait_connected(PATIENCE_SECONDS)
    return float(child.memory_info().rss / MB)


def _after_restarts(account: AccountScript, restarts: int, host: psutil.Process) -> float:
    """The host's memory in MB after its child was killed so often."""
    for _ in range(restarts):
        [child] = host.children()
        child.kill()
        account.wait_disconnected()
        account.wait_connected(PATIENCE_SECONDS)
    return float(host.memory_info().rss / MB)
