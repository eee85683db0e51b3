"""What lists show of their order, and where a read may stop early because of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.order import (
    PROOF_LISTS,
    ListWatch,
    Order,
    Proof,
    may_stop,
    order_of,
    shows_order,
)
from chalicelib.engagement.readers import PostRead, read_users
from chalicelib.jobs import Unread
from chalicelib.slots import SLOT_TIMES
from chalicelib.social.content import UserPage
from chalicelib.tasks import Task
from tests.unit.builders import POST, always, slot

KNOWN = frozenset("klm")
PAGES = st.lists(
    st.lists(st.sampled_from("abcklm"), min_size=1, max_size=4), min_size=1, max_size=5
)
KNOWNS = st.frozensets(st.sampled_from("abcklm"))

TASK = replace(POST, like_count=12)


def read(pages: list[list[str]], known: frozenset[str], proven: bool) -> PostRead:
    """A list of these pages, as the reader reads it."""

    def page_of(content_id: str, after: str | None) -> UserPage:
        at = int(after or 0)
        following = str(at + 1) if at + 1 < len(pages) else None
        return UserPage(tuple(pages[at]), 0, following)

    start = Unread(platform="instagram", content_id="A")
    return read_users(start, page_of, lambda: False, ListWatch(known, lambda: proven))


@pytest.mark.parametrize(
    ("pages", "order"),
    [
        (["abk", "lm"], Order(5, new=2, leading=2, missed=0, first_known=3, last_new=2)),
        (["akb", "lm"], Order(5, new=2, leading=1, missed=0, first_known=2, last_new=3)),
        (["akl", "mb"], Order(5, new=2, leading=1, missed=0, first_known=2, last_new=5)),
        (["akl", "lm", "b"], Order(5, new=2, leading=1, missed=1, first_known=2, last_new=5)),
        (["kl", "ab"], Order(4, new=2, leading=0, missed=2, first_known=1, last_new=4)),
        (["ab", "ak"], Order(3, new=2, leading=2, missed=0, first_known=3, last_new=2)),
        (["ab"], None),
        (["kl"], None),
        ([], None),
    ],
)
def test_where_new_names_stand(pages: list[str], order: Order | None) -> None:
    assert order_of(pages, KNOWN) == order


@always
@given(PAGES, KNOWNS)
def test_missed_is_exactly_what_a_read_that_stops_early_would_lack(
    pages: list[list[str]], known: frozenset[str]
) -> None:
    all_names = frozenset(name for page in pages for name in page)
    brief = read(pages, known, proven=True)
    order = order_of(pages, known)
    if brief.stop != "looped":
        lacking = all_names - known - brief.usernames
        assert len(lacking) == (order.missed if order else 0)


@always
@given(PAGES, KNOWNS)
def test_without_proof_a_list_is_read_as_if_nobody_watched(
    pages: list[list[str]], known: frozenset[str]
) -> None:
    assert read(pages, known, proven=False) == read(pages, frozenset(), proven=True)


@always
@given(PAGES, KNOWNS)
def test_a_list_that_shows_new_names_first_loses_none(
    pages: list[list[str]], known: frozenset[str]
) -> None:
    names = dict.fromkeys(name for page in pages for name in page)
    sizes = [len(page) for page in pages]
    listed = sorted(names, key=lambda name: name in known)
    ordered = [listed[sum(sizes[:n]) : sum(sizes[: n + 1])] for n in range(len(sizes))]
    ordered = [page for page in ordered if page]
    found = read(ordered, known, proven=True)
    assert set(names) - known <= found.usernames
    order = order_of(ordered, known)
    assert order is None or (order.leading, order.missed) == (order.new, 0)


def test_a_page_with_an_unreadable_entry_is_never_enough() -> None:
    page = UserPage(("k",), 1, "2")
    assert not ListWatch(KNOWN, lambda: True).enough(page)
    assert ListWatch(KNOWN, lambda: True).enough(replace(page, unreadable=0))


FINE = Proof(PROOF_LISTS, new=10_000, leading=9_990)


def test_the_proof_takes_a_thousand_lists_and_999_of_1000_new_names() -> None:
    assert FINE.holds
    assert not replace(FINE, lists=PROOF_LISTS - 1).holds
    assert not replace(FINE, leading=9_989).holds
    assert not Proof().holds


@always
@given(st.lists(st.builds(Order, *[st.integers(0, 9)] * 6)), st.booleans())
def test_one_refutation_is_never_made_up_for(orders: list[Order], refuted: bool) -> None:
    proof = replace(FINE, refuted=refuted)
    for order in orders:
        proof = proof.plus(order)
    assert proof.refuted == (refuted or any(order.missed for order in orders))
    assert not (proof.refuted and proof.holds)


def of_last(**fields: Any) -> Task:
    return replace(TASK, last=replace(cast("Any", TASK.last), **fields))


def test_only_a_list_that_was_read_completely_shows_an_order() -> None:
    assert shows_order(TASK)
    assert shows_order(of_last(complete=False, ended="known"))
    assert not shows_order(of_last(complete=False, ended="short"))
    assert not shows_order(replace(TASK, last=None))


def test_a_read_may_stop_early_where_the_count_has_grown_but_where_all_is_made_sure_of() -> None:
    brief = [at for at in SLOT_TIMES if may_stop(TASK, slot(f"{at:%H:%M}"))]
    assert {f"{at:%H:%M}" for at in {*SLOT_TIMES} - {*brief}} == {"17:00", "21:58"}
    for other in (
        replace(TASK, late=True),
        replace(TASK, like_count=None),
        replace(TASK, like_count=10),
        replace(TASK, like_count=9),
        of_last(count=None),
        of_last(complete=False, ended="capped"),
    ):
        assert not may_stop(other, slot("10:00"))
