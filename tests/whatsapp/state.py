"""What the stand-in knows: accounts with their linked devices, groups, and what arrived."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.whatsapp.binary import Jid, Node
from tests.whatsapp.media import SentFile, opened
from tests.whatsapp.signal import Phone, text_of

Reaction = Literal["ack", "silence", "drop"] | int
"""What a sent message gets: an `ack`, nothing, a dropped socket, or an `ack` with an error code."""


@dataclass(frozen=True)
class Arrival:
    """One arrival of a message at the server; the same id again is a resend.

    `asked_by` is set if it went only to that member, who had asked for it again.
    """

    id: str
    sender: Jid
    chat: Jid
    text: str | None
    outcome: Reaction
    asked_by: Jid | None = None
    file: SentFile | None = None
    at: float = field(default_factory=time.time)


@dataclass
class Group:
    """A group chat; `gone` applies to its members and everyone else."""

    jid: Jid
    name: str
    members: list[Jid]
    gone: bool = False


@dataclass(frozen=True)
class Failure:
    """How a login is refused: the reason's number, and the attributes that go with it."""

    reason: int
    details: dict[str, str] = field(default_factory=dict)


@dataclass
class Account:
    """A phone with WhatsApp, and the devices linked to it by number with their Noise keys."""

    jid: Jid
    devices: dict[int, bytes] = field(default_factory=dict)
    refusal: Failure | None = None
    answers_pings: bool = True
    dropped: dict[str, int] = field(default_factory=dict)
    """How many of the next requests in a namespace break the connection."""


def lid_of(jid: Jid) -> Jid:
    """The hidden number that goes with a phone number."""
    return Jid(f"9{jid.user}", "lid", jid.device)


def number_of(jid: Jid) -> Jid:
    """The phone number behind a hidden number; any other address is returned unchanged."""
    return Jid(jid.user[1:], device=jid.device) if jid.server == "lid" else jid


class World:
    """All of that; accounts and devices are kept in `file`, so that they outlive a stand-in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._phones: dict[Jid, Phone] = {}
        self.groups: dict[Jid, Group] = {}
        self.arrivals: list[Arrival] = []
        self.uploads: dict[str, bytes] = {}
        self.takes_files = True
        self.outcomes: list[Reaction] = []
        self.problems: list[str] = []
        self.accounts: dict[Jid, Account] = {}
        for user, devices in json.loads(file.read_text()).items() if file.exists() else ():
            keys = {int(number): bytes.fromhex(key) for number, key in devices.items()}
            self.account(Jid.parse(user)).devices.update(keys)

    def account(self, jid: Jid) -> Account:
        """The account of a number, created if there is none yet."""
        return self.accounts.setdefault(jid, Account(jid))

    def phone(self, jid: Jid) -> Phone:
        """The phone of a number; a hidden number's phone is another address of the same kind."""
        return self._phones.setdefault(jid, Phone(jid))

    def link(self, account: Account, noise_key: bytes) -> int:
        """Links a device to the account; returns its number."""
        number = max(account.devices, default=0) + 1
        account.devices[number] = noise_key
        self.save()
        return number

    def save(self) -> None:
        accounts = {
            str(jid): {str(number): key.hex() for number, key in account.devices.items()}
            for jid, account in self.accounts.items()
        }
        self._file.write_text(json.dumps(accounts))

    def read(
        self, account: Account, sender: Jid, message: Node
    ) -> tuple[str | None, SentFile | None]:
        """The text, and the file, that the recipient, or one other member of the group, sees."""
        chat = message.jid("participant" if "participant" in message.attrs else "to")
        group = self.groups.get(chat)
        readers = [member for member in group.members if member != account.jid] if group else [chat]
        seen = self.phone(readers[0]).read(sender, message) if readers else None
        return (text_of(seen), opened(seen, self.uploads)) if seen else (None, None)

    def next_outcome(self) -> Reaction:
        return self.outcomes.pop(0) if self.outcomes else "ack"
