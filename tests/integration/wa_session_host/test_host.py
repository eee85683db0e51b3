"""The whole host over scripted children: queue, database, lease and processes are real."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from tests.integration.inbox import Inbox
from tests.integration.ledger import CHAT, message
from tests.integration.tables import Tables
from tests.integration.wa_session_host.hosting import (
    QUICK,
    between_receives,
    hosting,
    publish,
    running,
)
from tests.integration.wa_session_host.processes import HostProcess
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from tests.wa_child.host import LEASE_TIMES, TIMES
from tests.wa_child.server import SILENCE, Login, Scripted, Sent
from wa_session_host.alerts.alerts import Alerts
from wa_session_host.host import BROKEN, OWNED_ELSEWHERE, Host, Overrides
from wa_session_host.lease import LeaseTimes, Owner


def statuses(tables: Tables) -> Counter[str]:
    return Counter(tables.values("SELECT status FROM wa_notification_outbox"))


def sent(tables: Tables, number: int) -> Callable[[], bool]:
    return lambda: statuses(tables)["sent"] == number


# --- one host ---------------------------------------------------------------------------------


def test_while_the_account_is_away_the_queue_keeps_its_messages_and_their_receive_counts(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables, inbox: Inbox
) -> None:
    with running(values, scripted) as host:
        idle = between_receives(host)
        wait_until(host.ready)
        scripted.on_login = lambda login: None
        scripted.login().link(False)
        scripted.login().happen("disconnected")
        wait_until(lambda: not host.ready())
        wait_until(idle)
        publish(real_writer, *(message(real_writer, f"k{n}") for n in range(3)))
        time.sleep(1)
        assert scripted.tried == []
        received = inbox.receive(OUTBOUND)
    assert [each["Attributes"]["ApproximateReceiveCount"] for each in received] == ["1"] * 3
    assert statuses(tables) == {"pending": 3}


def test_with_sends_off_the_account_is_ready_and_its_messages_stay_in_the_queue(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables, inbox: Inbox
) -> None:
    publish(real_writer, message(real_writer, "k"))
    with running(values | {"WA_TRANSPORT": "off"}, scripted) as host:
        wait_until(host.ready)
        assert host.alive()
        assert not [t for t in threading.enumerate() if t.name.startswith("consumer")]
        [received] = inbox.receive(OUTBOUND)
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"
    assert (statuses(tables), scripted.tried) == ({"pending": 1}, [])


def test_a_child_that_is_killed_while_it_sends_costs_one_uncertain_message_and_no_other(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    def die(login: Login, _: Sent) -> str:
        os.kill(login.pid, signal.SIGKILL)
        return SILENCE

    scripted.outcomes.extend([None, die])
    publish(real_writer, *(message(real_writer, f"k{n}", text=f"k{n}") for n in range(4)))
    with running(values, scripted) as host:
        wait_until(host.ready)
        wait_until(lambda: statuses(tables)["sent"] == 3 + _alerts(tables))
    assert [each.text for each in scripted.sent if each.chat == CHAT] == ["k0", "k2", "k3"]
    row = tables.row("SELECT * FROM wa_notification_outbox WHERE status = 'uncertain'")
    assert (row["idempotency_key"], row["attempt_count"]) == ("k1", 1)


def _alerts(tables: Tables) -> int:
    """Alerts, which are sent as well."""
    return int(
        tables.value("SELECT count(*) FROM wa_notification_outbox WHERE kind = 'admin_alert'")
    )


def test_operators_are_told_of_an_uncertain_message_in_their_words(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    scripted.outcomes.append("timed out waiting for message send response")
    [row] = publish(real_writer, message(real_writer, "k1"))
    with running(values, scripted) as host:
        wait_until(host.ready)
        wait_until(lambda: len(scripted.sent) == 1)
    [told] = scripted.sent
    assert told.chat == "6281200000001@s.whatsapp.net"
    assert told.text.startswith("*PESAN TIDAK PASTI*")
    assert f"outbox {row['outbox_id']}, klien CONTOH" in told.text


def test_a_send_slower_than_the_queue_s_patience_is_not_taken_again(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables, inbox: Inbox
) -> None:
    def slowly(login: Login, _: Sent) -> None:
        time.sleep(5)  # the queue's messages come back after 3

    scripted.outcomes.append(slowly)
    publish(real_writer, message(real_writer, "k1"), message(real_writer, "k2"))
    with running(values, scripted) as host:
        wait_until(host.ready)
        time.sleep(4)
        assert inbox.receive(OUTBOUND) == [], "hidden while it is sent, and the next one too"
        wait_until(sent(tables, 2))
    assert len(scripted.tried) == 2


def test_a_stop_finishes_the_message_in_hand_and_gives_the_others_back(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables, inbox: Inbox
) -> None:
    sending = Event()

    def slowly(login: Login, _: Sent) -> None:
        sending.set()
        time.sleep(1)

    scripted.outcomes.append(slowly)
    publish(real_writer, *(message(real_writer, f"k{n}") for n in range(3)))
    with running(values, scripted):
        assert sending.wait(PATIENCE_SECONDS)
    assert statuses(tables) == {"sent": 1, "pending": 2}
    assert len(inbox.take(OUTBOUND)) == 2, "in sight of the next host at once"


def test_whatsapp_s_wish_to_slow_down_is_kept_and_the_message_tried_again(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    scripted.outcomes.append("server returned error 429")
    publish(real_writer, message(real_writer, "k1"))
    with running(values | {"WA_GAP_SECONDS": "0.5"}, scripted) as host:
        wait_until(host.ready)
        wait_until(sent(tables, 1))
    assert len(scripted.tried) == 2


def test_a_gap_is_kept_between_two_messages(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    at: list[float] = []
    scripted.outcomes.extend([lambda login, message: at.append(time.monotonic())] * 3)
    publish(
        real_writer,
        *(message(real_writer, f"k{n}", chat=f"12036300000000000{n}@g.us") for n in (1, 2, 3)),
    )
    with running(values | {"WA_GAP_SECONDS": "1", "WA_GAP_JITTER_PERCENT": "20"}, scripted) as host:
        wait_until(host.ready)
        wait_until(sent(tables, 3))
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert all(0.75 <= gap <= 2.5 for gap in gaps), gaps


def test_the_hourly_cap_counts_what_an_earlier_host_sent(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    capped = values | {"WA_HOURLY_CAP": "2"}
    for number in (1, 2):
        publish(real_writer, message(real_writer, f"k{number}"))
        with running(capped, scripted):
            wait_until(sent(tables, number))
    publish(real_writer, message(real_writer, "k3"))
    with running(capped, scripted) as host:
        wait_until(host.ready)
        time.sleep(1.5)
    assert len(scripted.tried) == 2


def test_two_accounts_fail_alone_and_the_second_tells_of_the_first(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables, inbox: Inbox
) -> None:
    both = values | {"WA_LOG_CLIENT_ID": "log"}
    with running(both, scripted) as host:
        wait_until(host.ready)
        logins = {login.account: login for login in scripted.logins}
        scripted.on_login = lambda login: None
        logins["gateway"].link(False)
        logins["gateway"].happen("logged_out", "LOGGED_OUT")
        wait_until(lambda: not host.sessions["gateway"].ready())
        publish(real_writer, message(real_writer, "k1"), message(real_writer, "k2", session="log"))
        wait_until(lambda: len(scripted.sent) == 2)
        assert {each.account for each in scripted.sent} == {"log"}
        assert any("SESI WHATSAPP gateway" in each.text for each in scripted.sent)
        time.sleep(1)
        waiting = tables.row("SELECT * FROM wa_notification_outbox WHERE session = 'gateway'")
        assert (waiting["status"], waiting["attempt_count"]) == ("pending", 0)
    [back] = inbox.receive(OUTBOUND)
    assert int(back["Attributes"]["ApproximateReceiveCount"]) <= 2, "kept in hand meanwhile"


def test_health_readiness_and_metrics(
    scripted: Scripted, values: dict[str, str], real_writer: Runtime, tables: Tables
) -> None:
    tried = 'cicero_wa_tries_total{account="gateway",status="sent"} 1.0'
    publish(real_writer, message(real_writer, "k1"))
    with running(values, scripted) as host:
        wait_until(host.ready)
        wait_until(sent(tables, 1))
        wait_until(lambda: tried in host.metrics.text().decode())  # counted after it is stored
        assert host.alive()
        text = host.metrics.text().decode()
        scripted.login().happen("client_outdated")
        wait_until(lambda: not host.ready())
        assert host.alive(), "an account that is away is no reason to restart the host"
        down = host.metrics.text().decode()
    for line in (
        tried,
        'cicero_wa_ready{account="gateway"} 1.0',
        "cicero_wa_lease_held 1.0",
    ):
        assert line in text
    assert 'cicero_wa_state{account="gateway",state="outdated"} 1.0' in down
    assert 'cicero_wa_ready{account="gateway"} 0.0' in down


def end_session(host: Host) -> None:
    host.sessions["gateway"].stop()


def end_in_hand(host: Host) -> None:
    assert host.in_hand is not None
    host.in_hand.close()


@pytest.mark.parametrize("end", [end_session, end_in_hand])
def test_a_part_that_ends_by_itself_ends_the_host(
    end: Callable[[Host], None], scripted: Scripted, values: dict[str, str]
) -> None:
    codes: list[int] = []
    with running(values, scripted, codes=codes) as host:
        wait_until(host.ready)
        assert host.alive()
        end(host)
        assert not host.alive()
        wait_until(lambda: codes == [BROKEN])


class EndsWithTheHost(Thread):
    """A part that is looked at when another owner has just been found and everything ends."""

    found: Callable[[Owner], None] | None = None

    def is_alive(self) -> bool:
        if self.found is None:
            return super().is_alive()
        self.found(Owner("other", 1, None))
        return False


def test_a_strict_host_that_ends_over_another_owner_blames_no_part(
    scripted: Scripted, values: dict[str, str]
) -> None:
    codes: list[int] = []
    alerts = partial(Alerts, thread=EndsWithTheHost)
    parts = Overrides(scripted.command, TIMES, QUICK, pause_seconds=0.5, alerts=alerts)
    with hosting(values | {"WA_STRICT_SINGLE_OWNER": "true"}, parts, codes) as host:
        wait_until(host.ready)
        assert isinstance(host.alerts.thread, EndsWithTheHost)
        host.alerts.thread.found = host.lease._on_other
        wait_until(lambda: codes == [OWNED_ELSEWHERE])


# --- two hosts --------------------------------------------------------------------------------


@pytest.fixture
def new_host(
    values: dict[str, str], scripted: Scripted, tmp_path: Path
) -> Iterator[Callable[..., HostProcess]]:
    with ExitStack() as hosts:

        def make(name: str, **settings: str) -> HostProcess:
            command = ("tests.wa_child.host", *scripted.command)
            log = tmp_path / f"{name}.log"
            return hosts.enter_context(HostProcess(values | settings, log, command))

        yield make


def test_the_second_host_takes_over_from_a_killed_one_and_no_message_is_lost_or_doubled(
    scripted: Scripted,
    real_writer: Runtime,
    tables: Tables,
    new_host: Callable[..., HostProcess],
) -> None:
    first = new_host("first")
    scripted.login()
    second = new_host("second")
    wait_until(lambda: "another host owns the account" in second.log())
    assert f"pid {first.process.pid}" in second.log()
    slow = [lambda login, message: time.sleep(0.05)] * 40
    scripted.outcomes.extend(slow)
    publish(
        real_writer,
        *(
            message(real_writer, f"k{n:02}", chat=f"1203630000000000{n % 4}@g.us")
            for n in range(40)
        ),
    )
    wait_until(lambda: len(scripted.sent) >= 10)
    first.process.kill()
    killed = time.monotonic()
    scripted.login_of(second.process.pid)
    takeover = time.monotonic() - killed
    wait_until(lambda: not {"pending", "processing", "retrying"} & set(statuses(tables)), 60)
    assert takeover < 30
    texts = Counter(each.text for each in scripted.tried if each.chat.startswith("12036"))
    assert texts.keys() == {f"text of k{n:02}" for n in range(40)}
    assert set(texts.values()) == {1}, "nothing twice"
    ours = "SELECT status FROM wa_notification_outbox WHERE kind = 'changes'"
    found = Counter(tables.values(ours))
    assert found["sent"] >= 39
    assert found["uncertain"] == 40 - found["sent"], "only what was under way, if anything"


def test_a_strict_host_ends_and_names_the_owner(
    scripted: Scripted, new_host: Callable[..., HostProcess]
) -> None:
    first = new_host("first")
    scripted.login_of(first.process.pid)
    strict = new_host("strict", WA_STRICT_SINGLE_OWNER="true")
    assert strict.process.wait(PATIENCE_SECONDS) == OWNED_ELSEWHERE
    [fatal] = [line for line in strict.log().splitlines() if line.startswith("CRITICAL")]
    assert f"pid {first.process.pid}, up since 20" in fatal
    assert first.process.poll() is None
    assert not scripted.logins_of(strict.process.pid), "it never connected"


def test_a_terminated_host_hands_over_and_leaves_no_child(
    scripted: Scripted, new_host: Callable[..., HostProcess]
) -> None:
    first = new_host("first")
    scripted.login_of(first.process.pid)
    second = new_host("second")
    first.process.terminate()
    assert first.process.wait(PATIENCE_SECONDS) == 0
    for login in scripted.logins_of(first.process.pid):
        with pytest.raises(ProcessLookupError):
            os.kill(login.pid, 0)
    scripted.login_of(second.process.pid)


def test_a_killed_host_takes_its_child_with_it_even_a_hanging_one(
    scripted: Scripted, new_host: Callable[..., HostProcess]
) -> None:
    first = new_host("first")
    login = scripted.login()
    login.tell({"hang": True})
    wait_until(lambda: _status(login.pid) in (psutil.STATUS_STOPPED, *ENDED))
    first.process.kill()
    wait_until(lambda: _status(login.pid) in ENDED)


ENDED = (psutil.STATUS_ZOMBIE, None)


def _status(pid: int) -> str | None:
    """None for a process that is gone."""
    try:
        return psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return None


def test_real_lease_times_are_the_ones_of_a_host() -> None:
    assert Overrides().lease_times == LeaseTimes() != LEASE_TIMES
