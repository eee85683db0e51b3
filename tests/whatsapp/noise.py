"""The server's half of `Noise_XX_25519_AESGCM_SHA256`, WhatsApp's transport encryption."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.whatsapp.keys import KeyPair, derive
from tests.whatsapp.protos import wa6

_PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"


class Cipher:
    """One direction: AES-GCM with a counter as nonce."""

    def __init__(self, key: bytes) -> None:
        self._aead, self._counter = AESGCM(key), 0

    def encrypt(self, plain: bytes, hashed: bytes | None = None) -> bytes:
        return self._aead.encrypt(self._nonce(), plain, hashed)

    def decrypt(self, sealed: bytes, hashed: bytes | None = None) -> bytes:
        return self._aead.decrypt(self._nonce(), sealed, hashed)

    def _nonce(self) -> bytes:
        self._counter += 1
        return bytes(8) + (self._counter - 1).to_bytes(4, "big")


class Handshake:
    """Processes the client's two messages; after `finish` both directions have their key."""

    def __init__(self, prologue: bytes, static: KeyPair, certificate: bytes) -> None:
        self._static, self._certificate = static, certificate
        self._ephemeral = KeyPair.new()
        self._salt = self._hash = _PATTERN
        self._cipher = Cipher(_PATTERN)
        self._mix_hash(prologue)

    def hello(self, data: bytes) -> bytes:
        """The response to the client's first message."""
        message = wa6.HandshakeMessage.FromString(data)
        client = message.clientHello.ephemeral
        self._mix_hash(client)
        self._mix_hash(self._ephemeral.public)
        self._mix_key(self._ephemeral.agree(client))
        static = self._encrypt(self._static.public)
        self._mix_key(self._static.agree(client))
        payload = self._encrypt(self._certificate)
        hello = wa6.HandshakeMessage.ServerHello(
            ephemeral=self._ephemeral.public, static=static, payload=payload
        )
        answer: bytes = wa6.HandshakeMessage(serverHello=hello).SerializeToString()
        return answer

    def finish(self, data: bytes) -> tuple[bytes, bytes]:
        """From the client's second message: its static public key and its payload."""
        message = wa6.HandshakeMessage.FromString(data).clientFinish
        static = self._decrypt(message.static)
        self._mix_key(self._ephemeral.agree(static))
        return static, self._decrypt(message.payload)

    def ciphers(self) -> tuple[Cipher, Cipher]:
        """The ciphers for what the client sends, and for what it reads."""
        keys = derive(b"", 64, salt=self._salt)
        return Cipher(keys[:32]), Cipher(keys[32:])

    def _mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix_key(self, secret: bytes) -> None:
        keys = derive(secret, 64, salt=self._salt)
        self._salt, self._cipher = keys[:32], Cipher(keys[32:])

    def _encrypt(self, plain: bytes) -> bytes:
        sealed = self._cipher.encrypt(plain, self._hash)
        self._mix_hash(sealed)
        return sealed

    def _decrypt(self, sealed: bytes) -> bytes:
        plain = self._cipher.decrypt(sealed, self._hash)
        self._mix_hash(sealed)
        return plain
