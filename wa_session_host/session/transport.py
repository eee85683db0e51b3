"""A WhatsApp account as the consumer sees it: sends over the session's child, and classifies."""

from __future__ import annotations

from base64 import b64encode

from wa_session_host import protocol
from wa_session_host.sending.transport import NotSent, OutcomeUnknown, Outgoing, Rejected
from wa_session_host.session.child_process import ChildGone, ChildRefused
from wa_session_host.session.send_errors import read_error
from wa_session_host.session.session import Session

SEND_SECONDS = 120.0
"""How long one send may take; then its outcome is unknown and the child is restarted."""

_CHECK_SECONDS = 20.0


class WhatsAppTransport:
    """Transport over one session."""

    def __init__(self, session: Session, send_seconds: float = SEND_SECONDS) -> None:
        self._session = session
        self._send_seconds = send_seconds

    def ready(self) -> bool:
        return self._session.ready()

    def send(self, message: Outgoing) -> str:
        session, file = self._session, _file(message)
        chat, text = message.chat, message.text
        sending = session.sends.begin(
            lambda: session.ask(
                lambda number: protocol.Send(id=number, chat=chat, text=text, file=file)
            )
        )
        try:
            message_id = str(sending.result(self._send_seconds))
        except TimeoutError:
            self._session.tell("send_timed_out")
            raise OutcomeUnknown(f"no outcome after {self._send_seconds:g} seconds") from None
        except ChildGone:
            if sending.begun:
                raise OutcomeUnknown("the child ended while it was sending") from None
            raise NotSent("the child ended before it began to send") from None
        except ChildRefused as error:
            raise self._classified(str(error), chat) from None
        self._session.note_sent(message_id)
        return message_id

    def was_sent(self, message: Outgoing) -> bool | None:  # noqa: ARG002
        """None: WhatsApp cannot be asked what was sent."""
        return None

    def close(self) -> None:
        self._session.stop()

    def _classified(self, text: str, chat: str) -> Exception:
        error = read_error(text)
        if isinstance(error, Rejected) and error.code in (403, 404):
            return Rejected(f"{error}; {self._membership(chat)}", code=error.code, alert="group")
        return error

    def _membership(self, chat: str) -> str:
        """What WhatsApp says about the group that refused a message."""
        asked = self._session.ask(lambda number: protocol.GroupInfo(id=number, chat=chat))
        try:
            asked.result(_CHECK_SECONDS)
        except ChildRefused:
            return "the account is not in the group, or the group is gone"
        except (TimeoutError, ChildGone):
            return "the group could not be checked"
        return "the account is in the group, but may not write to it"


def _file(message: Outgoing) -> protocol.SentFile | None:
    file = message.file
    if file is None:
        return None
    return protocol.SentFile(
        kind=file.kind,
        name=file.name,
        mime_type=file.mime_type,
        data=b64encode(file.data),
    )
