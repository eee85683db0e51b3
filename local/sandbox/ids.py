"""Invented identifiers in the right format, the same for the same input."""

import base64
import hashlib
from datetime import datetime
from functools import lru_cache

INSTAGRAM_EPOCH_MS = 1_314_220_021_721  # the zero of Instagram's media ids
CACHED = 2**16


def number(text: str, bits: int) -> int:
    """A number below 2**bits drawn from the text."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big") >> (128 - bits)


def instagram_pk(owner: str, posted_at: datetime) -> int:
    """A media id as Instagram builds them from the time; above 2**53."""
    milliseconds = int(posted_at.timestamp() * 1000) - INSTAGRAM_EPOCH_MS
    return milliseconds << 23 | number(f"ig {owner} {posted_at.timestamp()}", 23)


def shortcode(pk: int) -> str:
    """The code that stands in a post's URL: the media id in URL-safe base 64."""
    raw = base64.urlsafe_b64encode(pk.to_bytes(9, "big")).decode()
    return raw.lstrip("A")


def tiktok_id(owner: str, posted_at: datetime) -> int:
    """A video id as TikTok builds them: the time in seconds, then 32 more bits."""
    return int(posted_at.timestamp()) << 32 | number(f"tt {owner} {posted_at.timestamp()}", 32)


@lru_cache(CACHED)
def user_id(name: str) -> str:
    """A numeric account id."""
    return str(10**9 + number(f"user {name}", 36))


@lru_cache(CACHED)
def sec_uid(name: str) -> str:
    """TikTok's stable account key."""
    return "MS4wLjABAAAA" + hashlib.blake2b(name.encode(), digest_size=20).hexdigest()


@lru_cache(CACHED)
def cdn_url(seed: str) -> str:
    """An address that leads nowhere, for pictures and videos."""
    return f"https://cdn.example/{number(seed, 32):08x}"
