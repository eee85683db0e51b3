"""A project that packages in an instant, and a new account to deploy it to."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.deploy import functions as functions_of
from local.deploy.account import Account
from local.deploy.stages import load_stage
from local.deploy.steps import Deployment
from local.services import MotoServer
from tests.conftest import ROOT
from tests.forks.forks import forked
from tests.integration.deploy.gate import Gate

REGION = "ap-southeast-3"
SECRETS = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x",
    "RAPIDAPI_KEY": "k",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
ANSWERS: dict[str, Any] = {
    "migrate": {"from": None, "to": "0001"},
    "outbox": {"messages": []},
    "shadow": {"clients": []},
    "run_client": {"client": "CONTOH", "slot": "2026-02-20T17:00+07:00"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The deployable files, without dependencies or stages."""
    no_caches = shutil.ignore_patterns("__pycache__", "deployments", "deployed", "stages")
    for directory in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / directory, tmp_path / "p" / directory, ignore=no_caches)
    shutil.copy(ROOT / "app.py", tmp_path / "p")
    (tmp_path / "p/requirements.txt").write_text("")
    (tmp_path / "p/.chalice/stages").mkdir()
    return tmp_path / "p"


@pytest.fixture
def functions() -> dict[str, Callable[[Any], Any]]:
    """What the account's functions do, by name; a test can replace one."""
    return {name: partial(_answer, name) for name in ANSWERS}


def _answer(name: str, event: Any) -> Any:
    return ANSWERS[name]


@pytest.fixture
def new_account(moto: MotoServer) -> None:
    """Empties the account, of whatever other tests have left."""
    urllib.request.urlopen(f"{moto.url}/moto-api/reset", data=b"").close()


@pytest.fixture
def gate(
    moto: MotoServer,
    functions: dict[str, Callable[[Any], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Gate]:
    """The gate to the account, set as the endpoint in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    def run(name: str, event: Any) -> Any:
        return functions[name.rsplit("-", 1)[-1]](event)

    with Gate(moto.url, run).open() as opened:
        monkeypatch.setenv("AWS_ENDPOINT_URL", opened.url)
        yield opened


@pytest.fixture
def account(gate: Gate) -> Iterator[Account]:
    with Account(REGION) as opened:
        yield opened


NewStage = Callable[..., Deployment]


def forked_chalice() -> functions_of.Command:
    """Chalice, whose imports cost more than a deployment to moto, done once."""
    if not hasattr(os, "pidfd_open"):  # not on Linux
        return functions_of.CHALICE
    return forked("local.deploy.chalice_main", imports=("local.deploy", "chalice.cli.factory"))


@pytest.fixture
def new_stage(project: Path, account: Account) -> NewStage:
    """Creates a stage from a file with these lines, and its secrets, if any."""

    def make(name: str, *lines: str, secrets: dict[str, str] | None = SECRETS) -> Deployment:
        text = "\n".join([f'region = "{REGION}"', *lines])
        (project / f".chalice/stages/{name}.toml").write_text(text)
        stage = load_stage(project, name)
        if secrets is not None:
            account.client("ssm").put_parameter(
                Name=stage.secrets, Value=json.dumps(secrets), Type="SecureString"
            )
        work = project / ".local/deploy" / name
        return Deployment(project, work, stage, account, chalice=forked_chalice())

    return make
