"""How sessions end or fail, and the events that the library then emits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.waiting import PATIENCE_SECONDS
from tests.whatsapp.driver import Driver
from tests.whatsapp.linked import GROUP, MEMBER, STORE
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin

Ending = Callable[[AccountScript], None]


@pytest.mark.parametrize(
    ("ending", "event", "data"),
    [
        (lambda one: one.replaced(), "StreamReplaced", {}),
        (lambda one: one.remove_devices(), "LoggedOut", {"OnConnect": False}),
        (lambda one: one.refuse_logins(401), "LoggedOut", {"Reason": "LOGGED_OUT"}),
        (lambda one: one.refuse_logins(403), "LoggedOut", {"Reason": "MAIN_DEVICE_GONE"}),
        (lambda one: one.refuse_logins(406), "LoggedOut", {"Reason": "UNKNOWN_LOGOUT"}),
        (lambda one: one.refuse_logins(405), "ClientOutdated", {}),
        (lambda one: one.refuse_logins(400), "ConnectFailure", {"Reason": "GENERIC"}),
        (lambda one: one.refuse_logins(409), "ConnectFailure", {"Reason": "BAD_USER_AGENT"}),
        (lambda one: one.refuse_logins(501), "ConnectFailure", {"Reason": "EXPERIMENTAL"}),
        (
            lambda one: one.ban(code=101, seconds=3600),
            "TemporaryBan",
            {"Code": "SEND_TO_TOO_MANY_PEOPLE", "Expire": "3600"},
        ),
    ],
    ids=["replaced", "removed", "401", "403", "406", "405", "400", "409", "501", "banned"],
)
def test_an_end_for_good_is_told_once_and_not_reconnected(
    account: AccountScript, client: Driver, ending: Ending, event: str, data: dict[str, Any]
) -> None:
    ending(account)
    told = client.event(event)["data"]
    assert {key: told[key] for key in data} == data
    assert client.call("send", GROUP, "Tugas")["error"] is not None
    assert not account.connected
    assert client.events().count("Connected") == 1


@pytest.mark.parametrize(
    ("ending", "event"),
    [
        (lambda one: one.drop(), "Disconnected"),
        (lambda one: one.stream_error("503"), "Disconnected"),
        (lambda one: one.stream_error("500"), "StreamError"),
    ],
    ids=["dropped", "stream error 503", "stream error 500"],
)
def test_any_other_end_is_followed_by_a_new_session(
    server: Standin, account: AccountScript, client: Driver, ending: Ending, event: str
) -> None:
    before = client.seen()
    ending(account)
    client.event(event, after=before)
    client.event("Connected", after=before)
    client.call("send", GROUP, "Tugas")
    assert server.texts == ["Tugas"]


@pytest.mark.parametrize("reason", [500, 503])
def test_a_login_that_fails_for_now_is_tried_again_without_an_event(
    account: AccountScript, client: Driver, reason: int
) -> None:
    before = client.seen()
    account.refuse_logins(reason)
    client.wait(
        lambda line: line.get("event") == "Disconnected", PATIENCE_SECONDS, after=client.seen()
    )
    account.allow_logins()
    client.event("Connected", after=before)
    assert not {"ConnectFailure", "LoggedOut"} & set(client.events())


def test_a_server_that_is_down_is_found_again(server: Standin, client: Driver) -> None:
    before = client.seen()
    server.down()
    client.event("Disconnected", after=before)
    error = client.call("send", GROUP, "Tugas")["error"]
    assert error == "SendMessageError: failed to get group members: websocket not connected"
    server.up()
    client.event("Connected", after=before)


@pytest.mark.parametrize(
    "surprise",
    [
        lambda one: one.refuse_logins(418),
        lambda one: one.ban(code=199, seconds=3600),
        lambda one: one.receipt("3EB0", GROUP, MEMBER, "unheard-of"),
    ],
    ids=["login failure", "ban", "receipt"],
)
def test_an_unknown_value_in_an_event_ends_the_call_to_connect_and_not_the_process(
    account: AccountScript, client: Driver, surprise: Ending
) -> None:
    surprise(account)
    error = client.wait(lambda line: line.get("answer") == 1, PATIENCE_SECONDS)["error"]
    words = " ".join(error.split())  # Go writes a space or a no-break space after "proto:"
    assert words.startswith("NeonizeError: proto: required field neonize.")
    assert client.call("state")["value"][1] is True


def test_a_second_client_with_the_same_device_replaces_the_first(
    server: Standin, account: AccountScript, client: Driver, linked: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes((linked / STORE).read_bytes())
    with Driver(server, copy) as second:
        second.connect()
        client.event("StreamReplaced")
        second.event("Connected")
        assert account.connected
