"""The AWS account, and what of a stage exists in it.

Chalice records what it created in a file, written only after everything succeeded. Nothing here
relies on such a file: names are fixed, so what exists says as much, even after a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.session import get_session

from chalicelib.errors import CiceroError
from local.deploy.stages import Stage

AwsError = (BotoCoreError, ClientError)


class DeployError(CiceroError):
    """A step failed; what was done before it stays done, and the command can be repeated."""


@cache
def _models() -> Any:
    """The descriptions of AWS's services: reading them takes longer than most calls, so that all
    accounts of a process share them."""
    return create_loader()


class Account:
    """An account in one region, as this machine is signed in to it. Closes its clients."""

    def __init__(self, region: str) -> None:
        self.region = region
        core = get_session()
        core.register_component("data_loader", _models())
        self._session = boto3.Session(region_name=region, botocore_session=core)
        self._clients: dict[tuple[str, int, int], Any] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def client(self, service: str, seconds: int = 60, tries: int = 4) -> Any:
        """A client that waits up to `seconds` for a response, and makes up to `tries` attempts."""
        wanted = (service, seconds, tries)
        if wanted not in self._clients:
            config = Config(
                read_timeout=seconds,
                retries={"mode": "standard", "total_max_attempts": tries},
                tcp_keepalive=True,
            )
            made = self._session.client(service, config=config)
            self._clients[wanted] = self._open.enter_context(closing(made))
        return self._clients[wanted]

    def number(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    def pages(self, service: str, call: str, items: str, **arguments: Any) -> Iterator[Any]:
        """Every item of a paginated call; SQS omits an empty list."""
        for page in self.client(service).get_paginator(call).paginate(**arguments):
            yield from page.get(items, [])


@dataclass(frozen=True)
class Found:
    """What exists of a stage's functions. By name: the ARNs of roles and the states of rules;
    functions and queue mappings are as Lambda lists them."""

    functions: dict[str, dict[str, Any]]
    roles: dict[str, str]
    log_groups: list[str]
    rules: dict[str, str]
    mappings: list[dict[str, Any]]

    def alone(self, function: str) -> Found:
        """What belongs to a function that nothing triggers."""
        return Found(
            {name: made for name, made in self.functions.items() if name == function},
            {name: arn for name, arn in self.roles.items() if name == function},
            [group for group in self.log_groups if group == f"/aws/lambda/{function}"],
            rules={},
            mappings=[],
        )

    def chalice_state(self, prefix: str) -> dict[str, Any]:
        """The content of Chalice's `.chalice/deployed/STAGE.json`; Chalice deletes from the end."""
        made: list[dict[str, str]] = []

        def add(kind: str, name: str, suffix: str, **values: str) -> None:
            short = name.rsplit("/", 1)[-1].removeprefix(prefix)
            made.append({"name": short + suffix, "resource_type": kind, **values})

        for group in self.log_groups:
            add("log_group", group, "-log-group", log_group_name=group)
        for name, arn in self.roles.items():
            add("iam_role", name, "_role", role_arn=arn, role_name=name)
        for name, function in self.functions.items():
            add("lambda_function", name, "", lambda_arn=function["FunctionArn"])
        for name in self.rules:
            add("cloudwatch_event", name, "", rule_name=name)
        for mapping in self.mappings:
            arn, queue = mapping["FunctionArn"], mapping["EventSourceArn"]
            values = {"queue_arn": queue, "queue": queue.rsplit(":", 1)[-1], "lambda_arn": arn}
            event = {"event_uuid": mapping["UUID"], **values}
            add("sqs_event", arn.rsplit(":", 1)[-1], "-sqs-event-source", **event)
        return {"resources": made, "schema_version": "2.0", "backend": "api"}


def find(account: Account, stage: Stage) -> Found:
    """Looks up what exists of the stage, whoever created it."""
    start = stage.prefix
    functions = account.pages("lambda", "list_functions", "Functions")
    roles = account.pages("iam", "list_roles", "Roles")
    mappings = account.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
    groups = account.pages(
        "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=f"/aws/lambda/{start}"
    )
    rules = account.pages("events", "list_rules", "Rules", NamePrefix=start)
    return Found(
        {f["FunctionName"]: f for f in functions if f["FunctionName"].startswith(start)},
        {r["RoleName"]: r["Arn"] for r in roles if r["RoleName"].startswith(start)},
        [group["logGroupName"] for group in groups],
        {rule["Name"]: rule["State"] for rule in rules},
        [m for m in mappings if _is_of(m, start) and m["State"] != "Deleting"],
    )


def _is_of(mapping: dict[str, Any], prefix: str) -> bool:
    return str(mapping["FunctionArn"]).rsplit(":", 1)[-1].startswith(prefix)
