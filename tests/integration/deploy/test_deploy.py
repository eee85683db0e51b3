"""Deployments of a project without dependencies, to a new account as moto simulates it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.cli import cli
from local.deploy.account import Account, DeployError, find
from local.deploy.steps import Deployment
from tests.conftest import Measured
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.expected import assert_complete
from tests.integration.deploy.gate import FunctionFailed, Gate

ON, OFF = {"ENABLED"}, {"DISABLED"}


def told(text: str) -> None:
    """Collects what a deployment reports."""


def rules(account: Account, deployment: Any) -> set[str]:
    return set(find(account, deployment.stage).rules.values())


@pytest.mark.parametrize("stride", [60, pytest.param(20, marks=pytest.mark.soak)])
def test_a_deployment_that_stops_anywhere_is_completed_by_the_next_one(
    stride: int,
    new_stage: NewStage,
    account: Account,
    gate: Gate,
    functions: dict[str, Callable[[Any], Any]],
    measured: Measured,
) -> None:
    """`stride` changes lie between two stops; every_stop.py stops at each of them."""
    two = with_everything(new_stage, account, f"two{stride}")
    calls = stopped_at(two, gate, 2)
    works, functions["migrate"] = functions["migrate"], no_room
    gate.stop(None)
    with pytest.raises(DeployError, match=r"migrate: .* failed: no room for tables"):
        two.run(told)
    assert rules(account, two) <= OFF
    functions["migrate"] = works
    tried = [2]
    for change in count(tried[0] + stride, stride):
        made = stopped_at(two, gate, change)
        calls += made
        if len(made) < change:
            break
        tried.append(change)

    measured(f"a deployment was stopped at its changes {tried}, and went through with {len(made)}")
    assert len(tried) > 80 // stride
    assert_complete(account, two.stage)
    assert rules(account, two) == ON
    assert "CreateServiceLinkedRole" in calls[: calls.index("UpdateStack")]
    services = account.client("ecs").list_services(cluster=f"cicero-{two.stage.name}")[
        "serviceArns"
    ]
    assert len(services) == 1


def with_everything(new_stage: NewStage, account: Account, name: str, *lines: str) -> Deployment:
    """A stage whose functions are in a VPC, and that has a host."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    ids = json.dumps([subnet["SubnetId"] for subnet in subnets[:2]])
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    group = groups["SecurityGroups"][0]["GroupId"]
    return new_stage(
        name,
        *lines,
        f'[vpc]\nsubnets = {ids}\nsecurity_groups = ["{group}"]',
        f'[host]\nimage = "{push_image(account)}"\nvpc = "{vpc}"\nsubnets = {ids}\nexec = true',
    )


def stopped_at(deployment: Deployment, gate: Gate, change: int | None) -> list[str]:
    """Refuses all calls from this one on, if any; returns those up to it, or all if there are
    fewer. Schedules stay off until the last step."""
    gate.stop(change)
    problem = ""
    try:
        deployment.run(told)
    except DeployError as error:
        problem = str(error)
    stopped = change is not None and len(gate.changes) >= change
    assert ("stopped here" in problem) is stopped, problem
    if "EnableRule" not in gate.changes:
        assert rules(deployment.account, deployment) <= OFF
    return gate.changes[:change]


def no_room(event: Any) -> Any:
    raise FunctionFailed("no room for tables")


def push_image(account: Account) -> str:
    """Puts an image of the host into the account's registry."""
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


@pytest.mark.parametrize("command", ["deploy", "status", "rollback", "destroy", "cutover"])
def test_another_account_than_the_stage_s_is_refused(
    command: str, new_stage: NewStage, gate: Gate, project: Path
) -> None:
    new_stage(f"else{command}", 'account = "999999999999"', secrets=None)
    ran = CliRunner().invoke(cli, [command, f"else{command}", "--project", str(project)])
    assert "is for 999999999999" in str(ran.exception)
    assert gate.changes == []
