"""A real `chalice package` and `chalice deploy`, against AWS as moto plays it.

The dependencies of the bundle come from the package index; nothing else leaves this machine.
"""

import fcntl
import itertools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.slots import FINAL, HALF_HOUR, eventbridge_expression
from local.services import MotoServer
from tests.conftest import Measured

PROJECT = Path(__file__).parents[2]
STAGE = "dev"
REGION = "ap-southeast-3"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "PYTHONDONTWRITEBYTECODE": "1",
}
CONFIG = json.loads((PROJECT / ".chalice/config.json").read_text(encoding="utf-8"))
FUNCTIONS = CONFIG["lambda_functions"]
CONSUMERS = {
    "fetch_posts": f"cicero-{STAGE}-fetch",
    "refresh_engagement": f"cicero-{STAGE}-engagement",
    "dead_job": f"cicero-{STAGE}-fetch-dlq",
    "dead_engagement_job": f"cicero-{STAGE}-engagement-dlq",
}
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deployable files alone, packaged: `bundle/` holds what `chalice package` made.

    A deploy from here finds the package ready and downloads nothing again. Workers that run
    beside each other share one packaging.
    """
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (run / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (run / "packaged/bundle/deployment.zip").exists():
            copy_deployable_files(run / "packaged")
            chalice(run / "packaged", "package", "--stage", STAGE, "bundle")
    return shutil.copytree(run / "packaged", tmp_path_factory.mktemp("deploy") / "project")


def copy_deployable_files(target: Path) -> None:
    no_caches = shutil.ignore_patterns("__pycache__", "deployments", "deployed", "venv")
    for directory in ("chalicelib", ".chalice"):
        shutil.copytree(PROJECT / directory, target / directory, ignore=no_caches)
    for file in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / file, target)


@pytest.fixture(scope="module")
def bundle(project: Path) -> Path:
    return project / "bundle" / "deployment.zip"


_numbers = itertools.count(1)
_PATIENT = Config(read_timeout=150, retries={"total_max_attempts": 1})
"""Nothing is asked twice: to create a stack takes a busy emulator longer than boto waits."""


class Account:
    """An AWS account that a stage was deployed to, and its clients."""

    def __init__(self, url: str, clients: ExitStack) -> None:
        self.url = url
        self._clients = clients

    def client(self, service: str) -> Any:
        made = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=_PATIENT,
        )
        return self._clients.enter_context(closing(made))

    def create_stack(self, **parameters: str) -> str:
        """Creates the template's stack and returns its status."""
        cloudformation = self.client("cloudformation")
        name = f"cicero-{parameters['Stage']}"
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=(PROJECT / ".chalice/resources.json").read_text(encoding="utf-8"),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def functions(self) -> dict[str, dict[str, Any]]:
        """{name in app.py: configuration} of every function there is."""
        found = self.client("lambda").list_functions()["Functions"]
        return {f["FunctionName"].removeprefix(f"cicero-fetch-{STAGE}-"): f for f in found}

    def role_policy(self, function: dict[str, Any]) -> dict[str, Any]:
        """The only policy of a function's role."""
        iam, role = self.client("iam"), function["Role"].rsplit("/", 1)[-1]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        return dict(document)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An empty account."""
    with MotoServer() as moto, ExitStack() as clients:
        yield Account(moto.url, clients)


@pytest.fixture(scope="module")
def deployed(account: Account, project: Path) -> Account:
    """The account after the steps of docs/deploy.md: stack, then functions."""
    assert account.create_stack(Stage=STAGE) == "CREATE_COMPLETE"
    chalice(project, "deploy", "--stage", STAGE, AWS_ENDPOINT_URL=account.url)
    return account


def chalice(directory: Path, *arguments: str, **environment: str) -> None:
    """Runs the command as a person would; its output is the failure's text."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ran = subprocess.run(
        [Path(sys.executable).with_name("chalice"), *arguments],
        cwd=directory,
        env=inherited | ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_bundle_is_small(bundle: Path, measured: Measured) -> None:
    size = bundle.stat().st_size / MEGABYTE
    weights: Counter[str] = Counter()
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            weights[entry.filename.split("/", 1)[0]] += entry.compress_size
    heaviest = ", ".join(f"{n} {w / MEGABYTE:.1f}" for n, w in weights.most_common(4))
    measured(f"Lambda bundle: {size:.1f} MB zipped ({heaviest})")
    assert size < 50


