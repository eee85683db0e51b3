"""What a fetch may conclude: paging, verdicts and confirmed removals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import CiceroError
from chalicelib.slots import day_bounds
from chalicelib.social.content import Post, PostPage
from chalicelib.social.errors import ApiError, Malformed, Upstream
from chalicelib.verdicts import MAX_PAGES, Feed, Removals, Verdict, confirm_removals, read_feed
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
    ("posts", "unreadable", "reached", "error", "had_posts", "verdict"),
    [
        ((A_POST,), 0, True, None, True, "complete"),
        ((A_POST,), 0, True, None, False, "complete"),
        ((), 0, True, None, False, "complete"),
        ((), 0, True, None, True, "empty"),
        ((A_POST,), 1, True, None, True, "partial"),
        ((), 1, True, None, True, "partial"),
        ((), 1, True, None, False, "partial"),
        ((A_POST,), 0, False, None, True, "partial"),
        ((), 0, False, None, True, "partial"),
        ((A_POST,), 0, False, Upstream("busy"), True, "partial"),
        ((), 0, False, Upstream("busy"), True, "error"),
        ((), 0, False, Upstream("busy"), False, "error"),
        ((), 3, False, Malformed("html"), True, "error"),
    ],
)
def test_a_feed_has_the_verdict_it_has_earned(
    posts: tuple[Post, ...],
    unreadable: int,
    reached: bool,
    error: CiceroError | None,
    had_posts: bool,
    verdict: Verdict,
) -> None:
    assert Feed(posts, unreadable, reached, error).verdict(had_posts) == verdict


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


def has_gap(read: list[list[Post]]) -> bool:
    """Whether a page after the first brought nothing new, while the day went on."""
    for place, page in enumerate(read[1:], 1):
        known = ids([post for earlier in read[:place] for post in earlier])
        last = next((post for post in reversed(page) if not post.pinned), None)
        if ids(page) <= known and (last is None or last.posted_at >= TODAY):
            return True
    return False


@always
@given(feeds())
def test_todays_posts_are_found_however_the_feed_is_cut_repeated_and_pinned(
    made: tuple[set[str], list[list[Post]]],
) -> None:
    truth, pages = made
    account = Account(pages)
    feed = read_feed(account.page_after, TODAY)
    assert ids(feed.between(TODAY, TOMORROW)) == truth
    assert len(feed.posts) == len(ids(feed.posts)), "a post came twice"
    gap = has_gap(pages[: len(account.asked)])
    assert feed.verdict(had_posts=bool(feed.posts)) == ("partial" if gap else "complete")


@always
@given(feeds())
def test_a_look_back_finds_yesterdays_posts_as_well(
    made: tuple[set[str], list[list[Post]]],
) -> None:
    _, pages = made
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
    feed = Feed(tuple(posts), 0, reached=True)
    assert [p.content_id for p in feed.between(TODAY, TOMORROW)] == ["last", "first"]


def test_paging_ends_at_the_cap_and_the_feed_is_partial() -> None:
    account = Account([[make_post("p", wib("08:00"))]], endless=True)
    feed = read_feed(account.page_after, TODAY)
    assert len(account.asked) == MAX_PAGES
    assert (feed.reached, feed.verdict(had_posts=True)) == (False, "partial")


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
