"""Removing a stage: everything that bears its name, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from local.deploy import bundles, cloudformation, functions
from local.deploy.account import Account, find
from local.deploy.project import write_project
from local.deploy.stages import Stage

LEFT = "the secrets parameter, PostgreSQL with all tables, the image repository, ECS's own role"


def what_goes(account: Account, stage: Stage) -> list[str]:
    """What `destroy` removes, by name."""
    found = find(account, stage)
    names = (stage.watch, stage.stack)
    stacks = [f"stack {name}" for name in names if cloudformation.status_of(account, name)]
    kinds: dict[str, Iterable[str]] = {
        "rule": found.rules,
        "function": found.functions,
        "role": found.roles,
        "log group": found.log_groups,
    }
    mappings = [
        f"queue mapping of {m['EventSourceArn'].rsplit(':', 1)[-1]}" for m in found.mappings
    ]
    return [f"{kind} {name}" for kind, names in kinds.items() for name in names] + mappings + stacks


def destroy(source: Path, work: Path, account: Account, stage: Stage) -> None:
    """Alarms and schedules first, then functions, logs and the stack; jobs and messages in queues
    are lost."""
    cloudformation.delete(account, stage.watch)  # or it would alarm at the silence
    found = find(account, stage)
    for rule in found.rules:
        account.client("events").disable_rule(Name=rule)
    write_project(source, work, stage, account.number())
    functions.delete(work, stage, found)
    for group in found.log_groups:  # Chalice keeps the logs, and removes only their retention
        account.client("logs").delete_log_group(logGroupName=group)
    bundles.empty(account, stage)
    cloudformation.delete(account, stage.stack)
    (source / f".chalice/deployed/{stage.name}.json").unlink(missing_ok=True)
