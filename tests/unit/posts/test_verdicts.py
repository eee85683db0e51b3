"""What a fetch may conclude: paging, verdicts and confirmed removals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import CiceroError
from chalicelib.posts.verdicts import (
    MAX_PAGES,
    Cut,
    Feed,
    Removals,
    confirm_removals,
    read_feed,
)
from chalicelib.results import Verdict
from chalicelib.slots import day_bounds
from chalicelib.social.content import Post, PostPage
from chalicelib.social.errors import ApiError, Malformed, Upstream
from tests.unit.builders import DAY, always, make_post, wib

TODAY, TOMORROW = day_bounds(DAY)
YESTERDAY = TODAY - timedelta(days=1)
A_POST = make_post("A")


@dataclass
class Account:
    """A feed in pages; a page may be an error. `asked` are the cursors it was read with."""

    pages: Sequence[Sequence[Post] | ApiError]
    unreadable: int = 0
    endless: bool = False
    asked: list[str | None] = field(default_factory=list)

    def page_after(self, cursor: str | None) -> PostPage:
        self.asked.append(cursor)
        index = int(cursor or 0)
        page = self.pages[min(index, len(self.pages) - 1)]
        if isinstance(page, ApiError):
            raise page
        ended = index + 1 >= len(self.pages) and not self.endless
        return PostPage(tuple(page), self.unreadable, None if ended else str(index + 1))


def posts_before(minute: float, number: int, prefix: str = "p") -> list[Post]:
    """Posts an hour apart, newest first; the newest was made so many minutes after midnight."""
    newest = TODAY + timedelta(minutes=minute)
    return [make_post(f"{prefix}{n}", newest - timedelta(hours=n)) for n in range(number)]


def pages_of(posts: Sequence[Post], size: int) -> list[list[Post]]:
    return [list(posts[start : start + size]) for start in range(0, len(posts), size)]


def ids(posts: Iterable[Post]) -> set[str]:
    return {post.content_id for post in posts}


@pytest.mark.parametrize(
    ("posts", "unreadable", "cut", "error", "had_posts", "verdict", "trouble"),
    [
        ((A_POST,), 0, None, None, True, "complete", None),
        ((A_POST,), 0, None, None, False, "complete", None),
        ((), 0, None, None, False, "complete", None),
        ((), 0, None, None, True, "empty", "empty"),
        ((A_POST,), 1, None, None, True, "partial", "unreadable"),
        ((), 1, None, None, True, "partial", "unreadable"),
        ((), 1, None, None, False, "partial", "unreadable"),
        ((A_POST,), 1, "looped", None, True, "partial", "unreadable"),
        ((A_POST,), 0, "looped", None, True, "partial", "looped"),
        ((A_POST,), 0, "capped", None, True, "partial", "capped"),
        ((), 0, "no_time", None, True, "partial", "no_time"),
        ((A_POST,), 0, None, Upstream("busy"), True, "partial", "upstream"),
        ((A_POST,), 2, None, Upstream("busy"), True, "partial", "upstream"),
        ((), 0, None, Upstream("busy"), True, "error", "upstream"),
        ((), 0, None, Upstream("busy"), False, "error", "upstream"),
        ((), 3, None, Malformed("html"), True, "error", "malformed"),
    ],
)
def test_a_feed_has_the_verdict_it_has_earned_and_all_but_complete_is_trouble(
    posts: tuple[Post, ...],
    unreadable: int,
    cut: Cut | None,
    error: CiceroError | None,
    had_posts: bool,
    verdict: Verdict,
    trouble: str | None,
) -> None:
    feed = Feed(posts, unreadable, cut, error)
    assert (feed.verdict(had_posts), feed.trouble(had_posts)) == (verdict, trouble)


@st.composite
def feeds(draw: st.DrawFn) -> tuple[set[str], list[list[Post]]]:
    """Today's post ids, and a feed with them: pins first, repeats, pages of any size."""
    offsets = draw(st.lists(st.integers(-3 * 1440, 1439), unique=True, max_size=25))
    newest_first = [
        make_post(f"p{offset}", TODAY + timedelta(minutes=offset))
        for offset in sorted(offsets, reverse=True)
    ]
    truth = {p.content_id for p in newest_first if TODAY <= p.posted_at < TOMORROW}
    pins = draw(st.lists(st.sampled_from(newest_first), max_size=3)) if newest_first else []
    stays = draw(st.booleans())
    feed = [pin.model_copy(update={"pinned": True}) for pin in pins]
    feed += [post for post in newest_first if stays or post.content_id not in ids(feed)]
    for _ in range(draw(st.integers(0, 5)) if feed else 0):
        original = draw(st.integers(0, len(feed) - 1))
        feed.insert(draw(st.integers(original + 1, len(feed))), feed[original])
    pages: list[list[Post]] = [[]]
    for post in feed:
        if draw(st.booleans()):
            pages.append([])
        pages[-1].append(post)
    return truth, pages


