"""Linking a new device: what the server sends, and what the phone that scans or types does."""

from __future__ import annotations

import base64
import hmac
import os
import time
from dataclasses import dataclass

from tests.whatsapp.binary import SERVER, Jid, Node, node
from tests.whatsapp.keys import KeyPair
from tests.whatsapp.protos import adv
from tests.whatsapp.state import lid_of

_ACCOUNT_SIGNATURE = b"\x06\x00"


@dataclass(frozen=True)
class QrCode:
    """What a phone's camera reads: the server's reference and three keys of the new device."""

    reference: str
    noise_key: bytes
    identity: bytes
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> QrCode:
        reference, *keys = text.rpartition("#")[2].split(",")[:4]
        return cls(reference, *(base64.b64decode(key) for key in keys))


def offer(references: list[str]) -> Node:
    """The references for QR codes; the client shows them one after the other, then gives up."""
    codes = [node("ref", data=reference.encode()) for reference in references]
    return node("iq", node("pair-device", *codes), from_=SERVER, type_="set", id_="1", xmlns="md")


def success(device: Jid, identity: KeyPair, companion: bytes, secret: bytes) -> Node:
    """The phone's consent, signed with its identity and sealed with the secret it was shown."""
    details = adv.ADVDeviceIdentity(
        rawID=1, timestamp=int(time.time()), keyIndex=device.device
    ).SerializeToString()
    signed = adv.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=identity.public,
        accountSignature=identity.sign(_ACCOUNT_SIGNATURE + details + companion),
    ).SerializeToString()
    sealed = adv.ADVSignedDeviceIdentityHMAC(
        details=signed, HMAC=hmac.digest(secret, signed, "sha256")
    ).SerializeToString()
    return node(
        "iq",
        node(
            "pair-success",
            node("device-identity", data=sealed),
            node("device", jid=device, lid=lid_of(device)),
            node("platform", name="android"),
        ),
        from_=SERVER,
        type_="set",
        id_=os.urandom(4).hex(),
    )
