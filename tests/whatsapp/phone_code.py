"""Linking a device by the eight characters that it shows and that the phone's owner types.

Both sides hide a fresh public key behind the code, agree on a secret from those keys and their
identities, and so authenticate the pairing that follows. Message names, iterations and key labels:
whatsmeow, `pair-code.go`.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.whatsapp.binary import SERVER, Node, node
from tests.whatsapp.keys import KeyPair, derive

_ITERATIONS = 1 << 17
_TAG = "link_code_companion_reg"


def _data(parent: Node, tag: str) -> bytes:
    child = parent.child(tag)
    if child is None:
        raise ValueError(f"<{parent.tag}> lacks <{tag}>")
    return child.data


@dataclass
class PhoneCode:
    """One device's attempt: it has said hello for a number, and waits for the phone."""

    number: str
    noise_key: bytes
    wrapped: bytes
    reference: bytes = field(default_factory=lambda: os.urandom(8).hex().encode())
    ephemeral: KeyPair = field(default_factory=KeyPair.new)
    shared: bytes = b""

    @classmethod
    def of(cls, hello: Node) -> PhoneCode:
        wrapped = _data(hello, "link_code_pairing_wrapped_companion_ephemeral_pub")
        noise_key = _data(hello, "companion_server_auth_key_pub")
        return cls(hello.jid("jid").user, noise_key, wrapped)

    def answer(self) -> Node:
        """The response to the hello: the attempt's reference."""
        reference = node("link_code_pairing_ref", data=self.reference)
        return node(_TAG, reference, stage="companion_hello")

    def typed(self, code: str, identity: KeyPair) -> Node:
        """What the device receives once the owner has typed this code; garbage for a wrong one."""
        characters = code.replace("-", "").encode()
        self.shared = self.ephemeral.agree(_mask(characters, self.wrapped[:48], self.wrapped[48:]))
        head = os.urandom(48)
        wrapped = head + _mask(characters, head, self.ephemeral.public)
        hello = node(
            _TAG,
            node("link_code_pairing_wrapped_primary_ephemeral_pub", data=wrapped),
            node("primary_identity_pub", data=identity.public),
            node("link_code_pairing_ref", data=self.reference),
            stage="primary_hello",
        )
        now = str(int(time.time()))
        return node("notification", hello, from_=SERVER, id_=now, t=now, type_=_TAG)

    def finished(self, finish: Node, identity: KeyPair) -> tuple[bytes, bytes]:
        """From the device's last message: its identity, and the secret that seals the pairing.

        Raises `cryptography.exceptions.InvalidTag` if the code was wrong.
        """
        bundle = _data(finish, "link_code_pairing_wrapped_key_bundle")
        salt, nonce, sealed = bundle[:32], bundle[32:44], bundle[44:]
        label = b"link_code_pairing_key_bundle_encryption_key"
        keys = AESGCM(derive(self.shared, 32, salt=salt, info=label)).decrypt(nonce, sealed, None)
        companion, chance = keys[:32], keys[64:]
        secret = self.shared + identity.agree(companion) + chance
        return companion, derive(secret, 32, info=b"adv_secret")


def _mask(code: bytes, head: bytes, key: bytes) -> bytes:
    """Hides a key behind the code, or reveals it; `head` is salt (32 bytes) and counter (16)."""
    secret = hashlib.pbkdf2_hmac("sha256", code, head[:32], _ITERATIONS)
    return Cipher(algorithms.AES(secret), modes.CTR(head[32:])).encryptor().update(key)
