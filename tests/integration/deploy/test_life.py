"""The life of one stage: created, repeated, with new code, rolled back, removed."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from local.cli import cli
from local.deploy.account import Account, find
from local.deploy.destroy import what_goes
from local.deploy.stages import Stage
from local.deploy.status import status
from local.deploy.steps import Deployment
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.expected import assert_complete
from tests.integration.deploy.gate import Gate
from tests.integration.deploy.seen import seen

STEPS = (
    *("preflight", "resources", "package", "migrate", "functions"),
    *("host", "smoke", "keep", "schedules", "watch"),
)


def test_the_life_of_a_stage(
    new_stage: NewStage, account: Account, gate: Gate, project: Path
) -> None:
    one = new_stage("one", 'client = "CONTOH"')
    made = assert_made_from_nothing(one, gate)
    assert_nothing_changes_without_any_file_of_chalice_s(one, gate, made)
    assert_new_code_changes_code_alone(one, gate, made)
    assert_goes_back(one, gate, made)
    assert_status_tells_of_slots_queues_and_alarms(one)
    neighbour = stage_of_a_similar_name(account)
    assert_removed(one, gate)
    assert find(account, neighbour).rules.keys() | find(account, neighbour).log_groups == {
        "cicero-fetch-onetwo-sweep-event",
        "/aws/lambda/cicero-fetch-onetwo-sweep",
    }


def run(one: Deployment, command: str, typed: str = "") -> str:
    """Returns what the command prints."""
    arguments = [command, one.stage.name, "--project", str(one.source)]
    ran = CliRunner().invoke(cli, arguments, input=typed)
    assert ran.exit_code == 0, (ran.output, ran.exception)
    return ran.output


def assert_made_from_nothing(one: Deployment, gate: Gate) -> dict[str, Any]:
    said: list[str] = []
    one.run(said.append)
    assert tuple(line.removesuffix(" ...") for line in said if line.endswith(" ...")) == STEPS
    assert_complete(one.account, one.stage)
    assert set(find(one.account, one.stage).rules.values()) == {"ENABLED"}
    assert_schedules_began_off_and_were_switched_on_last(gate)
    assert_nothing_reserves_an_execution(gate)
    assert_the_state_is_chalice_s_own(one)
    return seen(one.account, one.stage)


def assert_nothing_changes_without_any_file_of_chalice_s(
    one: Deployment, gate: Gate, made: dict[str, Any]
) -> None:
    shutil.rmtree(one.source / ".local")
    shutil.rmtree(one.source / ".chalice/deployed")
    gate.stop(None)
    one.run(told)
    assert seen(one.account, one.stage) == made
    assert [
        c for c in gate.changes if c.startswith(("Create", "UpdateStack", "DELETE /2015"))
    ] == []


def assert_new_code_changes_code_alone(one: Deployment, gate: Gate, made: dict[str, Any]) -> None:
    (one.source / "chalicelib/added.py").write_text("")  # Chalice's own cache would not see it
    gate.stop(None)
    one.run(told)
    changed = seen(one.account, one.stage)
    assert not set(changed["code"].items()) & set(made["code"].items())
    assert changed | {"code": made["code"]} == made
    calls = [c.split(" ")[1] for c in gate.changes if c.endswith(("/code", "/invocations"))]
    name = "/2015-03-31/functions/cicero-fetch-one-migrate"
    assert calls[:2] == [f"{name}/code", f"{name}/invocations"]
    assert len(calls) > 14


def assert_goes_back(one: Deployment, gate: Gate, made: dict[str, Any]) -> None:
    gate.stop(None)
    run(one, "rollback")
    codes = zip(gate.changes, gate.bodies, strict=True)
    given = [json.loads(body)["Architectures"] for call, body in codes if call.endswith("/code")]
    assert given == [["arm64"]] * 16
    back = seen(one.account, one.stage)["code"]
    other = [name for name in back if back[name] != made["code"][name]]
    assert other == ["cicero-fetch-one-migrate"]


def assert_removed(one: Deployment, gate: Gate) -> None:
    """A removal that is stopped in the middle of the functions goes on when it is called again."""
    gate.stop(30)
    arguments = ["destroy", "one", "--project", str(one.source)]
    stopped = CliRunner().invoke(cli, arguments, input="one\n")
    assert "stopped here" in str(stopped.exception)
    left = find(one.account, one.stage)
    assert 0 < len(left.functions) < 17
    assert set(left.rules.values()) <= {"DISABLED"}
    gate.stop(None)
    run(one, "destroy", typed="one\n")
    assert what_goes(one.account, one.stage) == []
    assert "0 on nothing" in run(one, "status")


def stage_of_a_similar_name(account: Account) -> Stage:
    """A rule and a log group of another stage, whose name begins like this one's."""
    account.client("events").put_rule(
        Name="cicero-fetch-onetwo-sweep-event", ScheduleExpression="rate(1 minute)"
    )
    account.client("logs").create_log_group(logGroupName="/aws/lambda/cicero-fetch-onetwo-sweep")
    return Stage(name="onetwo", region=account.region)


def told(text: str) -> None:
    """Collects what a deployment reports."""


def assert_status_tells_of_slots_queues_and_alarms(one: Deployment) -> None:
    account = one.account
    logs, now = account.client("logs"), int(time.time() * 1000)
    group = "/aws/lambda/cicero-fetch-one-open_slot_half_hour"
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    lines = ("START", json.dumps({"slot": "2026-02-20T17:00+07:00", "message": "open_slot: {}"}))
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    name, watch = "cicero-one-fetch-late", account.client("cloudwatch")  # not in moto's stacks
    rule = {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    watch.put_metric_alarm(AlarmName=name, Namespace="x", MetricName="x", Period=60, **rule)
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    told = dict(status(account, one.stage, find(account, one.stage)))

    assert "17 on python3" in told["functions"]
    assert "different bundles" not in told["functions"]
    assert told["rule sweep-event"] == "ENABLED"
    assert told["queue fetch"] == "0 waiting, 0 in hand"
    assert (told["host"], told["last slots"]) == ("none", "2026-02-20T17:00+07:00")
    assert told["alarms"] == "1, 1 of them on"
    assert f"alarm {name}" in told
    assert told["stack cicero-one-watch"] == "CREATE_COMPLETE"


def assert_schedules_began_off_and_were_switched_on_last(gate: Gate) -> None:
    puts = [json.loads(b) for c, b in zip(gate.changes, gate.bodies, strict=True) if c == "PutRule"]
    assert [rule["State"] for rule in puts] == ["DISABLED"] * 3
    assert gate.changes[-4:] == [*["EnableRule"] * 3, "CreateStack"]


def assert_nothing_reserves_an_execution(gate: Gate) -> None:
    assert not [
        change for change in gate.changes if change.startswith("PUT") and "concurrency" in change
    ]


def assert_the_state_is_chalice_s_own(one: Deployment) -> None:
    """What is found says everything that Chalice recorded."""
    file = one.work / ".chalice/deployed/one.json"
    chalice_s = json.loads(file.read_text())
    ours = find(one.account, one.stage).chalice_state(one.stage.prefix)
    by_name = [sorted(state.pop("resources"), key=json.dumps) for state in (chalice_s, ours)]
    assert by_name[0] == by_name[1]
    assert chalice_s == ours
