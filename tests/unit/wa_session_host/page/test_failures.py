"""Every text with which the host gives up on a message has words for operators."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import wa_session_host
from tests.integration.wa_session_host.english import english_in
from wa_session_host.page.failures import UNKNOWN, in_words
from wa_session_host.sending.transport import TransportError
from wa_session_host.session.send_errors import read_error

_HOST = Path(wa_session_host.__file__).parent
_RAISED = re.compile(r'(?:NotSent|Rejected|OutcomeUnknown)\(\s*f?"([^"]+)"')
SOURCES = ("sending/attachments.py", "sending/delivery.py", "session/transport.py")
LIBRARY = (
    "failed to upload picture: timeout",
    "failed to send message node: websocket not connected",
    "client not found",
    "failed to get group members: info query returned status 429",
    "failed to get device list: EOF",
    "the store doesn't contain a device JID",
    "no LID found for 62812@s.whatsapp.net from server",
    "failed to get group members: that group does not exist",
    "server returned error 420",
    "server returned error 403",
    "server returned error 463",
    "server returned error 500",
    "timed out waiting for message send response",
)


def texts_of_the_code() -> list[str]:
    found = [text for one in SOURCES for text in _RAISED.findall((_HOST / one).read_text("utf-8"))]
    assert len(found) > 5
    return [text for text in found if not text.startswith("{")]


@pytest.mark.parametrize("text", texts_of_the_code())
def test_what_the_host_writes_has_words(text: str) -> None:
    assert in_words(text) != UNKNOWN


@pytest.mark.parametrize("text", LIBRARY)
def test_what_the_library_says_has_words_that_are_indonesian(text: str) -> None:
    error = read_error(text)
    assert isinstance(error, TransportError)
    assert in_words(str(error)) != UNKNOWN
    assert not english_in(in_words(str(error)))


def test_anything_else_is_not_shown_as_it_is() -> None:
    assert in_words("panic: runtime error") == UNKNOWN
