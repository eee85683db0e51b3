"""Which posts have to be read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.scope import to_refresh
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.slots import SLOT_TIMES
from chalicelib.tasks import Ending, LastRead, Task
from tests.unit.builders import DAY, POST, always, slot, wib

YESTERDAY = DAY - timedelta(days=1)
VIDEO = replace(
    POST, platform="tiktok", content_id="1", last=replace(cast("Any", POST.last), count=3)
)


def due(
    *tasks: Task, at: str = "10:00", mode: Any = "delta", current: Iterable[Platform] = PLATFORMS
) -> list[str]:
    return [task.content_id for task in to_refresh(tasks, slot(at), mode, set(current))]


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


@pytest.mark.parametrize("ended", ["looped", "unreadable"])
def test_a_costly_list_is_not_read_again_at_full_price_where_counts_say_nothing(
    ended: Ending,
) -> None:
    hidden = after(ended, tries=4, task=replace(POST, like_count=None), count=None)
    manual = replace(after(ended, tries=4), shown=False)
    assert due(hidden, manual, at="10:00") == []
    assert due(hidden, manual, at="10:00", current=[]) == []
    assert due(hidden, manual, at="13:30") == ["A", "A"]


@pytest.mark.parametrize("ended", ["error", "no_time"])
def test_a_read_that_was_broken_off_is_made_again_at_once(ended: Ending) -> None:
    assert due(after(ended, tries=9)) == ["A"]


def test_counts_of_a_feed_that_was_not_read_to_its_end_are_not_believed() -> None:
    assert due(POST, VIDEO, current=["tiktok"]) == ["A"]
    assert due(POST, VIDEO, current=[]) == ["A", "1"]


# --- what makes sure: 17:00, the day's last slot, the next day ------------------------------

SURE = replace(POST, last=replace(cast("Any", POST.last), confirmed=True))
MANY = [replace(POST, content_id=f"post {n}") for n in range(400)]
MANY_SURE = [replace(SURE, content_id=f"post {n}") for n in range(400)]


@pytest.mark.parametrize("at", ["06:00", "16:30", "17:30", "20:58", "21:00", "21:30"])
def test_most_slots_leave_out_whatever_seems_unchanged(at: str) -> None:
    assert due(POST, VIDEO, *MANY, at=at) == []


def test_five_o_clock_reads_a_sample_of_what_seems_unchanged() -> None:
    drawn = due(*MANY, at="17:00")
    assert 60 < len(drawn) < 140
    assert due(*MANY_SURE, at="17:00") == drawn


def test_the_last_slot_reads_all_that_nothing_has_confirmed_and_another_sample() -> None:
    assert due(*MANY, at="21:58") == [task.content_id for task in MANY]
    drawn = due(*MANY_SURE, at="21:58")
    assert 60 < len(drawn) < 140
    assert not set(drawn) & set(due(*MANY_SURE, at="17:00"))


@pytest.mark.parametrize("at", ["17:00", "21:58"])
@pytest.mark.parametrize("ended", ["capped", "short", "looped", "unreadable"])
def test_a_list_that_is_not_complete_is_read_at_five_and_in_the_last_slot(
    ended: Ending, at: str
) -> None:
    assert due(after(ended, tries=7), at=at) == ["A"]


def yesterday_s(task: Task, read_at: str = "21:58", day: date = YESTERDAY, **fields: Any) -> Task:
    last = replace(cast("Any", task.last), slot=wib(read_at, day), **fields)
    return replace(task, late=True, last=last)


def test_yesterday_s_posts_are_read_once_more_where_something_is_open() -> None:
    assert due(yesterday_s(SURE), at="06:00") == []
    for task in (
        replace(SURE, late=True, last=None),
        yesterday_s(replace(SURE, like_count=11)),
        yesterday_s(replace(SURE, like_count=None), count=None),
        yesterday_s(SURE, confirmed=False),
        yesterday_s(SURE, complete=False, ended="capped"),
        yesterday_s(SURE, complete=False, ended="looped", tries=9),
        yesterday_s(replace(SURE, shown=False)),
    ):
        assert due(task, at="06:00") == ["A"]
    assert due(yesterday_s(SURE), at="06:00", current=[]) == ["A"]


def test_yesterday_s_posts_are_read_no_second_time() -> None:
    grown = replace(SURE, like_count=11)
    assert due(yesterday_s(grown, "06:00", DAY), at="06:30", current=[]) == []
    assert due(yesterday_s(grown, "06:00", DAY, ended="error"), at="06:30") == ["A"]


def test_full_reads_everything() -> None:
    assert due(POST, VIDEO, mode="full") == ["A", "1"]


HISTORIES = st.builds(
    LastRead,
    slot=st.sampled_from([wib("21:58", YESTERDAY), wib("06:00"), wib("09:30")]),
    count=st.none() | st.integers(0, 2),
    ended=st.sampled_from(get_args(Ending)),
    complete=st.booleans(),
    tries=st.integers(0, 5),
    confirmed=st.booleans(),
)
TASKS = st.builds(
    Task,
    platform=st.sampled_from(["instagram", "tiktok"]),
    content_id=st.text(max_size=3),
    caption=st.just(""),
    like_count=st.none() | st.integers(0, 2),
    comment_count=st.none() | st.integers(0, 2),
    posted_at=st.just(wib("09:00")),
    late=st.booleans(),
    shown=st.booleans(),
    last=st.none() | HISTORIES,
)


@always
@given(TASKS, st.sampled_from(SLOT_TIMES), st.sets(st.sampled_from(PLATFORMS)))
def test_what_is_left_out_was_read_at_the_same_count(
    task: Task, at: time, current: set[Platform]
) -> None:
    if due(task, at=f"{at:%H:%M}", current=current):
        return
    last = task.last
    assert last is not None
    if task.late and last.slot.date() == DAY:
        return
    assert last.count == task.count
    known_whole = (
        task.shown
        and task.platform in current
        and (last.complete or (last.ended in ("capped", "known") and not task.late))
    )
    assert known_whole or (last.ended in ("short", "looped", "unreadable") and not task.late)
    if at in (time(17), SLOT_TIMES[-1]):
        assert last.complete
    if at == SLOT_TIMES[-1] or task.late:
        assert last.confirmed


@always
@given(TASKS, st.sampled_from(SLOT_TIMES), st.sets(st.sampled_from(PLATFORMS)))
def test_knowing_more_never_means_reading_more(
    task: Task, at: time, current: set[Platform]
) -> None:
    clock = f"{at:%H:%M}"
    assert len(due(task, at=clock)) <= len(due(task, at=clock, current=current))
    assert len(due(task, at=clock, mode="full")) == 1


@always
@given(
    st.lists(st.integers(0, 2), min_size=34, max_size=34),
    st.sets(st.integers(0, 33)),
    st.text("AB", min_size=1, max_size=3),
)
def test_every_post_is_read_again_after_its_last_change(
    counts: list[int], deferred: set[int], content_id: str
) -> None:
    """However its count goes down and up, and whichever slots have no call left for it: once at
    least by the closing read, and twice where it was never deferred."""
    task, read_at = replace(POST, content_id=content_id, last=None), []
    times = [*(slot(f"{at:%H:%M}") for at in SLOT_TIMES), slot("06:00", DAY + timedelta(days=1))]
    for place, (at, count) in enumerate(zip(times, [*counts, counts[-1]], strict=True)):
        task = replace(task, like_count=count, late=place == len(SLOT_TIMES))
        if not to_refresh([task], at, "delta", PLATFORMS) or place in deferred:
            continue
        confirmed = task.last is not None and task.last.count == count
        task = replace(task, last=LastRead(at.at, count, "end", True, 0, confirmed=confirmed))
        read_at.append(place)
    changed = max(place for place in range(34) if place == 0 or counts[place] != counts[place - 1])
    after_change = sum(place >= changed for place in read_at)
    assert after_change >= (1 if deferred else 2)