def has_gap(read: list[list[Post]], to_the_end: bool) -> bool:
    """Whether a page after the first brought nothing new where it should have: in mid-feed, or at
    the end, where a repeated page of the day stands for another."""
    for place, page in enumerate(read[1:], 1):
        known = ids([post for earlier in read[:place] for post in earlier])
        if not ids(page) <= known:
            continue
        last = next((post for post in reversed(page) if not post.pinned), None)
        at_the_end = to_the_end and place == len(read) - 1
        if not at_the_end or (page and (last is None or last.posted_at >= TODAY)):
            return True
    return False


def never_brings_nothing_twice(pages: list[list[Post]]) -> list[list[Post]]:
    """The feed without a second page in a row that brings nothing new: there reading stops."""
    kept: list[list[Post]] = []
    known: set[str] = set()
    idle = False
    for page in pages:
        brings = not ids(page) <= known
        if brings or not idle:
            kept.append(page)
        idle, known = not brings, known | ids(page)
    return kept


@always
@given(feeds())
def test_todays_posts_are_found_however_the_feed_is_cut_repeated_and_pinned(
    made: tuple[set[str], list[list[Post]]],
) -> None:
    truth, pages = made
    pages = never_brings_nothing_twice(pages)
    account = Account(pages)
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == truth
    assert len(feed.posts) == len(ids(feed.posts)), "a post came twice"
    gap = has_gap(pages[: len(account.asked)], to_the_end=len(account.asked) == len(pages))
    assert feed.verdict(had_posts=bool(feed.posts)) == ("partial" if gap else "complete")


