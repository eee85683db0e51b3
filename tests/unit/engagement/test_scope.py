"""Which posts have to be read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.scope import to_refresh
from chalicelib.tasks import Ending, LastRead, Task
from tests.unit.builders import always, slot, wib

COMPLETE: Any = {"instagram": {"verdict": "complete"}, "tiktok": {"verdict": "complete"}}
POST = Task(
    platform="instagram",
    content_id="A",
    caption="",
    like_count=10,
    comment_count=3,
    posted_at=wib("09:00"),
    late=False,
    shown=True,
    stored=10,
    last=LastRead(wib("09:30"), count=10, ended="end", complete=True, tries=0),
)
VIDEO = replace(
    POST, platform="tiktok", content_id="1", last=replace(cast("Any", POST.last), count=3)
)


def due(*tasks: Task, at: str = "10:00", mode: Any = "delta", fetched: Any = COMPLETE) -> list[str]:
    return [task.content_id for task in to_refresh(tasks, slot(at), mode, fetched)]


def test_a_post_whose_count_stands_still_is_left_out() -> None:
    assert due(POST, VIDEO) == []


def test_likes_count_for_a_post_and_comments_for_a_video() -> None:
    assert due(replace(POST, comment_count=4), replace(VIDEO, like_count=11)) == []
    assert due(replace(POST, like_count=11), replace(VIDEO, comment_count=4)) == ["A", "1"]


def test_a_count_that_fell_is_a_change() -> None:
    assert due(replace(POST, like_count=9)) == ["A"]


def after(ended: Ending, tries: int = 1, task: Task = POST, **fields: Any) -> Task:
    """The post after an incomplete read in the slot of 09:30."""
    values = {"ended": ended, "complete": False, "tries": tries} | fields
    return replace(task, last=replace(cast("Any", task.last), **values))


def test_a_post_that_was_never_read_is_read() -> None:
    assert due(replace(POST, last=None)) == ["A"]


def test_a_hidden_count_says_nothing() -> None:
    assert due(after("end", task=replace(POST, like_count=None), count=None)) == ["A"]


def test_a_count_that_was_not_believed_says_nothing() -> None:
    assert due(after("end")) == ["A"]


def test_only_counts_that_this_slot_has_shown_are_believed() -> None:
    """A post that the unit's own feed does not show keeps the count that somebody wrote."""
    assert due(replace(POST, shown=False)) == ["A"]
    assert due(after("capped", task=replace(POST, shown=False))) == ["A"]
    assert due(after("short", tries=4, task=replace(POST, shown=False))) == ["A"]


def test_a_capped_list_is_read_again_only_when_its_count_changes() -> None:
    assert due(after("capped", tries=1), at="20:00") == []
    assert due(after("capped", count=9), at="10:00") == ["A"]


@pytest.mark.parametrize("ended", ["short", "looped", "unreadable"])
def test_a_list_that_stays_incomplete_is_read_with_growing_pauses(ended: Ending) -> None:
    def read_at(tries: int) -> list[str]:
        slots = ["10:00", "10:30", "11:30", "13:30", "15:30"]
        return [at for at in slots if due(after(ended, tries), at=at)]

    assert read_at(1) == ["10:00", "10:30", "11:30", "13:30", "15:30"]
    assert read_at(2) == ["10:30", "11:30", "13:30", "15:30"]
    assert read_at(3) == ["11:30", "13:30", "15:30"]
    assert read_at(4) == read_at(7) == ["13:30", "15:30"]
    assert due(after(ended, tries=7, count=9)) == ["A"]
    assert due(after(ended, tries=7), at="17:00") == ["A"]


@pytest.mark.parametrize("ended", ["looped", "unreadable"])
def test_a_costly_list_is_not_read_again_at_full_price_where_counts_say_nothing(
    ended: Ending,
) -> None:
    hidden = after(ended, tries=4, task=replace(POST, like_count=None), count=None)
    manual = replace(after(ended, tries=4), shown=False)
    assert due(hidden, manual, at="10:00") == []
    assert due(hidden, manual, at="10:00", fetched={}) == []
    assert due(hidden, manual, at="13:30") == ["A", "A"]


@pytest.mark.parametrize("ended", ["error", "no_time"])
def test_a_read_that_was_broken_off_is_made_again_at_once(ended: Ending) -> None:
    assert due(after(ended, tries=9)) == ["A"]


def test_a_late_post_is_read() -> None:
    assert due(replace(POST, late=True)) == ["A"]


@pytest.mark.parametrize("verdict", ["partial", "empty", "error"])
def test_counts_of_an_incomplete_fetch_are_not_believed(verdict: str) -> None:
    fetched = COMPLETE | {"instagram": {"verdict": verdict}}
    assert due(POST, VIDEO, fetched=fetched) == ["A"]


def test_a_slot_that_fetches_nothing_reads_everything() -> None:
    assert due(POST, VIDEO, fetched={}) == ["A", "1"]


@pytest.mark.parametrize("at", ["17:00", "21:58"])
def test_five_o_clock_and_the_day_s_last_slot_read_everything(at: str) -> None:
    assert due(POST, VIDEO, at=at) == ["A", "1"]


@pytest.mark.parametrize("at", ["06:00", "16:30", "17:30", "20:58", "21:30"])
def test_other_slots_do_not(at: str) -> None:
    assert due(POST, VIDEO, at=at) == []


def test_full_reads_everything() -> None:
    assert due(POST, VIDEO, mode="full") == ["A", "1"]


@always
@given(
    st.lists(
        st.builds(
            Task,
            platform=st.sampled_from(["instagram", "tiktok"]),
            content_id=st.text(max_size=3),
            caption=st.just(""),
            like_count=st.none() | st.integers(0, 2),
            comment_count=st.none() | st.integers(0, 2),
            posted_at=st.just(wib("09:00")),
            late=st.booleans(),
            shown=st.booleans(),
            last=st.none()
            | st.builds(
                LastRead,
                slot=st.sampled_from([wib("06:00"), wib("09:30")]),
                count=st.none() | st.integers(0, 2),
                ended=st.sampled_from(get_args(Ending)),
                complete=st.booleans(),
                tries=st.integers(0, 5),
            ),
        )
    )
)
def test_what_is_left_out_was_read_at_the_same_count(tasks: list[Task]) -> None:
    read = to_refresh(tasks, slot("10:00"), "delta", COMPLETE)
    for task in tasks:
        if task not in read:
            assert task.last is not None
            assert task.last.count == task.count
            assert not task.late
            known_whole = task.shown and (task.last.complete or task.last.ended == "capped")
            assert known_whole or task.last.ended in ("short", "looped", "unreadable")
