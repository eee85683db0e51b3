"""The functions: packaged, deployed and deleted by Chalice; renewed and invoked one by one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from local.deploy.account import Account, DeployError, Found
from local.deploy.project import write_state
from local.deploy.stages import Stage
from local.deploy.wheels import Wheels

Command = tuple[str, ...]

CHALICE: Command = (sys.executable, "-P", str(Path(__file__).with_name("chalice_main.py")))
"""What runs Chalice, in the directory that it deploys."""

_LONGEST_SECONDS = 900
"""Lambda's limit for any function, including `migrate`."""


def package(project: Path, architecture: str) -> Path:
    """The bundle of a directory made by `write_project`. Dependencies are fetched for Lambda's
    Linux on this architecture; raises DeployError if one is unavailable. Equal files make an equal
    bundle. A second call, and Chalice after it, reuse the first one's."""
    from chalice.deploy.packager import LambdaDeploymentPackager
    from chalice.utils import UI

    from local.deploy.archive import ArchiveUtils

    silent = UI(io.StringIO(), io.StringIO())
    builder: Any = Wheels(architecture)  # has what the packager calls of Chalice's own
    packager = LambdaDeploymentPackager(ArchiveUtils(), builder, silent, architecture)
    return Path(packager.create_deployment_package(str(project), runtime()))


def runtime() -> str:
    """The Lambda runtime that Chalice gives the functions: that of this Python."""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}"


def deploy(
    project: Path,
    stage: Stage,
    found: Found,
    only: str | None = None,
    chalice: Command = CHALICE,
) -> None:
    """Deploys all functions, or one that nothing triggers, and removes what the app no longer has.
    If that fails, raises DeployError with Chalice's own message."""
    there = found.alone(stage.prefix + only) if only else found
    write_state(project, stage, there)
    rules = json.dumps(there.rules)
    _run((*chalice, "deploy", stage.name, rules, *([only] if only else [])), project, stage)


def delete(project: Path, stage: Stage, found: Found) -> None:
    """Deletes all functions, with their triggers and roles."""
    write_state(project, stage, found)
    _run((*CHALICE, "delete", stage.name, json.dumps(found.rules)), project, stage)


def _run(command: Command, project: Path, stage: Stage) -> None:
    ran = subprocess.run(
        command,
        cwd=project,
        env=os.environ | {"AWS_DEFAULT_REGION": stage.region},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise DeployError("\n".join((ran.stdout + ran.stderr).strip().splitlines()[-12:]))


def renew_code(account: Account, function: str, bundle: bytes, architecture: str) -> None:
    """Gives one function new code for that architecture; returns once the function runs it."""
    aws = account.client("lambda")
    aws.get_waiter("function_active_v2").wait(FunctionName=function)
    aws.update_function_code(FunctionName=function, ZipFile=bundle, Architectures=[architecture])
    aws.get_waiter("function_updated_v2").wait(FunctionName=function)


def invoke(account: Account, function: str, event: dict[str, Any]) -> Any:
    """Returns the function's result. Raises DeployError with its error if it raised one."""
    patient = account.client("lambda", seconds=_LONGEST_SECONDS + 30, tries=1)
    answer = patient.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    content = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        told = content.get("errorMessage", content) if isinstance(content, dict) else content
        raise DeployError(f"{function} failed: {told}")
    return content
