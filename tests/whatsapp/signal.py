"""What a recipient's phone can read: Signal messages as its own keys open them.

The stand-in answers for every phone but the one under test. It keeps no ratchet: a phone here
never answers, so the sender's first chain never ends, and each message says how far along it is.
Formats and constants: the Signal protocol's public specifications (X3DH, Double Ratchet) and
libsignal's message schemas.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.whatsapp.binary import Jid, Node, node
from tests.whatsapp.keys import KeyPair, derive
from tests.whatsapp.protos import e2e

_DJB = b"\x05"
_SIGNED_KEY = 1
_MAC, _SIGNATURE = 8, 64


@dataclass(frozen=True)
class SenderKey:
    """Opens one sender's messages to one group, from an iteration on."""

    iteration: int
    chain: bytes


class Phone:
    """A phone whose keys follow from its number, so that sessions survive a new stand-in."""

    def __init__(self, jid: Jid) -> None:
        self.jid = jid
        self.identity = KeyPair.of(f"identity {jid}")
        self._signed = KeyPair.of(f"signed pre-key {jid}")
        self._sender_keys: dict[tuple[Jid, Jid, int], SenderKey] = {}

    def bundle(self) -> Node:
        """What others need to write to it first; without one-time keys, which are optional."""
        signature = self.identity.sign(_DJB + self._signed.public)
        return node(
            "user",
            node("registration", data=_SIGNED_KEY.to_bytes(4, "big")),
            node("type", data=_DJB),
            node("identity", data=self.identity.public),
            node(
                "skey",
                node("id", data=_SIGNED_KEY.to_bytes(3, "big")),
                node("value", data=self._signed.public),
                node("signature", data=signature),
            ),
            jid=self.jid,
        )

    def read(self, sender: Jid, message: Node) -> Any:
        """What a message stanza says; None if it says nothing, or is not meant for this phone."""
        chat = message.jid("to")
        addressed = (message.child("participants") or message).all("to")
        own = [enc for to in addressed if to.jid("jid") == self.jid for enc in to.all("enc")]
        contents = [
            self._content(sender, chat, self._open(sender, chat, enc))
            for enc in [*own, *message.all("enc")]
        ]
        return next((content for content in contents if content is not None), None)

    def _open(self, sender: Jid, chat: Jid, enc: Node) -> bytes:
        if enc.text("type") == "skmsg":
            return self._open_group(sender, chat, enc.data)
        return self._open_own(enc)

    def _content(self, sender: Jid, chat: Jid, padded: bytes) -> Any:
        message = e2e.Message.FromString(padded[: -padded[-1]])
        if message.HasField("senderKeyDistributionMessage"):
            content = message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage
            fields = _fields(content[1:])
            key = SenderKey(int(fields.get(2, 0)), bytes(fields[3]))
            self._sender_keys.setdefault((chat, sender, int(fields[1])), key)
        if message.HasField("deviceSentMessage"):
            message = message.deviceSentMessage.message
        files = message.HasField("imageMessage") or message.HasField("documentMessage")
        return message if files or text_of(message) else None

    def _open_own(self, enc: Node) -> bytes:
        if enc.text("type") != "pkmsg":
            raise ValueError("a phone that never answers gets first messages only")
        first = _fields(enc.data[1:])
        base, identity = bytes(first[2])[1:], bytes(first[3])[1:]
        secrets = b"\xff" * 32 + self._signed.agree(identity)
        secrets += self.identity.agree(base) + self._signed.agree(base)
        root = derive(secrets, 64, info=b"WhisperText")[:32]
        inner = _fields(bytes(first[4])[1:-_MAC])
        ratchet = self._signed.agree(bytes(inner[1])[1:])
        chain = derive(ratchet, 64, salt=root, info=b"WhisperRatchet")[32:]
        keys = derive(_message_seed(chain, int(inner.get(2, 0))), 80, info=b"WhisperMessageKeys")
        return _decrypt(bytes(inner[4]), key=keys[:32], iv=keys[64:])

    def _open_group(self, sender: Jid, chat: Jid, data: bytes) -> bytes:
        fields = _fields(data[1:-_SIGNATURE])
        known = self._sender_keys[chat, sender, int(fields[1])]
        seed = _message_seed(known.chain, int(fields.get(2, 0)) - known.iteration)
        keys = derive(seed, 48, info=b"WhisperGroup")
        return _decrypt(bytes(fields[3]), key=keys[16:], iv=keys[:16])


def text_of(message: Any) -> str | None:
    """The text of a message, or the caption of its file."""
    texts = (
        message.conversation,
        message.extendedTextMessage.text,
        message.imageMessage.caption,
        message.documentMessage.caption,
    )
    return next((str(text) for text in texts if text), None)


def _message_seed(chain: bytes, steps: int) -> bytes:
    for _ in range(steps):
        chain = hmac.digest(chain, b"\x02", "sha256")
    return hmac.digest(chain, b"\x01", "sha256")


def _decrypt(data: bytes, *, key: bytes, iv: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _fields(data: bytes) -> dict[int, int | bytes]:
    """A protobuf message parsed without its schema, each field once: numbers and bytes."""
    fields: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            fields[tag >> 3], at = data[at : at + value], at + value
        else:
            fields[tag >> 3] = value
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        octet = data[at]
        value, shift, at = value | (octet & 127) << shift, shift + 7, at + 1
        if octet < 128:
            return value, at