@always
@given(feeds(), st.data())
def test_up_to_three_old_posts_that_are_out_of_place_hide_none_of_today(
    made: tuple[set[str], list[list[Post]]], data: st.DataObject
) -> None:
    """Pins and reposts that are not marked, wherever they stand, a page's end above all."""
    truth, pages = made
    for number in range(data.draw(st.integers(1, 3))):
        old = make_post(f"old{number}", YESTERDAY - timedelta(days=40 + number))
        page = data.draw(st.sampled_from(pages))
        page.insert(data.draw(st.sampled_from([0, len(page)])), old)
    feed = read_feed(Account(never_brings_nothing_twice(pages)).page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == truth


@always
@given(feeds())
def test_a_look_back_finds_yesterdays_posts_as_well(
    made: tuple[set[str], list[list[Post]]],
) -> None:
    pages = never_brings_nothing_twice(made[1])
    feed = read_feed(Account(pages).page_after, YESTERDAY)
    expected = {p.content_id for page in pages for p in page if p.posted_at >= YESTERDAY}
    assert ids(feed.between(YESTERDAY, TOMORROW)) == expected


def test_one_page_is_enough_for_six_of_today_among_sixty() -> None:
    account = Account(pages_of(posts_before(330, 60), 12))
    feed = read_feed(account.page_after, TODAY)
    assert len(feed.between(TODAY, TOMORROW)) == 6
    assert account.asked == [None]


def test_paging_stops_at_the_first_page_that_ends_before_the_period() -> None:
    account = Account(pages_of(posts_before(1410, 60), 12))
    feed = read_feed(account.page_after, TODAY)
    assert account.asked == [None, "1", "2"]
    assert len(feed.between(TODAY, TOMORROW)) == 24
    assert feed.reached


def test_old_pins_do_not_stop_paging() -> None:
    pins = [make_post(f"pin{n}", YESTERDAY - timedelta(days=n), pinned=True) for n in range(3)]
    account = Account([pins, [*pins[:1], *posts_before(120, 2)], posts_before(30, 2, "q")])
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == {"p0", "p1", "q0"}


def test_old_posts_first_that_are_not_marked_as_pins_do_not_stop_paging() -> None:
    old = [make_post(f"old{n}", YESTERDAY - timedelta(days=n)) for n in range(3)]
    account = Account([[*old, *posts_before(120, 1)], posts_before(30, 2, "q")])
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == {"p0", "q0"}


def test_an_empty_page_in_between_is_not_the_end() -> None:
    account = Account([[], posts_before(30, 1)])
    assert ids(read_feed(account.page_after, TODAY).posts) == {"p0"}


def test_a_post_at_midnight_is_of_the_day_that_begins() -> None:
    posts = [
        make_post("tomorrow", TOMORROW),
        make_post("last", TOMORROW - timedelta(seconds=1)),
        make_post("first", TODAY),
        make_post("yesterday", TODAY - timedelta(seconds=1)),
    ]
    feed = Feed(tuple(posts))
    assert [p.content_id for p in feed.between(TODAY, TOMORROW)] == ["last", "first"]


def test_a_page_that_ends_with_an_old_post_that_is_not_marked_hides_none_behind_it() -> None:
    old = make_post("old", YESTERDAY - timedelta(days=30))
    account = Account([[*posts_before(600, 5), old], [*posts_before(280, 2, "q")]])
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) >= {"p0", "p4", "q0", "q1"}
    assert feed.verdict(had_posts=True) == "complete"


def test_a_feed_that_is_out_of_order_is_read_to_a_page_that_is_older_as_a_whole() -> None:
    yesterdays = posts_before(-60, 20, "y")
    first = [*posts_before(600, 2), *yesterdays[:4], *posts_before(480, 2, "q"), *yesterdays[4:8]]
    account = Account([first, [*posts_before(300, 2, "r"), *yesterdays[8:14]], yesterdays[14:], []])
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == {"p0", "p1", "q0", "q1", "r0", "r1"}
    assert account.asked == [None, "1", "2"]


@pytest.mark.parametrize("today", [0, 1, 6, 8])
def test_a_usual_page_that_ends_before_the_period_is_one_call(today: int) -> None:
    pins = [make_post(f"pin{n}", YESTERDAY - timedelta(days=n), pinned=True) for n in range(3)]
    unmarked = [pin.model_copy(update={"pinned": False}) for pin in pins]
    posts = [*posts_before(600, today), *posts_before(-60, 30, "y")]
    for first in ([], pins, unmarked):
        account = Account([[*first, *posts[:12]], posts[12:]])
        feed = read_feed(account.page_after, TODAY)
        assert len(feed.between(TODAY, TOMORROW)) == today
        assert (account.asked, feed.reached) == ([None], True)


def test_paging_ends_at_the_cap_and_the_feed_is_partial() -> None:
    account = Account(pages_of([make_post(f"p{n}", wib("08:00")) for n in range(100)], 1))
    feed = read_feed(account.page_after, TODAY)
    assert len(account.asked) == MAX_PAGES
    assert (feed.cut, feed.verdict(had_posts=True)) == ("capped", "partial")


def test_a_page_that_comes_again_and_again_under_new_cursors_ends_the_reading() -> None:
    account = Account([posts_before(600, 3)], endless=True)
    feed = read_feed(account.page_after, TODAY)
    assert (feed.cut, ids(feed.posts)) == ("looped", {"p0", "p1", "p2"})
    assert len(account.asked) == 3


