"""That a platform's description says what is pure about it, and that nothing else names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from chalicelib.db.connection import query_text
from chalicelib.handles import Handle, read_handle
from chalicelib.manual.links import PostLink, read_link
from chalicelib.platforms import (
    DESCRIPTIONS,
    PLATFORMS,
    Description,
    Engagement,
    Links,
    Platform,
    Profile,
)
from chalicelib.social.apis import APIS, AccountsById
from tests.conftest import ROOT

THIRD = cast("Platform", "video_site")
DESCRIPTION = Description(
    label="Video Site",
    handle_column="client_video_site",
    api_host="api.example",
    api_path="/video/",
    engagement=Engagement("comment_count", "komentar", by_comments=True),
    profile=Profile(
        domains=("video.example",),
        hosts=frozenset({"www.video.example"}),
        name=re.compile(r"[a-z0-9_]{3,20}"),
        sign="@",
    ),
    links=Links(
        domain="video.example",
        content_id=re.compile(r"v[0-9]{3}"),
        path=re.compile(r"/watch/(v[0-9]{3})$"),
        url="https://www.video.example/@{handle}/watch/{content_id}",
        forms=("a Video Site link",),
        handle="x",
        short=True,
    ),
)
ALL: Any = {**DESCRIPTIONS, THIRD: DESCRIPTION}


def test_a_description_is_all_that_handles_need() -> None:
    for text in ("@Polres_X", "polres_x", "https://www.video.example/@polres_x?a=b"):
        assert read_handle(text, THIRD, ALL) == Handle("polres_x")
    assert read_handle("https://www.video.example/polres_x", THIRD, ALL).problem == "no_profile"
    assert read_handle("https://www.tiktok.com/@polres_x", THIRD, ALL).problem == "other_site"
    assert read_handle("video.example/@polres_x", "tiktok", ALL).problem == "other_site"


def test_a_description_is_all_that_links_need() -> None:
    hops = {"https://s.video.example/abc": "https://www.video.example/@polres_x/watch/v123"}
    path = re.compile(r".*/watch/(v[0-9]{3})$")
    for text in ("v123", "https://video.example/watch/v123"):
        assert read_link(text, hops.get, ALL) == PostLink(THIRD, "v123")
    assert DESCRIPTION.links.to("v123") == "https://www.video.example/@x/watch/v123"
    assert path.match(DESCRIPTION.links.to("v123", "polres_x"))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_post_s_link_leads_back_to_the_post(platform: Platform) -> None:
    content_id = {"instagram": "C8c2MRqtPfS", "tiktok": "7513039993741397256"}[platform]
    url = DESCRIPTIONS[platform].links.to(content_id, "polres_x")
    assert read_link(url, lambda url: None) == PostLink(platform, content_id)
    assert read_link(content_id, lambda url: None) == PostLink(platform, content_id)


def test_every_platform_is_described_and_has_an_api_and_queries() -> None:
    assert get_args(Platform) == PLATFORMS == tuple(APIS)
    for platform, one in DESCRIPTIONS.items():
        by_id = one.account_id_column is not None
        assert issubclass(cast("type", APIS[platform]), AccountsById) is by_id
        wanted = {"leave", "add_manual", "prune_audits"} | ({"note_account"} if by_id else set())
        assert all([query_text(f"{platform}.{name}") for name in wanted])


def test_labels_and_columns_are_the_platforms_own() -> None:
    described = [*DESCRIPTIONS.values(), DESCRIPTION]
    for value in ("label", "handle_column", "api_host"):
        assert len({getattr(one, value) for one in described}) == len(described)


# --- where a platform may be named ----------------------------------------------------------

MAY_NAME = (
    "chalicelib/platforms.py",
    "chalicelib/social/apis.py",
    *(f"chalicelib/social/{platform}.py" for platform in PLATFORMS),
    *(f"chalicelib/db/queries/{platform}.sql" for platform in PLATFORMS),
    "chalicelib/db/migrations/versions/",
)
"""The files of the worked example in CONTRIBUTING.md."""

ELSE = {
    "chalicelib/db/queries/notify.sql": "two counts of a table that other software has",
    "local/sandbox/": "stand-ins for these two products, and invented data",
    "local/samples": "samples of messages",
    "local/screenshots/": "invented days, with rows of these two products",
}


def files(ending: str) -> Iterator[tuple[str, str]]:
    """The product's files outside those lists, with their text."""
    for root in ("chalicelib", "wa_session_host", "local"):
        for path in sorted((ROOT / root).rglob(f"*{ending}")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith((*MAY_NAME, *ELSE)):
                yield name, Path(path).read_text()


def names_in(source: str) -> set[str]:
    """The names, attributes, arguments and whole strings of a module that are a platform's."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        said = (getattr(node, field, None) for field in ("value", "id", "attr", "arg", "name"))
        found |= {text for text in said if isinstance(text, str)} & set(PLATFORMS)
    return found


def test_no_other_module_names_a_platform() -> None:
    assert {name: found for name, text in files(".py") if (found := names_in(text))} == {}
    assert names_in('if platform == "tiktok": pass') == {"tiktok"}
    assert names_in("runtime.instagram.posts(x, tiktok=1)") == {"instagram", "tiktok"}


def test_no_other_query_names_a_platform_or_its_tables() -> None:
    named = re.compile(r"insta(?:gram)?|tiktok", re.IGNORECASE)
    for name, text in files(".sql"):
        assert named.findall(re.sub(r"--.*", "", text)) == [], name
