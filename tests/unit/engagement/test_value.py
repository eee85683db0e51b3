"""Which lists are read where there are not calls enough for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.value import affordable, cost, draw_of, names_expected, worth_a_look
from chalicelib.tasks import LastRead, Task
from tests.unit.builders import always, slot, wib

LAST = LastRead(wib("09:30"), count=200, ended="end", complete=True, tries=0, pages=2)
POST = Task("instagram", "A", "", wib("09:00"), 250, 20, stored=200, last=LAST)
NEW = replace(POST, content_id="NEW", last=None, stored=0)
VIDEO = replace(POST, platform="tiktok", content_id="1", comment_count=260)


def after(task: Task, **fields: Any) -> Task:
    return replace(task, last=replace(cast("Any", task.last), **fields))


def test_a_list_costs_its_last_pages_and_those_of_its_growth() -> None:
    assert cost(POST) == 2
    assert cost(replace(POST, like_count=350)) == 3
    assert cost(after(POST, pages=0)) == 1
    assert (cost(NEW), cost(replace(NEW, like_count=None))) == (3, 1)
    assert cost(VIDEO) == 3
    assert cost(after(POST, pages=1, ended="known", complete=False)) == 3


def test_a_list_may_bring_what_it_has_grown_by() -> None:
    assert names_expected(POST) == names_expected(replace(POST, like_count=150)) == 50
    assert names_expected(NEW) == 250
    hidden, cut = replace(POST, like_count=None), after(POST, count=250, complete=False)
    sure = after(POST, count=250)
    assert names_expected(hidden) == names_expected(cut) > names_expected(sure) > 0


@pytest.mark.parametrize(
    ("calls", "expected"), [(0, []), (1.9, []), (2, ["B"]), (3.9, ["B"]), (4, ["B", "A"])]
)
def test_those_that_bring_most_come_first(calls: float, expected: list[str]) -> None:
    more = replace(POST, content_id="B", like_count=260)
    chosen = affordable([POST, more], calls, draw=1.0)
    assert [task.content_id for task in chosen] == expected


def test_a_share_too_small_for_a_list_comes_to_one_now_and_then() -> None:
    slots = [slot(f"{hour:02}:{minute}") for hour in range(6, 22) for minute in ("00", "30")]
    units = [f"SATKER{n}" for n in range(100)]
    read = [affordable([POST], 0.5, draw_of(unit, at)) for unit in units for at in slots]
    assert sum(map(len, read)) / len(read) == pytest.approx(0.5 / cost(POST), abs=0.03)


def test_yesterday_s_posts_are_always_read() -> None:
    closing = replace(POST, content_id="C", late=True)
    assert affordable([POST, closing], 0, draw=1.0) == [closing]


TASKS = st.lists(
    st.builds(
        replace,
        st.sampled_from([POST, NEW, VIDEO]),
        content_id=st.text("abc", max_size=4),
        like_count=st.none() | st.integers(0, 2_000),
        comment_count=st.none() | st.integers(0, 2_000),
        late=st.booleans(),
    ),
    unique_by=lambda task: task.content_id,
)


@always
@given(TASKS, st.floats(0, 100), st.floats(0, 1))
def test_no_more_is_read_than_there_are_calls_for_but_by_the_draw(
    tasks: list[Task], calls: float, draw: float
) -> None:
    chosen = affordable(tasks, calls, draw)
    assert {task.content_id for task in tasks if task.late} <= {t.content_id for t in chosen}
    ranked = [task for task in chosen if not task.late]
    assert sum(map(cost, ranked[:-1])) <= calls
    if draw == 1.0:
        assert sum(map(cost, ranked)) <= calls
    assert affordable(list(reversed(tasks)), calls, draw) == chosen or any(t.late for t in tasks)


@always
@given(TASKS, st.floats(0, 1))
def test_with_calls_enough_all_is_read(tasks: list[Task], draw: float) -> None:
    assert len(affordable(tasks, sum(map(cost, tasks)), draw)) == len(tasks)


@pytest.mark.parametrize(
    ("allowed", "draw", "looks"),
    [
        ({}, 0.9, {"instagram", "tiktok"}),
        ({"instagram": 2.0}, 0.0, {"tiktok"}),  # the list that has grown takes 2 calls
        ({"instagram": 2.1, "tiktok": 0.5}, 0.4, {"instagram", "tiktok"}),
        ({"instagram": 2.1, "tiktok": 0.5}, 0.5, {"instagram"}),
        ({"instagram": 0.0, "tiktok": 0.0}, 0.0, set()),
    ],
)
def test_a_look_is_left_out_where_more_lists_have_grown_than_there_are_calls_for(
    allowed: Any, draw: float, looks: set[str]
) -> None:
    assert worth_a_look([POST, after(VIDEO, count=260)], allowed, draw) == looks
    assert worth_a_look([], allowed, draw) == set()
