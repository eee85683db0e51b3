"""Instagram's answers, recorded and odd, as posts and likers."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.posts.verdicts import read_feed
from chalicelib.social.content import read_all
from chalicelib.social.errors import ApiError, Malformed, NotFound
from chalicelib.social.instagram import Instagram, read_liker, read_post
from tests.unit.builders import always
from tests.unit.social.answers import FAR_OFF, Answering, Json, json_values, sample

TAKEN = datetime(2024, 6, 20, 20, 21, 23, tzinfo=UTC)
FIELDS = [
    "code",
    "id",
    "pk",
    "taken_at",
    "taken_at_date",
    "caption",
    "like_count",
    "comment_count",
    "is_video",
    "is_pinned",
    "media_type",
    "image_versions",
    "thumbnail_url",
    "video_url",
    "video_versions",
    "carousel_media",
    "user",
    "coauthor_producers",
    "like_and_view_counts_disabled",
]


def item(**fields: Any) -> Json:
    """The recorded post with some fields otherwise."""
    recorded: Json = sample("instagram/posts_excerpt")["data"]["items"][0]
    return recorded | fields


def without(*names: str) -> Json:
    return {name: value for name, value in item().items() if name not in names}


def posts(*items: object, **envelope: Any) -> Json:
    return {"data": {"count": len(items), "items": list(items)}} | envelope


def likes(*items: object, **data: Any) -> Json:
    return {"data": {"count": len(items), "items": list(items), **data}}


def images(*urls: str | None) -> Json:
    return {"items": [{"url": url} for url in urls]}


def test_the_recorded_post_is_read_whole() -> None:
    post = read_post(item())
    assert (post.platform, post.content_id, post.owner) == (
        "instagram",
        "C8c2MRqtPfS",
        "user_01ad3458",
    )
    assert (post.caption, post.posted_at) == ("contoh teks c9dbe9fd 🚔", TAKEN)
    assert (post.like_count, post.comment_count) == (119, 3)
    assert (post.is_video, post.is_carousel, post.pinned) == (False, True, False)
    assert post.thumbnail_url == post.image_url == "https://cdn.example/98204c44"
    assert (post.video_url, post.images_url) == (None, ())


def test_the_recorded_page_is_read_and_is_the_last() -> None:
    page = Instagram(Answering(sample("instagram/posts_excerpt"))).posts("polres_x")
    assert [post.content_id for post in page.posts] == ["C8c2MRqtPfS"]
    assert (page.unreadable, page.following) == (0, None)


def test_the_recorded_likers_are_read() -> None:
    page = Instagram(Answering(sample("instagram/likes_shape"))).people("C1")
    assert page.usernames == {"user_69fa9485"}
    page = Instagram(Answering(sample("instagram/user_list"))).people("C1")
    assert len(page.usernames) == 6
    assert (page.unreadable, page.following) == (0, None)


def test_posts_are_asked_for_by_handle_and_then_by_token() -> None:
    api = Answering(posts(item(), pagination_token="T1"), posts(item(code="C2")))
    instagram = Instagram(api)
    first = instagram.posts("polres_x")
    assert first.following == "T1"
    assert instagram.posts("polres_x", first.following).following is None
    assert api.asked == [
        ("/v1/posts", {"username_or_id_or_url": "polres_x"}),
        ("/v1/posts", {"username_or_id_or_url": "polres_x", "pagination_token": "T1"}),
    ]


@pytest.mark.parametrize("envelope", [{}, {"pagination_token": None}, {"pagination_token": ""}])
def test_no_token_is_the_end(envelope: Json) -> None:
    assert Instagram(Answering(posts(item(), **envelope))).posts("x").following is None


@pytest.mark.parametrize(
    ("caption", "text"),
    [
        ({"text": "Siaga 🚔"}, "Siaga 🚔"),
        ("a bare string", "a bare string"),
        (None, ""),
        ({"text": None}, ""),
        ({}, ""),
        ({"text": 110}, "110"),
        ({"text": "a\x00b"}, "ab"),
    ],
)
def test_a_caption_is_read_in_every_form(caption: object, text: str) -> None:
    assert read_post(item(caption=caption)).caption == text


def test_a_missing_caption_is_an_empty_one() -> None:
    assert read_post(without("caption")).caption == ""


@pytest.mark.parametrize(
    ("fields", "likes_shown"),
    [
        ({"like_count": 0}, 0),
        ({"like_count": None}, None),
        ({"like_count": 3, "like_and_view_counts_disabled": True}, None),
        ({"like_count": 3, "like_and_view_counts_disabled": False}, 3),
        ({"like_count": 3, "like_and_view_counts_disabled": None}, 3),
        ({"like_count": -1}, None),
        ({"like_count": "119"}, 119),
    ],
)
def test_a_hidden_like_count_is_none_and_not_zero(fields: Json, likes_shown: int | None) -> None:
    assert read_post(item(**fields)).like_count == likes_shown


def test_counts_that_are_missing_are_none() -> None:
    post = read_post(without("like_count", "comment_count"))
    assert (post.like_count, post.comment_count) == (None, None)


def test_an_id_beyond_53_bits_is_no_trouble() -> None:
    assert read_post(item(pk=2**63 + 1, id=f"{2**63 + 1}_7")).content_id == "C8c2MRqtPfS"


@pytest.mark.parametrize("taken", [1718914883, "1718914883"])
def test_the_time_is_read_in_either_type(taken: object) -> None:
    assert read_post(item(taken_at=taken)).posted_at == TAKEN


def test_the_iso_time_stands_in_for_a_missing_one() -> None:
    assert read_post(without("taken_at")).posted_at == TAKEN
    assert read_post(item(taken_at=None, taken_at_date="2024-06-20T20:21:23Z")).posted_at == TAKEN


def test_an_iso_time_without_a_zone_never_becomes_a_naive_moment() -> None:
    read, unreadable = read_all(
        read_post, [item(taken_at=None, taken_at_date="2024-06-20T20:21:23")]
    )
    assert unreadable == 1 or [post.posted_at.utcoffset() for post in read] == [timedelta(0)]


@pytest.mark.parametrize(
    ("fields", "is_video", "is_carousel"),
    [
        ({"media_type": 1, "is_video": False}, False, False),
        ({"media_type": 2, "is_video": True}, True, False),
        ({"media_type": 2, "is_video": None}, True, False),
        ({"media_type": 8, "is_video": False}, False, True),
    ],
)
def test_a_photo_a_video_and_an_album_are_told_apart(
    fields: Json, is_video: bool, is_carousel: bool
) -> None:
    post = read_post(item(**fields))
    assert (post.is_video, post.is_carousel) == (is_video, is_carousel)


def test_an_album_has_the_urls_of_its_images() -> None:
    children = [
        {"image_versions": images("https://cdn.example/1", "https://cdn.example/1s")},
        {"image_versions": None, "thumbnail_url": "https://cdn.example/2"},
        {},
        None,
    ]
    post = read_post(item(carousel_media=children))
    assert post.images_url == ("https://cdn.example/1", "https://cdn.example/2")


@pytest.mark.parametrize(
    ("fields", "images"),
    [
        ({"media_type": 1, "carousel_media": None}, ("https://cdn.example/98204c44",)),
        ({"media_type": 1, "image_versions": None}, ()),
        ({"media_type": 2, "carousel_media": None}, ()),
        ({"media_type": None, "is_video": True}, ()),
        ({"media_type": 8, "carousel_media": None}, ()),
    ],
)
def test_a_single_picture_is_the_one_of_its_images(fields: Json, images: tuple[str, ...]) -> None:
    assert read_post(item(**fields)).images_url == images


@pytest.mark.parametrize("written", ["", None, {"text": ""}, {"text": None}])
def test_an_empty_caption_is_stored_as_null(written: object) -> None:
    post = read_post(item(caption=written))
    assert (post.caption, post.model_dump(mode="json")["caption"]) == ("", None)


@pytest.mark.parametrize("empty", [None, []])
def test_carousel_media_may_be_empty_or_null(empty: object) -> None:
    assert read_post(item(carousel_media=empty)).images_url == ()


@pytest.mark.parametrize("versions", [None, {}, {"items": None}, {"items": []}, images(None)])
def test_an_item_without_images_has_no_image(versions: object) -> None:
    assert read_post(item(image_versions=versions)).image_url is None


@pytest.mark.parametrize(
    ("fields", "video"),
    [
        ({"video_url": "https://cdn.example/v"}, "https://cdn.example/v"),
        ({"video_versions": [{"url": "https://cdn.example/w"}]}, "https://cdn.example/w"),
        ({"video_url": "", "video_versions": None}, None),
        ({"video_versions": []}, None),
    ],
)
def test_a_videos_url_is_found_in_either_place(fields: Json, video: str | None) -> None:
    assert read_post(item(**fields)).video_url == video


@pytest.mark.parametrize(("pinned", "read"), [(True, True), (False, False), (None, False)])
def test_a_pin_is_one_only_when_the_api_says_so(pinned: object, read: bool) -> None:
    assert read_post(item(is_pinned=pinned)).pinned is read


@pytest.mark.parametrize(
    ("user", "owner"),
    [({"username": "Polda_Y"}, "polda_y"), ({"username": ""}, None), ({}, None), (None, None)],
)
def test_the_owner_is_whom_the_api_names(user: object, owner: str | None) -> None:
    shared = item(user=user, coauthor_producers=[{"username": "polres_x"}])
    assert read_post(shared).owner == owner


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        [],
        {},
        without("code"),
        item(code=None),
        item(code=" "),
        without("taken_at", "taken_at_date"),
        item(taken_at="soon"),
        item(taken_at=10**15),
        item(taken_at=FAR_OFF),
    ],
)
def test_an_unreadable_item_is_counted_and_hides_no_other(bad: object) -> None:
    page = Instagram(Answering(posts(bad, item()))).posts("polres_x")
    assert [post.content_id for post in page.posts] == ["C8c2MRqtPfS"]
    assert page.unreadable == 1


@always
@example({"taken_at": FAR_OFF})
@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3))
def test_whatever_is_in_a_field_the_item_is_read_or_counted(fields: Json) -> None:
    read, unreadable = read_all(read_post, [item(**fields)])
    assert len(read) + unreadable == 1
    assert all(post.posted_at.tzinfo and post.content_id for post in read)


ENVELOPES: list[Json] = [
    {},
    {"data": None},
    {"data": []},
    {"data": {}},
    {"data": {"items": None}},
    {"data": {"items": {}}},
    {"items": []},
    {"detail": "..."},
    {"message": "ok"},
]


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_wrong_envelope_is_an_error_and_never_no_posts(envelope: Json) -> None:
    instagram = Instagram(Answering(envelope))
    with pytest.raises(Malformed):
        instagram.posts("polres_x")
    with pytest.raises(Malformed):
        instagram.people("C1")


def test_a_post_that_comes_on_two_pages_is_one_post() -> None:
    api = Answering(
        posts(item(code="C3"), item(code="C2"), pagination_token="T"),
        posts(item(code="C2"), item(code="C1")),
    )
    instagram = Instagram(api)
    feed = read_feed(lambda token: instagram.posts("x", token), TAKEN - timedelta(days=1))
    assert [post.content_id for post in feed.posts] == ["C3", "C2", "C1"]


@pytest.mark.parametrize(
    ("liker", "name"),
    [
        ({"username": "User_1", "id": "1", "is_private": None}, "user_1"),
        ({"username": "@user_1"}, "user_1"),
        ("User_1", "user_1"),
    ],
)
def test_a_liker_is_an_object_or_a_bare_string(liker: object, name: str) -> None:
    assert read_liker(liker) == name


def test_a_liker_without_a_name_is_counted_and_hides_no_other() -> None:
    page = Instagram(
        Answering(likes({"id": "1"}, {"username": ""}, None, {"username": 7}, "a", "A"))
    ).people("C1")
    assert (set(page.usernames), page.unreadable) == ({"a"}, 4)


@pytest.mark.parametrize(
    ("data", "following"),
    [
        ({}, None),
        ({"next_cursor": "N"}, "N"),
        ({"end_cursor": "E"}, "E"),
        ({"next_cursor": "", "end_cursor": "E"}, "E"),
        ({"next_cursor": "N", "end_cursor": "E"}, "N"),
        ({"next_cursor": 17}, "17"),
        ({"next_cursor": "N", "has_more": True}, "N"),
        ({"next_cursor": "N", "has_more": 1}, "N"),
        ({"next_cursor": "N", "has_more": None}, "N"),
        ({"next_cursor": "N", "has_more": False}, None),
        ({"next_cursor": "N", "has_more": 0}, None),
        ({"has_more": True}, None),
    ],
)
def test_the_next_page_of_likers_is_found_in_every_form(data: Json, following: str | None) -> None:
    assert Instagram(Answering(likes("a", **data))).people("C1").following == following


def test_an_empty_page_of_likers_is_the_last() -> None:
    page = Instagram(Answering(likes(next_cursor="N", has_more=True))).people("C1")
    assert (page.usernames, page.following) == (frozenset(), None)


@pytest.mark.parametrize(
    ("names", "envelope", "promised"),
    [
        ("a", {}, False),
        ("a", {"next_cursor": "N"}, False),
        ("a", {"has_more": True}, True),
        ("a", {"has_more": 0, "next_cursor": "N"}, False),
        ("", {}, False),
        ("", {"next_cursor": "N"}, True),
        ("", {"has_more": "true"}, True),
        ("", {"has_more": False, "end_cursor": "N"}, False),
    ],
)
def test_likers_that_are_promised_and_cannot_be_asked_for_are_told(
    names: str, envelope: Json, promised: bool
) -> None:
    page = Instagram(Answering(likes(*names, **envelope))).people("C1")
    assert page.promised is promised


@pytest.mark.parametrize(("total", "read"), [(250, 250), ("250", 250), (None, None), ("?", None)])
def test_the_total_of_a_like_list_is_read_where_it_is_told(total: object, read: object) -> None:
    assert Instagram(Answering(likes("a", total=total))).people("C1").total == read


def test_likers_are_asked_for_by_shortcode_and_then_by_cursor() -> None:
    api = Answering(likes("a"))
    instagram = Instagram(api)
    instagram.people("C1")
    instagram.people("C1", "N")
    assert api.asked == [
        ("/v1/likes", {"code_or_id_or_url": "C1"}),
        ("/v1/likes", {"code_or_id_or_url": "C1", "cursor": "N"}),
    ]


# --- a single post --------------------------------------------------------------------------


def single(metrics: object = None, **fields: Any) -> Json:
    """The recorded post as /v1/post_info gives it: counts under `metrics`, none flat."""
    flat = {
        name: value
        for name, value in item(**fields).items()
        if name not in ("like_count", "comment_count")
    }
    return {"data": flat | {"metrics": metrics}}


def test_a_single_post_is_read_with_the_counts_of_its_metrics() -> None:
    api = Answering(single({"like_count": 119, "comment_count": 3, "share_count": 0}))
    assert Instagram(api).post("C8c2MRqtPfS") == read_post(item())
    assert api.asked == [("/v1/post_info", {"code_or_id_or_url": "C8c2MRqtPfS"})]


def test_a_single_post_with_flat_counts_is_read_too() -> None:
    assert Instagram(Answering({"data": item()})).post("C1") == read_post(item())


@pytest.mark.parametrize("metrics", [None, {}, {"like_count": None, "comment_count": None}, "odd"])
def test_counts_that_no_metrics_hold_are_none(metrics: object) -> None:
    post = Instagram(Answering(single(metrics))).post("C1")
    assert (post.like_count, post.comment_count) == (None, None)


def test_a_hidden_like_count_is_none_in_a_single_post_too() -> None:
    hidden = single({"like_count": 7, "comment_count": 3}, like_and_view_counts_disabled=True)
    post = Instagram(Answering(hidden)).post("C1")
    assert (post.like_count, post.comment_count) == (None, 3)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"metrics": {"like_count": 1}}},
        {"data": without("code")},
        {"data": without("taken_at", "taken_at_date")},
        item(),
    ],
)
def test_an_answer_without_a_readable_post_is_an_error(answer: Json) -> None:
    with pytest.raises(Malformed, match="/v1/post_info: no readable post"):
        Instagram(Answering(answer)).post("C1")


@pytest.mark.parametrize(
    "answer",
    [
        {"data": None, "detail": "Media not found"},
        {"data": {"message": "This post does not exist"}},
        {"message": "Post was deleted"},
    ],
)
def test_an_answer_without_a_post_that_says_so_means_that_it_is_gone(answer: Json) -> None:
    with pytest.raises(NotFound):
        Instagram(Answering(answer)).post("C1")


@always
@given(json_values)
def test_whatever_data_is_a_single_post_or_an_api_error_comes_of_it(data: object) -> None:
    with suppress(ApiError):
        Instagram(Answering({"data": data, "ok": 1})).post("C1")
