"""TikTok's answers, recorded and odd, as videos and commenters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.posts.verdicts import read_feed
from chalicelib.social.content import read_all
from chalicelib.social.errors import ApiError, Business, Malformed, NotFound, Upstream
from chalicelib.social.tiktok import TikTok, read_comment, read_post
from tests.unit.builders import always
from tests.unit.social.answers import FAR_OFF, Answering, Json, json_values, sample

MADE = datetime(2025, 6, 7, 3, 12, 22, tzinfo=UTC)
FIELDS = ["id", "createTime", "desc", "stats", "statsV2", "author", "isPinnedItem", "video"]


def item(**fields: Any) -> Json:
    """The recorded video with some fields otherwise."""
    recorded: Json = sample("tiktok/user_posts")["data"]["itemList"][0]
    return recorded | fields


def without(*names: str) -> Json:
    return {name: value for name, value in item().items() if name not in names}


def bare(envelope: Json) -> Json:
    return envelope


def wrapped(envelope: Json) -> Json:
    return {"data": envelope}


def posts(*items: object, **envelope: Any) -> Json:
    return {"cursor": "0", "hasMore": False, "itemList": list(items)} | envelope


def comment(name: str | None, cid: str = "1", **fields: Any) -> Json:
    return {"cid": cid, "text": "", "create_time": 1, "user": {"unique_id": name}} | fields


def comments(*items: object, **envelope: Any) -> Json:
    return {"comments": list(items), "cursor": 0, "has_more": 0, "total": 9} | envelope


def test_the_recorded_video_is_read_whole() -> None:
    post = read_post(item())
    assert (post.platform, post.content_id, post.owner) == (
        "tiktok",
        "7513039993741397256",
        "user_84b36f9e",
    )
    assert (post.caption, post.posted_at) == ("contoh teks 3425d8b0 🚔", MADE)
    assert (post.like_count, post.comment_count, post.pinned) == (68300, 1502, True)
    assert post.thumbnail_url == "https://cdn.example/73df8dc0"


def test_the_recorded_page_is_read_and_names_the_next() -> None:
    page = TikTok(Answering(sample("tiktok/user_posts"))).posts("MS4")
    assert [post.content_id for post in page.posts] == ["7513039993741397256"]
    assert (page.unreadable, page.following) == (0, "1758331327601")


def test_the_recorded_detail_is_an_item_like_any_other() -> None:
    post = read_post(sample("tiktok/post_detail")["itemInfo"]["itemStruct"])
    assert (post.content_id, post.like_count, post.comment_count) == (
        "6832324357851778309",
        231700,
        1463,
    )


@pytest.mark.parametrize("name", ["tiktok/user_info", "tiktok/user_info_wrapped"])
def test_the_secuid_is_found_bare_and_wrapped(name: str) -> None:
    api = Answering(sample(name))
    assert (
        TikTok(api).account_id("polres_x") == "MS4wLjABAAAA8eb561fdaf52f2815ea573959f5eb2ba3399187c"
    )
    assert api.asked == [("/api/user/info", {"uniqueId": "polres_x"})]


@pytest.mark.parametrize(
    "answer",
    [
        {"userInfo": {"user": {}}},
        {"userInfo": {"user": {"secUid": ""}}},
        {"userInfo": {"user": None}},
        {"userInfo": None},
        {"data": None},
        {},
    ],
)
def test_no_secuid_is_an_error(answer: Json) -> None:
    with pytest.raises(ApiError):
        TikTok(Answering(answer)).account_id("polres_x")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"statusCode": 10202, "userInfo": {}}, NotFound),
        ({"statusCode": 10221}, NotFound),
        ({"statusCode": 10222}, Business),
        ({"status_code": 4, "status_msg": "Server is currently unavailable."}, Upstream),
        ({"error": "missing required params"}, Business),
        ({"success": False, "error": "..."}, Business),
    ],
)
def test_a_business_error_is_never_no_posts(answer: Json, kind: type[ApiError]) -> None:
    tiktok = TikTok(Answering(answer))
    calls: list[Callable[[], object]] = [
        lambda: tiktok.account_id("x"),
        lambda: tiktok.posts("MS4"),
        lambda: tiktok.people("7"),
    ]
    for call in calls:
        with pytest.raises(kind):
            call()


@pytest.mark.parametrize("envelope", [bare, wrapped])
def test_a_page_is_read_bare_and_wrapped(envelope: Callable[[Json], Json]) -> None:
    page = TikTok(Answering(envelope(posts(item(), hasMore=True, cursor="17")))).posts("MS4")
    assert (len(page.posts), page.following) == (1, "17")


@pytest.mark.parametrize("envelope", [bare, wrapped])
def test_a_missing_item_list_is_a_page_without_videos(envelope: Callable[[Json], Json]) -> None:
    answer = {"cursor": "0", "hasMore": False, "status_code": 0}
    page = TikTok(Answering(envelope(answer))).posts("MS4")
    assert (page.posts, page.unreadable, page.following) == ((), 0, None)


@pytest.mark.parametrize(
    "answer", [{}, {"data": None}, {"data": []}, {"data": {}}, {"message": "ok"}]
)
def test_a_wrong_envelope_is_an_error_and_never_no_posts(answer: Json) -> None:
    with pytest.raises(Malformed):
        TikTok(Answering(answer)).posts("MS4")
    with pytest.raises(Malformed):
        TikTok(Answering(answer)).people("7")


@pytest.mark.parametrize("odd", [True, 7, "text", {"0": {}}])
def test_a_list_that_is_none_is_an_error_and_never_no_posts(odd: object) -> None:
    with pytest.raises(Malformed, match="itemList is no list"):
        TikTok(Answering({"itemList": odd, "hasMore": False})).posts("MS4")
    with pytest.raises(Malformed, match="comments is no list"):
        TikTok(Answering({"comments": odd, "has_more": 0})).people("7")


@pytest.mark.parametrize(
    ("envelope", "following"),
    [
        ({"hasMore": True, "cursor": "1758331327601"}, "1758331327601"),
        ({"hasMore": True, "cursor": 1758331327601}, "1758331327601"),
        ({"hasMore": False, "cursor": "1758331327601"}, None),
        ({"hasMore": 0, "cursor": "1758331327601"}, None),
    ],
)
def test_the_returned_cursor_is_followed_while_there_is_more(
    envelope: Json, following: str | None
) -> None:
    assert TikTok(Answering(posts(item(), **envelope))).posts("MS4").following == following


def test_posts_are_asked_for_by_secuid_and_cursor() -> None:
    api = Answering(posts(item()))
    TikTok(api).posts("MS4")
    TikTok(api).posts("MS4", "17")
    assert api.asked == [
        ("/api/user/posts", {"secUid": "MS4", "count": 35, "cursor": "0"}),
        ("/api/user/posts", {"secUid": "MS4", "count": 35, "cursor": "17"}),
    ]


@pytest.mark.parametrize(
    "stuck",
    [
        posts(item(), hasMore=True, cursor="17"),
        posts(item(), hasMore=True, cursor=None),
        posts(item(), hasMore=True, cursor=""),
    ],
)
def test_a_feed_that_promises_more_but_does_not_go_on_is_not_complete(stuck: Json) -> None:
    api = Answering(posts(item(id="1", isPinnedItem=False), hasMore=True, cursor="17"), stuck)
    tiktok = TikTok(api)
    feed = read_feed(lambda cursor: tiktok.posts("MS4", cursor), MADE - timedelta(days=1))
    assert feed.verdict(had_posts=True) == "partial"


def test_a_feed_that_ends_is_complete() -> None:
    api = Answering(posts(item(id="1"), hasMore=True, cursor="17"), posts(item(id="2")))
    tiktok = TikTok(api)
    feed = read_feed(lambda cursor: tiktok.posts("MS4", cursor), MADE - timedelta(days=1))
    assert [post.content_id for post in feed.posts] == ["1", "2"]
    assert feed.verdict(had_posts=True) == "complete"


@pytest.mark.parametrize("made", [1749265942, "1749265942"])
def test_the_time_is_read_in_either_type(made: object) -> None:
    assert read_post(item(createTime=made)).posted_at == MADE


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"stats": {"diggCount": 68300, "commentCount": "0"}, "statsV2": None}, (68300, 0)),
        ({"stats": {"diggCount": 68300}, "statsV2": {"diggCount": "68297"}}, (68297, None)),
        ({"stats": {"diggCount": 5}, "statsV2": {"diggCount": "?", "commentCount": "6"}}, (5, 6)),
        ({"stats": None}, (68300, 1502)),
        ({"stats": {}, "statsV2": {"diggCount": "5", "commentCount": "6"}}, (5, 6)),
        ({"stats": None, "statsV2": None}, (None, None)),
        ({"stats": {"diggCount": None, "commentCount": -1}, "statsV2": {}}, (None, None)),
    ],
)
def test_counts_are_read_in_either_type_from_either_place(
    fields: Json, counts: tuple[int | None, int | None]
) -> None:
    post = read_post(item(**fields))
    assert (post.like_count, post.comment_count) == counts


@pytest.mark.parametrize("name", ["desc", "author", "video", "isPinnedItem", "statsV2"])
def test_what_may_be_missing_may_be_null_too(name: str) -> None:
    assert read_post(item(**{name: None})) == read_post(without(name))


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        {},
        without("id"),
        item(id=""),
        without("createTime"),
        item(createTime=""),
        item(createTime=10**15),
        item(createTime=FAR_OFF),
    ],
)
def test_an_unreadable_item_is_counted_and_hides_no_other(bad: object) -> None:
    page = TikTok(Answering(posts(bad, item()))).posts("MS4")
    assert [post.content_id for post in page.posts] == ["7513039993741397256"]
    assert page.unreadable == 1


@always
@example({"createTime": FAR_OFF})
@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3))
def test_whatever_is_in_a_field_the_item_is_read_or_counted(fields: Json) -> None:
    read, unreadable = read_all(read_post, [item(**fields)])
    assert len(read) + unreadable == 1
    assert all(post.posted_at.tzinfo and post.content_id for post in read)


def test_the_recorded_commenters_are_read_and_the_short_page_is_not_the_end() -> None:
    page = TikTok(Answering(sample("tiktok/post_comments"))).people("7")
    assert page.usernames == {
        "user_fe46761c",
        "user_d0d9eab0",
        "user_8131a387",
        "user_27518d32",
    }
    assert (page.unreadable, page.following) == (0, "20")


def test_an_inlined_reply_counts_as_well() -> None:
    page = TikTok(Answering(sample("tiktok/post_comments_nested_reply"))).people("7")
    assert page.usernames == {"user_dfce0dbc", "user_f005153e"}


def test_replies_that_are_not_inlined_are_no_trouble() -> None:
    recorded = sample("tiktok/post_comments_replies_not_inlined")
    page = TikTok(Answering(recorded)).people("7")
    assert (set(page.usernames), page.unreadable) == ({"user_fd26fc3a"}, 0)


@pytest.mark.parametrize("spelling", ["unique_id", "uniqueId", "username"])
@pytest.mark.parametrize("holder", ["user", "author", "owner", None])
@pytest.mark.parametrize("name", ["User_1", "@user_1", " user_1 "])
def test_a_commenters_name_is_read_wherever_it_stands(
    holder: str | None, spelling: str, name: str
) -> None:
    named = {spelling: name}
    assert read_comment({holder: named} if holder else named).username == "user_1"


@pytest.mark.parametrize(
    "odd",
    [
        {"user": {"unique_id": "", "uniqueId": None, "username": "user_1"}},
        {"user": None, "author": {"unique_id": "user_1"}},
        {"user": {}, "owner": {"username": "user_1"}},
        {"user": {"nickname": "Orang"}, "unique_id": "user_1"},
        {"user": "user_1"},
        {"user": {"unique_id": "user_1"}, "username": "user_2", "author": {"username": "user_3"}},
    ],
)
def test_the_first_name_that_says_something_counts(odd: Json) -> None:
    assert read_comment(odd).username == "user_1"


def test_replies_are_read_as_a_list_as_one_object_and_in_replies() -> None:
    deep = comment("d", cid="4")
    nested = comment("c", cid="3", reply_comment=deep)
    single = comment("b", cid="2", reply_comment=[nested])
    page = TikTok(Answering(comments(comment("a", cid="1", reply_comment=single)))).people("7")
    assert (set(page.usernames), set(page.comments)) == (set("abcd"), set("1234"))


def test_comments_are_told_apart_by_their_ids() -> None:
    written = [comment("a", "1"), comment("a", "2"), comment("a", "2"), comment("b", "3")]
    page = TikTok(Answering(comments(*written, total=120))).people("7")
    assert (len(page.usernames), len(page.comments), page.total) == (2, 3, 120)


def test_comments_without_ids_count_as_one_of_each_author() -> None:
    written = [{"user": {"unique_id": name}} for name in ("a", "a", "b")]
    assert len(TikTok(Answering(comments(*written))).people("7").comments) == 2


@pytest.mark.parametrize(
    ("listed", "envelope", "promised"),
    [
        (["a"], {"has_more": 1, "cursor": 20}, False),
        (["a"], {"has_more": 0, "cursor": 20}, False),
        ([], {"has_more": 1, "cursor": 20}, True),
        (["a"], {"has_more": 1, "cursor": 0}, True),
        (["a"], {"has_more": "1"}, True),
        ([], {"has_more": 0}, False),
    ],
)
def test_more_that_is_promised_and_cannot_be_asked_for_is_told(
    listed: list[str], envelope: Json, promised: bool
) -> None:
    page = TikTok(Answering(comments(*map(comment, listed), **envelope))).people("7")
    assert page.promised is promised


@pytest.mark.parametrize(
    "bad",
    [None, "text", {}, {"user": None}, {"user": {}}, {"user": {"unique_id": ""}}, comment(None)],
)
def test_a_comment_without_a_name_is_counted_and_hides_no_other(bad: object) -> None:
    page = TikTok(Answering(comments(bad, comment("a")))).people("7")
    assert (set(page.usernames), page.unreadable) == ({"a"}, 1)


def test_commenters_are_told_once_however_often_they_wrote() -> None:
    written = [comment("a", "1"), comment("a", "1"), comment("A", "2"), comment("b", "3")]
    assert TikTok(Answering(comments(*written))).people("7").usernames == {"a", "b"}


@pytest.mark.parametrize("replies", [None, [], "odd", 7])
def test_replies_may_be_null_or_odd(replies: object) -> None:
    page = TikTok(Answering(comments(comment("a", reply_comment=replies)))).people("7")
    assert (set(page.usernames), page.unreadable) == ({"a"}, 0)


@pytest.mark.parametrize("envelope", [bare, wrapped])
def test_comments_are_read_bare_and_wrapped(envelope: Callable[[Json], Json]) -> None:
    answer = envelope(comments(comment("a"), has_more=1, cursor=20))
    page = TikTok(Answering(answer)).people("7")
    assert (set(page.usernames), page.following) == ({"a"}, "20")


@pytest.mark.parametrize(
    ("asked", "envelope", "following"),
    [
        (None, {"has_more": 1, "cursor": 20}, "20"),
        (None, {"has_more": True, "cursor": "20"}, "20"),
        (None, {"has_more": 0, "cursor": 20}, None),
        (None, {"has_more": False, "cursor": 20}, None),
        (None, {"cursor": 0, "has_more": 1}, None),
        ("20", {"has_more": 1, "cursor": 20}, None),
        ("20", {"has_more": 1, "cursor": 39}, "39"),
        ("20", {"has_more": 1, "cursor": None}, None),
    ],
)
def test_comments_go_on_from_the_returned_cursor_while_it_moves(
    asked: str | None, envelope: Json, following: str | None
) -> None:
    api = Answering(comments(comment("a"), **envelope))
    assert TikTok(api).people("7", asked).following == following
    assert api.asked == [
        ("/api/post/comments", {"videoId": "7", "count": 50, "cursor": asked or "0"})
    ]


@pytest.mark.parametrize("none", [[], None])
def test_an_empty_page_of_comments_is_the_last(none: object) -> None:
    answer = comments(has_more=1, cursor=20) | {"comments": none}
    page = TikTok(Answering(answer)).people("7")
    assert (page.usernames, page.following) == (frozenset(), None)


# --- a single video -------------------------------------------------------------------------


def detail(**fields: Any) -> Json:
    """The recorded detail with some fields of its video otherwise."""
    recorded = sample("tiktok/post_detail")
    video = recorded["itemInfo"]["itemStruct"] | fields
    return recorded | {"itemInfo": {"itemStruct": video}}


@pytest.mark.parametrize("envelope", [bare, wrapped])
def test_a_single_video_is_read_bare_and_wrapped(envelope: Callable[[Json], Json]) -> None:
    api = Answering(envelope(sample("tiktok/post_detail")))
    post = TikTok(api).post("6832324357851778309")
    assert post == read_post(sample("tiktok/post_detail")["itemInfo"]["itemStruct"])
    assert (post.content_id, post.like_count, post.comment_count) == (
        "6832324357851778309",
        231700,
        1463,
    )
    assert api.asked == [("/api/post/detail", {"videoId": "6832324357851778309"})]


def test_the_numbers_of_a_single_video_may_be_text() -> None:
    answer = detail(createTime="1749265942", stats={"diggCount": "68300", "commentCount": "0"})
    post = TikTok(Answering(answer)).post("7")
    assert (post.posted_at, post.like_count, post.comment_count) == (MADE, 68300, 0)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": {}},
        {"itemInfo": None},
        {"itemInfo": {}},
        {"itemInfo": {"itemStruct": None}},
        {"itemInfo": {"itemStruct": {}}},
        {"data": {"itemInfo": {"itemStruct": "text"}}},
        detail(id=""),
        detail(createTime=None),
    ],
)
def test_a_detail_without_a_readable_video_is_an_error(answer: Json) -> None:
    with pytest.raises(Malformed, match="/api/post/detail: no readable"):
        TikTok(Answering(answer)).post("7")


@pytest.mark.parametrize("envelope", [bare, wrapped])
@pytest.mark.parametrize("info", [{}, {"itemStruct": {}}, None])
def test_a_detail_without_a_video_that_says_so_means_that_it_is_gone(
    info: Json | None, envelope: Callable[[Json], Json]
) -> None:
    answer = envelope({"itemInfo": info, "statusCode": 0, "statusMsg": "item doesn't exist"})
    with pytest.raises(NotFound):
        TikTok(Answering(answer)).post("7")


@pytest.mark.parametrize("envelope", [bare, wrapped])
@pytest.mark.parametrize(
    ("code", "kind"), [(10204, NotFound), ("10204", NotFound), (10222, Business), (4, Upstream)]
)
def test_a_video_that_does_not_exist_is_told_from_other_trouble(
    code: int | str, kind: type[ApiError], envelope: Callable[[Json], Json]
) -> None:
    answer = envelope({"statusCode": code, "status_msg": "item doesn't exist"})
    tiktok = TikTok(Answering(answer))
    with pytest.raises(kind):
        tiktok.post("7")
    with pytest.raises(kind):
        tiktok.people("7")


@always
@given(json_values)
def test_whatever_an_answer_holds_a_video_or_an_api_error_comes_of_it(value: object) -> None:
    for answer in ({"itemInfo": value}, {"data": value}, {"itemInfo": {"itemStruct": value}}):
        with suppress(ApiError):
            TikTok(Answering(answer)).post("7")


@always
@given(json_values)
def test_whatever_an_envelope_holds_a_page_or_an_api_error_comes_of_it(value: object) -> None:
    for answer in ({"itemList": value, "hasMore": value}, {"comments": value}, {"data": value}):
        tiktok = TikTok(Answering(answer))
        with suppress(ApiError):
            tiktok.posts("MS4")
        with suppress(ApiError):
            tiktok.people("7")