def test_empty_pages_that_promise_more_end_the_reading() -> None:
    account = Account([[]], endless=True)
    feed = read_feed(account.page_after, TODAY)
    assert (feed.cut, feed.verdict(had_posts=False)) == ("looped", "partial")
    assert len(account.asked) == 2


@pytest.mark.parametrize("ring", [("a",), ("a", "b"), ("a", "b", "c")])
def test_cursors_in_a_ring_end_the_reading(ring: Sequence[str]) -> None:
    asked: list[str | None] = []

    def page_after(cursor: str | None) -> PostPage:
        asked.append(cursor)
        posts = tuple(posts_before(600 - len(asked), 1, f"p{len(asked)}"))  # always new ones
        return PostPage(posts, 0, ring[len(asked) % len(ring)])

    feed = read_feed(page_after, TODAY)
    assert (feed.cut, feed.verdict(had_posts=True)) == ("looped", "partial")
    assert len(asked) <= 1 + len(ring)


def test_an_empty_last_page_is_the_end() -> None:
    feed = read_feed(Account([posts_before(600, 2), []]).page_after, TODAY)
    assert (feed.reached, feed.verdict(had_posts=True)) == (True, "complete")


def test_an_empty_page_that_promises_more_after_others_makes_the_feed_partial() -> None:
    feed = read_feed(
        Account([posts_before(600, 2), [], posts_before(90, 1, "q")]).page_after, TODAY
    )
    assert ids(feed.posts) == {"p0", "p1", "q0"}
    assert (feed.cut, feed.verdict(had_posts=True)) == ("looped", "partial")


def test_a_feed_that_there_is_no_time_for_is_cut_off() -> None:
    left = iter([True, False])
    account = Account(pages_of(posts_before(600, 4), 2))
    feed = read_feed(account.page_after, TODAY, lambda: next(left))
    assert (feed.cut, ids(feed.posts)) == ("no_time", {"p0", "p1"})
    assert feed.verdict(had_posts=True) == "partial"


def test_an_error_midway_keeps_what_was_read() -> None:
    error = Upstream("504")
    account = Account([posts_before(600, 2), error], unreadable=1)
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.posts) == {"p0", "p1"}
    assert (feed.error, feed.unreadable, feed.reached) == (error, 1, False)
    assert feed.verdict(had_posts=True) == "partial"


def test_an_error_at_once_is_an_error() -> None:
    feed = read_feed(Account([Malformed("html")]).page_after, TODAY)
    assert feed.posts == ()
    assert feed.verdict(had_posts=False) == "error"


def test_a_mistake_of_our_own_is_not_taken_for_an_answer() -> None:
    def broken(cursor: str | None) -> PostPage:
        raise KeyError(cursor)

    with pytest.raises(KeyError):
        read_feed(broken, TODAY)


def test_unreadable_items_of_all_pages_are_added_up() -> None:
    account = Account(pages_of(posts_before(600, 4), 2), unreadable=2)
    assert read_feed(account.page_after, TODAY).unreadable == 4


@pytest.mark.parametrize(
    ("missing", "of_day", "percent", "goes"),
    [
        (0, 0, 40, True),
        (1, 1, 40, True),
        (2, 2, 40, True),
        (3, 3, 40, False),
        (3, 7, 40, False),
        (3, 8, 40, True),
        (4, 10, 40, True),
        (5, 10, 40, False),
        (41, 100, 40, False),
        (40, 100, 40, True),
        (10, 10, 100, True),
        (2, 10, 0, True),
        (3, 10, 0, False),
    ],
)
def test_more_than_the_share_and_more_than_two_posts_are_held(
    missing: int, of_day: int, percent: int, goes: bool
) -> None:
    names = tuple(f"p{n:03}" for n in range(missing))
    expected = Removals(gone=names) if goes else Removals(gone=(), held=names)
    assert confirm_removals(reversed(names), of_day, percent) == expected
