"""The shell blocks of docs/deploy.md and docs/wa_migration_guide.md are run, unchanged, against a
new account."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

from chalicelib.settings import Settings
from local.deploy.account import Account, find
from local.deploy.stages import Stage
from tests.conftest import ROOT
from tests.forks.forks import forked
from tests.integration.deploy.conftest import ANSWERS, REGION, SECRETS
from tests.integration.deploy.gate import Gate
from tests.integration.deploy.test_cutover import log_state
from tests.repositories import commit_all

NOT_RUN = {
    "aws ssm start-session": "needs the CLI's Session Manager plugin, and a container",
    "CICERO_STAGE=": "is the host, which would reach WhatsApp",
    "aws cloudformation deploy": "moto makes no such network; cfn-lint reads it",
    "aws cloudformation update-termination-protection": "is about that stack",
    "aws cloudformation describe-stacks": "is about that stack",
    "aws secretsmanager get-secret-value": "is about that stack's database",
}
"""The beginnings of commands that are only read, and why. A stand-in runs `docker`: no daemon."""

STANDIN = "tests.integration.deploy.standin_cli"


def blocks(page: str = "deploy.md") -> list[list[str]]:
    """The commands of each sh block, with continued lines joined."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [[line for line in b.replace("\\\n", " ").splitlines() if line] for b in found]


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


def left_out(start: str) -> list[str]:
    [command] = [one for block in blocks() for one in block if one.startswith(start)]
    return shlex.split(command)


class Shell:
    """A project like a checkout, in which commands run as an operator would type them."""

    def __init__(self, project: Path, programs: Path) -> None:
        self.project = project
        self._environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "AWS_DEFAULT_REGION": REGION,
            "CICERO_NOW": "2026-02-20T23:00+07:00",
        }

    def run(self, *commands: str, typed: str = "") -> str:
        """Runs them in order in one shell; returns their output. Fails the test if one fails."""
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            cwd=self.project,
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{commands}\n{ran.stdout}\n{ran.stderr[-2000:]}"
        return ran.stdout


@pytest.fixture
def shell(project: Path, tmp_path: Path, gate: Gate) -> Shell:
    """A shell whose project has no dependencies, and has this interpreter as its .venv."""
    shutil.copytree(ROOT / "local", project / "local")
    for name in ("Makefile", "requirements-dev.txt", "wa_session_host/Dockerfile"):
        (project / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, project / name)
    (project / ".venv").symlink_to(sys.prefix)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("aws", "docker"):
        command = forked(STANDIN, name, imports=("boto3", "jmespath", "tests.integration.deploy"))
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    commit_all(project, ".venv", "__pycache__/")
    return Shell(project, programs)


def write_stage(project: Path, account: Account, image: str) -> Stage:
    """Writes its file, with the line that the document's commands print, open for pairing and
    beside an older service."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    ids = [subnet["SubnetId"] for subnet in subnets[:2]]
    (project / ".chalice/stages/prod.toml").write_text(
        f'region = "{REGION}"\nbeside = true\n'
        f'[host]\n{image}\nvpc = "{vpc}"\nsubnets = {ids}\nexec = true\n'
    )
    return Stage(name="prod", region=REGION)


def test_every_command_runs(shell: Shell, account: Account) -> None:
    """In the document's order, but with the image first: one deployment covers both steps."""
    ecr = account.client("ecr")
    with suppress(ecr.exceptions.RepositoryNotFoundException):
        ecr.delete_repository(repositoryName="cicero-wa-host", force=True)
    todo = [[command for command in block if is_run(command)] for block in blocks()]
    [image] = [block for block in todo if any("docker push" in line for line in block)]
    stage = write_stage(shell.project, account, shell.run(*image).splitlines()[-1])
    (shell.project / "secrets.json").write_text(json.dumps(SECRETS))
    [secrets] = [block for block in todo if any("secrets.json" in line for line in block)]
    shell.run(*secrets)
    rest = [block for block in todo if block not in (image, secrets)]
    shell.run(*rest.pop(0))
    assert len(find(account, stage).functions) == 17
    told = move_there_and_back(shell, account, stage)
    told |= {block[-1]: shell.run(*block, typed="prod\n") for block in rest}
    assert "17 on python3" in told["make status STAGE=prod"]
    [invoked] = [answer for command, answer in told.items() if "invoke -n run_client" in command]
    assert json.loads(invoked) == ANSWERS["run_client"]
    assert find(account, stage).functions == {}


def move_there_and_back(shell: Shell, account: Account, stage: Stage) -> dict[str, str]:
    """Runs the migration guide's commands; returns what each printed."""
    told: dict[str, str] = {}
    for [command] in blocks("wa_migration_guide.md"):
        log_state(account, stage, "ready", ahead=timedelta(minutes=1))  # the host cut over, too
        told[command] = shell.run(command, typed="prod\n")
        if "cutover" in command:
            assert set(find(account, stage).rules.values()) == {"ENABLED"}
    assert [command for command in told if command.startswith("make")] == [
        "make cutover STAGE=prod",
        "make way-back STAGE=prod",
    ]
    assert set(find(account, stage).rules.values()) == {"DISABLED"}
    return told


def test_every_exception_is_needed_and_names_what_there_is() -> None:
    _, _, _, *options = left_out("aws ssm start-session")
    with closing(boto3.client("ssm", REGION)) as ssm:
        shape = ssm.meta.service_model.operation_model("StartSession").input_shape
    known = {f"--{xform_name(name, '-')}" for name in shape.members}
    assert {word for word in options if word.startswith("--")} <= known
    *settings, program, flag, module = left_out("CICERO_STAGE=")
    assert {one.partition("=")[0].lower() for one in settings} <= set(Settings.model_fields)
    assert (program, flag) == (".venv/bin/python", "-m")
    assert (ROOT / module / "__main__.py").is_file()
    deploy = left_out("aws cloudformation deploy")
    template = json.loads((ROOT / deploy[deploy.index("--template-file") + 1]).read_text())
    given = (
        deploy[deploy.index("--parameter-overrides") + 1 :]
        if "--parameter-overrides" in deploy
        else []
    )
    assert {one.partition("=")[0] for one in given if "=" in one} <= set(template["Parameters"])