def test_the_bundle_leaves_out_what_lambda_does_not_run(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        packages = {name.split("/", 1)[0].lower() for name in archive.namelist()}
        assert "chalicelib/certs/rds-bundle.pem" in archive.namelist()
    assert packages.isdisjoint(
        {"boto3", "botocore", "neonize", "moto", "pytest", "mypy", "local", "tests"}
    )
    assert {"app.py", "chalice", "chalicelib"} <= packages


IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import alembic.command, app, chalicelib, pg8000.dbapi
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    if ".migrations" not in module.name:
        importlib.import_module(module.name)
print(*sorted(app.app.handler_map))
"""


def test_the_app_imports_from_the_bundle_and_nothing_else(bundle: Path, tmp_path: Path) -> None:
    """Not even boto3, which only the functions that call AWS import, and Lambda's runtime has."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"CICERO_STAGE": STAGE},
    )
    assert (ran.returncode, ran.stdout.split()) == (0, sorted(FUNCTIONS)), ran.stderr


def test_the_template_creates_the_whatsapp_host_too(account: Account) -> None:
    stage = f"with-host-{next(_numbers)}"  # a second try finds the first one's stack
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    status = account.create_stack(
        Stage=stage,
        DeployHost="true",
        HostImage="123456789012.dkr.ecr.ap-southeast-3.amazonaws.com/cicero-wa-host:1",
        HostVpc=subnets[0]["VpcId"],
        HostSubnetA=subnets[0]["SubnetId"],
        HostSubnetB=subnets[1]["SubnetId"],
    )
    services = account.client("ecs").list_services(cluster=f"cicero-{stage}")["serviceArns"]
    assert (status, len(services)) == ("CREATE_COMPLETE", 1)


def test_every_function_is_there_with_its_limits(deployed: Account) -> None:
    functions = deployed.functions()
    limits = {name: (f["Timeout"], f["MemorySize"]) for name, f in functions.items()}
    memory = CONFIG["lambda_memory_size"]
    assert limits == {name: (f["lambda_timeout"], memory) for name, f in FUNCTIONS.items()}


def test_slots_and_sweep_have_their_schedules(deployed: Account) -> None:
    rules = deployed.client("events").list_rules()["Rules"]
    assert {rule["Name"]: rule["ScheduleExpression"] for rule in rules} == {
        f"cicero-fetch-{STAGE}-open_slot_half_hour-event": eventbridge_expression(HALF_HOUR),
        f"cicero-fetch-{STAGE}-open_slot_final-event": eventbridge_expression(FINAL),
        f"cicero-fetch-{STAGE}-sweep-event": "rate(1 minute)",
    }


def test_queues_feed_their_functions_one_message_at_a_time(deployed: Account) -> None:
    found = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    mappings = {
        (m["FunctionArn"].rsplit("-", 1)[-1], m["EventSourceArn"].rsplit(":", 1)[-1]) for m in found
    }
    assert mappings == set(CONSUMERS.items())
    assert {m["BatchSize"] for m in found} == {1}


def test_every_function_has_a_role_of_its_own_with_its_own_policy(deployed: Account) -> None:
    functions = deployed.functions()
    assert len({f["Role"] for f in functions.values()}) == len(functions)
    for name, function in functions.items():
        file = PROJECT / ".chalice" / FUNCTIONS[name]["iam_policy_file"]
        committed = json.loads(file.read_text(encoding="utf-8"))
        assert deployed.role_policy(function) == committed, name


def test_no_secret_is_in_a_function_s_environment(deployed: Account) -> None:
    expected = CONFIG["stages"][STAGE]["environment_variables"]
    for name, function in deployed.functions().items():
        assert function["Environment"]["Variables"] == expected, name


def test_functions_keep_their_logs_for_a_month(deployed: Account) -> None:
    groups = deployed.client("logs").describe_log_groups()["logGroups"]
    kept = {g["logGroupName"]: g.get("retentionInDays") for g in groups}
    assert {f"/aws/lambda/cicero-fetch-{STAGE}-{name}": 30 for name in FUNCTIONS}.items() <= (
        kept.items()
    )
