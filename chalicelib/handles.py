"""What people type as an account's name: the name, or why there is none in it. Pure.

The rules of names are those that the two platforms state when an account is made. Words that are
pages of either site are nobody's account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from chalicelib.platforms import Platform
from chalicelib.typed import one_line

Problem = Literal["word", "no_profile", "other_site", "form"]
"""Why a text names no account: a word for "none", a link that is no profile's, a link to another
site, a text that no account can be called."""

_SITES: dict[Platform, frozenset[str]] = {
    "instagram": frozenset({"instagram.com", "www.instagram.com", "m.instagram.com"}),
    "tiktok": frozenset({"tiktok.com", "www.tiktok.com", "m.tiktok.com"}),
}
_FAMILIES: dict[Platform, tuple[str, ...]] = {
    "instagram": ("instagram.com", "instagr.am", "ig.me"),
    "tiktok": ("tiktok.com",),
}
_OTHER_SITES = (
    "facebook.com", "fb.com", "fb.me", "fb.watch", "youtube.com", "youtu.be", "twitter.com",
    "x.com", "t.co", "threads.net", "threads.com", "whatsapp.com", "wa.me", "t.me", "telegram.me",
    "linktr.ee", "bit.ly", "s.id", "google.com", "goo.gl", "tinyurl.com", "linkedin.com",
)  # fmt: skip
_SHAPES: dict[Platform, re.Pattern[str]] = {
    # up to 30; no dot first, last or twice in a row; not digits alone
    "instagram": re.compile(r"(?=.{1,30}$)(?!\d+$)(?!.*\.\.)(?!\.)[a-z0-9._]*[a-z0-9_]", re.ASCII),
    # 2 to 24; no dot last; not digits alone
    "tiktok": re.compile(r"(?=.{2,24}$)(?!\d+$)[a-z0-9._]*[a-z0-9_]", re.ASCII),
}
_PAGE_WORDS = """
    _n _u about accounts amp api ar archive auth blog business challenge channel
    community-guidelines create creators data develop developer developers direct directory discover
    download emails embed explore following forgot foryou fragment friends graphql guides hashtag
    help highlights igtv inbox invites legal lite live locations login logout messages nametag
    oauth p place places playlist press privacy profile push qr reel reels s saved search
    session settings share shop shopping signup static sticker stories t tag tags terms topics
    trending tv upload v web your_activity
"""
_PAGES = frozenset(_PAGE_WORDS.split())
_NONE = """
    null nil none nan nihil no n.a na n.a. n/a #n/a undefined unknown false true default todo tbd
    tba kosong tidak tdk belum blm tidakada tidak_ada tdkada tdk_ada belumada belum_ada username
    user_name nama akun nama_akun handle account instagram tiktok facebook youtube twitter whatsapp
    ig tt
"""
_WORDS = frozenset(_NONE.split()) | {
    "tidak ada", "tdk ada", "belum ada", "blm ada", "belum punya", "tidak punya", "no account",
    "tidak ada akun", "belum ada akun", "not available",
}  # fmt: skip


@dataclass(frozen=True)
class Handle:
    """An account's name in lower case without `@`, or why the text holds none; neither where
    nothing is set."""

    name: str | None = None
    problem: Problem | None = None


def read_handle(text: str | None, platform: Platform) -> Handle:
    """The account that a text means on a platform: `@Name`, a profile's address, capitals,
    full-width letters and unseen signs all come to `name`."""
    plain = one_line(text or "").strip("<>").strip()
    if not plain:
        return Handle()
    if _says_nothing(plain) or plain.lower().strip("@()[]") in _WORDS:
        return Handle(problem="word")
    if " " in plain.lstrip("@ "):
        return Handle(problem="form")
    named = _named(plain, platform)
    return named if isinstance(named, Handle) else _judged(named, platform)


def _judged(name: str, platform: Platform) -> Handle:
    name = one_line(name.lower()).lstrip("@ ")
    if name in _PAGES:
        return Handle(problem="no_profile")
    if name in _WORDS or (name and _says_nothing(name)):
        return Handle(problem="word")
    fits = _SHAPES[platform].fullmatch(name)
    return Handle(name) if fits else Handle(problem="form")


def _says_nothing(text: str) -> bool:
    """Whether it is a dash, an underline or the like: no letter and no digit."""
    return re.search(r"[^\W_]", text) is None


def _named(plain: str, platform: Platform) -> str | Handle:
    """The part of a text that names the account, or why there is none."""
    address = re.sub(r"^(?:https?:/*|https?//|//)", "", plain, flags=re.IGNORECASE)
    linked = address != plain
    path = re.split(r"[?#]", address)[0]
    first, *rest = [part for part in path.split("/") if part] or [""]
    host = _host(first)
    if _belongs(host, _FAMILIES[platform]):
        return _of_profile(host, rest, platform)
    if linked or host.startswith("www.") or _belongs(host, _known_elsewhere(platform)):
        return Handle(problem="other_site")
    if not rest or first.startswith("@"):
        return first
    return Handle(problem="other_site" if "." in first else "form")


def _of_profile(host: str, path: list[str], platform: Platform) -> str | Handle:
    """The account of an address on the platform's own sites."""
    if host not in _SITES[platform] or not path:
        return Handle(problem="no_profile")
    parts = [one_line(unquote(part)) for part in path]
    if platform == "tiktok":
        return parts[0] if parts[0].startswith("@") else Handle(problem="no_profile")
    if parts[0].lower() in ("stories", "_u") and len(parts) > 1:
        return parts[1]
    return parts[0]


def _host(part: str) -> str:
    try:
        return urlsplit(f"//{part.lstrip('@ ')}").hostname or ""
    except ValueError:
        return ""


def _known_elsewhere(platform: Platform) -> tuple[str, ...]:
    others = (site for name, sites in _FAMILIES.items() if name != platform for site in sites)
    return (*_OTHER_SITES, *others)


def _belongs(host: str, sites: tuple[str, ...]) -> bool:
    return any(host == site or host.endswith(f".{site}") for site in sites)
