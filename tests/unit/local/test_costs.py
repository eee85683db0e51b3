"""The cost formula: what follows from what, on round numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.docs.costs import (
    DAYS,
    FETCHES,
    FULL_SLOTS,
    HEADS,
    SLOTS,
    ApiPlan,
    Prices,
    Work,
    api_dollars,
    day_of,
    rows,
)

FREE = Prices(gigabyte_second=0, lambda_million=0, sqs_million=0, sqs_fifo_million=0)
WORK = Work(
    feed_calls=2,
    people_calls=27,
    list_calls=100,
    closing_calls=3,
    changed=0.5,
    lambda_seconds=4,
    memory=0.5,
    sweep_seconds=0,
)


def test_a_day_has_the_slots_of_the_schedule() -> None:
    assert (SLOTS, FETCHES, FULL_SLOTS) == (34, 31, 4)


def test_calls_are_feeds_in_every_slot_lists_and_the_closing_read() -> None:
    assert day_of(100, WORK).api_calls == 100 * (34 * 2 + 100 + 3)
    assert day_of(100, WORK).calls_a_second == pytest.approx(100 * 29 / 1800)


def test_before_four_slots_read_all_and_the_others_what_had_changed() -> None:
    assert day_of(100, WORK).api_calls_before == 100 * (4 * 27 + 30 * 27 / 2 + 31 * 2)
    assert day_of(1, replace(WORK, changed=1)).api_calls_before == 34 * 27 + 31 * 2
    assert day_of(1).api_calls_before == 305


def test_a_plan_costs_its_price_and_the_calls_beyond_those_it_includes() -> None:
    plan = ApiPlan(dollars=50, included=30_000, beyond=0.01)
    assert [api_dollars(calls, plan) for calls in (0, 1_000, 1_100)] == [50, 50, 80]


def test_compute_is_seconds_times_memory_at_its_price() -> None:
    prices = replace(FREE, gigabyte_second=0.001)
    day = day_of(10, WORK, prices)
    assert day.gigabyte_seconds == 10 * 34 * 4 * 0.5
    assert day.lambda_dollars == pytest.approx(DAYS * day.gigabyte_seconds * 0.001)


def test_requests_of_lambda_and_of_both_kinds_of_queues_have_their_own_price() -> None:
    work = replace(WORK, messages=10)
    assert day_of(10, work, replace(FREE, lambda_million=1e6)).lambda_dollars == DAYS * (
        10 * 34 + 10 * 31 + 34 + 24 * 60
    )
    fifo = day_of(10, work, replace(FREE, sqs_fifo_million=1e6)).sqs_dollars
    assert fifo == DAYS * 10 * 10 * 3
    assert day_of(10, work, FREE).lambda_dollars == day_of(10, work, FREE).sqs_dollars == 0


def test_idle_queues_cost_requests_without_any_client() -> None:
    assert day_of(0, WORK).sqs_requests == 4 * 5 * 24 * 3600 / 20


@given(st.integers(1, 5_000), st.integers(1, 5_000))
def test_more_clients_never_cost_less(one: int, more: int) -> None:
    first, second = day_of(one), day_of(one + more)
    assert second.lambda_dollars > first.lambda_dollars
    assert second.sqs_dollars > first.sqs_dollars
    assert second.api_calls > first.api_calls


def test_the_table_has_a_line_for_each_number_of_clients() -> None:
    assert [row[0] for row in rows()] == ["100", "1,000", "10,000"]
    assert {len(row) for row in rows()} == {len(HEADS)}
