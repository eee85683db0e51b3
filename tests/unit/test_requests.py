"""What people send by hand: refused with the field that is wrong, and the fix."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput
from chalicelib.requests import RunClientRequest, RunSlotRequest, parse_request


def test_a_person_may_leave_out_the_slot_of_run_client() -> None:
    request = parse_request(RunClientRequest, {"client_id": "POLRES_X"})
    assert (request.client_id, request.slot) == ("POLRES_X", None)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "client_id"),
        ({"client_id": "X", "slots": "17:00"}, "slots"),
        ({"client_id": 5}, "client_id"),
        (None, "body"),
        ([], "body"),
        ("{", "body"),
    ],
)
def test_a_wrong_request_of_a_person_names_the_field_and_the_fix(event: object, field: str) -> None:
    with pytest.raises(BadInput, match=f"^{field}: .*RunClientRequest takes: client_id, slot"):
        parse_request(RunClientRequest, event)


def test_run_slot_needs_its_slot() -> None:
    assert parse_request(RunSlotRequest, {"slot": "x"}).slot == "x"
    with pytest.raises(BadInput, match=r"^slot: .*RunSlotRequest takes: slot"):
        parse_request(RunSlotRequest, {})
