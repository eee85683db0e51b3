"""Reading a post's people page by page."""

from __future__ import annotations

from chalicelib.jobs import Unread
from chalicelib.reading import MAX_PAGES, PostRead, read_users
from chalicelib.social.content import UserPage
from chalicelib.social.errors import Upstream

START = Unread(platform="instagram", content_id="A")
PAGES = {
    None: UserPage(frozenset({"a", "b"}), 0, "2"),
    "2": UserPage(frozenset({"b", "c"}), 1, "3"),
    "3": UserPage(frozenset({"d"}), 0, None),
}


def never() -> bool:
    return False


def read(start: Unread = START, pages: dict[str | None, UserPage] = PAGES) -> PostRead:
    return read_users(start, lambda content_id, cursor: pages[cursor], never)


def test_all_pages_are_read_and_added_up() -> None:
    post = read()
    assert post.usernames == {"a", "b", "c", "d"}
    assert (post.unreadable, post.left, post.error, post.read) == (1, None, None, True)


def test_a_continuation_goes_on_from_its_page() -> None:
    post = read(START.model_copy(update={"after": "3"}))
    assert (post.usernames, post.continued) == ({"d"}, True)


def test_out_of_time_is_asked_before_each_page_and_the_rest_is_left() -> None:
    answers = iter([False, False, True])
    post = read_users(START, lambda content_id, cursor: PAGES[cursor], lambda: next(answers))
    assert post.usernames == {"a", "b", "c"}
    assert post.left == Unread(platform="instagram", content_id="A", after="3")
    assert not post.whole


def test_out_of_time_at_once_reads_nothing() -> None:
    post = read_users(START, lambda content_id, cursor: PAGES[cursor], lambda: True)
    assert (post.read, post.left) == (False, START)


def test_an_error_keeps_what_came_before_it() -> None:
    def page_of(content_id: str, cursor: str | None) -> UserPage:
        if cursor == "2":
            raise Upstream("504")
        return PAGES[cursor]

    post = read_users(START, page_of, never)
    assert post.usernames == {"a", "b"}
    assert isinstance(post.error, Upstream)
    assert not post.whole


def test_a_cursor_that_does_not_move_ends_the_list() -> None:
    assert read(pages={None: UserPage(frozenset({"a"}), 0, None)}).whole
    stuck = {None: PAGES[None], "2": UserPage(frozenset({"c"}), 0, "2")}
    assert read(pages=stuck).usernames == {"a", "b", "c"}


def test_a_list_without_an_end_is_cut_off() -> None:
    asked: list[str | None] = []

    def page_of(content_id: str, cursor: str | None) -> UserPage:
        asked.append(cursor)
        return UserPage(frozenset(), 0, str(len(asked)))

    post = read_users(START, page_of, never)
    assert len(asked) == MAX_PAGES
    assert not post.whole
