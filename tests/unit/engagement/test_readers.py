"""Reading a post's people page by page, and how such a reading ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.readers import MAX_PAGES, PostRead, read_users
from chalicelib.jobs import Unread
from chalicelib.social.content import UserPage
from chalicelib.social.errors import Upstream
from tests.unit.builders import always

START = Unread(platform="instagram", content_id="A")
Pages = Mapping[str | None, UserPage]


def page(names: str, following: str | None = None, unreadable: int = 0) -> UserPage:
    """A page of one-letter names."""
    return UserPage(tuple(names), unreadable, following)


PAGES: Pages = {
    None: page("ab", "2"),
    "2": page("bc", "3", unreadable=1),
    "3": page("d"),
}


def never() -> bool:
    return False


def read(pages: Pages = PAGES, start: Unread = START) -> PostRead:
    return read_users(start, lambda content_id, cursor: pages[cursor], never)


def after(pages: int) -> Callable[[], bool]:
    """Time for so many pages."""
    left = iter(range(pages))
    return lambda: next(left, None) is None


def in_turns(pages: Pages, each: int) -> list[PostRead]:
    """The reading in invocations that have time for so many pages each."""
    reads, start = [], START
    while True:
        post = read_users(start, lambda _, cursor: pages[cursor], after(each))
        reads.append(post)
        if post.resume_from is None:
            return reads
        start = Unread.model_validate_json(post.resume_from.model_dump_json())


def test_all_pages_are_read_and_added_up() -> None:
    post = read()
    assert post.usernames == {"a", "b", "c", "d"}
    assert (post.unreadable, post.resume_from, post.error, post.read) == (1, None, None, True)
    assert (post.stop, post.pages, post.so_far.names) == ("end", 3, 4)


def test_comments_are_counted_once_whoever_wrote_them() -> None:
    pages = {
        None: UserPage(tuple("a"), 0, "2", comments=frozenset({"1", "2"}), total=5),
        "2": UserPage(tuple("ab"), 0, None, comments=frozenset({"2", "3"})),
    }
    post = read(pages)
    assert (post.so_far.names, post.so_far.comments, post.so_far.total) == (2, 3, 5)


def test_a_page_of_known_people_with_new_comments_is_no_circle() -> None:
    pages = {
        None: UserPage(tuple("a"), 0, "2", comments=frozenset("1")),
        "2": UserPage(tuple("a"), 0, "3", comments=frozenset("2")),
        "3": UserPage(tuple("b"), 0, None, comments=frozenset("3")),
    }
    assert (read(pages).stop, read(pages).comments) == ("end", 3)


def test_a_continuation_goes_on_from_its_page_and_knows_what_was_read() -> None:
    first, second = in_turns(PAGES, 2)
    assert (first.stop, first.so_far.names) == ("no_time", 3)
    assert first.resume_from is not None
    assert (first.resume_from.after, second.usernames, second.continued) == ("3", {"d"}, True)
    assert (second.so_far.names, second.so_far.pages, second.so_far.unreadable) == (4, 3, 1)


def test_out_of_time_at_once_reads_nothing() -> None:
    post = read_users(START, lambda content_id, cursor: PAGES[cursor], lambda: True)
    assert (post.read, post.stop, post.resume_from) == (False, "no_time", START)


def test_an_error_keeps_what_came_before_it() -> None:
    def page_of(content_id: str, cursor: str | None) -> UserPage:
        if cursor == "2":
            raise Upstream("504")
        return PAGES[cursor]

    post = read_users(START, page_of, never)
    assert (post.usernames, post.stop) == ({"a", "b"}, "error")
    assert isinstance(post.error, Upstream)


CIRCLES: dict[str, tuple[Pages, int]] = {
    "a cursor that does not move": ({None: page("ab", "2"), "2": page("c", "2")}, 2),
    "a page that repeats under new cursors": (
        {None: page("ab", "2"), "2": page("ab", "3"), "3": page("ab", "4")},
        2,
    ),
    "cursors in a ring": (
        {None: page("a", "2"), "2": page("b", "3"), "3": page("c", "4"), "4": page("d", "2")},
        4,
    ),
    "a page without anyone that can be read": (
        {None: page("ab", "2"), "2": page("", "3", unreadable=9), "3": page("", "4")},
        2,
    ),
    "a last page that leads to the first": ({None: page("a", "2"), "2": page("b", "1")}, 3),
}
CIRCLES["a last page that leads to the first"][0]["1"] = page("a", "2")  # type: ignore[index]


@pytest.mark.parametrize(("pages", "calls"), CIRCLES.values(), ids=CIRCLES)
def test_a_list_that_leads_in_a_circle_ends_at_its_first_repeated_page(
    pages: Pages, calls: int
) -> None:
    post = read(pages)
    assert (post.stop, post.pages) == ("looped", calls)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_a_circle_is_known_across_invocations(each: int) -> None:
    pages: Pages = {
        None: page("ab", "2"),
        "2": page("cd", "3"),
        "3": page("ef", "4"),
        "4": page("gh", "1"),
        "1": page("ab", "2"),
    }
    last = in_turns(pages, each)[-1]
    assert last.stop == "looped"
    assert last.so_far.pages <= 6


def test_a_promise_of_more_that_leads_nowhere_is_no_end() -> None:
    assert read({None: UserPage((), 0, None, promised=True)}).stop == "empty"


def test_a_list_without_an_end_is_cut_off() -> None:
    asked: list[str | None] = []

    def page_of(content_id: str, cursor: str | None) -> UserPage:
        asked.append(cursor)
        return UserPage((str(len(asked)),), 0, str(len(asked)))

    post = read_users(START, page_of, never)
    assert (len(asked), post.stop) == (MAX_PAGES, "cut")


def test_the_cap_of_pages_holds_over_all_invocations() -> None:
    calls = 0

    def page_of(content_id: str, cursor: str | None) -> UserPage:
        nonlocal calls
        calls += 1
        return UserPage((str(calls),), 0, str(calls))

    start: Unread | None = START
    while start is not None:
        start = read_users(start, page_of, after(200)).resume_from
    assert calls == MAX_PAGES


@always
@given(
    st.lists(st.frozensets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=8),
    st.lists(st.integers(0, 8), min_size=8, max_size=8),
    st.integers(1, 3),
)
def test_no_list_costs_more_calls_than_it_has_names_and_one(
    contents: list[frozenset[str]], leads_to: list[int], each: int
) -> None:
    """Wherever the pages lead: in one invocation or in several."""
    pages: Pages = {
        str(place) if place else None: UserPage(
            tuple(names), 0, str(leads_to[place]) if leads_to[place] < len(contents) else None
        )
        for place, names in enumerate(contents)
    }
    pages = {**pages, "0": pages[None]}
    post = read(pages)
    assert post.pages <= len(post.usernames) + 1
    reads = in_turns(pages, each)
    assert sum(one.pages for one in reads) <= MAX_PAGES
