"""Account names as people type them: the name, or why the text does not contain one. Pure.

How a platform names its accounts is in its description. Words that are pages on any of the sites
are never accounts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal
from urllib.parse import unquote, urlsplit

from chalicelib.platforms import DESCRIPTIONS, Description, Platform, Profile
from chalicelib.typed import one_line

Problem = Literal["word", "no_profile", "other_site", "form"]
"""Why a text names no account: a word for "none", a link that is not to a profile, a link to
another site, a text that cannot be an account's name."""

_OTHER_SITES = (
    "facebook.com", "fb.com", "fb.me", "fb.watch", "youtube.com", "youtu.be", "twitter.com",
    "x.com", "t.co", "threads.net", "threads.com", "whatsapp.com", "wa.me", "t.me", "telegram.me",
    "linktr.ee", "bit.ly", "s.id", "google.com", "goo.gl", "tinyurl.com", "linkedin.com",
)  # fmt: skip
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
    """An account's name in lower case without `@`, or why the text contains none; neither if
    nothing is set."""

    name: str | None = None
    problem: Problem | None = None


def read_handle(
    text: str | None,
    platform: Platform,
    platforms: Mapping[Platform, Description] = DESCRIPTIONS,
) -> Handle:
    """The account that a text means on a platform: `@Name`, a profile's address, capitals,
    full-width letters and invisible characters all become `name`."""
    plain = one_line(text or "").strip("<>").strip()
    if not plain:
        return Handle()
    if _says_nothing(plain) or plain.lower().strip("@()[]") in _WORDS:
        return Handle(problem="word")
    if " " in plain.lstrip("@ "):
        return Handle(problem="form")
    profile = platforms[platform].profile
    others = [one.profile.domains for name, one in platforms.items() if name != platform]
    elsewhere = (*_OTHER_SITES, *chain.from_iterable(others))
    named = _named(plain, profile, elsewhere)
    return named if isinstance(named, Handle) else _judged(named, profile, elsewhere)


def _judged(name: str, profile: Profile, elsewhere: tuple[str, ...]) -> Handle:
    name = one_line(name.lower()).lstrip("@ ")
    if name in _PAGES or _belongs(name, profile.domains):
        return Handle(problem="no_profile")
    if name in _WORDS or (name and _says_nothing(name)):
        return Handle(problem="word")
    if _is_elsewhere(name, elsewhere):
        return Handle(problem="other_site")
    return Handle(name) if profile.name.fullmatch(name) else Handle(problem="form")


def _says_nothing(text: str) -> bool:
    """Whether the text has no letter and no digit: a dash, an underscore or the like."""
    return re.search(r"[^\W_]", text) is None


def _named(plain: str, profile: Profile, elsewhere: tuple[str, ...]) -> str | Handle:
    """The part of a text that names the account, or why there is none."""
    address = re.sub(r"^(?:https?:/*|https?//|//)", "", plain, flags=re.IGNORECASE)
    linked = address != plain
    path = re.split(r"[?#]", address)[0]
    first, *rest = [part for part in path.split("/") if part] or [""]
    host = _host(first)
    if _belongs(host, profile.domains):
        return _of_profile(host, rest, profile)
    if linked or _is_elsewhere(host, elsewhere):
        return Handle(problem="other_site")
    if not rest or first.startswith("@"):
        return first
    return Handle(problem="other_site" if "." in first else "form")


def _of_profile(host: str, path: list[str], profile: Profile) -> str | Handle:
    """The account in an address on the platform's own sites."""
    if host not in profile.hosts or not path:
        return Handle(problem="no_profile")
    parts = [one_line(unquote(part)) for part in path]
    if parts[0].lower() in profile.under and len(parts) > 1:
        return parts[1]
    return parts[0] if parts[0].startswith(profile.sign) else Handle(problem="no_profile")


def _host(part: str) -> str:
    try:
        return urlsplit(f"//{part.lstrip('@ ')}").hostname or ""
    except ValueError:
        return ""


def _is_elsewhere(host: str, sites: tuple[str, ...]) -> bool:
    return host.startswith("www.") or _belongs(host, sites)


def _belongs(host: str, sites: tuple[str, ...]) -> bool:
    return any(host == site or host.endswith(f".{site}") for site in sites)
