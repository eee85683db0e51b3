"""What a failed try to send means for an outbox row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always
from wa_session_host.sending.attempt import Outcome, after_failure
from wa_session_host.sending.transport import NotSent, OutcomeUnknown, Rejected, TransportError

TRIES = 5


@pytest.mark.parametrize(
    ("error", "attempt", "status"),
    [
        (NotSent(), 1, "retrying"),
        (NotSent(), 4, "retrying"),
        (NotSent(), 5, "dead_letter"),
        (NotSent(), 6, "dead_letter"),
        (Rejected(), 1, "dead_letter"),
        (Rejected(), 5, "dead_letter"),
        (OutcomeUnknown(), 1, "uncertain"),
        (OutcomeUnknown(), 5, "uncertain"),
    ],
)
def test_a_failure_decides_what_becomes_of_the_row(
    error: TransportError, attempt: int, status: str
) -> None:
    assert after_failure(error, attempt, TRIES).status == status


@pytest.mark.parametrize("attempt", [1, 5])
@pytest.mark.parametrize("error", [Rejected(), OutcomeUnknown()])
def test_what_is_rejected_or_unknown_is_not_tried_again(
    error: TransportError, attempt: int
) -> None:
    assert after_failure(error, attempt, TRIES).delay is None


def test_a_wish_to_slow_down_costs_no_try_and_no_message() -> None:
    outcome = after_failure(NotSent(slow_down=True), TRIES, TRIES)
    assert (outcome.status, outcome.counts) == ("retrying", False)
    assert after_failure(NotSent(), 1, TRIES).counts


def test_the_last_try_that_did_not_go_out_is_a_dead_letter() -> None:
    assert after_failure(NotSent(), TRIES, TRIES) == Outcome("dead_letter")


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (50, 300)]
)
def test_the_wait_doubles_up_to_five_minutes_give_or_take_a_quarter(
    attempt: int, seconds: int
) -> None:
    for _ in range(50):
        delay = after_failure(NotSent(), attempt, 99).delay
        assert delay is not None
        assert timedelta(seconds=seconds * 0.75) <= delay <= timedelta(seconds=seconds * 1.25)


def test_two_waits_are_hardly_ever_the_same() -> None:
    assert len({after_failure(NotSent(), 3, TRIES).delay for _ in range(20)}) > 1


@always
@given(
    st.sampled_from([NotSent(), Rejected(), OutcomeUnknown(), TransportError()]),
    st.integers(1, 200),
    st.integers(1, 200),
)
def test_there_is_a_wait_exactly_when_there_is_another_try(
    error: TransportError, attempt: int, tries: int
) -> None:
    outcome = after_failure(error, attempt, tries)
    assert (outcome.delay is not None) == (outcome.status == "retrying")
    assert outcome.delay is None or timedelta(0) < outcome.delay <= timedelta(seconds=375)
