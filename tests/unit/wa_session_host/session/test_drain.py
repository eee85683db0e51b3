"""Sends under way, and a child that is about to end."""

from __future__ import annotations

from threading import Timer

import pytest

from wa_session_host.session.child_process import ChildGone, Reply, gone
from wa_session_host.session.drain import SendGate


def test_without_a_send_under_way_there_is_nothing_to_wait_for() -> None:
    assert SendGate().drain(0)


def test_a_send_under_way_is_waited_for() -> None:
    sends, reply = SendGate(), Reply()
    assert sends.begin(lambda: reply) is reply
    Timer(0.05, reply.set_result, ["ID1"]).start()
    assert sends.drain(10)


@pytest.mark.parametrize("ended", [0, 1])
def test_a_send_without_an_end_is_waited_for_no_longer_than_said(ended: int) -> None:
    sends, replies = SendGate(), [Reply(), Reply()]
    for reply in replies:
        sends.begin(lambda reply=reply: reply)  # type: ignore[misc]
    for reply in replies[:ended]:
        reply.set_result("ID1")
    assert not sends.drain(0.01)


def test_a_send_that_failed_has_ended() -> None:
    sends = SendGate()
    sends.begin(gone)
    assert sends.drain(0)


def test_meanwhile_none_begins_until_they_may_again() -> None:
    sends, asked = SendGate(), list[str]()

    def ask() -> Reply:
        asked.append("child")
        return Reply()

    sends.drain(0)
    with pytest.raises(ChildGone):
        sends.begin(ask).result(0)
    assert (sends.open, asked) == (False, [])
    sends.reopen()
    sends.begin(ask)
    assert (sends.open, asked) == (True, ["child"])
