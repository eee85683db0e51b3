"""Two hosts as processes, with the times of real ones, on one account and one session store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from tests.conftest import Measured
from tests.integration.inbox import Inbox
from tests.integration.ledger import message
from tests.integration.wa_session_host.hosting import publish
from tests.integration.wa_session_host.processes import HostProcess
from tests.integration.wa_session_host.real_library.hosting import Told
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from tests.whatsapp.linked import GROUP
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.host import OWNED_ELSEWHERE

MESSAGES = 30


@pytest.fixture
def owner(
    values: dict[str, str], standin: Standin, account: AccountScript, tmp_path: Path
) -> Iterator[HostProcess]:
    """A host that owns the account and is connected."""
    with HostProcess(values | standin.environment(), tmp_path / "owner.log") as host:
        account.wait_connected(PATIENCE_SECONDS)
        yield host


def test_the_second_takes_over_from_a_killed_one_and_no_message_is_lost_or_doubled(
    owner: HostProcess,
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    told: Told,
    inbox: Inbox,
    tmp_path: Path,
    measured: Measured,
) -> None:
    with HostProcess(values | standin.environment(), tmp_path / "second.log") as second:
        wait_until(lambda: "another host owns the account" in second.log())
        assert f"pid {owner.process.pid}" in second.log()
        account.delay(0.05)
        texts = [f"pesan {number:02}" for number in range(MESSAGES)]
        publish(real_writer, *(message(real_writer, text, text=text) for text in texts))
        standin.wait_for(lambda: len(standin.arrivals) >= MESSAGES // 3)
        owner.kill()
        killed = time.monotonic()
        account.wait_disconnected()
        account.wait_connected()
        takeover = time.monotonic() - killed
        wait_until(lambda: told.finished(MESSAGES))
        wait_until(lambda: inbox.count(OUTBOUND) == 0)
    found = Counter(told.statuses())
    assert found["sent"] >= MESSAGES - 1
    assert found["uncertain"] == MESSAGES - found["sent"], "only what was under way, if anything"
    arrived = [arrival for arrival in standin.arrivals if str(arrival.chat) == GROUP]
    assert len(arrived) >= found["sent"]
    got = [arrival.text for arrival in arrived]
    assert got == sorted(set(texts) & set(got)), "each once, in order"
    measured(f"takeover from a killed host in {takeover:.1f} s")


def test_a_strict_host_ends_names_the_owner_and_leaves_the_session_alone(
    owner: HostProcess,
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    tmp_path: Path,
) -> None:
    before = account.session
    strict = values | standin.environment() | {"WA_STRICT_SINGLE_OWNER": "true"}
    with HostProcess(strict, tmp_path / "strict.log") as second:
        assert second.process.wait(PATIENCE_SECONDS) == OWNED_ELSEWHERE
        [fatal] = [line for line in second.log().splitlines() if " CRITICAL " in line]
    assert f"pid {owner.process.pid}, up since 20" in fatal
    assert account.session is before
