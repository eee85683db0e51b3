"""A stage's file that points at another region or account than what exists, and at nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.cli import cli
from local.deploy.account import Account, DeployError
from local.deploy.identity import check_identity
from local.deploy.project import policy
from local.deploy.stages import Stage
from tests.conftest import ROOT
from tests.integration.deploy.conftest import REGION, NewStage
from tests.integration.deploy.gate import Gate


def run(project: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, [*words, "--project", str(project)])


def make_role(account: Account, stage: Stage) -> None:
    """As Chalice makes it: its policy bears its own name."""
    template = (ROOT / ".chalice/policies/migrate.json").read_text(encoding="utf-8")
    document = json.dumps(policy(template, stage, account.number()))
    name = stage.prefix + "migrate"
    account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    account.client("iam").put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_a_stage_that_is_deployed_in_another_region_is_left_alone(
    command: str, new_stage: NewStage, account: Account, gate: Gate, project: Path
) -> None:
    """Its roles belong to all regions: they would be changed, or removed, under its feet."""
    made = new_stage(f"moved{command}", secrets=None)
    make_role(account, made.stage.model_copy(update={"region": "ap-southeast-1"}))
    gate.stop(None)
    ran = run(project, command, made.stage.name)
    assert f"deployed in ap-southeast-1, its file says {REGION}" in str(ran.exception)
    assert gate.changes == []


def test_a_stage_in_its_own_region_is_fine(new_stage: NewStage, account: Account) -> None:
    stage = new_stage("settled", secrets=None).stage
    make_role(account, stage)
    assert check_identity(account, stage) == "123456789012"


def test_a_stage_that_is_not_deployed_is_said_to_be_none(
    new_stage: NewStage, gate: Gate, project: Path
) -> None:
    new_stage("none", secrets=None)
    gate.stop(None)
    told = run(project, "status", "none").output.splitlines()
    assert told[0].split(maxsplit=1) == ["account", f"123456789012, {REGION}"]
    assert any("0 on nothing" in line for line in told)
    gone = run(project, "destroy", "none")
    assert (gone.exit_code, "nothing of stage none is there" in gone.output) == (0, True)
    assert "deploy the stage" in str(run(project, "rollback", "none").exception)
    assert gate.changes == []


def test_a_refusal_names_the_step_the_call_and_what_to_do(
    new_stage: NewStage, gate: Gate, project: Path
) -> None:
    new_stage("refused")
    gate.stop(1)
    ran = run(project, "deploy", "refused")
    assert isinstance(ran.exception, DeployError)
    assert str(ran.exception).startswith("resources: An error occurred (AccessDenied")
    assert "lacks this right" in str(ran.exception)
    assert "call this again" in str(ran.exception)


def test_a_profile_that_does_not_exist_is_said(
    new_stage: NewStage, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_stage("profiled", secrets=None)
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    ran = run(project, "status", "profiled")
    assert isinstance(ran.exception, DeployError)
    assert "no-such-profile" in str(ran.exception)
