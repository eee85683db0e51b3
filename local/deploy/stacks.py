"""A stage's two stacks: everything around the functions, and the alarms that watch over it all."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.deploy import cloudformation
from local.deploy.account import Account
from local.deploy.stages import Host, Stage

_HOST = ("DeployHost", "HostImage", "HostVpc", "HostSubnetA", "HostSubnetB")
_HOST_REST = ("HostPublicIp", "HostPageFrom", "HostExec", "HostTransport")


def apply_resources(
    account: Account, project: Path, stage: Stage, *, host: bool, transport: str = ""
) -> str:
    """Applies queues, alarms, bucket and host; returns the stack's status. Without `host` the host
    is left unchanged, and a new stack gets none. `transport` is WA_TRANSPORT of the host, by
    default that of `transport_of`."""
    values = {"Stage": stage.name, "AlarmEmail": stage.alarm_email}
    if not host:
        before = cloudformation.parameters(account, stage.stack)
        values |= {key: before[key] for key in (*_HOST, *_HOST_REST) if key in before}
    elif stage.host:
        values |= _of_host(stage.host)
        values["HostTransport"] = transport or transport_of(account, stage)
    body = _template(project, "resources")
    return cloudformation.apply(account, stage.stack, body, values, stage.tags)


def transport_of(account: Account, stage: Stage) -> str:
    """WA_TRANSPORT of the stage's host: beside an older service as it is, and a new host's off."""
    if not stage.beside:
        return "neonize"
    before = cloudformation.parameters(account, stage.stack)
    if before.get("DeployHost") != "true":
        return "off"
    return before.get("HostTransport", "neonize")  # hosts of before always sent


def apply_watch(account: Account, project: Path, stage: Stage, *, on: bool) -> str:
    """Applies the alarms on what does not happen, or removes them if the schedules are not on."""
    if not on:
        cloudformation.delete(account, stage.watch)
        return "none"
    values = {
        "Stage": stage.name,
        "AlarmTopic": cloudformation.outputs(account, stage.stack)["AlarmTopicArn"],
        "DeployHost": str(stage.host is not None).lower(),
        "MonthlyBudget": str(stage.monthly_budget),
        "BudgetEmail": stage.alarm_email,
    }
    return cloudformation.apply(
        account, stage.watch, _template(project, "watch"), values, stage.tags
    )


def make_service_role(account: Account) -> None:
    """Creates the role that ECS acts in. A new account gets it on its first use of ECS, too late
    for what is created at that moment."""
    iam = account.client("iam")
    there = iam.exceptions.InvalidInputException, iam.exceptions.EntityAlreadyExistsException
    with suppress(*there):
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def _template(project: Path, name: str) -> dict[str, Any]:
    file = project / ".chalice" / f"{name}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _of_host(host: Host) -> dict[str, str]:
    return {
        **dict(zip(_HOST, ("true", host.image, host.vpc, *host.subnets), strict=True)),
        "HostPublicIp": "ENABLED" if host.public_ip else "DISABLED",
        "HostPageFrom": host.page_from,
        "HostExec": str(host.exec).lower(),
    }
