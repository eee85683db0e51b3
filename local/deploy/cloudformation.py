"""Any CloudFormation stack: creating, updating, deleting and querying it."""

from __future__ import annotations

import json
import re
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.deploy.account import Account, DeployError

_POLL = {"Delay": 5, "MaxAttempts": 360}
_TOLD = 5
_CANCELLED = re.compile(r"Resource (creation|update|deletion) cancelled")
_NEVER_STOOD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED")


def apply(
    account: Account,
    name: str,
    body: dict[str, Any],
    values: dict[str, str],
    tags: dict[str, str],
) -> str:
    """Brings the stack in line with template, values and tags, protected from deletion; returns the
    stack's status. CloudFormation passes the tags on to what is in the stack.

    A stack whose creation failed is removed first, one whose update could not be undone is brought
    back to what it was; one that is up to date is left untouched.
    Raises DeployError with the reasons if AWS refuses, or if the stack is being changed already.
    """
    found = _settled_before(account, name)
    status = found.get("StackStatus")
    if found and not found.get("EnableTerminationProtection"):
        _protect(account, name, protected=True)
    if status and status.endswith("_COMPLETE") and _is(account, found, body, values, tags):
        return f"{status}, unchanged"
    cloud, wanted = account.client("cloudformation"), _wanted(body, values, tags)
    if not found:
        cloud.create_stack(StackName=name, **wanted, EnableTerminationProtection=True)
        return _settled(account, name, "create")
    try:
        cloud.update_stack(StackName=name, **wanted)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return f"{status}, unchanged"
        raise
    return _settled(account, name, "update")


def _settled_before(account: Account, name: str) -> dict[str, Any]:
    """The stack, empty if there is none, once what failed before is out of the way."""
    found = _described(account, name) or {}
    status = found.get("StackStatus", "")
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeployError(f"Stack {name} is {status}: wait until it has ended.")
    if status in _NEVER_STOOD:
        delete(account, name)
        return {}
    if status == "UPDATE_ROLLBACK_FAILED":
        account.client("cloudformation").continue_update_rollback(StackName=name)
        _settled(account, name, "rollback")
        return _described(account, name) or {}
    return found


def delete(account: Account, name: str) -> None:
    """Lifts the stack's protection and deletes it, with everything in it, if it exists."""
    found = _described(account, name)
    if found is None:
        return
    if found.get("EnableTerminationProtection"):
        _protect(account, name, protected=False)
    account.client("cloudformation").delete_stack(StackName=name)
    _settled(account, name, "delete")


def status_of(account: Account, name: str) -> str | None:
    """The stack's status, or None if there is no stack."""
    found = _described(account, name)
    return str(found["StackStatus"]) if found else None


def outputs(account: Account, name: str) -> dict[str, str]:
    described = _described(account, name) or {}
    return {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}


def parameters(account: Account, name: str) -> dict[str, str]:
    return _parameters(_described(account, name) or {})


def _parameters(described: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: str(p["ParameterValue"]) for p in described.get("Parameters", [])}


def _wanted(body: dict[str, Any], values: dict[str, str], tags: dict[str, str]) -> dict[str, Any]:
    """What CloudFormation is told about a stack besides its name."""
    return {
        "TemplateBody": json.dumps(body, separators=(",", ":")),
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
        "Tags": [{"Key": k, "Value": v} for k, v in tags.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }


def _is(
    account: Account,
    described: dict[str, Any],
    body: dict[str, Any],
    values: dict[str, str],
    tags: dict[str, str],
) -> bool:
    """Whether the stack has this template, these tags and values, and defaults for all others."""
    answer = account.client("cloudformation").get_template(StackName=described["StackName"])
    defaults = {k: str(v.get("Default")) for k, v in body["Parameters"].items()}
    same = _parameters(described) == defaults | values
    tagged = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return bool(answer["TemplateBody"] == body) and same and tagged == tags


def _protect(account: Account, name: str, *, protected: bool) -> None:
    account.client("cloudformation").update_termination_protection(
        StackName=name, EnableTerminationProtection=protected
    )


def _described(account: Account, name: str) -> dict[str, Any] | None:
    try:
        found = account.client("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(found["Stacks"][0])


def _settled(account: Account, name: str, verb: str) -> str:
    """Waits for the end. Raises DeployError with what AWS says about each failed resource."""
    waiter = account.client("cloudformation").get_waiter(f"stack_{verb}_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig=_POLL)
    except WaiterError as error:
        raise DeployError(f"Stack {name}: {_reasons(account, name) or error}") from error
    return status_of(account, name) or "DELETE_COMPLETE"


def _reasons(account: Account, name: str) -> str:
    """What failed since the last operation began, without what was cancelled because of it."""
    failed = []
    for event in account.client("cloudformation").describe_stack_events(StackName=name)[
        "StackEvents"
    ]:
        reason = event.get("ResourceStatusReason", "no reason")
        if event["LogicalResourceId"] != name:
            if event["ResourceStatus"].endswith("_FAILED") and not _CANCELLED.search(reason):
                failed.append(f"{event['LogicalResourceId']}: {reason}")
        elif reason == "User Initiated":
            break
    return "; ".join(failed[:_TOLD])
