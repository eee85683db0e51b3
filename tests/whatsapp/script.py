"""What a test can do to one account: pairing, and every way that a session can end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tests.whatsapp.binary import Jid, Node, Value, node
from tests.whatsapp.pairing import QrCode
from tests.whatsapp.server import Server
from tests.whatsapp.session import REPLACED, Registration, Session
from tests.whatsapp.state import Account, Failure


class Control(Protocol):
    """The part of the stand-in that a script acts on."""

    server: Server

    def do(self, step: Callable[[], object]) -> None: ...
    def run(self, work: Coroutine[Any, Any, None]) -> None: ...
    def wait_for(self, condition: Callable[[], object], seconds: float = ...) -> None: ...


class AccountScript:
    """One phone number's account; each method returns when the server has done its part.

    A method that needs a session raises `LookupError` if no device is logged in.
    """

    def __init__(self, control: Control, account: Account) -> None:
        self._control, self._account = control, account

    @property
    def connected(self) -> bool:
        """Whether a device of this account is logged in now."""
        return bool(self._sessions())

    @property
    def linked(self) -> int:
        """How many devices of this account can log in."""
        return len(self._account.devices)

    @property
    def session(self) -> Session:
        """The device that logged in last."""
        return self._sessions()[-1]

    def wait_connected(self, seconds: float = 30) -> None:
        self._control.wait_for(lambda: self.connected, seconds)

    def wait_disconnected(self, seconds: float = 30) -> None:
        self._control.wait_for(lambda: not self.connected, seconds)

    # Pairing

    def scan(self, code: str) -> None:
        """Links the device that shows this QR text, as the account's phone would.

        Raises `LookupError` if no client offers that code any more. Afterwards the client logs in
        by itself.
        """
        qr = QrCode.parse(code)
        waiting = self._waiting(qr)
        self._control.run(waiting.consent(self._account, qr.noise_key, qr.identity, qr.secret))
        self._control.wait_for(waiting.paired.is_set)

    def scan_wrongly(self, code: str) -> None:
        """Somebody who did not see the code consents: the client must not believe it."""
        qr = QrCode.parse(code)
        waiting, secret = self._waiting(qr), os.urandom(32)
        self._control.run(waiting.consent(self._account, qr.noise_key, qr.identity, secret))

    def _waiting(self, qr: QrCode) -> Registration:
        for one in self._control.server.registrations:
            if qr.reference in one.references:
                return one
        raise LookupError("no client shows this code")

    def type_code(self, code: str) -> None:
        """Links the device that asked for this number and shows this code (`ABCD-1234`).

        Raises `LookupError` if no client asked for this number, `TimeoutError` for a wrong code.
        """
        for waiting in self._control.server.registrations:
            asked = waiting.phone_code
            if asked is not None and asked.number == self._account.jid.user:
                identity = self._control.server.world.phone(self._account.jid).identity
                self._control.run(waiting.connection.send(asked.typed(code, identity)))
                self._control.wait_for(waiting.paired.is_set)
                return
        raise LookupError("no client asked for this number")

    # Ends of a session

    def drop(self) -> None:
        """The socket breaks without notice; the client reconnects by itself."""
        session = self.session
        self._control.do(session.connection.abort)
        self._wait_ended(session)

    def replaced(self) -> None:
        """Another client takes over with the same device."""
        self._end(REPLACED)

    def remove_devices(self) -> None:
        """The owner logs the linked devices out on the phone; logging in again is refused."""
        self._account.devices.clear()
        self._control.server.world.save()
        if self.connected:
            self._end(node("stream:error", node("conflict", type_="device_removed"), code="401"))

    def stream_error(self, code: str) -> None:
        """The server ends the session with this code; 503 means that the server restarts."""
        self._end(node("stream:error", code=code))

    def refuse_logins(self, reason: int, **details: str) -> None:
        """From now on each login fails with this reason; an open session is dropped."""
        self._account.refusal = Failure(reason, details)
        if self.connected:
            self.drop()

    def ban(self, *, code: int, seconds: int) -> None:
        """A temporary ban with its reason and duration."""
        self.refuse_logins(402, code=str(code), expire=str(seconds))

    def allow_logins(self) -> None:
        self._account.refusal = None

    # Within a session

    def answer_pings(self, answers: bool) -> None:
        """Without answers the client reports a timeout after about half a minute."""
        self._account.answers_pings = answers

    def drop_questions(self, namespace: str, number: int) -> None:
        """The socket breaks at each of the next requests in this namespace."""
        self._account.dropped[namespace] = number

    def delay(self, seconds: float) -> None:
        """Delays each stanza of the open session by this long."""
        self.session.delay = seconds

    def push(self, stanza: Node) -> None:
        """Sends any stanza to the open session."""
        self._control.run(self.session.connection.send(stanza))

    def undecryptable(self, group: str, sender: str) -> None:
        """Sends a group message from this phone number that the client has no key for."""
        enc = node("enc", data=b"\x33" + os.urandom(90), v="2", type_="skmsg")
        self._push_from(group, sender, Node("message", {"type": "text"}, (enc,)))

    def receipt(self, message: str, group: str, reader: str, kind: str = "") -> None:
        """A member received the message, or did what `kind` says: `read`, `played`."""
        named = {"id": message} | ({"type": kind} if kind else {})
        self._push_from(group, reader, Node("receipt", named))

    def ask_again(self, message: str, group: str, reader: str) -> None:
        """A member could not read the message and asks for it again (a retry receipt)."""
        now = str(int(time.time()))
        retry = node("retry", count="1", id_=message, t=now, v="1")
        registration = node("registration", data=bytes(4))
        named = {"id": message, "type": "retry"}
        self._push_from(group, reader, Node("receipt", named, (retry, registration)))

    def _push_from(self, group: str, number: str, stanza: Node) -> None:
        sent: dict[str, Value] = {"id": os.urandom(8).hex().upper(), "t": str(int(time.time()))}
        sent |= {"from": Jid.parse(group), "participant": Jid(number)}
        self.push(Node(stanza.tag, sent | dict(stanza.attrs), stanza.content))

    def _sessions(self) -> list[Session]:
        """Newest last."""
        sessions = list(self._control.server.sessions.values())
        return [session for session in sessions if session.account is self._account]

    def _end(self, stanza: Node) -> None:
        session = self.session
        self._control.run(session.end(stanza))
        self._wait_ended(session)

    def _wait_ended(self, session: Session) -> None:
        """Waits for the end of this session; the client may already have a new one."""
        self._control.wait_for(lambda: session not in self._sessions())
