"""What the library reports of a session, row by row of the event table, and what follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from tests.integration.inbox import Inbox
from tests.integration.ledger import message
from tests.integration.wa_session_host.hosting import between_receives, publish
from tests.integration.wa_session_host.real_library.hosting import (
    TIMES,
    Told,
    pair,
    running,
    session_of,
    snapshot,
)
from tests.integration.waiting import wait_until
from tests.whatsapp.linked import GROUP, MEMBER
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.host import Host
from wa_session_host.session.snapshot import Times
from wa_session_host.session.states import State

SLOW = replace(TIMES, backoff=3.0, replaced_retry=3.0)


@dataclass(frozen=True)
class Scene:
    """A host, and what it talks to."""

    host: Host
    standin: Standin
    account: AccountScript


Act = Callable[[Scene], None]


def by_itself(scene: Scene) -> None:
    """Nothing needs to be done."""


def allowed(scene: Scene) -> None:
    scene.account.allow_logins()


def back_up(scene: Scene) -> None:
    scene.standin.up()


def by_hand(scene: Scene) -> None:
    """Somebody presses the page's button, and nothing less helps."""
    scene.account.allow_logins()
    time.sleep(0.5)
    assert not scene.account.connected
    session_of(scene.host).tell("restart_asked")


def paired_again(scene: Scene) -> None:
    scene.account.allow_logins()
    pair(scene.host, scene.account)


def goes_down(scene: Scene) -> None:
    scene.standin.down()


def replaced(scene: Scene) -> None:
    scene.account.replaced()


def replaced_twice(scene: Scene) -> None:
    replaced(scene)
    scene.account.wait_connected()
    replaced(scene)


def refused(code: int) -> Act:
    return lambda scene: scene.account.refuse_logins(code)


def banned(code: int, seconds: int) -> Act:
    return lambda scene: scene.account.ban(code=code, seconds=seconds)


@dataclass(frozen=True)
class Row:
    """What happens at the server, what the host makes of it, and what ends it."""

    happens: Act
    reason: str
    state: State
    alerts: list[str] = field(default_factory=list)
    mend: Act = by_itself
    times: Times = TIMES


def logged_out(happens: Act) -> Row:
    return Row(happens, "qr", "pairing", ["wa-logged_out"], paired_again)


def failure(code: int) -> Row:
    return Row(refused(code), "connect_failure", "reconnecting", ["wa-connection"], allowed, SLOW)


def surprise(happens: Act) -> Row:
    """An event with a value that the library does not know: its connect() raises."""
    return Row(happens, "connect_ended", "reconnecting", mend=allowed, times=SLOW)


