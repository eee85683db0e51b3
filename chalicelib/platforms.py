"""The platforms that clients post on, each described once: the facts that differ between them.
Pure. How a platform is read is in its module of `social/`, its SQL in `db/queries/`.

Names are those that tables, settings and messages use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Platform = Literal["instagram", "tiktok"]


@dataclass(frozen=True)
class Engagement:
    """What people do with a post, as far as it is counted.

    `count`: the field of a post that its list of people is compared with; `by_comments`: that count
    is about comments, of which one person may make many, not about people. `noun`: what the count
    is called in texts. `page`: how many of them a page of the list has. `mark`: put before a name
    where readers join on it. `usual_cap`: how many people a list names at most, whatever the count.
    """

    count: Literal["like_count", "comment_count"]
    noun: str
    by_comments: bool = False
    page: int = 50
    mark: str = ""
    usual_cap: range = range(0)


@dataclass(frozen=True)
class Profile:
    """How an account is named. `domains` are the platform's own, `hosts` are those that show
    profiles; `name` is the pattern of a name in lower case, as stated where accounts are created.
    In a profile's path `sign` precedes the name, which may come `under` one of these words."""

    domains: tuple[str, ...]
    hosts: frozenset[str]
    name: re.Pattern[str]
    sign: str = ""
    under: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Links:
    """How a post is named. `content_id` is the pattern of its id, which no other platform's id
    matches; `path` extracts it from the start of a link's path on `domain`, as its only group;
    `url` is the post's address (`{content_id}`, `{handle}`; `handle` if none is known). `short`:
    the domain has short links, which must be followed. `forms`: what people may send, in words."""

    domain: str
    content_id: re.Pattern[str]
    path: re.Pattern[str]
    url: str
    forms: tuple[str, ...]
    handle: str = ""
    short: bool = False

    def to(self, content_id: str, handle: str | None = None) -> str:
        """The post's address; it also works without the account's handle."""
        return self.url.format(content_id=quote(content_id, safe=""), handle=handle or self.handle)


@dataclass(frozen=True)
class Description:
    """What differs from platform to platform. `initials`: the label where there is little room; the
    label itself if empty. `handle_column`: the column of `clients`, whose
    status is in `{handle_column}_status`; `account_id_column`: the one with the account's stable
    id, if the API takes that instead of a handle. `api_host`: the API's default host; `api_path`:
    what the paths of its calls begin with, unlike any other platform's."""

    label: str
    handle_column: str
    api_host: str
    api_path: str
    engagement: Engagement
    profile: Profile
    links: Links
    account_id_column: str | None = None
    initials: str = ""

    @property
    def short_label(self) -> str:
        return self.initials or self.label


DESCRIPTIONS: Mapping[Platform, Description] = {
    "instagram": Description(
        label="Instagram",
        initials="IG",
        handle_column="client_insta",
        api_host="social-api4.p.rapidapi.com",
        api_path="/v1/",
        # Instagram lists about a thousand likers of a post at most (seen in recorded lists)
        engagement=Engagement("like_count", "suka", page=100, usual_cap=range(900, 1101)),
        profile=Profile(
            domains=("instagram.com", "instagr.am", "ig.me"),
            hosts=frozenset({"instagram.com", "www.instagram.com", "m.instagram.com"}),
            # up to 30; no dot first, last or twice in a row; not digits alone
            name=re.compile(r"(?=.{1,30}$)(?!\d+$)(?!.*\.\.)(?!\.)[a-z0-9._]*[a-z0-9_]", re.ASCII),
            under=frozenset({"stories", "_u"}),
        ),
        links=Links(
            domain="instagram.com",
            content_id=re.compile(r"(?![0-9]{15,20}$)[A-Za-z0-9_-]{5,40}"),
            path=re.compile(
                r"/(?:(?!share/)[^/]+/)?"  # a user name; what follows share/ is not a shortcode
                r"(?:p|reel|reels|tv)/(?!audio/)([A-Za-z0-9_-]{5,40})(?=/|$)"
            ),
            url="https://www.instagram.com/p/{content_id}/",
            forms=("an Instagram post or reel link or its shortcode",),
        ),
    ),
    "tiktok": Description(
        label="TikTok",
        initials="TT",
        handle_column="client_tiktok",
        api_host="tiktok-api23.p.rapidapi.com",
        api_path="/api/",
        engagement=Engagement("comment_count", "komentar", by_comments=True, mark="@"),
        profile=Profile(
            domains=("tiktok.com",),
            hosts=frozenset({"tiktok.com", "www.tiktok.com", "m.tiktok.com"}),
            # 2 to 24; no dot last; not digits alone
            name=re.compile(r"(?=.{2,24}$)(?!\d+$)[a-z0-9._]*[a-z0-9_]", re.ASCII),
            sign="@",
        ),
        links=Links(
            domain="tiktok.com",
            content_id=re.compile(r"[0-9]{15,20}"),
            path=re.compile(r".*?/(?:video|photo)/([0-9]{15,20})(?![0-9])"),
            # found by the id, whatever the handle
            url="https://www.tiktok.com/@{handle}/video/{content_id}",
            handle="i",
            forms=("a TikTok link or short link", "a TikTok video id"),
            short=True,
        ),
        account_id_column="tiktok_secuid",
    ),
}

PLATFORMS: tuple[Platform, ...] = tuple(DESCRIPTIONS)
