"""One client's session: it registers and is paired, or logs in; then its stanzas are answered."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable

from tests.whatsapp import pairing
from tests.whatsapp.answers import Unanswered, answer, refuse, result
from tests.whatsapp.binary import SERVER, Jid, Node, node
from tests.whatsapp.connection import Connection
from tests.whatsapp.state import Account, Arrival, Failure, World, lid_of

_LAST_WORD_SECONDS = 0.2


class Registration:
    """A client without an account: it shows codes until a phone accepts one."""

    def __init__(self, connection: Connection, references: int) -> None:
        self.connection = connection
        self.references = [os.urandom(16).hex() for _ in range(references)]
        self.linking: dict[str, str] = {}
        self.paired = asyncio.Event()

    async def run(self) -> None:
        await self.connection.send(pairing.offer(self.references))
        async for stanza in self.connection.stanzas():
            if stanza.child("link_code_companion_reg"):
                await self.connection.send(self._phone_code(stanza))
            elif stanza.child("pair-device-sign"):
                self.paired.set()
                await self.connection.send(node("stream:error", code="515"))

    def _phone_code(self, iq: Node) -> Node:
        asked = iq.child("link_code_companion_reg")
        if asked is None or asked.text("stage") != "companion_hello":
            return refuse(iq, 400, "bad-request")
        return result(
            iq,
            node(
                "link_code_companion_reg",
                node("link_code_pairing_ref", data=os.urandom(8).hex().encode()),
                stage="companion_hello",
            ),
        )


class Session:
    """A linked device that logged in."""

    def __init__(
        self, world: World, account: Account, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.account, self.connection = account, connection
        self.device = Jid(account.jid.user, device=connection.payload.device)
        self.received: list[Node] = []
        self.delay = 0.0
        self._world, self._changed = world, changed
        self._ids = itertools.count(1)

    async def run(self) -> None:
        """Until the client goes; a login that is refused ends at once."""
        failure = self.refused()
        if failure is not None:
            await self.end(node("failure", reason=str(failure.reason), **failure.details))
            return
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

    async def end(self, stanza: Node) -> None:
        """Tells the client why, gives it the time to take it in, and closes the connection."""
        await self.connection.send(stanza)
        await asyncio.sleep(_LAST_WORD_SECONDS)
        self.connection.close()

    def refused(self) -> Failure | None:
        """Why this client may not log in, if so: by script, or for an unknown key."""
        if self.account.refusal is not None:
            return self.account.refusal
        known = self.account.devices.get(self.device.device) == self.connection.static
        return None if known else Failure(401)

    async def _handle(self, stanza: Node) -> None:
        self.received.append(stanza)
        if stanza.tag == "message":
            await self._message(stanza)
        elif stanza.tag == "iq" and stanza.text("type") in ("get", "set"):
            try:
                await self.connection.send(answer(self._world, self.account, stanza))
            except Unanswered:
                return
        elif stanza.tag == "receipt":
            await self.connection.send(self._ack(stanza))

    async def _message(self, stanza: Node) -> None:
        chat, outcome = stanza.jid("to"), self._world.next_outcome()
        reader = self._reader(chat)
        text = self._world.phone(reader).read(self.device, stanza) if reader else None
        self._world.arrivals.append(Arrival(stanza.text("id"), self.device, chat, text, outcome))
        if outcome == "drop":
            self.connection.abort()
        elif outcome == "ack":
            await self.connection.send(self._ack(stanza))
        elif outcome != "silence":
            await self.connection.send(self._ack(stanza, error=str(outcome)))

    def _reader(self, chat: Jid) -> Jid | None:
        """Whoever of the chat can read along: the recipient, or a member of the group."""
        group = self._world.groups.get(chat)
        members = group.members if group else [chat]
        return next((member for member in members if member != self.account.jid), None)

    def _ack(self, stanza: Node, **attrs: str) -> Node:
        sender = stanza.attrs.get("to", SERVER)
        now = str(int(time.time()))
        named = {"class": stanza.tag, "id": stanza.text("id"), "from": sender, "t": now}
        return Node("ack", named | attrs)
