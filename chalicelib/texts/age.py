"""How old the data of each platform is, and what could not be read, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.clients import Client
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import to_wib
from chalicelib.texts.words import format_number, format_time


@dataclass(frozen=True)
class FeedRead:
    """What is known of a platform's feed. `verdict`: that of this slot's own fetch, None if it
    fetches nothing; `read_at`: the day's last slot whose fetch was complete, None if there was
    none."""

    verdict: str | None
    read_at: datetime | None


_FAILED = {
    "error": "Tidak dapat dibaca",
    "partial": "Hanya terbaca sebagian",
    "empty": "Akun tampak kosong",
}


class Age:
    """What a message of this slot to a client may say about its platforms. A platform missing from
    `feeds` counts as read in this slot."""

    def __init__(self, client: Client, at: datetime, feeds: Mapping[Platform, FeedRead]) -> None:
        now = FeedRead("complete", at)
        self._at = at
        self._feeds = {platform: feeds.get(platform, now) for platform in client.platforms}
        known = [feed.read_at for feed in self._feeds.values() if feed.read_at]
        self._newest = max(known, default=None)

    @property
    def current(self) -> bool:
        """Whether every platform was read to its end in this slot."""
        return all(feed.verdict == "complete" for feed in self._feeds.values())

    def headline(self) -> str:
        """`Data per 17:00 WIB, 20-02-2026`: the newest there is; platforms that it does not apply
        to say so themselves."""
        if self._newest:
            return f"Data per {format_time(self._newest)}"
        if any(feed.verdict == "partial" for feed in self._feeds.values()):
            return f"Data per {format_time(self._at)}, belum lengkap"
        return f"Data hari ini belum terbaca ({format_time(self._at)})"

    def notes(self) -> Iterator[str]:
        """A line for each platform that the headline does not apply to, for messages that do not
        list its posts."""
        for platform in self._feeds:
            text = self.note(platform)
            if text:
                yield f"{DESCRIPTIONS[platform].label}: {text[0].lower()}{text[1:]}"

    def note(self, platform: Platform, posts: int | None = None) -> str | None:
        """What could not be read of a platform, and from when its data is; None if the headline
        applies. `posts`: how many of the day's posts are known, if the text is about them."""
        feed = self._feeds[platform]
        if feed.verdict == "complete":
            return None
        failed = _FAILED.get(feed.verdict or "")
        if failed:
            return f"{failed} pukul {_hour(self._at)} WIB; {_since(feed, posts)}."
        if feed.read_at is None or feed.read_at != self._newest or posts == 0:
            text = _since(feed, posts)
            return f"{text[0].upper()}{text[1:]}."
        return None

    def counted(self, platform: Platform, posts: int) -> str:
        """`TikTok 3`, with the time if it is older than the headline."""
        name, feed = DESCRIPTIONS[platform].label, self._feeds[platform]
        if feed.read_at is None or feed.verdict == "partial":
            whole = " lengkap" if feed.verdict == "partial" else ""
            return (
                f"{name} {format_number(posts)} (belum lengkap)"
                if posts
                else f"{name} belum terbaca{whole}"
            )
        older = feed.read_at != self._newest
        return f"{name} {format_number(posts)}" + (
            f" (per {_hour(feed.read_at)} WIB)" if older else ""
        )

    def title(self, platform: Platform, posts: int) -> str:
        """`*TikTok* (3 konten)`; never a zero that is not certain."""
        name = f"*{DESCRIPTIONS[platform].label}*"
        known = posts or self._feeds[platform].verdict == "complete"
        return f"{name} ({format_number(posts)} konten)" if known else name


def _since(feed: FeedRead, posts: int | None) -> str:
    if feed.read_at is None:
        at_all = posts == 0 and feed.verdict != "partial"
        return f"belum pernah terbaca {'' if at_all else 'lengkap '}hari ini"
    when = f"{_hour(feed.read_at)} WIB"
    if posts == 0:
        return f"sampai {when} belum ada konten"
    return f"terakhir lengkap {when}" if feed.verdict == "partial" else f"data per {when}"


def _hour(moment: datetime) -> str:
    return f"{to_wib(moment):%H:%M}"
