"""Which post a link means. Pure but for short links, which only their own site can resolve."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from chalicelib.errors import BadInput
from chalicelib.platforms import DESCRIPTIONS, Description, Platform
from chalicelib.typed import trimmed

*_SOME, _LAST = (form for one in DESCRIPTIONS.values() for form in one.links.forms)
_FORMS = f"Send {', '.join(_SOME)}, or {_LAST}."
_HOPS = 5

Location = Callable[[str], str | None]
"""Returns where a URL redirects to, or None if it does not."""


@dataclass(frozen=True)
class PostLink:
    """A post by its platform and id, such as an Instagram shortcode or a TikTok video id."""

    platform: Platform
    content_id: str


def read_link(
    text: str,
    location: Location,
    platforms: Mapping[Platform, Description] = DESCRIPTIONS,
) -> PostLink:
    """The post that a link, shortcode or id means. Raises BadInput for anything else.

    A short link is followed with `location`, on the platform's own hosts and over HTTPS only.
    """
    text = trimmed(text)
    for platform, one in platforms.items():
        if one.links.content_id.fullmatch(text):
            return PostLink(platform, text)
    url = f"https://{re.sub('^https?://', '', text, flags=re.IGNORECASE)}"
    parts = _parts(url)
    for platform, one in platforms.items():
        if not _is_host(parts.hostname, one.links.domain):
            continue
        if found := one.links.path.match(parts.path):
            return PostLink(platform, found[1])
        if one.links.short:
            return PostLink(platform, _followed(url, one, location))
    raise BadInput("link", f"{text!r} names no post", _FORMS)


def redirect_of(url: str) -> str | None:
    """Where `url` redirects to, requested over HTTPS; None if it does not. Raises BadInput if the
    site does not respond."""
    import requests

    try:
        with requests.get(url, timeout=10, allow_redirects=False, stream=True) as answer:
            return answer.headers.get("Location")
    except (requests.RequestException, ValueError) as error:  # ValueError: not a possible host name
        raise BadInput(
            "link", f"the short link cannot be followed ({type(error).__name__})", _FORMS
        ) from error


def _followed(url: str, platform: Description, location: Location) -> str:
    """The id of the post that a short link leads to."""
    following: str | None = url
    for _ in range(_HOPS):
        if following is None:
            break
        parts = _parts(following)
        if parts.scheme != "https" or not _is_host(parts.hostname, platform.links.domain):
            problem = f"the short link leaves {platform.label}'s own https sites"
            raise BadInput("link", problem, _FORMS)
        if found := platform.links.path.match(parts.path):
            return found[1]
        target = location(following)
        following = _parts(target, following).geturl() if target else None
    raise BadInput("link", f"{url!r} leads to no post", _FORMS)


def _parts(url: str, base: str = "") -> SplitResult:
    """The parts of a URL, relative to another. Raises BadInput if it is not a URL."""
    try:
        return urlsplit(urljoin(base, url))
    except ValueError as error:
        raise BadInput("link", f"{url!r} is no link", _FORMS) from error


def _is_host(host: str | None, site: str) -> bool:
    return host == site or (host or "").endswith(f".{site}")
