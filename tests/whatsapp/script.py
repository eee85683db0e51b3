"""What a test makes happen to one account: pairing, and every way that a session can end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tests.whatsapp import pairing
from tests.whatsapp.binary import Jid, Node, node
from tests.whatsapp.pairing import QrCode
from tests.whatsapp.session import Registration, Session
from tests.whatsapp.state import Account, Failure, World


class Server(Protocol):
    """The part of the stand-in that a script acts on; its work is done in the server's thread."""

    world: World
    sessions: dict[Jid, Session]
    registrations: list[Registration]

    def do(self, step: Callable[[], object]) -> None: ...
    def run(self, work: Coroutine[Any, Any, None]) -> None: ...
    def wait_for(self, condition: Callable[[], bool], seconds: float = ...) -> None: ...


class AccountScript:
    """One phone number's account; each method returns when the server has done its part."""

    def __init__(self, server: Server, account: Account) -> None:
        self._server, self._account = server, account

    @property
    def jid(self) -> str:
        return str(self._account.jid)

    @property
    def connected(self) -> bool:
        """A device of this account is logged in now."""
        return self._account.jid in self._server.sessions

    @property
    def session(self) -> Session:
        """The session that is logged in now; `LookupError` where none is."""
        return self._server.sessions[self._account.jid]

    def wait_connected(self, seconds: float = 30) -> None:
        self._server.wait_for(lambda: self.connected, seconds)

    def wait_disconnected(self, seconds: float = 30) -> None:
        self._server.wait_for(lambda: not self.connected, seconds)

    def scan(self, code: str) -> None:
        """Links the device that shows this QR text, as the account's phone would.

        `LookupError` where no client offers that code any more. The client logs in afterwards by
        itself.
        """
        qr = QrCode.parse(code)
        registration = next(
            (one for one in self._server.registrations if qr.reference in one.references), None
        )
        if registration is None:
            raise LookupError("no client shows this code")
        number = self._server.world.link(self._account, qr.noise_key)
        phone = self._server.world.phone(self._account.jid)
        device = Jid(self._account.jid.user, device=number)
        consent = pairing.success(device, phone.identity, qr.identity, qr.secret)
        self._server.run(registration.connection.send(consent))
        self._server.wait_for(registration.paired.is_set)

    def drop(self) -> None:
        """The socket breaks without a word; the client connects again by itself."""
        self._server.do(self.session.connection.abort)
        self.wait_disconnected()

    def replaced(self) -> None:
        """Another client took over with the same device."""
        self._end(node("stream:error", node("conflict", type_="replaced")))

    def remove_devices(self) -> None:
        """The owner logs the linked devices out on the phone; logging in again is refused."""
        self._account.devices.clear()
        self._server.world.save()
        if self.connected:
            gone = node("conflict", type_="device_removed")
            self._end(node("stream:error", gone, code="401"))

    def stream_error(self, code: str) -> None:
        """The server ends the session with this code; 503 is a restart of its own."""
        self._end(node("stream:error", code=code))

    def refuse_logins(self, reason: int, **details: str) -> None:
        """From now on each login fails with this reason; a session that is open is dropped."""
        self._account.refusal = Failure(reason, details)
        if self.connected:
            self.drop()

    def ban(self, *, code: int, seconds: int) -> None:
        """A temporary ban with its reason and how long it lasts."""
        self.refuse_logins(402, code=str(code), expire=str(seconds))

    def allow_logins(self) -> None:
        self._account.refusal = None

    def answer_pings(self, answers: bool) -> None:
        """Without answers the client reports a timeout after about half a minute."""
        self._account.answers_pings = answers

    def delay(self, seconds: float) -> None:
        """Each stanza of the session that is open waits this long for its turn."""
        self.session.delay = seconds

    def push(self, *stanzas: Node) -> None:
        """Any stanza, to the session that is open."""
        self._server.run(self.session.connection.send(*stanzas))

    def undecryptable(self, group: str, sender: str) -> None:
        """A group message that the client has no key for."""
        enc = node("enc", data=b"\x33" + os.urandom(90), v="2", type_="skmsg")
        self.push(self._incoming("message", enc, group, sender, type_="text"))

    def receipt(self, message: str, group: str, reader: str, kind: str = "") -> None:
        """A member got the message, or did with it what `kind` says: read, played, retry."""
        named = {"type_": kind} if kind else {}
        self.push(self._incoming("receipt", None, group, reader, id_=message, **named))

    def _incoming(
        self, tag: str, child: Node | None, group: str, sender: str, **attrs: str
    ) -> Node:
        given = {"id_": os.urandom(8).hex().upper(), "t": str(int(time.time()))} | attrs
        children = [child] if child else []
        chat, participant = Jid.parse(group), Jid.parse(sender)
        return node(tag, *children, from_=chat, participant=participant, **given)

    def _end(self, stanza: Node) -> None:
        self._server.run(self.session.end(stanza))
        self.wait_disconnected()
