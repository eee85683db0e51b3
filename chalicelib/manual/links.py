"""Which post a link means. Pure but for short links, which only their own site can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from chalicelib.errors import BadInput
from chalicelib.platforms import Platform
from chalicelib.typed import trimmed

_SHORTCODE = re.compile(r"[A-Za-z0-9_-]{5,40}")
_VIDEO_ID = re.compile(r"[0-9]{15,20}")
_INSTAGRAM_PATH = re.compile(
    r"/(?:(?!share/)[^/]+/)?"  # a user name; what stands behind share/ is no shortcode
    r"(?:p|reel|reels|tv)/(?!audio/)([A-Za-z0-9_-]{5,40})(?=/|$)"
)
_TIKTOK_PATH = re.compile(r"/(?:video|photo)/([0-9]{15,20})(?![0-9])")
_FORMS = (
    "Send an Instagram post or reel link or its shortcode, a TikTok link or short link, or a "
    "TikTok video id."
)
_HOPS = 5

Location = Callable[[str], str | None]
"""Answers where a URL redirects to, or None where it does not."""


@dataclass(frozen=True)
class PostLink:
    """A post by its platform and id (Instagram shortcode, TikTok video id)."""

    platform: Platform
    content_id: str


def read_link(text: str, location: Location) -> PostLink:
    """The post that a link, shortcode or id means. BadInput for anything else.

    A TikTok short link is followed with `location`, on TikTok's own hosts and over HTTPS only.
    """
    text = trimmed(text)
    if _VIDEO_ID.fullmatch(text):
        return PostLink("tiktok", text)
    if "/" not in text and "." not in text and _SHORTCODE.fullmatch(text):
        return PostLink("instagram", text)
    url = f"https://{re.sub('^https?://', '', text, flags=re.IGNORECASE)}"
    parts = _parts(url)
    if _is_host(parts.hostname, "instagram.com"):
        if found := _INSTAGRAM_PATH.match(parts.path):
            return PostLink("instagram", found[1])
    elif _is_host(parts.hostname, "tiktok.com"):
        return PostLink("tiktok", _video_id(url, location))
    raise BadInput("link", f"{text!r} names no post", _FORMS)


def redirect_of(url: str) -> str | None:
    """Where `url` redirects to, asked over HTTPS; None where it does not. BadInput where the
    site does not answer."""
    import requests

    try:
        with requests.get(url, timeout=10, allow_redirects=False, stream=True) as answer:
            return answer.headers.get("Location")
    except (requests.RequestException, ValueError) as error:  # ValueError: no host can be so named
        raise BadInput(
            "link", f"the short link cannot be followed ({type(error).__name__})", _FORMS
        ) from error


def _video_id(url: str, location: Location) -> str:
    following: str | None = url
    for _ in range(_HOPS):
        if following is None:
            break
        parts = _parts(following)
        if parts.scheme != "https" or not _is_host(parts.hostname, "tiktok.com"):
            raise BadInput("link", "the short link leaves TikTok's own https sites", _FORMS)
        if found := _TIKTOK_PATH.search(parts.path):
            return found[1]
        target = location(following)
        following = _parts(target, following).geturl() if target else None
    raise BadInput("link", f"{url!r} leads to no video", _FORMS)


def _parts(url: str, base: str = "") -> SplitResult:
    """The parts of a URL, relative to another. BadInput where it is none."""
    try:
        return urlsplit(urljoin(base, url))
    except ValueError as error:
        raise BadInput("link", f"{url!r} is no link", _FORMS) from error


def _is_host(host: str | None, site: str) -> bool:
    return host == site or (host or "").endswith(f".{site}")
