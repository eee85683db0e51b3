"""One client's session: it registers and is paired, or logs in; then its stanzas are answered."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress

from tests.whatsapp import pairing
from tests.whatsapp.answers import Unanswered, answer, refuse, result
from tests.whatsapp.binary import SERVER, Jid, Node, node
from tests.whatsapp.connection import Connection
from tests.whatsapp.phone_code import PhoneCode
from tests.whatsapp.state import Account, Arrival, Failure, World, lid_of, number_of

REPLACED = node("stream:error", node("conflict", type_="replaced"))
_LAST_WORD_SECONDS = 0.2


class Registration:
    """A client without an account: it shows codes until a phone accepts one."""

    def __init__(
        self, world: World, connection: Connection, codes: int, changed: Callable[[], None]
    ) -> None:
        self.connection = connection
        self.references = [os.urandom(16).hex() for _ in range(codes)]
        self.phone_code: PhoneCode | None = None
        self.paired = asyncio.Event()
        self._world, self._changed = world, changed

    async def run(self) -> None:
        """Runs until the client disconnects, which it does by itself once it is paired."""
        await self.connection.send(pairing.offer(self.references))
        async for stanza in self.connection.stanzas():
            linking = stanza.child("link_code_companion_reg")
            if linking is not None:
                await self._link(stanza, linking)
            elif stanza.child("pair-device-sign"):
                self.paired.set()
                await self.connection.send(node("stream:error", code="515"))
            elif stanza.text("xmlns") == "w:p":
                await self.connection.send(result(stanza))
            self._changed()

    async def consent(
        self, account: Account, noise_key: bytes, companion: bytes, secret: bytes
    ) -> None:
        """The phone's owner agrees: the device is linked and informed."""
        device = Jid(account.jid.user, device=self._world.link(account, noise_key))
        identity = self._world.phone(account.jid).identity
        await self.connection.send(pairing.success(device, identity, companion, secret))

    async def _link(self, iq: Node, linking: Node) -> None:
        if linking.text("stage") == "companion_hello":
            self.phone_code = PhoneCode.of(linking)
            await self.connection.send(result(iq, self.phone_code.answer()))
        elif self.phone_code is None:
            await self.connection.send(refuse(iq, 400, "bad-request"))
        else:
            account = self._world.account(Jid(self.phone_code.number))
            identity = self._world.phone(account.jid).identity
            companion, secret = self.phone_code.finished(linking, identity)
            await self.connection.send(result(iq))
            await self.consent(account, self.phone_code.noise_key, companion, secret)


class Session:
    """A linked device that logs in; `received` is everything it sent, in order."""

    def __init__(
        self, world: World, account: Account, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.account, self.connection = account, connection
        self.device = Jid(account.jid.user, device=connection.payload.device)
        self.received: list[Node] = []
        self.delay = 0.0
        self._world, self._changed = world, changed

    def refused(self) -> Failure | None:
        """Why this client may not log in, or None: the script says so, or its key is unknown."""
        if self.account.refusal is not None:
            return self.account.refusal
        known = self.account.devices.get(self.device.device) == self.connection.static
        return None if known else Failure(401)

    async def run(self) -> None:
        """Runs until the client disconnects."""
        now = str(int(time.time()))
        await self.connection.send(
            node("success", t=now, lid=lid_of(self.device), creation=now),
            node("ib", node("offline", count="0"), from_=SERVER),
        )
        self._changed()
        async for stanza in self.connection.stanzas():
            await asyncio.sleep(self.delay)
            await self._handle(stanza)
            self._changed()

    async def refuse(self, failure: Failure) -> None:
        """The login fails."""
        await self.end(Node("failure", {"reason": str(failure.reason)} | failure.details))

    async def end(self, stanza: Node) -> None:
        """Tells the client why, gives it time to process that, and closes the connection."""
        await self.connection.send(stanza)
        await asyncio.sleep(_LAST_WORD_SECONDS)
        self.connection.close()

    async def _handle(self, stanza: Node) -> None:
        self.received.append(stanza)
        if stanza.tag == "message":
            await self._message(stanza)
        elif stanza.tag == "iq" and stanza.text("type") in ("get", "set"):
            await self._question(stanza)
        elif stanza.tag == "receipt":
            await self.connection.send(self._ack(stanza))

    async def _question(self, iq: Node) -> None:
        drops = self.account.dropped.get(iq.text("xmlns"), 0)
        if drops:
            self.account.dropped[iq.text("xmlns")] = drops - 1
            self.connection.abort()
            return
        with suppress(Unanswered):
            await self.connection.send(answer(self._world, self.account, iq))

    async def _message(self, stanza: Node) -> None:
        asked_by = stanza.jid("participant") if "participant" in stanza.attrs else None
        outcome = "ack" if asked_by else self._world.next_outcome()
        chat = number_of(stanza.jid("to"))
        text, file = self._world.read(self.account, self.device, stanza)
        arrival = Arrival(stanza.text("id"), self.device, chat, text, outcome, asked_by, file)
        self._world.arrivals.append(arrival)
        if outcome == "drop":
            self.connection.abort()
        elif outcome == "ack":
            await self.connection.send(self._ack(stanza))
        elif outcome != "silence":
            await self.connection.send(self._ack(stanza, error=str(outcome)))

    def _ack(self, stanza: Node, **attrs: str) -> Node:
        sender = stanza.attrs.get("to", SERVER)
        now = str(int(time.time()))
        named = {"class": stanza.tag, "id": stanza.text("id"), "from": sender, "t": now}
        return Node("ack", named | attrs)
