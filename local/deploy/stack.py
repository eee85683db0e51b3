"""The CloudFormation stack: queues, alarms and, where it is wanted, the WhatsApp host."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.deploy.account import Account, DeployError
from local.deploy.stages import Host, Stage

TEMPLATE = Path(".chalice/resources.json")

_POLL = {"Delay": 5, "MaxAttempts": 360}
_HOST = ("DeployHost", "HostImage", "HostVpc", "HostSubnetA", "HostSubnetB")
_HOST_REST = ("HostPublicIp", "HostPageFrom", "HostExec")
_NEVER_STOOD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED")


def apply_stack(account: Account, project: Path, stage: Stage, *, host: bool) -> str:
    """Makes the stack what template and stage say; returns the stack's status.

    Without `host` the host stays as it is, and is none where there is no stack yet. A first try
    that failed is removed first. DeployError with the reasons where AWS refuses.
    """
    status = stack_status(account, stage)
    if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeployError(f"Stack {stage.stack} is {status}: wait until it has ended.")
    if status in _NEVER_STOOD:
        delete_stack(account, stage)
        status = None
    body = json.loads((project / TEMPLATE).read_text(encoding="utf-8"))
    before = _parameters(account, stage) if status else {}
    values = _values(stage, before, host=host)
    if status and status.endswith("_COMPLETE") and _is(account, stage, body, before, values):
        return f"{status}, unchanged"
    verb = "update" if status else "create"
    try:
        getattr(account.client("cloudformation"), f"{verb}_stack")(
            StackName=stage.stack,
            TemplateBody=json.dumps(body, separators=(",", ":")),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return f"{status}, unchanged"
        raise
    return _settled(account, stage, verb)


def _is(
    account: Account,
    stage: Stage,
    body: dict[str, Any],
    before: dict[str, str],
    values: dict[str, str],
) -> bool:
    """Whether the stack has this template and these values, and its defaults for the others."""
    answer = account.client("cloudformation").get_template(StackName=stage.stack)
    defaults = {k: str(v.get("Default")) for k, v in body["Parameters"].items()}
    return bool(answer["TemplateBody"] == body) and before == {**defaults, **values}


def make_service_role(account: Account) -> None:
    """The role that ECS acts in. A new account gets it with its first use of ECS, too late for
    what is made at that moment."""
    iam = account.client("iam")
    there = iam.exceptions.InvalidInputException, iam.exceptions.EntityAlreadyExistsException
    with suppress(*there):
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def delete_stack(account: Account, stage: Stage) -> None:
    account.client("cloudformation").delete_stack(StackName=stage.stack)
    _settled(account, stage, "delete")


def stack_status(account: Account, stage: Stage) -> str | None:
    """The stack's status, or None where there is no stack."""
    found = _described(account, stage)
    return str(found["StackStatus"]) if found else None


def outputs(account: Account, stage: Stage) -> dict[str, str]:
    described = _described(account, stage) or {}
    return {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}


def _values(stage: Stage, previous: dict[str, str], *, host: bool) -> dict[str, str]:
    own = {"Stage": stage.name, "AlarmEmail": stage.alarm_email}
    if host:
        return own | (_of_host(stage.host) if stage.host else {})
    return own | {key: previous[key] for key in (*_HOST, *_HOST_REST) if key in previous}


def _of_host(host: Host) -> dict[str, str]:
    return {
        **dict(zip(_HOST, ("true", host.image, host.vpc, *host.subnets), strict=True)),
        "HostPublicIp": "ENABLED" if host.public_ip else "DISABLED",
        "HostPageFrom": host.page_from,
        "HostExec": str(host.exec).lower(),
    }


def _parameters(account: Account, stage: Stage) -> dict[str, str]:
    described = _described(account, stage) or {}
    return {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", [])}


def _described(account: Account, stage: Stage) -> dict[str, Any] | None:
    try:
        found = account.client("cloudformation").describe_stacks(StackName=stage.stack)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(found["Stacks"][0])


def _settled(account: Account, stage: Stage, verb: str) -> str:
    """Waits for the end; DeployError with what AWS says of each resource that failed."""
    waiter = account.client("cloudformation").get_waiter(f"stack_{verb}_complete")
    try:
        waiter.wait(StackName=stage.stack, WaiterConfig=_POLL)
    except WaiterError as error:
        raise DeployError(f"Stack {stage.stack}: {_reasons(account, stage) or error}") from error
    return stack_status(account, stage) or "DELETE_COMPLETE"


def _reasons(account: Account, stage: Stage) -> str:
    answer = account.client("cloudformation").describe_stack_events(StackName=stage.stack)
    failed = [e for e in answer["StackEvents"] if e["ResourceStatus"].endswith("_FAILED")]
    return "; ".join(
        f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', 'no reason')}"
        for e in failed[:5]
    )
