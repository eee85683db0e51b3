"""Curve25519 keys as WhatsApp uses them: one key both agrees on secrets and signs (XEdDSA)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import xeddsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True)
class KeyPair:
    """A private key of 32 bytes and what is derived from it."""

    private: bytes

    @classmethod
    def new(cls) -> KeyPair:
        return cls(os.urandom(32))

    @classmethod
    def of(cls, name: str) -> KeyPair:
        """The same key for the same name: identities that outlive the stand-in."""
        return cls(hashlib.sha256(name.encode()).digest())

    @property
    def public(self) -> bytes:
        return X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def agree(self, public: bytes) -> bytes:
        """The secret shared with the owner of the other key."""
        key = X25519PrivateKey.from_private_bytes(self.private)
        return key.exchange(X25519PublicKey.from_public_bytes(public))

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the sign of the Edwards point is forced, as the library's check expects."""
        return xeddsa.ed25519_priv_sign(xeddsa.priv_force_sign(self.private, False), message)


def derive(secret: bytes, size: int, *, salt: bytes | None = None, info: bytes = b"") -> bytes:
    """HKDF with SHA-256; without a salt, one of zeros."""
    return HKDF(hashes.SHA256(), size, salt, info).derive(secret)
