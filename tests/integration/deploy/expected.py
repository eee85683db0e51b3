"""What a deployed stage must consist of, from the project's own files."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.slots import FINAL, HALF_HOUR, eventbridge_expression
from local.deploy.account import Account, find
from local.deploy.project import policy
from local.deploy.stages import Stage
from tests.conftest import ROOT
from tests.integration.deploy.seen import seen

CONFIG = json.loads((ROOT / ".chalice/config.json").read_text(encoding="utf-8"))
FUNCTIONS: dict[str, dict[str, Any]] = CONFIG["lambda_functions"]
CONSUMERS = {
    "fetch_posts": "fetch",
    "refresh_engagement": "engagement",
    "dead_job": "fetch-dlq",
    "dead_engagement_job": "engagement-dlq",
}


def assert_complete(account: Account, stage: Stage) -> None:
    """Checks functions with limits, environment and role, schedules, mappings and logs."""
    there = seen(account, stage)
    for name, settings in FUNCTIONS.items():
        function = there["functions"][stage.prefix + name]
        limits = (settings["lambda_timeout"], CONFIG["lambda_memory_size"])
        assert (function["Timeout"], function["MemorySize"]) == limits
        assert function["Environment"]["Variables"] == stage.variables() | {
            "CICERO_SECRETS_VERSION": "1"
        }
        assert function["Role"].endswith(f"role/{stage.prefix}{name}")
        assert function["TracingConfig"] == {"Mode": "PassThrough"}
        assert function["Architectures"] == [stage.architecture]
        template = (ROOT / ".chalice" / settings["iam_policy_file"]).read_text(encoding="utf-8")
        assert there["roles"][stage.prefix + name] == policy(template, stage, account.number())
    assert len(there["functions"]) == len(there["roles"]) == len(FUNCTIONS)
    assert there["logs"] == sorted(f"/aws/lambda/{stage.prefix}{name}" for name in FUNCTIONS)
    groups = account.pages("logs", "describe_log_groups", "logGroups")
    days = {g["logGroupName"]: g.get("retentionInDays") for g in groups}
    assert {days[group] for group in there["logs"]} == {30}
    _assert_fed(account, stage)
    _assert_tagged(account, stage)


def _assert_fed(account: Account, stage: Stage) -> None:
    rules = account.pages("events", "list_rules", "Rules", NamePrefix=stage.prefix)
    assert {
        rule["Name"].removeprefix(stage.prefix): rule["ScheduleExpression"] for rule in rules
    } == {
        "open_slot_half_hour-event": eventbridge_expression(HALF_HOUR),
        "open_slot_final-event": eventbridge_expression(FINAL),
        "sweep-event": "rate(1 minute)",
    }
    mappings = find(account, stage).mappings
    assert {m["BatchSize"] for m in mappings} == {1}
    assert {
        (m["FunctionArn"].rsplit("-", 1)[-1], m["EventSourceArn"].rsplit(":", 1)[-1])
        for m in mappings
    } == {(name, f"{stage.stack}-{queue}") for name, queue in CONSUMERS.items()}


def _assert_tagged(account: Account, stage: Stage) -> None:
    """Checks the tags of stacks, functions, roles, logs and rules."""
    found, listed = find(account, stage), [{"Key": k, "Value": v} for k, v in stage.tags.items()]
    aws, logs = account.client("lambda"), account.client("logs")
    for function in found.functions.values():
        tags = aws.list_tags(Resource=function["FunctionArn"])["Tags"]
        assert stage.tags.items() <= tags.items()
    for group in found.log_groups:
        assert logs.list_tags_log_group(logGroupName=group)["tags"] == stage.tags
    for name in found.roles:
        assert account.client("iam").list_role_tags(RoleName=name)["Tags"] == listed
    for rule in account.pages("events", "list_rules", "Rules", NamePrefix=stage.prefix):
        tags = account.client("events").list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        assert tags == listed
    for name in (stage.stack, stage.watch):
        [stack] = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert stack["Tags"] == listed
