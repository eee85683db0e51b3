"""Users' passwords, kept as scrypt hashes so that the settings do not reveal them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}
_SHORTEST = 12
UNKNOWN = f"scrypt:{'A' * 22}==:{'A' * 43}="
"""A hash that no password fits, and that takes as long to compare."""


class WeakPassword(ValueError):
    """The password is too short."""


def hash_password(password: str) -> str:
    """`scrypt:SALT:HASH` for WA_PAGE_USERS or WA_PAGE_PASSWORD_HASH. Raises WeakPassword below 12
    characters."""
    if len(password) < _SHORTEST:
        raise WeakPassword(f"use {_SHORTEST} characters or more")
    salt = secrets.token_bytes(16)
    return f"scrypt:{_text(salt)}:{_text(_digest(password, salt))}"


def is_right(password: str, kept: str) -> bool:
    """Whether the password matches the hash. A malformed hash matches none."""
    try:
        _, salt, digest = kept.split(":")
        wanted = base64.b64decode(digest, validate=True)
        given = _digest(password, base64.b64decode(salt, validate=True))
    except ValueError:
        return False
    return hmac.compare_digest(given, wanted)


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **_COST)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
