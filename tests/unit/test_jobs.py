"""What travels in the queues, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.jobs import (
    ClientJob,
    OutboundMessage,
    ReadSoFar,
    Unread,
)
from tests.unit.builders import always, slot, wib

JOB = ClientJob(
    slot=wib("17:00"),
    client_id="POLRES_X",
    fetch_posts=True,
    trigger="schedule",
    expires_at=wib("17:30"),
)


def body(**fields: Any) -> str:
    """A job's queue body with some fields otherwise."""
    return json.dumps(json.loads(JOB.model_dump_json()) | fields)


def without(field: str) -> str:
    return json.dumps({k: v for k, v in json.loads(JOB.model_dump_json()).items() if k != field})


@always
@given(
    st.text(),
    st.booleans(),
    st.sampled_from(["schedule", "manual", "catch_up"]),
    st.none() | st.lists(st.builds(Unread)).map(tuple),
)
def test_a_job_comes_out_of_a_queue_as_it_went_in(
    client_id: str, fetch_posts: bool, trigger: Any, continuation: tuple[Unread, ...] | None
) -> None:
    job = ClientJob(
        slot=wib("20:58"),
        client_id=client_id,
        fetch_posts=fetch_posts,
        trigger=trigger,
        expires_at=wib("21:28"),
        continuation=continuation,
    )
    assert ClientJob.parse(job.model_dump_json()) == job


def test_a_job_says_its_version() -> None:
    assert json.loads(JOB.model_dump_json())["version"] == 1


def test_a_jobs_slot_is_the_same_in_whatever_zone_it_is_written() -> None:
    job = ClientJob.parse(body(slot="2026-02-20T10:00:00Z"))
    assert job == JOB
    assert job.slot.utcoffset() == timedelta(hours=7)
    assert job.of_slot == slot("17:00")


def test_an_outbound_message_comes_out_as_it_went_in() -> None:
    message = OutboundMessage(outbox_id=7, session="gateway", chat="1203@g.us")
    assert OutboundMessage.parse(message.model_dump_json()) == message


@pytest.mark.parametrize("version", [0, 2, "1.1", None])
def test_an_unknown_version_is_refused(version: object) -> None:
    with pytest.raises(BadInput, match=r"^version: ") as error:
        ClientJob.parse(body(version=version))
    assert error.value.field == "version"


def test_what_a_newer_release_adds_is_ignored() -> None:
    post = {"platform": "tiktok", "content_id": "7", "hint": 1, "so_far": {"names": 2, "hint": 1}}
    job = ClientJob.parse(body(priority=1, continuation=[post]))
    unread = Unread(platform="tiktok", content_id="7", so_far=ReadSoFar(names=2))
    assert job == JOB.model_copy(update={"continuation": (unread,)})


@pytest.mark.parametrize("field", ["slot", "client_id", "fetch_posts", "trigger", "expires_at"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(BadInput, match=f"^{field}: "):
        ClientJob.parse(without(field))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slot", "2026-02-20T17:00:00"),
        ("slot", "tomorrow"),
        ("expires_at", "soon"),
        ("expires_at", None),
        ("trigger", "whim"),
        ("fetch_posts", "perhaps"),
        ("client_id", 7),
        ("continuation", "abc"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"^{field}") as error:
        ClientJob.parse(body(**{field: value}))
    assert error.value.field.split(".")[0] == field


def test_a_naive_slot_is_refused_when_a_job_is_made() -> None:
    naive = datetime(2026, 2, 20, 17)  # noqa: DTZ001
    with pytest.raises(ValueError, match="slot"):
        ClientJob(**(JOB.model_dump() | {"slot": naive}))


def test_a_naive_expiry_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^expires_at: "):
        ClientJob.parse(body(expires_at="2026-02-20T17:30:00"))


def test_a_slot_that_is_none_is_refused_before_anything_is_done() -> None:
    with pytest.raises(BadInput, match=r"^slot: .* is not a slot"):
        _ = ClientJob.parse(body(slot="2026-02-20T17:03:00+07:00")).of_slot


@pytest.mark.parametrize("text", ["", "{", "not json", "[]", "7", "null", '"text"'])
def test_a_body_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^body: .*ClientJob takes: "):
        ClientJob.parse(text)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(BadInput) as error:
        ClientJob.parse(body(trigger="0812-secret"))
    assert "0812" not in str(error.value)


def test_a_moment_is_written_with_its_zone() -> None:
    written = json.loads(JOB.model_dump_json())
    assert datetime.fromisoformat(written["slot"]) == datetime(2026, 2, 20, 10, tzinfo=UTC)
    assert datetime.fromisoformat(written["expires_at"]).tzinfo is not None
