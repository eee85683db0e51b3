"""What the library's error texts say about a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always
from wa_session_host.sending.transport import NotSent, OutcomeUnknown, Rejected, TransportError
from wa_session_host.session.send_errors import read_error


@pytest.mark.parametrize(
    ("text", "kind", "slow_down", "alert"),
    [
        ("failed to send message node: websocket not connected", NotSent, False, None),
        ("websocket not connected", OutcomeUnknown, False, None),
        ("client not found", NotSent, False, None),
        ("the store doesn't contain a device JID", NotSent, False, None),
        ("failed to get group members: info query timed out", NotSent, False, None),
        ("failed to get device list: websocket disconnected before info query returned response",
         NotSent, False, None),
        ("failed to get group members: info query returned status 429: rate-overlimit",
         NotSent, True, None),
        ("failed to get group members: that group does not exist", Rejected, False, "group"),
        ("failed to get group members: you're not participating in that group", Rejected, False,
         "group"),
        ("no LID found for 6281200000001@s.whatsapp.net from server", Rejected, False, None),
        ("server returned error 403", Rejected, False, "group"),
        ("server returned error 404", Rejected, False, "group"),
        ("server returned error 420", NotSent, True, None),
        ("server returned error 429", NotSent, True, None),
        ("server returned error 463", Rejected, False, "reach"),
        ("server returned error 479", NotSent, False, None),
        ("server returned error 500", NotSent, False, None),
        ("timed out waiting for message send response", OutcomeUnknown, False, None),
        ("websocket disconnected before message send returned response", OutcomeUnknown, False,
         None),
        ("websocket disconnected before message send (retry) returned response", OutcomeUnknown,
         False, None),
        ("something new", OutcomeUnknown, False, None),
        ("", OutcomeUnknown, False, None),
    ],
)  # fmt: skip
def test_a_text_of_the_library_has_its_class(
    text: str, kind: type[TransportError], slow_down: bool, alert: str | None
) -> None:
    error = read_error(text)
    assert (type(error), error.slow_down, error.alert) == (kind, slow_down, alert)


def test_the_reason_holds_no_number_of_a_person_or_group() -> None:
    error = read_error("failed to get device list: 6281200000001@s.whatsapp.net and 12036@g.us")
    assert str(error) == "failed to get device list: …@s.whatsapp.net and …@g.us"


def known(text: str) -> bool:
    """Whether a text holds words of the library's that the cases above are about."""
    words = (
        *("failed to upload", "failed to send message node: websocket not connected"),
        *("failed to get group members", "failed to get device list", "client not found"),
        *("the store doesn't contain a device JID", "server returned error", "no LID found for"),
    )
    return any(one in " ".join(text.split()) for one in words)


@always
@given(st.text().filter(lambda text: not known(text)))
def test_what_is_not_known_is_never_called_safe_to_send_again(text: str) -> None:
    assert isinstance(read_error(text), OutcomeUnknown)


@pytest.mark.parametrize("space", ["\N{NO-BREAK SPACE}", "  ", "\n"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("failed to send message node: websocket not connected", NotSent),
        ("failed to get group members: that group does not exist", Rejected),
        ("no LID found for 6281200000001@s.whatsapp.net from server", Rejected),
        ("server returned error 404", Rejected),
    ],
)
def test_the_library_s_white_space_does_not_matter(
    text: str, kind: type[TransportError], space: str
) -> None:
    assert type(read_error(text.replace(" ", space))) is kind
