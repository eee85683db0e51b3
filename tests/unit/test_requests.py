"""What people send by hand: refused with the field that is wrong, and the fix."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput
from chalicelib.requests import (
    AddPostRequest,
    BackfillRequest,
    ImportClientsRequest,
    LookRequest,
    RestorePostRequest,
    RunClientRequest,
    RunSlotRequest,
    parse_outbox_request,
    parse_request,
)


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


@pytest.mark.parametrize("day", ["0001-01-01", "2000-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_of_another_century_is_refused_by_its_field(day: str) -> None:
    this = "2026-02-20"
    for field, model, event in (
        ("day", LookRequest, {"show": "slots", "day": day}),
        ("until", LookRequest, {"show": "recap", "day": this, "until": day}),
        ("first_day", BackfillRequest, {"first_day": day, "last_day": this}),
        ("last_day", BackfillRequest, {"first_day": this, "last_day": day}),
    ):
        with pytest.raises(BadInput, match=f"^{field}: Input should be (greater|less) than"):
            parse_request(model, event)


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "polres\udcff"])
def test_text_that_cannot_be_stored_is_refused_by_its_field(text: str) -> None:
    """Such as an argument of a command line that is not UTF-8."""
    for field, model, event in (
        ("client_id", RunClientRequest, {"client_id": text}),
        ("link", AddPostRequest, {"client_id": "X", "link": text}),
        ("content_id", RestorePostRequest, {"content_id": text}),
        ("person", LookRequest, {"show": "why", "person": text}),
        ("rows.0.nama", ImportClientsRequest, {"rows": [{"client_id": "X", "nama": text}]}),
    ):
        with pytest.raises(BadInput, match=f"^{field}: .*a character that cannot be stored"):
            parse_request(model, event)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_no_message_has_is_refused(number: int) -> None:
    for action in ("show", "redrive", "cancel"):
        with pytest.raises(BadInput, match=r"^outbox_id: Input should be"):
            parse_outbox_request({"action": action, "outbox_id": number})