ROWS = {
    "dropped": Row(goes_down, "disconnected", "reconnecting", mend=back_up),
    "refused for now, 500": Row(refused(500), "disconnected", "reconnecting", mend=allowed),
    "refused for now, 503": Row(refused(503), "disconnected", "reconnecting", mend=allowed),
    "away for too long": Row(
        goes_down,
        "connect_ended",
        "reconnecting",
        ["wa-connection"],
        back_up,
        replace(SLOW, offline=1.0),
    ),
    "replaced": Row(replaced, "stream_replaced", "replaced", times=SLOW),
    "replaced again": Row(replaced_twice, "replaced_again", "replaced", ["wa-replaced"], by_hand),
    "removed on the phone": logged_out(lambda scene: scene.account.remove_devices()),
    "refused, 401": logged_out(refused(401)),
    "refused, 403": logged_out(refused(403)),
    "refused, 406": logged_out(refused(406)),
    "banned": Row(
        banned(101, 4),
        "temporary_ban",
        "banned",
        ["wa-banned"],
        allowed,
        replace(TIMES, ban_margin=0.5),
    ),
    "outdated": Row(refused(405), "client_outdated", "outdated", ["wa-outdated"], by_hand),
    "refused otherwise, 400": failure(400),
    "refused otherwise, 409": failure(409),
    "refused otherwise, 501": failure(501),
    "stream error": Row(
        lambda scene: scene.account.stream_error("500"),
        "stream_error",
        "reconnecting",
        ["wa-connection"],
        times=SLOW,
    ),
    "unknown login failure": surprise(refused(418)),
    "unknown ban": surprise(banned(199, 3600)),
    "unknown receipt": surprise(
        lambda scene: scene.account.receipt("3EB0", GROUP, MEMBER, "unheard-of")
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_while_the_session_is_away_the_queue_keeps_its_messages_and_afterwards_they_go_out(
    row: Row,
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    told: Told,
    inbox: Inbox,
) -> None:
    with running(values, standin, row.times) as host:
        idle = between_receives(host)
        wait_until(host.ready)
        scene = Scene(host, standin, account)
        row.happens(scene)
        wait_until(lambda: snapshot(host).reason == row.reason)
        assert snapshot(host).state == row.state
        assert not host.ready()
        wait_until(lambda: told.alerts() == row.alerts)
        wait_until(idle)
        publish(real_writer, message(real_writer, "k1", text="Apel pagi"))
        waiting = (1 + len(row.alerts), 0)
        wait_until(lambda: inbox.seen(OUTBOUND) == waiting)  # an alert's row comes before it
        for _ in range(10):
            time.sleep(0.1)
            assert inbox.seen(OUTBOUND) == waiting, "in sight, never received"
        assert (told.statuses(), standin.arrivals) == (["pending"], [])
        row.mend(scene)
        wait_until(lambda: told.statuses() == ["sent"])
    assert told.alerts() == row.alerts
    assert standin.texts_to(GROUP) == ["Apel pagi"]
    [sent] = told.rows()
    assert sent["attempt_count"] == 1


def test_messages_that_cannot_be_read_are_counted_and_told_and_the_session_stays(
    values: dict[str, str], standin: Standin, account: AccountScript, told: Told
) -> None:
    with running(values, standin, replace(TIMES, undecryptable_most=3)) as host:
        wait_until(host.ready)
        for number in range(1, 5):
            account.undecryptable(GROUP, MEMBER)
            wait_until(lambda number=number: snapshot(host).undecryptable == number)  # type: ignore[misc]
        wait_until(lambda: told.alerts() == ["wa-undecryptable"])
        shot = snapshot(host)
        assert (shot.state, shot.restarts, host.ready()) == ("connected", 1, True)


def test_a_member_who_asks_again_is_counted_and_apart_where_the_child_forgot_the_message(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    told: Told,
) -> None:
    with running(values, standin) as host:
        wait_until(host.ready)
        publish(real_writer, message(real_writer, "k1"))
        wait_until(lambda: told.statuses() == ["sent"])
        account.ask_again(standin.arrivals[0].id, GROUP, MEMBER)
        wait_until(lambda: snapshot(host).retry_receipts == 1)
        assert snapshot(host).retry_receipts_too_late == 0
        account.ask_again("3EB0FORGOTTEN", GROUP, MEMBER)
        wait_until(lambda: snapshot(host).retry_receipts_too_late == 1)


@pytest.mark.timeout(240)
def test_a_server_that_falls_silent_costs_an_uncertain_message_and_no_other(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    told: Told,
) -> None:
    """The library's own patience: half a minute for a pong, 75 seconds for an acknowledgement."""
    standin.next_sends("silence")
    with running(values, standin) as host:
        wait_until(host.ready)
        keys = ["k1", "k2"]
        publish(real_writer, *(message(real_writer, key, text=key) for key in keys))
        standin.wait_for(lambda: standin.arrivals)
        account.answer_pings(False)
        wait_until(lambda: snapshot(host).reason == "keep_alive_timeout", 90)
        time.sleep(3)
        assert (snapshot(host).state, host.ready()) == ("reconnecting", False)
        account.answer_pings(True)
        wait_until(lambda: snapshot(host).reason == "keep_alive_restored", 90)
        wait_until(lambda: told.statuses() == ["uncertain", "sent"], 120)
        assert snapshot(host).restarts == 1
    assert told.rows()[0]["error_message"] == "timed out waiting for message send response"
    assert [one.text for one in standin.arrivals if str(one.chat) == GROUP] == keys
    assert told.alerts() == ["wa-uncertain"]
