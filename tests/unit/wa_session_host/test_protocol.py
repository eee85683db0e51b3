"""The lines between the host and a child, and what of them may be logged."""

from __future__ import annotations

from base64 import b64encode

import pytest

from wa_session_host import protocol
from wa_session_host.session.child_process import masked

PICTURE = protocol.SentFile(
    kind="image", name="x.png", mime_type="image/png", data=b64encode(bytes(range(256)))
)


@pytest.mark.parametrize(
    "order",
    [
        protocol.Connect(account="gateway", store="postgresql://u:p@h/d", proxy_url=None),
        protocol.Stop(),
        protocol.Ping(id=1),
        protocol.Send(id=2, chat="1@g.us", text="dua\nbaris ✓"),
        protocol.Send(id=2, chat="1@g.us", text="", file=PICTURE),
        protocol.PairPhone(id=3, phone="6281200000001"),
        protocol.JoinedGroups(id=4),
        protocol.GroupInfo(id=5, chat="1@g.us"),
        protocol.Logout(id=6),
    ],
)
def test_an_order_is_one_line_that_reads_as_it_was(order: protocol.Order) -> None:
    text = protocol.line(order)
    assert text.count("\n") == 1
    assert protocol.read_order(text) == order


@pytest.mark.parametrize(
    "report",
    [
        protocol.Answered(id=1, value={"connected": True}),
        protocol.Answered(id=1, error="server returned error 403"),
        protocol.Begun(id=1),
        protocol.Qr(code="2@abc"),
        protocol.Happened(event="temporary_ban", code="1", seconds=3600),
        protocol.RetryReceipt(message_ids=["A", "B"]),
        protocol.Ended(error="x"),
    ],
)
def test_a_report_is_one_line_that_reads_as_it_was(report: protocol.Report) -> None:
    assert protocol.read_report(protocol.line(report)) == report


@pytest.mark.parametrize("text", ["", "1", "{}", '{"report":"news"}', '{"order":"stop"}', "\x00"])
def test_a_line_that_is_none_is_refused_without_its_content(text: str) -> None:
    with pytest.raises(protocol.BadLine):
        protocol.read_report(text)


def test_a_refused_line_does_not_tell_what_was_in_it() -> None:
    with pytest.raises(protocol.BadLine) as raised:
        protocol.read_report('{"report":"qr","code":"rahasia","more":"rahasia"}')
    assert "rahasia" not in str(raised.value)


def test_what_the_library_prints_is_logged_without_numbers_keys_and_length() -> None:
    assert masked("to 6281200000001@s.whatsapp.net") == "to …@s.whatsapp.net"
    assert masked(f"key {'aB3+' * 20} end") == "key … end"
    assert len(masked("a b " * 200)) == 300
