"""The world: the same moment gives the same answer, and engagement only grows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.sandbox.world import (
    Account,
    Platform,
    Post,
    World,
    comment_count,
    commenters,
    comments,
    like_count,
    likers,
)

POSTED = datetime(2026, 2, 20, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA = Account("instagram", "anna", "Anna")
BUDI = Account("instagram", "budi", "Budi")
# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
delays = st.timedeltas(timedelta(days=-1), timedelta(days=2))


def a_post(owner: str = "anna", platform: Platform = "instagram", **more: object) -> Post:
    columns: dict[str, object] = {"posted_at": POSTED, "caption": "c", "audience": "p"} | more
    columns = {"likes": 10, "comments": 5} | columns
    return Post(platform, owner, **columns)  # type: ignore[arg-type]


@st.composite
def posts(draw: st.DrawFn) -> Post:
    size = draw(st.integers(1, 400))
    return a_post(
        owner=draw(st.text(st.characters(codec="ascii"), max_size=8)),
        platform=draw(st.sampled_from(["instagram", "tiktok"])),
        audience_size=size,
        likes=draw(st.integers(0, size)),
        comments=draw(st.integers(0, size)),
        settles=draw(st.timedeltas(timedelta(seconds=1), timedelta(hours=5))),
        repeat_every=draw(st.integers(0, 9)),
    )


@patient
@given(posts(), delays, delays)
def test_who_engaged_stays_engaged(post: Post, first: timedelta, second: timedelta) -> None:
    earlier, later = POSTED + min(first, second), POSTED + max(first, second)
    assert likers(post, later)[: like_count(post, earlier)] == likers(post, earlier)
    assert comments(post, later)[: comment_count(post, earlier)] == comments(post, earlier)
    assert commenters(post, earlier) <= commenters(post, later)


@patient
@given(posts(), delays)
def test_counts_are_those_of_the_people(post: Post, delay: timedelta) -> None:
    now = POSTED + delay
    people = likers(post, now)
    assert len(people) == len(set(people)) == like_count(post, now) <= post.likes
    assert len(comments(post, now)) == comment_count(post, now) <= post.comments
    if delay <= timedelta():
        assert not people


@patient
@given(posts(), delays, st.integers(0, 500), st.integers(0, 120))
def test_a_slice_of_likers_is_a_slice_of_all(
    post: Post, delay: timedelta, start: int, limit: int
) -> None:
    now = POSTED + delay
    assert likers(post, now, start, limit) == likers(post, now)[start : start + limit]


@patient
@given(posts(), delays)
def test_a_comment_is_made_before_it_is_seen_and_answers_an_earlier_one(
    post: Post, delay: timedelta
) -> None:
    now = POSTED + delay
    for comment in comments(post, now):
        assert post.posted_at <= comment.created_at <= now + timedelta(seconds=1)
        assert comment.replies_to is None or comment.replies_to < comment.index


def test_everyone_has_come_in_the_end() -> None:
    post = a_post(likes=250, comments=120)
    assert like_count(post, POSTED + 100 * HOUR) == 250
    assert comment_count(post, POSTED + 100 * HOUR) == 120


def test_repeat_commenters_are_fewer_people_than_comments() -> None:
    post = a_post(comments=70, repeat_every=7)
    assert len(commenters(post, POSTED + 100 * HOUR)) == 60


def test_a_feed_shows_what_is_out_newest_first_after_the_pinned() -> None:
    old, new = a_post(caption="old"), a_post(caption="new", posted_at=POSTED + HOUR)
    pinned = a_post(caption="pinned", posted_at=POSTED - HOUR, pinned=True)
    coming = a_post(caption="coming", posted_at=POSTED + 3 * HOUR)
    world = World([ANNA], [old, pinned, coming, new])
    assert world.feed(ANNA, POSTED + 2 * HOUR) == [pinned, new, old]


def test_a_deleted_post_leaves_the_feed_and_its_code() -> None:
    post = a_post(deleted_at=POSTED + HOUR)
    world = World([ANNA], [post])
    just_before = POSTED + HOUR - timedelta(seconds=1)
    assert world.feed(ANNA, just_before) == [post]
    assert world.post("instagram", post.code, just_before) is post
    assert world.feed(ANNA, POSTED + HOUR) == []
    assert world.post("instagram", post.code, POSTED + HOUR) is None


def test_a_collaboration_stands_in_both_feeds_and_is_pinned_only_by_its_owner() -> None:
    shared = a_post(coauthors=("budi",), pinned=True)
    own = a_post(owner="budi", posted_at=POSTED + HOUR)
    world = World([ANNA, BUDI], [shared, own])
    assert world.feed(ANNA, POSTED + HOUR) == [shared]
    assert world.feed(BUDI, POSTED + HOUR) == [own, shared]


def test_a_post_outside_the_feed_is_found_by_its_code() -> None:
    post = a_post(in_feed=False)
    world = World([ANNA], [post])
    assert world.feed(ANNA, POSTED) == []
    assert world.post("instagram", post.code, POSTED) is post


def test_an_account_is_found_by_exact_name_or_key_unless_broken() -> None:
    world = World([ANNA, Account("instagram", "citra", "Citra", broken=True)], [])
    assert world.account("instagram", "anna") is ANNA
    assert world.account("instagram", ANNA.key) is ANNA
    for name in ("Anna", "@anna", "citra", "nobody"):
        assert world.account("instagram", name) is None
    assert world.account("tiktok", "anna") is None


def test_two_posts_with_one_code_are_refused() -> None:
    with pytest.raises(ValueError, match="two instagram posts of anna"):
        World([ANNA], [a_post(caption="one"), a_post(caption="two")])


def test_more_engagement_than_people_is_refused() -> None:
    with pytest.raises(ValueError, match="audience_size"):
        a_post(likes=11, audience_size=10)


def test_ids_have_the_shape_of_the_real_ones() -> None:
    assert a_post().pk > 2**53
    assert len(a_post().code) == 11
    assert len(a_post(platform="tiktok").code) == 19


@pytest.mark.parametrize(("posted", "expected"), [(0, [0, 60, 60, 100]), (6, [0, 0, 0, 100])])
def test_two_fifths_come_only_with_a_second_rise(posted: int, expected: list[int]) -> None:
    """Unless the post is made after it."""
    post = a_post(
        posted_at=POSTED + posted * HOUR,
        rises_at=POSTED + 5 * HOUR,
        settles=HOUR / 12,
        likes=100,
        audience_size=200,
    )
    assert [like_count(post, POSTED + hours * HOUR) for hours in (0, 2, 5, 8)] == expected


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_a_swap_leaves_the_count_and_changes_the_names(platform: Platform) -> None:
    at = POSTED + 3 * HOUR
    post = a_post(
        platform=platform, settles=HOUR / 12, audience_size=50, likes=20, comments=20, swaps=(at,)
    )
    engaged = likers if platform == "instagram" else commenters
    before, after = set(engaged(post, at - HOUR)), set(engaged(post, at))
    assert like_count(post, at) == comment_count(post, at) == len(before) == len(after) == 20
    assert len(before & after) == 19
