import json
from pathlib import Path
from typing import Any

import pytest

from local.deploy.account import Found
from local.deploy.project import configuration, policy, write_project, write_state
from local.deploy.stages import Stage, Vpc
from tests.conftest import ROOT

PROD = Stage(name="prod", region="ap-southeast-3")
IN_VPC = PROD.model_copy(
    update={"vpc": Vpc(subnets=["subnet-0a", "subnet-0b"], security_groups=["sg-0c"])}
)
POLICIES = sorted((ROOT / ".chalice/policies").glob("*.json"))
CONFIG: dict[str, Any] = json.loads((ROOT / ".chalice/config.json").read_text(encoding="utf-8"))


def tracked() -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in (ROOT / ".chalice").rglob("*") if f.is_file()}


def test_the_directory_holds_what_is_deployed_and_nothing_compiled(tmp_path: Path) -> None:
    before, source = tracked(), tmp_path / "source"
    for file in ("app.py", "requirements.txt", ".chalice/config.json"):
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_bytes((ROOT / file).read_bytes())
    for file in ("chalicelib/a.py", "chalicelib/__pycache__/a.cpython-311.pyc", "chalicelib/b.pyc"):
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_bytes(b"")

    write_project(source, tmp_path / "work", PROD, account="1")
    (source / "chalicelib/a.py").rename(source / "chalicelib/c.py")
    write_project(source, tmp_path / "work", IN_VPC, account="1")

    written = [str(p.relative_to(tmp_path / "work")) for p in (tmp_path / "work").rglob("*.*")]
    assert sorted(f for f in written if "." in Path(f).name[1:]) == [
        ".chalice/config.json", "app.py", "chalicelib/c.py", "requirements.txt",
    ]  # fmt: skip
    assert tracked() == before


def test_the_configuration_knows_the_stage_alone() -> None:
    made = configuration(CONFIG, IN_VPC, "7")
    assert made["manage_iam_role"] is True
    assert made["stages"] == {
        "prod": {
            "environment_variables": PROD.variables() | {"CICERO_SECRETS_VERSION": "7"},
            "lambda_architecture": "arm64",
            "tags": {"app": "cicero-fetch", "stage": "prod"},
            "xray": False,
            "subnet_ids": ["subnet-0a", "subnet-0b"],
            "security_group_ids": ["sg-0c"],
        }
    }
    assert "subnet_ids" not in configuration(CONFIG, PROD, "7")["stages"]["prod"]


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_a_policy_reaches_nothing_of_another_stage(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    made = policy(text, PROD, "123456789012")
    assert "${" not in json.dumps(made)
    for statement in made["Statement"]:
        for resource in statement["Resource"]:
            assert ":ap-southeast-3:123456789012:" in resource
            assert any(own in resource for own in ("cicero-prod-", "fetch-prod-", "/prod/", "key/"))


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_only_a_function_in_a_vpc_may_join_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    outside, inside = policy(text, PROD, "1"), policy(text, IN_VPC, "1")
    assert inside["Statement"][:-1] == outside["Statement"]
    assert inside["Statement"][-1]["Sid"] == "JoinVpc"
    assert all(action.startswith("ec2:") for action in inside["Statement"][-1]["Action"])


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_only_a_function_that_is_traced_may_send_traces(file: Path) -> None:
    text, traced = file.read_text(encoding="utf-8"), PROD.model_copy(update={"xray": True})
    before, after = policy(text, PROD, "1")["Statement"], policy(text, traced, "1")["Statement"]
    assert after[:-1] == before
    assert after[-1]["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    assert configuration(CONFIG, traced, "7")["stages"]["prod"]["xray"] is True


def test_what_exists_is_written_where_chalice_looks_for_it(tmp_path: Path) -> None:
    arn = "arn:aws:lambda:r:1:function:cicero-fetch-prod-dead_job"
    queue = "arn:aws:sqs:r:1:cicero-prod-fetch-dlq"
    mapping = {"UUID": "u", "FunctionArn": arn, "EventSourceArn": queue}
    found = Found({"cicero-fetch-prod-dead_job": {"FunctionArn": arn}}, {}, [], {}, [mapping])
    write_state(tmp_path, PROD, found)
    state = json.loads((tmp_path / ".chalice/deployed/prod.json").read_text())
    assert state["resources"] == [
        {"name": "dead_job", "resource_type": "lambda_function", "lambda_arn": arn},
        {
            "name": "dead_job-sqs-event-source",
            "resource_type": "sqs_event",
            "event_uuid": "u",
            "queue_arn": queue,
            "queue": "cicero-prod-fetch-dlq",
            "lambda_arn": arn,
        },
    ]
