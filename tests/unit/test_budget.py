"""A day's budget over its slots: who is held back when, what is kept for 17:00, when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.budget import EVENING, Need, Plan, as_posts_come, forecast, plan
from chalicelib.slots import FIVE, SLOT_TIMES, Slot, slots_of
from tests.unit.builders import DAY, always, slot

NEED = Need(clients=100, today=1_200, budget=20_000)
"""All lists take 1,800 calls at 17:00."""

SLOTS = slots_of(DAY)
NEEDS = st.builds(
    Need,
    clients=st.integers(0, 5_000),
    today=st.integers(0, 100_000),
    yesterday=st.integers(0, 100_000),
    spent=st.integers(0, 300_000),
    budget=st.none() | st.integers(1, 500_000),
    per_second=st.integers(1, 100),
    late=st.just(0),
)


def test_without_a_budget_nothing_is_held_back_and_nothing_ends() -> None:
    assert plan(slot("06:00"), replace(NEED, budget=None)) == Plan(today=1_200)


def test_a_budget_that_lasts_for_the_usual_day_holds_nothing_back_but_17_00() -> None:
    assert plan(slot("06:00"), NEED) == Plan(None, kept=1_900, today=1_200)
    assert plan(slot("17:00"), NEED) == plan(slot("17:30"), NEED) == Plan(today=1_200)


def test_the_forecast_names_the_slot_in_which_the_budget_ends() -> None:
    """34 slots take 100 feeds and 300 calls for lists each, 17:00 takes 1,800 for lists."""
    assert forecast(slot("06:00"), replace(NEED, budget=15_099)) == slot("21:58").at
    assert forecast(slot("06:00"), replace(NEED, budget=15_100)) is None
    assert forecast(slot("06:00"), replace(NEED, budget=4_400)) == slot("11:30").at
    assert forecast(slot("21:30"), replace(NEED, budget=15_000, spent=14_100)) is None


def test_what_is_short_is_shared_and_the_morning_gets_more_of_it_than_the_afternoon() -> None:
    """The evening's part of a full read, which nothing else would bring that day, apart."""
    short = replace(NEED, budget=8_000)
    first, last = plan(slot("06:00"), short), plan(slot("16:30"), replace(short, spent=3_850))
    assert (first.kept, last.kept) == (1_900, 1_900)
    spare = 8_000 - 1_900 - 30 * 100 - 1_350
    assert first.allowance == pytest.approx(spare * 22 / sum(range(1, 23)) / 100)
    assert last.allowance == 0


def test_five_o_clock_is_never_held_back_for_the_budget_s_sake() -> None:
    assert plan(slot("17:00"), replace(NEED, budget=2_000, spent=100)).allowance is None


@pytest.mark.parametrize("budget", [1, 99, 1_899])
def test_a_budget_too_small_for_17_00_is_kept_for_it_whole(budget: int) -> None:
    made = plan(slot("09:00"), replace(NEED, budget=budget))
    assert (made.kept, made.allowance) == (budget, 0)
    assert made.ends is not None
    assert plan(slot("17:00"), replace(NEED, budget=budget)).kept == 0


def test_the_closing_read_comes_before_17_00_in_the_new_day_s_budget() -> None:
    night = replace(NEED, today=0, yesterday=1_800, budget=2_500)
    assert plan(slot("06:00"), night).kept == 2_500 - 100 - 1_800
    assert plan(slot("06:30"), night).kept == 1_900


def test_after_17_00_the_rest_is_shared_evenly() -> None:
    late = plan(slot("21:30"), replace(NEED, budget=8_000, spent=7_400))
    assert late.allowance == (8_000 - 7_400) / 2 / 100


def test_feeds_are_kept_for_the_slots_that_fetch_posts() -> None:
    """Segment A's end at 20:58; of B 20:58 and 21:00 are another."""
    mixed = replace(NEED, late=30)
    fetching = [mixed.feeds_of(at) for at in SLOTS if at.at.time() >= time(20, 30)]
    assert fetching == [100, 70, 30, 30, 30]
    assert sum(NEED.feeds_of(at) for at in SLOTS) == 31 * 100


def test_a_morning_without_posts_expects_as_many_as_yesterday() -> None:
    assert plan(slot("06:00"), replace(NEED, today=0, yesterday=900)).kept == 1_000


def test_a_day_without_a_yesterday_expects_posts_to_come_as_evenly_as_the_hours() -> None:
    expected = [as_posts_come(slot(clock), 100) for clock in ("08:30", "12:00", "17:00", "21:58")]
    assert expected == [300, 213, 150, 150]
    assert as_posts_come(slot("06:00"), 0) == 0


def test_a_rate_that_is_too_low_is_shared_by_all() -> None:
    slow = replace(NEED, budget=None, per_second=1)
    assert plan(slot("12:00"), slow).allowance == (1_800 - 100) / 100
    assert plan(slot("12:00"), replace(slow, per_second=2)).allowance is None


@always
@given(NEEDS, st.sampled_from(SLOTS))
def test_a_plan_survives_its_json(need: Need, at: Slot) -> None:
    made = plan(at, need)
    assert Plan.from_json(made.as_json()) == made


@always
@given(NEEDS, st.sampled_from(SLOTS))
@example(Need(clients=1, today=0, yesterday=43, budget=32), slot("06:00"))  # nothing is kept
def test_what_slots_before_17_00_may_spend_leaves_17_00_and_the_evening_theirs(
    need: Need, at: Slot
) -> None:
    made = plan(at, need)
    assert 0 <= made.kept <= (need.budget or 0)
    if need.budget is None or made.allowance is None or at.at.time() >= FIVE:
        return
    spendable = need.budget - need.spent - made.kept - need.full * EVENING
    assert made.allowance * need.clients <= max(0.0, spendable) + 1e-6


@always
@given(NEEDS, st.sampled_from(SLOTS), st.integers(0, 100_000))
def test_more_budget_never_ends_sooner_nor_allows_less(need: Need, at: Slot, more: int) -> None:
    if need.budget is None:
        return
    richer = replace(need, budget=need.budget + more)
    never = at.at.replace(hour=23)
    assert (forecast(at, richer) or never) >= (forecast(at, need) or never)
    less, enough = plan(at, need).allowance, plan(at, richer).allowance
    assert enough is None or (less is not None and enough >= less - 1e-9)


@always
@given(NEEDS, st.lists(st.sampled_from(SLOT_TIMES), min_size=1, max_size=34, unique=True))
@example(Need(clients=1, today=0, yesterday=272, budget=247), [time(6), time(6, 30)])
def test_the_day_s_shares_never_spend_more_than_the_budget(need: Need, times: list[time]) -> None:
    """Whatever slots take place, and if every client uses all of its share."""
    if need.budget is None or need.per_second < 100:
        return
    spent = 0.0
    for at in sorted(times):
        made = plan(Slot(SLOTS[SLOT_TIMES.index(at)].at), replace(need, spent=round(spent)))
        if made.allowance is None or at >= FIVE:
            return
        spent += made.allowance * need.clients
        assert spent <= max(0, need.budget - made.kept) + 1
