"""Everything that a stage is on AWS, to compare it with itself later."""

from __future__ import annotations

from typing import Any

from local.deploy.account import Account, find
from local.deploy.stages import Stage

_PASSING = ("LastModified", "RevisionId", "CodeSha256", "CodeSize", "Version")


def seen(account: Account, stage: Stage) -> dict[str, Any]:
    """What AWS returns for each function, role, rule, …, without what any call changes."""
    found, aws, iam = find(account, stage), account.client("lambda"), account.client("iam")
    functions = {
        name: aws.get_function_configuration(FunctionName=name) for name in found.functions
    }
    policies = {
        name: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for name in found.roles
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    events = account.client("events")
    targets = {rule: events.list_targets_by_rule(Rule=rule)["Targets"] for rule in found.rules}
    return {
        "code": {name: f["CodeSha256"] for name, f in functions.items()},
        "functions": {name: _kept(f) for name, f in functions.items()},
        "roles": policies,
        "rules": found.rules,
        "targets": targets,
        "mappings": sorted(m["UUID"] for m in found.mappings),
        "logs": sorted(found.log_groups),
    }


def _kept(function: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in function.items() if k not in ("ResponseMetadata", *_PASSING)}
