"""The directory that Chalice deploys: the code, and the configuration and policies of one stage.

The project itself is not rewritten, and compiled Python files are left out.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from local.deploy.account import Found
from local.deploy.stages import Stage

_JOIN_VPC = {  # AWS requires `*` for these: Lambda checks them before it knows the resource
    "Sid": "JoinVpc",
    "Effect": "Allow",
    "Action": [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "Resource": "*",
}

_TRACE = {  # AWS has no narrower resource for these
    "Sid": "SendTraces",
    "Effect": "Allow",
    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "Resource": "*",
}


def write_project(
    source: Path, target: Path, stage: Stage, account: str, secrets: str = "0"
) -> None:
    """Writes the directory from scratch, without the packages that Chalice has built there: Chalice
    would reuse one after a file was renamed, since it compares only contents.

    `secrets` is the version of the secrets parameter. It is part of the functions' environment,
    because a function reads its secrets again when its configuration has changed.
    """
    shutil.rmtree(target, ignore_errors=True)
    compiled = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(source / "chalicelib", target / "chalicelib", ignore=compiled)
    for file in ("app.py", "requirements.txt"):
        shutil.copy(source / file, target)
    config = json.loads((source / ".chalice/config.json").read_text(encoding="utf-8"))
    _write(target / ".chalice/config.json", configuration(config, stage, secrets))
    for template in (source / ".chalice/policies").glob("*.json"):
        text = template.read_text(encoding="utf-8")
        _write(target / ".chalice/policies" / template.name, policy(text, stage, account))


def write_state(target: Path, stage: Stage, found: Found) -> None:
    """Writes what exists to the file in which Chalice looks for it."""
    state = found.chalice_state(stage.prefix)
    _write(target / f".chalice/deployed/{stage.name}.json", state)


def configuration(config: dict[str, Any], stage: Stage, secrets: str) -> dict[str, Any]:
    """The project's configuration with this stage and no other.

    `manage_iam_role` is false in the project, so that `chalice deploy` by itself creates nothing.
    """
    network = {}
    if stage.vpc:
        network = {
            "subnet_ids": stage.vpc.subnets,
            "security_group_ids": stage.vpc.security_groups,
        }
    variables = stage.variables() | {"CICERO_SECRETS_VERSION": secrets}
    own = {
        "environment_variables": variables,
        "lambda_architecture": stage.architecture,
        "tags": stage.tags,
        "xray": stage.xray,
        **network,
    }
    return config | {"manage_iam_role": True, "stages": {stage.name: own}}


def policy(template: str, stage: Stage, account: str) -> dict[str, Any]:
    """A function's policy with the names of the stage's own resources, and no others."""
    values = {"Stage": stage.name, "AWS::Region": stage.region, "AWS::AccountId": account}
    for name, value in values.items():
        template = template.replace(f"${{{name}}}", value)
    document: dict[str, Any] = json.loads(template)
    if stage.vpc:
        document["Statement"].append(_JOIN_VPC)
    if stage.xray:
        document["Statement"].append(_TRACE)
    return document


def _write(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
