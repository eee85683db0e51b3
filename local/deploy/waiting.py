"""What a stage has in hand, and whether its WhatsApp accounts can send; read from the account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from local.deploy.account import Account, DeployError
from local.deploy.stages import Stage

_READY = re.compile(r"account (\S+) is (ready|not ready: .*)")


class Depth(NamedTuple):
    """How many messages of a queue wait, and how many somebody has in hand."""

    waiting: int
    in_hand: int

    def __str__(self) -> str:
        return f"{self.waiting} waiting, {self.in_hand} in hand"


def queues(account: Account, stage: Stage) -> dict[str, Depth]:
    """By the queue's name without the stage's: `fetch`, `wa.fifo`, …"""
    sqs, start = account.client("sqs"), stage.stack + "-"
    found = {}
    for url in account.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=start):
        read = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        found[url.rsplit("/", 1)[-1].removeprefix(start)] = Depth(
            int(read["ApproximateNumberOfMessages"]),
            int(read["ApproximateNumberOfMessagesNotVisible"]),
        )
    return found


def check_ready(account: Account, stage: Stage, accounts: Iterable[str], since: datetime) -> None:
    """Raises DeployError if the host has not logged since then, of each WhatsApp account, that it
    is ready; the host says so once a minute."""
    told = _told(account, stage, since)
    for name in accounts:
        state = told.get(name, "not heard of: the host is not running, or logs no INFO")
        if state != "ready":
            raise DeployError(
                f"WhatsApp account {name} is {state}. Pair it on the host's page and call this "
                "again two minutes later (docs/deploy.md, Pairing)."
            )


def _told(account: Account, stage: Stage, since: datetime) -> dict[str, str]:
    """{account: its newest state}"""
    found: dict[str, str] = {}
    try:
        lines = account.pages(
            "logs",
            "filter_log_events",
            "events",
            logGroupName=f"/cicero/{stage.name}/wa-session-host",
            startTime=round(since.timestamp() * 1000),
        )
        for line in sorted(lines, key=lambda event: int(event["timestamp"])):
            if match := _READY.search(str((read_line(line["message"]) or {}).get("message"))):
                found[match[1]] = match[2]
    except ClientError as error:
        raise DeployError(f"The host's log cannot be read: {error}") from error
    return found


def read_line(message: str) -> dict[str, Any] | None:
    """A line of a log as an object; None if it is none."""
    try:
        read = json.loads(message)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
