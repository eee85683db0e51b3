"""Both products' answers, read the way a careful client reads them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from local.sandbox import instagram, tiktok
from local.sandbox.answer import Answer
from local.sandbox.scenario import WIB, crowd, demo_day
from local.sandbox.world import Account, Platform, Post, World, commenters, likers

DAY = date(2026, 2, 20)
NOW = datetime(2026, 2, 20, 17, tzinfo=WIB)
DEMO = demo_day(DAY).world


def ig(path: str, **params: str) -> Answer:
    return instagram.answer(DEMO, NOW, path, params)


def tt(path: str, **params: str) -> Answer:
    return tiktok.answer(DEMO, NOW, path, params)


def account(platform: Platform, name: str, world: World = DEMO) -> Account:
    found = world.account(platform, name)
    assert found is not None
    return found


def feed(platform: Platform, name: str, world: World = DEMO) -> list[Post]:
    return world.feed(account(platform, name, world), NOW)


def pages(name: str) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        params = {"username_or_id_or_url": name} | ({"pagination_token": token} if token else {})
        body = instagram.answer(DEMO, NOW, "/v1/posts", params).body
        yield body["data"]
        token = body.get("pagination_token") or ""
        if not token:
            return


@pytest.mark.parametrize("name", ["polres.contoh", "polres.teladan", "ditlantas.contoh"])
def test_instagram_pages_hold_the_whole_feed_once_deduplicated(name: str) -> None:
    read = list(pages(name))
    codes = [item["code"] for page in read for item in page["items"]]
    assert list(dict.fromkeys(codes)) == [post.code for post in feed("instagram", name)]
    assert len(codes) > len(set(codes))
    assert len(read[0]["items"]) == instagram.POSTS_PER_PAGE


def test_instagram_items_carry_what_the_service_reads() -> None:
    items = {item["code"]: item for page in pages("polres.contoh") for item in page["items"]}
    owners = {item["user"]["username"] for item in items.values()}
    assert owners == {"polres.contoh", "polres.teladan"}  # the collaboration's owner
    assert {item["media_type"] for item in items.values()} == {1, 2, 8}
    assert all(item["is_video"] == (item["media_type"] == 2) for item in items.values())
    assert {type(item["caption"]) for item in items.values()} == {dict, str}
    first = next(iter(items.values()))
    assert first["is_pinned"]
    assert first["taken_at"] < (NOW - timedelta(days=30)).timestamp()


def test_hidden_likes_are_null_and_the_likers_are_still_listed() -> None:
    hidden = next(post for post in feed("instagram", "polres.teladan") if post.counts_hidden)
    data = ig("/v1/post_info", code_or_id_or_url=hidden.code).body["data"]
    assert data["metrics"]["like_count"] is None
    assert data["like_and_view_counts_disabled"]
    assert "like_count" not in data
    assert ig("/v1/likes", code_or_id_or_url=hidden.code).body["data"]["items"]


def read_likers(world: World, code: str) -> list[str]:
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"code_or_id_or_url": code} | ({"cursor": cursor} if cursor else {})
        data = instagram.answer(world, NOW, "/v1/likes", params).body["data"]
        assert len(data["items"]) <= instagram.LIKERS_PER_PAGE
        names += [one if isinstance(one, str) else one["username"] for one in data["items"]]
        cursor = data.get("next_cursor") or data.get("end_cursor")
    return names


def test_instagram_likers_are_complete_with_either_cursor() -> None:
    world = crowd(DAY, 1).world
    posts = feed("instagram", "satker0001", world)
    assert {post.pk % 2 for post in posts} == {0, 1}
    for post in posts:
        assert read_likers(world, post.code) == likers(post, NOW)


@pytest.mark.parametrize("name", ["polres.anggrek", "@polres.contoh", "POLRES.CONTOH", ""])
def test_instagram_does_not_find_broken_or_misspelled_accounts(name: str) -> None:
    answer = ig("/v1/posts", username_or_id_or_url=name)
    assert answer.status == 404
    assert set(answer.body) == {"detail"}


def test_a_deleted_post_is_not_found_by_its_code() -> None:
    before = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    owner = account("instagram", "ditbinmas.contoh")
    deleted = next(post for post in DEMO.feed(owner, before) if post.deleted_at)
    assert ig("/v1/likes", code_or_id_or_url=deleted.code).status == 404
    assert ig("/v1/post_info", code_or_id_or_url=deleted.code).status == 404


def test_instagram_info_describes_the_account() -> None:
    data = ig("/v1/info", username_or_id_or_url="polres.contoh").body["data"]
    assert data["username"] == "polres.contoh"
    assert data["id"] == account("instagram", "polres.contoh").key


def unwrapped(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = answer.body.get("data", answer.body)
    assert body["statusCode"] == 0
    return body


def sec_uid(name: str) -> str:
    user: dict[str, str] = unwrapped(tt("/api/user/info", uniqueId=name))["userInfo"]["user"]
    return user["secUid"]


@pytest.mark.parametrize("name", ["polres_contoh", "ditbinmas_contoh"])
@pytest.mark.parametrize("count", ["10", "35", "100"])
def test_tiktok_pages_hold_the_whole_feed(name: str, count: str) -> None:
    found: list[str] = []
    cursor, more, sizes = "0", True, []
    while more:
        body = unwrapped(tt("/api/user/posts", secUid=sec_uid(name), count=count, cursor=cursor))
        found += [item["id"] for item in body["itemList"]]
        sizes.append(len([item for item in body["itemList"] if not item["isPinnedItem"]]))
        cursor, more = body["cursor"], body["hasMore"]
        assert isinstance(cursor, str)
    assert found == [post.code for post in feed("tiktok", name)]
    assert sizes[0] == min(int(count), tiktok.MAX_POSTS_PER_PAGE)


def test_tiktok_numbers_come_as_numbers_and_as_text() -> None:
    items = [tiktok.item(DEMO, post, NOW) for post in feed("tiktok", "polres_contoh")]
    assert {type(item["createTime"]) for item in items} == {int, str}
    assert {type(item["stats"]["diggCount"]) for item in items} == {int, str}


def test_some_accounts_answer_wrapped_in_data() -> None:
    names = [name for platform, name in DEMO.accounts if platform == "tiktok"]
    wrapped = {"data" in tt("/api/user/info", uniqueId=name).body for name in names}
    assert wrapped == {True, False}


def read_comments(world: World, post: Post, count: int) -> tuple[list[dict[str, Any]], bool]:
    """All comments, and whether a page that was not the last was short."""
    read: list[dict[str, Any]] = []
    cursor, more, short = 0, 1, False
    while more:
        query = {"videoId": post.code, "count": str(count), "cursor": str(cursor)}
        body = tiktok.answer(world, NOW, "/api/post/comments", query).body
        read += body["comments"]
        cursor, more = body["cursor"], body["has_more"]
        short = short or bool(more and len(body["comments"]) < count)
        assert body["comments"] or not more
    return read, short


def test_tiktok_comments_are_complete_in_spite_of_short_pages() -> None:
    world = crowd(DAY, 2).world
    seen_short = False
    for post in feed("tiktok", "satker0002", world) + feed("tiktok", "satker0001", world):
        read, short = read_comments(world, post, 50)
        seen_short = seen_short or short
        replies = [reply for one in read for reply in one["reply_comment"] or []]
        names = {one["user"]["unique_id"].lower() for one in read + replies}
        assert names == commenters(post, NOW)
        assert len({one["cid"] for one in read + replies}) == len(read + replies)
    assert seen_short


def test_tiktok_detail_is_the_item_of_the_feed() -> None:
    post = feed("tiktok", "polres_contoh")[0]
    body = unwrapped(tt("/api/post/detail", videoId=post.code))
    assert body["itemInfo"]["itemStruct"] == tiktok.item(DEMO, post, NOW)


def test_tiktok_errors_are_those_of_the_real_one() -> None:
    assert tt("/api/user/posts", uniqueId="polres_contoh").body == {
        "error": "missing required params"
    }
    assert tt("/api/user/info", uniqueId="nobody").body["statusCode"] == 10202
    assert tt("/api/user/posts", secUid="nobody").body["statusCode"] == 10202
    assert tt("/api/post/comments", videoId="1").body["status_code"] == 10204


def test_unknown_paths_are_answered_by_the_gateway() -> None:
    assert ig("/v1/x").body == {"message": "Endpoint '/v1/x' does not exist"}
    assert tt("/api/x").status == 404
