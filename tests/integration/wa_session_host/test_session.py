"""A session over a real child process that the test scripts."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

import pytest

from chalicelib.slots import WIB
from tests.conftest import Measured
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from tests.wa_child.server import SILENCE, Login, Scripted
from wa_session_host import protocol
from wa_session_host.sending.transport import (
    NotSent,
    OutcomeUnknown,
    Outgoing,
    Rejected,
    TransportError,
)
from wa_session_host.session import states
from wa_session_host.session.child_process import ChildProcess
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import AlertKind, Event, State
from wa_session_host.session.transport import WhatsAppTransport

HASTY = Times(
    tick=0.02,
    ping=0.1,
    first_code=0.6,
    next_code=0.2,
    code_grace=0.1,
    replaced_retry=0.3,
    ban_margin=0.2,
    backoff=0.05,
    settled=0.3,
)
"""Short where a test waits for it; patient with a child, which a busy machine may keep waiting."""

MESSAGE = Outgoing("gateway", "120363000000000001@g.us", "Apel pagi", "k1")


class Watched:
    """A session, what it alerted, and the lease it believes to have."""

    def __init__(
        self, scripted: Scripted, times: Times = HASTY, command: Sequence[str] | None = None
    ) -> None:
        self.owned = True
        self.alerts: list[AlertKind] = []
        connect = protocol.Connect(account="gateway", store="unused")
        self.session = Session(
            "gateway",
            lambda report, end: ChildProcess(connect, report, end, command or scripted.command),
            lambda: self.owned,
            self._alert,
            lambda: datetime.now(WIB),
            times,
        )

    def _alert(self, account: str, kind: AlertKind, shot: Snapshot) -> None:
        assert account == shot.account == "gateway"
        self.alerts.append(kind)

    @property
    def state(self) -> State:
        return self.session.snapshot.state

    def wait_for(self, state: State, seconds: float = PATIENCE_SECONDS) -> None:
        wait_until(lambda: self.state == state, seconds)


@pytest.fixture
def watch(scripted: Scripted) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def start(times: Times = HASTY) -> Watched:
        watched = Watched(scripted, times)
        made.append(watched)
        watched.session.start()
        return watched

    yield start
    for watched in made:
        watched.session.stop()


Watch = Callable[..., Watched]


def test_a_paired_account_connects_and_is_ready(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    shot = watched.session.snapshot
    assert (shot.state, shot.pid, shot.restarts) == ("connected", scripted.login().pid, 1)
    assert WhatsAppTransport(watched.session).send(MESSAGE) == "ID1"
    assert scripted.sent[0].text == "Apel pagi"


def test_without_the_lease_nothing_is_started(scripted: Scripted) -> None:
    watched = Watched(scripted)
    watched.owned = False
    watched.session.start()
    time.sleep(0.3)
    assert (watched.state, scripted.logins) == ("stopped", [])
    watched.owned = True
    watched.wait_for("connected")
    watched.session.stop()


def test_a_lost_lease_ends_the_child_and_a_regained_one_starts_another(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    watched.wait_for("connected")
    child = scripted.login().pid
    watched.owned = False
    assert not watched.session.ready(), "at once"
    watched.wait_for("stopped")
    wait_until(lambda: not _alive(child))
    watched.owned = True
    wait_until(watched.session.ready)
    assert scripted.login(1).pid != child


# --- every event of the library -----------------------------------------------------------------

STAYS = "the same child"
NEW = "a new child"
NONE = "no child"

REPORTED: list[tuple[Event, State, str, list[AlertKind]]] = [
    ("connected", "connected", STAYS, []),
    ("disconnected", "reconnecting", STAYS, []),
    ("keep_alive_timeout", "reconnecting", STAYS, []),
    ("keep_alive_restored", "connected", STAYS, []),
    ("paired", "starting", STAYS, []),
    ("undecryptable", "connected", STAYS, []),
    ("stream_replaced", "replaced", NONE, []),
    ("logged_out", "logged_out", NEW, ["logged_out"]),
    ("temporary_ban", "banned", NONE, ["banned"]),
    ("client_outdated", "outdated", NONE, ["outdated"]),
    ("connect_failure", "reconnecting", NEW, ["connection"]),
    ("stream_error", "reconnecting", NEW, ["connection"]),
    ("pair_failed", "pairing", NEW, []),
]


def test_the_table_below_has_every_event_that_the_library_reports() -> None:
    assert {row[0] for row in REPORTED} == set(
        get_args(protocol.Happened.model_fields["event"].annotation)
    )


@pytest.mark.parametrize(("event", "state", "child", "alerts"), REPORTED)
def test_an_event_of_the_library_has_the_effect_that_the_table_says(
    event: Event,
    state: State,
    child: str,
    alerts: list[AlertKind],
    scripted: Scripted,
    watch: Watch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "wa_session_host.session.session")
    patient = Times(tick=0.02, ping=30.0, backoff=0.05, replaced_retry=60.0)
    watched = watch(patient)
    watched.wait_for("connected")
    login = scripted.login()
    scripted.on_login = lambda again: None
    login.link(event in ("connected", "keep_alive_restored", "undecryptable"))
    login.happen(event, seconds=60)

    wait_until(lambda: _seen(watched.session.snapshot, caplog, event, state))
    wait_until(lambda: watched.alerts == alerts)
    if child == NEW:
        assert scripted.login(1).pid != login.pid
    elif child == NONE:
        wait_until(lambda: not _alive(login.pid))
        assert watched.session.snapshot.pid is None
    else:
        time.sleep(0.1)
        assert (_alive(login.pid), len(scripted.logins)) == (True, 1)
    consumes = state == "connected"
    assert watched.session.snapshot.consumes is consumes or child == NEW


def _seen(shot: Snapshot, log: pytest.LogCaptureFixture, event: Event, state: State) -> bool:
    """Of a state that the next event ends at once, the log tells."""
    if event == "undecryptable":
        return shot.undecryptable == 1
    entered = (record.args for record in log.records if "→" in record.msg)
    return any(args[2:4] == (state, event) for args in entered if isinstance(args, tuple))


def test_every_reaction_of_the_table_is_tested_here_or_with_the_parent_s_own_events() -> None:
    own = set(states.EVENTS) - {row[0] for row in REPORTED}
    assert own == {
        "child_started",
        "qr",
        "qr_expired",
        "offline_too_long",
        "start_too_long",
        "replaced_again",
        "unlinked",
        "undecryptable_rate",
        "send_timed_out",
        "connect_ended",
        "child_died",
        "child_silent",
        "restart_asked",
        "lease_lost",
        "lease_held",
    }


# --- the host's own events ----------------------------------------------------------------------


def test_codes_are_shown_one_after_the_other_and_new_ones_are_asked_for_when_all_expired(
    scripted: Scripted, watch: Watch
) -> None:
    scripted.paired = False
    watched = watch(replace(HASTY, next_code=2.0))
    watched.wait_for("pairing")
    wait_until(lambda: watched.session.snapshot.code == "code-2")
    wait_until(lambda: watched.session.snapshot.code is None)
    second = scripted.login(1)
    wait_until(lambda: watched.session.snapshot.code == "code-2")
    second.connect()
    wait_until(watched.session.ready)
    assert watched.session.snapshot.code is None


def test_however_often_nobody_scans_the_next_codes_follow_at_once_and_nobody_is_told(
    scripted: Scripted, watch: Watch
) -> None:
    scripted.paired = False
    watched = watch(replace(HASTY, backoff=30.0))
    scripted.login(5)
    assert watched.alerts == []


def test_a_connection_that_ends_while_codes_are_shown_brings_the_next_at_once(
    scripted: Scripted, watch: Watch
) -> None:
    scripted.paired = False
    watched = watch(Times(tick=0.02, ping=0.1, first_code=30.0, next_code=0.2, backoff=30.0))
    watched.wait_for("pairing")
    time.sleep(0.2)
    scripted.login().cut()
    scripted.login(1)
    watched.wait_for("pairing")


def test_a_connection_that_stays_away_gets_a_new_child_and_an_alert(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch(replace(HASTY, offline=2.0))
    watched.wait_for("connected")
    scripted.login().link(False)
    scripted.login().happen("disconnected")
    scripted.login(1)
    wait_until(watched.session.ready)
    assert watched.session.snapshot.restarts == 2
    wait_until(lambda: watched.alerts == ["connection"])


def test_a_child_that_never_connects_is_restarted(scripted: Scripted, watch: Watch) -> None:
    def connect_the_second(login: Login) -> None:
        if len(scripted.logins) > 1:
            login.connect()

    scripted.on_login = connect_the_second
    watched = watch(replace(HASTY, start=3.0))
    wait_until(watched.session.ready)
    assert watched.session.snapshot.restarts == 2


def test_a_lost_link_that_no_event_told_of_is_noticed_and_so_is_its_return(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    watched.wait_for("connected")
    scripted.login().link(False)
    watched.wait_for("reconnecting")
    scripted.login().link(True)
    wait_until(watched.session.ready)
    assert watched.session.snapshot.restarts == 1


def test_a_replaced_session_tries_once_more_and_then_stays_down_until_somebody_asks(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    watched.wait_for("connected")
    scripted.login(0).happen("stream_replaced")
    scripted.login(1)
    watched.wait_for("connected")
    assert watched.alerts == []
    scripted.login(1).happen("stream_replaced")
    watched.wait_for("replaced")
    time.sleep(0.6)
    assert (watched.state, len(scripted.logins)) == ("replaced", 2)
    wait_until(lambda: watched.alerts == ["replaced"])
    watched.session.tell("restart_asked")
    wait_until(watched.session.ready)


def test_a_ban_is_waited_out_with_a_margin(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    watched.wait_for("connected")
    until = datetime.now(WIB) + timedelta(seconds=1)
    scripted.login().happen("temporary_ban", seconds=1)
    watched.wait_for("banned")
    assert watched.session.snapshot.banned_until is not None
    assert watched.session.snapshot.banned_until >= until
    wait_until(watched.session.ready)
    assert datetime.now(WIB) >= until
    assert watched.session.snapshot.banned_until is None


def test_a_ban_is_waited_out_though_the_lease_is_away_for_a_moment(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    watched.wait_for("connected")
    until = datetime.now(WIB) + timedelta(seconds=1)
    scripted.login().happen("temporary_ban", seconds=1)
    watched.wait_for("banned")
    watched.owned = False
    watched.wait_for("stopped")
    watched.owned = True
    watched.wait_for("banned")
    wait_until(watched.session.ready)
    assert datetime.now(WIB) >= until
    assert (len(scripted.logins), watched.alerts) == (2, ["banned"])


def test_an_outdated_client_is_not_started_again(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    watched.wait_for("connected")
    scripted.login().happen("client_outdated")
    watched.wait_for("outdated")
    time.sleep(0.5)
    assert len(scripted.logins) == 1


def test_many_undecryptable_messages_are_alerted_once_and_cost_neither_session_nor_child(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch(Times(tick=0.02, undecryptable_most=5))
    watched.wait_for("connected")
    for _ in range(9):
        scripted.login().happen("undecryptable")
    wait_until(lambda: watched.session.snapshot.undecryptable == 9)
    wait_until(lambda: watched.alerts == ["undecryptable"])
    assert (watched.state, len(scripted.logins)) == ("connected", 1)


def test_a_child_that_is_killed_is_replaced(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    os.kill(scripted.login().pid, signal.SIGKILL)
    scripted.login(1)
    wait_until(watched.session.ready)


@pytest.mark.parametrize("order", [{"hang": True}, {"exit": 1}])
def test_a_child_that_hangs_or_ends_is_replaced(
    order: dict[str, object], scripted: Scripted, watch: Watch
) -> None:
    watched = watch(replace(HASTY, silent=1.5))
    wait_until(watched.session.ready)
    first = scripted.login()
    first.tell(order)
    scripted.login(1)
    wait_until(watched.session.ready)
    wait_until(lambda: not _alive(first.pid))


def test_with_its_real_patience_a_session_replaces_a_hanging_child(
    scripted: Scripted, watch: Watch, measured: Measured
) -> None:
    watched = watch(Times())
    wait_until(watched.session.ready)
    hung = time.monotonic()
    scripted.login().tell({"hang": True})
    scripted.login(1)
    wait_until(watched.session.ready)
    measured(f"a session replaced a hanging child in {time.monotonic() - hung:.1f} s")


def test_a_connect_that_ends_is_tried_again_and_told_when_it_keeps_failing(
    scripted: Scripted, watch: Watch
) -> None:
    def refuse(login: Login) -> None:
        if len(scripted.logins) <= 5:
            login.report(protocol.Ended(error="NeonizeError: required field not set"))
        else:
            login.connect()

    scripted.on_login = refuse
    watched = watch()
    wait_until(watched.session.ready)
    assert watched.session.snapshot.restarts == 6
    wait_until(lambda: watched.alerts == ["connection"])


def test_a_child_that_cannot_be_started_is_tried_again(scripted: Scripted) -> None:
    command = ["/nonexistent"]
    watched = Watched(scripted, command=command)
    watched.session.start()
    wait_until(lambda: watched.alerts == ["connection"])
    command[:] = scripted.command
    wait_until(watched.session.ready)
    watched.session.stop()


def test_a_line_that_is_no_report_is_left_out(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    watched.wait_for("connected")
    scripted.login().tell({"print": "1"})
    scripted.login().tell({"print": '{"report":"happened","event":"something_new"}'})
    assert WhatsAppTransport(watched.session).send(MESSAGE) == "ID1"


def test_retry_receipts_are_counted_and_those_for_forgotten_messages_apart(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    WhatsAppTransport(watched.session).send(MESSAGE)
    scripted.login().report(protocol.RetryReceipt(message_ids=["ID1", "older"]))
    wait_until(lambda: watched.session.snapshot.retry_receipts == 2)
    assert watched.session.snapshot.retry_receipts_too_late == 1
    scripted.login().tell({"exit": 1})
    scripted.login(1).report(protocol.RetryReceipt(message_ids=["ID1"]))
    wait_until(lambda: watched.session.snapshot.retry_receipts_too_late == 2)


def test_logging_out_brings_codes_again(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    watched.session.ask(lambda number: protocol.Logout(id=number)).result(10)
    watched.session.tell("unlinked")
    watched.wait_for("pairing")
    assert watched.alerts == []


# --- sends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "error", "code", "slow_down", "alert"),
    [
        ("server returned error 403", Rejected, 403, False, "group"),
        ("server returned error 404", Rejected, 404, False, "group"),
        ("server returned error 420", NotSent, 420, True, None),
        ("server returned error 429", NotSent, 429, True, None),
        ("server returned error 463", Rejected, 463, False, "reach"),
        ("server returned error 479", NotSent, 479, False, None),
        ("server returned error 500", NotSent, 500, False, None),
        ("failed to get group members: websocket not connected", NotSent, 0, False, None),
        ("timed out waiting for message send response", OutcomeUnknown, 0, False, None),
    ],
)
def test_an_error_of_the_library_reaches_the_consumer_with_its_class(
    text: str,
    error: type[TransportError],
    code: int,
    slow_down: bool,
    alert: str | None,
    scripted: Scripted,
    watch: Watch,
) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    scripted.outcomes.append(text)
    with pytest.raises(error) as raised:
        WhatsAppTransport(watched.session).send(MESSAGE)
    found = raised.value
    assert (found.code, found.slow_down, found.alert) == (code, slow_down, alert)


def test_a_refused_group_is_looked_up(scripted: Scripted, watch: Watch) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    scripted.outcomes.append("server returned error 403")
    with pytest.raises(Rejected, match="not in the group, or the group is gone"):
        WhatsAppTransport(watched.session).send(MESSAGE)


def test_a_send_without_an_outcome_is_unknown_and_costs_the_child(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    wait_until(watched.session.ready)
    scripted.outcomes.append(SILENCE)
    with pytest.raises(OutcomeUnknown, match=r"no outcome after 0\.2 seconds"):
        WhatsAppTransport(watched.session, send_seconds=0.2).send(MESSAGE)
    scripted.login(1)
    wait_until(watched.session.ready)
    wait_until(lambda: watched.alerts == ["send_limit"])


def test_a_child_that_dies_while_it_sends_leaves_the_outcome_unknown(
    scripted: Scripted, watch: Watch
) -> None:
    watched = watch()
    wait_until(watched.session.ready)

    def die(login: Login, _: object) -> str:
        os.kill(login.pid, signal.SIGKILL)
        return SILENCE

    scripted.outcomes.append(die)
    with pytest.raises(OutcomeUnknown, match="the child ended while it was sending"):
        WhatsAppTransport(watched.session).send(MESSAGE)


def test_without_a_child_a_message_is_certainly_not_sent(scripted: Scripted) -> None:
    watched = Watched(scripted)
    with pytest.raises(NotSent, match="before it began to send"):
        WhatsAppTransport(watched.session).send(MESSAGE)


def test_a_stop_ends_the_child(scripted: Scripted) -> None:
    watched = Watched(scripted)
    watched.session.start()
    wait_until(watched.session.ready)
    child = scripted.login().pid
    watched.session.stop()
    assert not _alive(child)
    assert not watched.session.ready()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
