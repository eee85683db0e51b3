"""How a deployed stage is wired, read only from the account, and a runner that follows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.deploy.account import Account
from local.deploy.stages import Stage
from local.invocation import schedule_event, sqs_event
from tests.schedules import clocks

Invoke = Callable[[str, Any], Any]
"""Runs the function of this name with an event; whatever it raises fails the test."""


@dataclass(frozen=True)
class Rule:
    """A schedule, and the functions that it names and is allowed to invoke."""

    expression: str
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Feed:
    """A queue that feeds a function: batch size, and the most executions at a time."""

    queue: str
    function: str
    batch: int
    most: int
    uuid: str


@dataclass(frozen=True)
class Wiring:
    rules: dict[str, Rule]
    feeds: list[Feed]
    queues: dict[str, str]
    """{name: URL}"""


def read_wiring(account: Account, stage: Stage) -> Wiring:
    """What is switched on: enabled rules and mappings, and all queues."""
    urls = account.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=stage.stack + "-")
    mappings = account.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
    rules = account.pages("events", "list_rules", "Rules", NamePrefix=stage.prefix)
    return Wiring(
        {
            rule["Name"]: Rule(rule["ScheduleExpression"], tuple(_targets(account, rule)))
            for rule in rules
            if rule["State"] == "ENABLED"
        },
        [
            Feed(
                _name(mapping["EventSourceArn"]),
                _name(mapping["FunctionArn"]),
                mapping["BatchSize"],
                mapping["ScalingConfig"]["MaximumConcurrency"],
                mapping["UUID"],
            )
            for mapping in mappings
            if mapping["State"] == "Enabled" and stage.prefix in mapping["FunctionArn"]
        ],
        {url.rsplit("/", 1)[-1]: url for url in urls},
    )


def _targets(account: Account, rule: dict[str, Any]) -> list[str]:
    """The functions that the rule names and that allow it to invoke them."""
    targets = account.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
    return [_name(t["Arn"]) for t in targets if _lets_in(account, t["Arn"], rule["Arn"])]


def _lets_in(account: Account, function: str, rule: str) -> bool:
    answer = account.client("lambda").get_policy(FunctionName=function)
    return any(
        statement["Principal"] == {"Service": "events.amazonaws.com"}
        and statement["Condition"] == {"ArnLike": {"AWS:SourceArn": rule}}
        for statement in json.loads(answer["Policy"])["Statement"]
    )


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


class Dispatcher:
    """EventBridge and Lambda's pollers in one thread, guided only by the wiring."""

    def __init__(self, wiring: Wiring, sqs: Any, invoke: Invoke) -> None:
        self._wiring = wiring
        self._sqs = sqs
        self._invoke = invoke

    def fire(self, at: datetime) -> list[str]:
        """The rules due at this minute invoke their functions; returns those functions."""
        due = [
            function
            for rule in self._wiring.rules.values()
            if rule.expression.startswith("cron(") and f"{at:%H:%M}" in clocks(rule.expression)
            for function in rule.functions
        ]
        for function in due:
            self._invoke(function, schedule_event(at))
        return due

    def drain(self) -> None:
        """Delivers the messages of every queue that feeds a function, until there are none left."""
        while any([self._hand_out(feed) for feed in self._wiring.feeds]):
            pass

    def _hand_out(self, feed: Feed) -> bool:
        url = self._wiring.queues[feed.queue]
        received = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=feed.batch)
        messages = received.get("Messages", [])
        if messages:
            records = [sqs_event(one, feed.queue)["Records"][0] for one in messages]
            self._invoke(feed.function, {"Records": records})
        for message in messages:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bool(messages)
