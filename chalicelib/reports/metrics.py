"""Log lines that CloudWatch turns into metrics of the namespace `Cicero`, by `Stage`.

They are in the embedded metric format: an object whose `_aws` names which of its other members are
metrics (docs.aws.amazon.com, "CloudWatch embedded metric format specification").
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.slots import Slot, slots_of

log = logging.getLogger(__name__)

NAMESPACE = "Cicero"
_COUNTS = {
    "Clients": "clients",
    "ClientsDone": "done",
    "ClientsFailed": "failed",
    "PostsNew": "posts_new",
    "PostsRemoved": "posts_removed",
    "ApiCalls": "api_requests",
    "Messages": "messages_queued",
    "ListsIncomplete": "lists_incomplete",
}
_STATES = {
    "MessagesSent": ("sent",),
    "MessagesWaiting": ("pending", "processing", "retrying"),
    "MessagesFailed": ("dead_letter",),
    "MessagesUncertain": ("uncertain",),
    "MessagesExpired": ("expired",),
    "MessagesWithdrawn": ("superseded", "cancelled"),
}


def slot_metrics(
    stage: str,
    slot: Slot,
    at: datetime,
    summary: Mapping[str, Any],
    messages: Mapping[str, int],
) -> dict[str, Any]:
    """The figures of a slot that closed `at`. `summary`: the row of slots.summary, and the
    `seconds` that the slot took; clients that did not finish count as failed. `messages`: how many
    of the day's messages are in each state; few of the slot's own have left by now."""
    counts = {metric: int(summary[column]) for metric, column in _COUNTS.items()}
    for metric, states in _STATES.items():
        counts[metric] = sum(messages.get(state, 0) for state in states)
    counts["ClientsFailed"] += int(summary["unfinished"])
    units = {**dict.fromkeys(counts, "Count"), "SlotSeconds": "Seconds"}
    figures = {**counts, "SlotSeconds": round(summary["seconds"], 1)}
    return {**_head(stage, at, units), "slot": str(slot), **figures}


def sweep_metrics(stage: str, at: datetime, ended: datetime | None) -> dict[str, Any]:
    """How late the service is at the time `at`: `MinutesBehind` counts from the day's first due
    slot after the last one that `ended` (closed, skipped or missed); 0 if none is due."""
    due = [slot.at for slot in slots_of(at.date()) if slot.at <= at and _after(slot, ended)]
    minutes = (at - due[0]).total_seconds() // 60 if due else 0
    return {**_head(stage, at, {"MinutesBehind": "Count"}), "MinutesBehind": int(minutes)}


def log_metrics(message: str, metrics: Mapping[str, Any]) -> None:
    """Logs the metrics as one line; on AWS, where lines are JSON objects, CloudWatch reads it."""
    log.info(message, extra=metrics)


def _after(slot: Slot, ended: datetime | None) -> bool:
    return ended is None or slot.at > ended


def _head(stage: str, at: datetime, units: Mapping[str, str]) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics}
    when = round(at.timestamp() * 1000)
    return {"_aws": {"Timestamp": when, "CloudWatchMetrics": [directive]}, "Stage": stage}
