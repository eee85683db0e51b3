"""Deployments of a project without dependencies, to a new account as moto plays it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.cli import cli
from local.deploy.account import Account, DeployError, find
from local.deploy.destroy import what_goes
from local.deploy.status import status
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.expected import assert_complete
from tests.integration.deploy.gate import FunctionFailed, Gate
from tests.integration.deploy.seen import seen

ON, OFF = {"ENABLED"}, {"DISABLED"}


def told(text: str) -> None:
    """Takes what a deployment says of itself."""


def rules(account: Account, deployment: Any) -> set[str]:
    return set(find(account, deployment.stage).rules.values())


def test_the_life_of_a_stage(
    new_stage: NewStage, account: Account, gate: Gate, project: Path
) -> None:
    one = new_stage("one", 'client = "CONTOH"')
    said: list[str] = []

    one.run(said.append)

    first = seen(account, one.stage)
    assert_complete(account, one.stage)
    assert rules(account, one) == ON
    assert_schedules_began_off_and_were_switched_on_last(gate)
    assert_nothing_reserves_an_execution(gate)
    steps = [line.removesuffix(" ...") for line in said if line.endswith(" ...")]
    assert steps == [
        *("preflight", "resources", "package", "migrate", "functions"),
        *("host", "smoke", "keep", "schedules", "watch"),
    ]
    assert_the_state_is_chalice_s_own(one, account)

    shutil.rmtree(project / ".local")
    shutil.rmtree(project / ".chalice/deployed")
    gate.stop(None)
    one.run(told)
    assert seen(account, one.stage) == first
    assert not [
        c
        for c in gate.changes
        if c.startswith(("Create", "POST /2015-03-31/functions/"))
        and "invocations" not in c
        and "policy" not in c
    ]

    (project / "chalicelib/added.py").write_text("")  # Chalice's own cache would not see it
    gate.stop(None)
    one.run(told)
    changed = seen(account, one.stage)
    assert not set(changed["code"].items()) & set(first["code"].items())
    assert changed | {"code": first["code"]} == first
    assert_tables_came_first(gate, "/code")

    ran = CliRunner().invoke(cli, ["rollback", "one", "--project", str(project)])
    assert ran.exit_code == 0, ran.output
    back = seen(account, one.stage)["code"]
    assert [name for name in back if back[name] != first["code"][name]] == [
        "cicero-fetch-one-migrate"
    ]

    assert_status_tells_of_slots_queues_and_alarms(account, one)

    ran = CliRunner().invoke(cli, ["destroy", "one", "--project", str(project)], input="one\n")
    assert ran.exit_code == 0, ran.output
    assert what_goes(account, one.stage) == []
    ran = CliRunner().invoke(cli, ["status", "one", "--project", str(project)])
    assert "0 on nothing" in ran.output, ran.exception


def assert_status_tells_of_slots_queues_and_alarms(account: Account, deployment: Any) -> None:
    logs, now = account.client("logs"), int(time.time() * 1000)
    group = "/aws/lambda/cicero-fetch-one-open_slot_half_hour"
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    lines = ("START", json.dumps({"slot": "2026-02-20T17:00+07:00", "message": "open_slot: {}"}))
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    name, watch = "cicero-one-fetch-late", account.client("cloudwatch")  # not of moto's stacks
    rule = {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    watch.put_metric_alarm(AlarmName=name, Namespace="x", MetricName="x", Period=60, **rule)
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    told = dict(status(account, deployment.stage))

    assert "13 on python3" in told["functions"]
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


def assert_the_state_is_chalice_s_own(deployment: Any, account: Account) -> None:
    """What is found says all that Chalice wrote down."""
    file = deployment.work / f".chalice/deployed/{deployment.stage.name}.json"
    chalice_s = json.loads(file.read_text())
    ours = find(account, deployment.stage).chalice_state(deployment.stage.prefix)
    by_name = [sorted(state.pop("resources"), key=json.dumps) for state in (chalice_s, ours)]
    assert by_name[0] == by_name[1]
    assert chalice_s == ours


def assert_tables_came_first(gate: Gate, after: str) -> None:
    """`migrate` was deployed, ran, and then came the others."""
    calls = [c.split(" ")[1] for c in gate.changes if c.endswith((after, "/invocations"))]
    name = "/2015-03-31/functions/cicero-fetch-one-migrate"
    assert calls[:2] == [f"{name}/code", f"{name}/invocations"]
    assert len(calls) > 13


def test_a_deployment_that_stops_anywhere_is_completed_by_the_next_one(
    new_stage: NewStage,
    account: Account,
    gate: Gate,
    functions: dict[str, Callable[[Any], Any]],
    project: Path,
) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    ids = json.dumps([subnet["SubnetId"] for subnet in subnets[:2]])
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    group = groups["SecurityGroups"][0]["GroupId"]
    image = push_image(account)
    two = new_stage(
        "two",
        f'[vpc]\nsubnets = {ids}\nsecurity_groups = ["{group}"]',
        f'[host]\nimage = "{image}"\nvpc = "{vpc}"\nsubnets = {ids}\nexec = true',
    )

    for change in (2, 18, 60):
        gate.stop(change)
        with pytest.raises(DeployError, match="stopped here"):
            two.run(told)
        assert rules(account, two) <= OFF, change

    def fails(event: Any) -> Any:
        raise FunctionFailed("no room for tables")

    works, functions["migrate"] = functions["migrate"], fails
    gate.stop(None)
    with pytest.raises(DeployError, match=r"migrate: .* failed: no room for tables"):
        two.run(told)
    assert rules(account, two) <= OFF
    functions["migrate"] = works
    gate.stop(None)
    two.run(told)

    assert_complete(account, two.stage)
    assert rules(account, two) == ON
    assert "CreateServiceLinkedRole" in gate.changes[: gate.changes.index("UpdateStack")]
    services = account.client("ecs").list_services(cluster="cicero-two")["serviceArns"]
    assert len(services) == 1


def push_image(account: Account) -> str:
    """An image of the host in the account's registry."""
    ecr = account.client("ecr")
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName="cicero-wa-host")
    manifest = {"schemaVersion": 2, "config": {"digest": "sha256:0"}, "layers": []}
    pushed = ecr.put_image(
        repositoryName="cicero-wa-host",
        imageManifest=json.dumps(manifest),
        imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
    )
    registry = f"{account.number()}.dkr.ecr.{account.region}.amazonaws.com"
    return f"{registry}/cicero-wa-host@{pushed['image']['imageId']['imageDigest']}"


