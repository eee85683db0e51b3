"""Any stack of CloudFormation: made or updated, deleted, asked about."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.deploy.account import Account, DeployError

_POLL = {"Delay": 5, "MaxAttempts": 360}
_NEVER_STOOD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED")


def apply(account: Account, name: str, body: dict[str, Any], values: dict[str, str]) -> str:
    """Makes the stack what template and values say; returns the stack's status.

    A first try that failed is removed first, and what is there already stays untouched.
    DeployError with the reasons where AWS refuses, or where somebody else is at it.
    """
    status = status_of(account, name)
    if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeployError(f"Stack {name} is {status}: wait until it has ended.")
    if status in _NEVER_STOOD:
        delete(account, name)
        status = None
    if status and status.endswith("_COMPLETE") and _is(account, name, body, values):
        return f"{status}, unchanged"
    verb = "update" if status else "create"
    try:
        getattr(account.client("cloudformation"), f"{verb}_stack")(
            StackName=name,
            TemplateBody=json.dumps(body, separators=(",", ":")),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return f"{status}, unchanged"
        raise
    return _settled(account, name, verb)


def delete(account: Account, name: str) -> None:
    """Deletes the stack, where there is one, with all that is in it."""
    if status_of(account, name):
        account.client("cloudformation").delete_stack(StackName=name)
        _settled(account, name, "delete")


def status_of(account: Account, name: str) -> str | None:
    """The stack's status, or None where there is no stack."""
    found = _described(account, name)
    return str(found["StackStatus"]) if found else None


def outputs(account: Account, name: str) -> dict[str, str]:
    described = _described(account, name) or {}
    return {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}


def parameters(account: Account, name: str) -> dict[str, str]:
    described = _described(account, name) or {}
    return {p["ParameterKey"]: str(p["ParameterValue"]) for p in described.get("Parameters", [])}


def _is(account: Account, name: str, body: dict[str, Any], values: dict[str, str]) -> bool:
    """Whether the stack has this template and these values, and its defaults for the others."""
    answer = account.client("cloudformation").get_template(StackName=name)
    defaults = {k: str(v.get("Default")) for k, v in body["Parameters"].items()}
    same = parameters(account, name) == defaults | values
    return bool(answer["TemplateBody"] == body) and same


def _described(account: Account, name: str) -> dict[str, Any] | None:
    try:
        found = account.client("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(found["Stacks"][0])


def _settled(account: Account, name: str, verb: str) -> str:
    """Waits for the end; DeployError with what AWS says of each resource that failed."""
    waiter = account.client("cloudformation").get_waiter(f"stack_{verb}_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig=_POLL)
    except WaiterError as error:
        raise DeployError(f"Stack {name}: {_reasons(account, name) or error}") from error
    return status_of(account, name) or "DELETE_COMPLETE"


def _reasons(account: Account, name: str) -> str:
    answer = account.client("cloudformation").describe_stack_events(StackName=name)
    failed = [e for e in answer["StackEvents"] if e["ResourceStatus"].endswith("_FAILED")]
    return "; ".join(
        f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', 'no reason')}"
        for e in failed[:5]
    )
