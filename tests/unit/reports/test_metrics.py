"""The line of a closed slot, in the form that CloudWatch reads metrics from."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from chalicelib.reports.metrics import slot_metrics, sweep_metrics
from chalicelib.requests import OutboxStatus
from chalicelib.slots import Slot
from tests.unit.builders import wib

SLOT = Slot.parse("2026-02-20T17:00")
SUMMARY = {
    "clients": 20,
    "done": 17,
    "failed": 1,
    "unfinished": 2,
    "posts_new": 4,
    "posts_removed": 1,
    "api_requests": 512,
    "sql_round_trips": 300,
    "messages_queued": 9,
    "messages_sent": 0,
    "messages_waiting": 9,
    "lists_incomplete": 3,
    "seconds": 61.26,
}


def test_every_figure_is_there_and_named_as_a_metric() -> None:
    states = {"sent": 40, "pending": 7, "retrying": 2, "dead_letter": 1, "superseded": 5}
    at = SLOT.at + timedelta(seconds=61)
    line = slot_metrics("prod", SLOT, at, SUMMARY, states | {"cancelled": 1})
    figures = {
        "SlotSeconds": 61.3,
        "Clients": 20,
        "ClientsDone": 17,
        "ClientsFailed": 3,
        "PostsNew": 4,
        "PostsRemoved": 1,
        "ApiCalls": 512,
        "Messages": 9,
        "ListsIncomplete": 3,
        "MessagesSent": 40,
        "MessagesWaiting": 9,
        "MessagesFailed": 1,
        "MessagesUncertain": 0,
        "MessagesExpired": 0,
        "MessagesWithdrawn": 6,
    }
    head = line.pop("_aws")
    assert line == {"Stage": "prod", "slot": "2026-02-20T17:00+07:00", **figures}
    assert head["Timestamp"] == 1771581661000
    [directive] = head["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Cicero", [["Stage"]])
    assert {metric["Name"] for metric in directive["Metrics"]} == set(figures)


def test_every_state_of_a_message_is_counted() -> None:
    states = dict.fromkeys(get_args(OutboxStatus), 1)
    line = slot_metrics("prod", SLOT, SLOT.at, SUMMARY, states)
    counted = [name for name in line if name.startswith("Messages") and name != "Messages"]
    assert sum(line[name] for name in counted) == len(states)


@pytest.mark.parametrize(
    ("now", "ended", "minutes"),
    [
        ("06:00", None, 0),
        ("07:10", None, 70),
        ("05:59", None, 0),
        ("17:29", "17:00", 0),
        ("17:45", "17:00", 15),
        ("18:41", "17:00", 71),
        ("20:59", "20:30", 1),
        ("23:59", "21:58", 0),
    ],
)
def test_how_late_the_service_is(now: str, ended: str | None, minutes: int) -> None:
    line = sweep_metrics("prod", wib(now), wib(ended) if ended else None)
    assert (line["Stage"], line["MinutesBehind"]) == ("prod", minutes)