def test_an_unknown_stage_is_refused_before_anything_is_made(
    new_stage: NewStage, gate: Gate, project: Path
) -> None:
    new_stage("real", secrets=None)
    ran = CliRunner().invoke(cli, ["deploy", "raele", "--project", str(project)])
    assert "there is no stage 'raele' (there are: real)" in str(ran.exception)
    assert gate.changes == []


def test_chalice_by_itself_makes_nothing_whatever_the_stage(gate: Gate, project: Path) -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("chalice"), "deploy", "--stage", "prdo"],
        cwd=project,
        env=os.environ | {"AWS_DEFAULT_REGION": "ap-southeast-3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode != 0, gate.changes) == (True, [])


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        (None, "SSM parameter /cicero/{}/secrets cannot be read"),
        ({"RAPIDAPI_KEY": "k"}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "postgresql://u:p@10.0.0.5/x", "RAPIDAPI_KEY": "k"}, "private address"),
    ],
)
def test_secrets_that_would_fail_later_stop_it_before_anything_is_made(
    new_stage: NewStage, gate: Gate, secrets: dict[str, str] | None, problem: str
) -> None:
    name = f"s{os.getpid()}x{abs(hash(problem)) % 1000}"
    made = new_stage(name, secrets=secrets)
    gate.stop(None)
    with pytest.raises(DeployError) as error:
        made.run(told)
    assert problem.format(name) in str(error.value)
    assert "u:p" not in str(error.value)
    assert gate.changes == []


def test_another_account_than_the_stage_s_is_refused(new_stage: NewStage, gate: Gate) -> None:
    made = new_stage("elsewhere", 'account = "999999999999"', secrets=None)
    with pytest.raises(DeployError, match="is for 999999999999"):
        made.run(told)
    assert gate.changes == []
