"""The events and contexts that Lambda would pass to the handlers."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_CONFIG = Path(__file__).resolve().parent.parent / ".chalice" / "config.json"
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """A function's limits: seconds per invocation, and bytes of memory."""

    seconds: float
    memory: int


@cache
def limits_of(function_name: str) -> Limits:
    """The function's limits in .chalice/config.json, as they are deployed."""
    config = json.loads(_CONFIG.read_text(encoding="utf-8"))
    own = config["lambda_functions"][function_name]
    memory = own.get("lambda_memory_size", config["lambda_memory_size"])
    return Limits(own["lambda_timeout"], memory * _MEGABYTE)


@dataclass
class Context:
    """The parts of Lambda's context object that handlers use, with the function's own limit."""

    function_name: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    clock: Callable[[], float] = time.monotonic
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._ends = self.clock() + (self.seconds or limits_of(self.function_name).seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - self.clock()))


def schedule_event(at: datetime) -> dict[str, Any]:
    """EventBridge's event for a rule that fires at this moment."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": {},
    }


def sqs_event(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """SQS's event for one received message."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue}",
                "awsRegion": "local",
            }
        ]
    }
