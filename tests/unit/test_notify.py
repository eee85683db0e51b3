"""What is sent at the end of a client's run, decided as data."""

from __future__ import annotations

import pytest

from chalicelib.notify import decide

NOW, BEFORE, AFTER = "2026-02-20-17", "2026-02-20-16", "2026-02-20-18"
YESTERDAY = "2026-02-19-17"


@pytest.mark.parametrize(
    ("hour", "last_hour", "got_through", "changes", "send"),
    [
        # the hour's list: once, at the first run that gets through, changes or not
        (NOW, None, True, 0, "task_list"),
        (NOW, None, True, 3, "task_list"),
        (NOW, BEFORE, True, 0, "task_list"),
        (NOW, BEFORE, True, 3, "task_list"),
        (NOW, YESTERDAY, True, 0, "task_list"),
        # sent already: only changes
        (NOW, NOW, True, 0, "nothing"),
        (NOW, NOW, True, 1, "changes"),
        # nothing got through: the next run sends the list; changes do not wait for it
        (NOW, None, False, 0, "nothing"),
        (NOW, BEFORE, False, 0, "nothing"),
        (NOW, BEFORE, False, 2, "changes"),
        (NOW, NOW, False, 2, "changes"),
        # outside the window: only changes
        (None, None, True, 0, "nothing"),
        (None, None, True, 1, "changes"),
        (None, BEFORE, True, 0, "nothing"),
        (None, BEFORE, True, 1, "changes"),
        (None, BEFORE, False, 1, "changes"),
    ],
)
def test_a_list_goes_out_once_an_hour_and_changes_whenever_there_are_some(
    hour: str | None, last_hour: str | None, got_through: bool, changes: int, send: str
) -> None:
    assert decide(hour, last_hour, got_through, changes).send == send


@pytest.mark.parametrize(("changes", "send"), [(0, "nothing"), (2, "changes")])
def test_no_list_of_an_hour_goes_out_after_a_later_hours(changes: int, send: str) -> None:
    assert decide(NOW, AFTER, True, changes).send == send


@pytest.mark.parametrize("hour", [None, BEFORE, NOW])
@pytest.mark.parametrize("last_hour", [None, BEFORE, NOW])
@pytest.mark.parametrize("got_through", [True, False])
@pytest.mark.parametrize("changes", [0, 1])
def test_every_decision_says_why(
    hour: str | None, last_hour: str | None, got_through: bool, changes: int
) -> None:
    assert decide(hour, last_hour, got_through, changes).why


def test_a_list_that_waits_says_that_no_platform_got_through() -> None:
    assert "no platform got through" in decide(NOW, BEFORE, False, 0).why
