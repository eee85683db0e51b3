"""What is sent, what arrives, and what the library reports about it."""

from __future__ import annotations

import pytest

from tests.whatsapp.binary import Jid
from tests.whatsapp.driver import Driver
from tests.whatsapp.linked import GROUP, GROUP_NAME, MEMBER, NUMBER, OTHERS_GROUP
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from tests.whatsapp.state import Reaction

LIST = "*DAFTAR TUGAS*\n1. https://example.org/p/1 – 39 suka 🙂"


def test_texts_arrive_as_they_were_sent_in_order(server: Standin, client: Driver) -> None:
    ids = [client.call("send", GROUP, f"{LIST} {number}")["value"] for number in range(3)]
    assert server.texts == [f"{LIST} {number}" for number in range(3)]
    assert [arrival.id for arrival in server.arrivals] == ids
    assert {str(arrival.chat) for arrival in server.arrivals} == {GROUP}


def test_a_number_gets_a_text_under_its_own_address(server: Standin, client: Driver) -> None:
    client.call("send", f"{MEMBER}@s.whatsapp.net", "Laporan")
    [arrival] = server.arrivals
    assert (arrival.text, arrival.chat) == ("Laporan", Jid(MEMBER))


def test_groups_have_names_and_only_own_groups_are_listed(client: Driver) -> None:
    assert client.call("groups")["value"] == [GROUP_NAME]
    assert client.call("group", GROUP)["value"] == GROUP_NAME


def test_an_error_in_the_acknowledgement_is_raised(server: Standin, client: Driver) -> None:
    codes = (403, 404, 420, 429, 463, 479, 500)
    server.next_sends(*codes)
    errors = [client.call("send", GROUP, LIST)["error"] for _ in codes]
    assert errors == [f"SendMessageError: server returned error {code}" for code in codes]
    assert client.call("send", GROUP, LIST)["error"] is None
    assert len(server.arrivals) == len(codes) + 1
    assert server.texts == [LIST]


@pytest.mark.parametrize(
    ("drops", "error"),
    [
        (["drop"], None),
        (["drop", "drop"], "disconnected before message send (retry) returned response"),
    ],
)
def test_a_socket_that_breaks_during_a_send_makes_it_arrive_twice(
    server: Standin, client: Driver, drops: list[Reaction], error: str | None
) -> None:
    server.next_sends(*drops)
    answer = client.call("send", GROUP, LIST)["error"]
    assert answer == error or answer.endswith(error)
    first, second = server.arrivals
    assert first.id == second.id
    assert server.texts == [LIST]


def test_a_group_that_is_gone_is_not_sent_to(server: Standin, client: Driver) -> None:
    server.world.groups[Jid.parse(GROUP)].gone = True
    error = client.call("send", GROUP, LIST)["error"]
    assert error == "SendMessageError: failed to get group members: that group does not exist"
    assert server.arrivals == []


def test_a_group_of_others_is_not_sent_to(server: Standin, client: Driver) -> None:
    error = "you're not participating in that group"
    assert client.call("send", OTHERS_GROUP, LIST)["error"].endswith(error)
    assert client.call("group", OTHERS_GROUP)["error"] == f"GetGroupInfoError: {error}"
    assert server.arrivals == []


def test_a_slow_server_is_waited_for(
    server: Standin, account: AccountScript, client: Driver
) -> None:
    account.delay(0.5)
    assert client.call("send", GROUP, LIST)["seconds"] > 0.5
    assert server.texts == [LIST]


@pytest.mark.parametrize(("kind", "name"), [("", "DELIVERED"), ("read", "READ")])
def test_receipts_are_reported(
    account: AccountScript, client: Driver, kind: str, name: str
) -> None:
    sent = client.call("send", GROUP, LIST)["value"]
    account.receipt(sent, GROUP, MEMBER, kind)
    receipt = client.event("Receipt")["data"]
    assert (receipt["MessageIDs"], receipt["Type"]) == ([sent], name)


def test_a_member_who_asks_again_gets_the_message_once_more(
    server: Standin, account: AccountScript, client: Driver
) -> None:
    sent = client.call("send", GROUP, LIST)["value"]
    account.ask_again(sent, GROUP, MEMBER)
    assert client.event("Receipt")["data"]["Type"] == "RETRY"
    server.wait_for(lambda: len(server.arrivals) == 2)
    again = server.arrivals[1]
    assert (again.id, again.text, again.asked_by) == (sent, LIST, Jid(MEMBER))
    assert str(again.sender).startswith(NUMBER)


def test_a_message_without_a_key_is_reported_and_survived(
    account: AccountScript, client: Driver
) -> None:
    account.undecryptable(GROUP, MEMBER)
    client.event("UndecryptableMessage")
    assert client.call("send", GROUP, LIST)["error"] is None
