"""Events that are turned away before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import handlers
from chalicelib.errors import BadInput

STAGES = [handlers.fetch_posts, handlers.refresh_engagement]


@pytest.mark.parametrize("handler", STAGES)
@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({}, 0),
        ({"Records": None}, 0),
        ({"Records": []}, 0),
        ({"Records": [{"messageId": "1"}]}, 1),
        ({"Records": [{"body": "{}"}, {"body": "{}"}]}, 2),
    ],
)
def test_an_event_without_exactly_one_body_is_refused(
    handler: Callable[[Any], None], event: dict[str, Any], number: int
) -> None:
    with pytest.raises(BadInput, match=f"Records: expected one SQS record, got {number}"):
        handler(event)


@pytest.mark.parametrize("handler", STAGES)
@pytest.mark.parametrize(
    ("body", "field"),
    [("", "body"), ("not json", "body"), ("{}", "slot"), ('{"version": 9}', "version")],
)
def test_a_body_that_is_no_job_is_refused(
    handler: Callable[[Any], None], body: str, field: str
) -> None:
    with pytest.raises(BadInput, match=f"^{field}: "):
        handler({"Records": [{"body": body}]})


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "'' is not a time"),
        ({"time": None}, "'None' is not a time"),
        ({"time": "2026-02-20T10:00:00"}, "has no zone"),
        ({"time": "2026-02-20T20:00:00Z"}, "no slot in the 25 minutes before"),
    ],
)
def test_a_schedule_event_without_a_slots_time_is_refused(
    event: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadInput, match=r"^time: ") as error:
        handlers.open_slot(event)
    assert problem in str(error.value)


@pytest.mark.parametrize("event", [None, {}, [], "", {"client": "X"}, {"client_id": None}])
def test_a_persons_wrong_event_is_refused_with_what_is_taken(event: object) -> None:
    with pytest.raises(BadInput, match="RunClientRequest takes: client_id, slot"):
        handlers.run_client(event)
    with pytest.raises(BadInput, match="RunSlotRequest takes: slot"):
        handlers.run_slot(event)
