"""What the library's error texts say about a message: not sent, rejected, or unknown.

The texts are whatsmeow's, as neonize 0.5.2 raises them in SendMessageError. An unrecognised text
counts as unknown: only what certainly did not go out may be tried again. "websocket not connected"
alone is unknown too: it ends the second try of a message whose first try was cut short.
"""

from __future__ import annotations

import re

from wa_session_host.sending.transport import NotSent, OutcomeUnknown, Rejected, TransportError

_BEFORE_SENDING = (
    "failed to upload",  # the child's own words
    "failed to send message node: websocket not connected",
    "client not found",
    "failed to get group members",
    "failed to get device list",
    "the store doesn't contain a device JID",
)
_NOT_ON_WHATSAPP = "no LID found for"
_GROUP_IS_GONE = ("that group does not exist", "you're not participating in that group")
_SERVER_ERROR = re.compile(r"server returned error (\d+)")
_QUERY_STATUS = re.compile(r"info query returned status (\d+)")
_SLOW_DOWN = {420, 429}
_GROUP_REFUSED = {403, 404}
_REACH_OUT = 463


def read_error(text: str) -> TransportError:
    """The error to raise for the library's text. Its `code` is WhatsApp's number, if known.
    White space does not matter: Go writes a space or a no-break space, depending on the build."""
    text = " ".join(text.split())
    if server := _SERVER_ERROR.search(text):
        return _of_code(int(server[1]))
    if _NOT_ON_WHATSAPP in text:
        return Rejected("the number is not on WhatsApp")
    if not any(known in text for known in _BEFORE_SENDING):
        return OutcomeUnknown(_short(text))
    if any(gone in text for gone in _GROUP_IS_GONE):
        return Rejected("the account is not in the group, or the group is gone", alert="group")
    query = _QUERY_STATUS.search(text)
    return NotSent(_short(text), slow_down=query is not None and int(query[1]) in _SLOW_DOWN)


def _of_code(code: int) -> TransportError:
    if code in _SLOW_DOWN:
        return NotSent(f"WhatsApp asks to slow down ({code})", code=code, slow_down=True)
    if code in _GROUP_REFUSED:
        return Rejected(f"WhatsApp refused the group ({code})", code=code, alert="group")
    if code == _REACH_OUT:
        return Rejected("the account may not write to this chat (463)", code=code, alert="reach")
    return NotSent(f"WhatsApp answered with error {code}", code=code)


def _short(text: str) -> str:
    """The text without anything that looks like the number of a person or group."""
    return re.sub(r"\d{5,}", "…", text)[:200]
