"""What is deployed of a stage, and its state."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from local.deploy.account import Account, Found
from local.deploy.cloudformation import status_of
from local.deploy.stacks import transport_of
from local.deploy.stages import Stage
from local.deploy.waiting import queues, read_line

_SLOTS_SECONDS = 3 * 60 * 60
_SLOTS_SHOWN = 6

Line = tuple[str, str]


def status(account: Account, stage: Stage, found: Found) -> Iterator[Line]:
    """Yields (what, its state), one per line."""
    for name in (stage.stack, stage.watch):
        yield f"stack {name}", status_of(account, name) or "none"
    yield "functions", _functions(found)
    yield from ((f"rule {name.removeprefix(stage.prefix)}", s) for name, s in found.rules.items())
    yield from ((f"queue {name}", str(depth)) for name, depth in queues(account, stage).items())
    yield from _host(account, stage)
    yield "last slots", ", ".join(_slots(account, found, stage)) or "none in three hours"
    yield from _alarms(account, stage)


def _functions(found: Found) -> str:
    own = list(found.functions.values())
    runtimes = ", ".join(sorted({f["Runtime"] for f in own}))
    codes = len({f["CodeSha256"] for f in own if not f["FunctionName"].endswith("-migrate")})
    newest = max((f["LastModified"] for f in own), default="never")
    mixed = f", of {codes} different bundles: deploy again" if codes > 1 else ""
    return f"{len(own)} on {runtimes or 'nothing'}, changed {newest}{mixed}"


def _host(account: Account, stage: Stage) -> Iterator[Line]:
    ecs = account.client("ecs")
    try:
        services = ecs.describe_services(cluster=stage.stack, services=["wa-session-host"])[
            "services"
        ]
    except ecs.exceptions.ClusterNotFoundException:
        services = []
    sends = transport_of(account, stage)
    for service in services:
        off = "" if sends == "neonize" else ", sends off"
        yield "host", f"{service['runningCount']} of {service['desiredCount']} tasks{off}"
    if not services:
        yield "host", "none"


def _slots(account: Account, found: Found, stage: Stage) -> list[str]:
    """The newest slots that the schedules opened, from the functions' logs."""
    since = int((time.time() - _SLOTS_SECONDS) * 1000)
    lines: list[dict[str, Any]] = []
    for group in found.log_groups:
        if f"{stage.prefix}open_slot_" in group:
            events = account.pages(
                "logs", "filter_log_events", "events", logGroupName=group, startTime=since
            )
            lines += [line for event in events if (line := read_line(event["message"]))]
    slots = sorted({str(line["slot"]) for line in lines if "slot" in line}, reverse=True)
    return slots[:_SLOTS_SHOWN]


def _alarms(account: Account, stage: Stage) -> Iterator[Line]:
    alarms = list(
        account.pages(
            "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=stage.stack + "-"
        )
    )
    bad = [a for a in alarms if a["StateValue"] == "ALARM"]
    yield "alarms", f"{len(alarms)}, {len(bad)} of them on"
    for alarm in bad:
        yield f"alarm {alarm['AlarmName']}", alarm.get("AlarmDescription", "")
