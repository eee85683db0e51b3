"""Which advisory lock stands for a WhatsApp account. Pure."""

import hashlib


def lock_of(account: str) -> int:
    """The advisory lock's 64-bit number for an account, the same on every host."""
    digest = hashlib.sha256(f"cicero-wa-session:{account}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
