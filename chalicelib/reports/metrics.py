"""One line of figures per closed slot, which CloudWatch turns into metrics. Pure but for the log.

The embedded metric format: an object whose `_aws` names which of its other members are metrics
(docs.aws.amazon.com, "CloudWatch embedded metric format specification").
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.slots import Slot

log = logging.getLogger(__name__)

NAMESPACE = "CiceroFetch"
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


def slot_metrics(
    stage: str, slot: Slot, at: datetime, summary: Mapping[str, Any]
) -> dict[str, Any]:
    """The figures of a slot that closed `at`. `summary`: the row of slots.summary, and the
    `seconds` that the slot took; who did not finish counts as failed."""
    units = {**dict.fromkeys(_COUNTS, "Count"), "SlotSeconds": "Seconds"}
    counts = {metric: int(summary[column]) for metric, column in _COUNTS.items()}
    counts["ClientsFailed"] += int(summary["unfinished"])
    return {
        "_aws": {
            "Timestamp": round(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Stage"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
                }
            ],
        },
        "Stage": stage,
        "slot": str(slot),
        "SlotSeconds": round(summary["seconds"], 1),
        **counts,
    }


def log_metrics(metrics: Mapping[str, Any]) -> None:
    """As one line of the log; on AWS, where lines are JSON objects, CloudWatch reads it."""
    log.info("slot %s: %d clients done", metrics["slot"], metrics["ClientsDone"], extra=metrics)
