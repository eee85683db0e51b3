"""Which posts have to be read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.scope import Task, to_refresh
from tests.unit.builders import always, slot, wib

COMPLETE = {"instagram": {"verdict": "complete"}, "tiktok": {"verdict": "complete"}}
POST = Task(
    platform="instagram",
    content_id="A",
    caption="",
    like_count=10,
    comment_count=3,
    source_type="cron_fetch",
    created_at=wib("09:00"),
    late=False,
    refreshed_count=10,
)
VIDEO = replace(POST, platform="tiktok", content_id="1", refreshed_count=3)


def due(*tasks: Task, at: str = "10:00", mode: Any = "delta", fetched: Any = COMPLETE) -> list[str]:
    return [task.content_id for task in to_refresh(tasks, slot(at), mode, fetched)]


def test_a_post_whose_count_stands_still_is_left_out() -> None:
    assert due(POST, VIDEO) == []


def test_likes_count_for_a_post_and_comments_for_a_video() -> None:
    assert due(replace(POST, comment_count=4), replace(VIDEO, like_count=11)) == []
    assert due(replace(POST, like_count=11), replace(VIDEO, comment_count=4)) == ["A", "1"]


def test_a_count_that_fell_is_a_change() -> None:
    assert due(replace(POST, like_count=9)) == ["A"]


def test_a_post_that_was_never_read_to_its_end_is_read() -> None:
    assert due(replace(POST, refreshed_count=None)) == ["A"]


def test_a_hidden_count_says_nothing() -> None:
    assert due(replace(POST, like_count=None, refreshed_count=None)) == ["A"]


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
            source_type=st.just("cron_fetch"),
            created_at=st.just(wib("09:00")),
            late=st.booleans(),
            refreshed_count=st.none() | st.integers(0, 2),
        )
    )
)
def test_only_posts_with_the_count_of_their_last_reading_are_left_out(tasks: list[Task]) -> None:
    read = to_refresh(tasks, slot("10:00"), "delta", COMPLETE)
    left_out = [task for task in tasks if task not in read]
    assert all(task.count is not None for task in left_out)
    assert all(task.count == task.refreshed_count and not task.late for task in left_out)
