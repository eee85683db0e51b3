"""What of a template cannot be created locally is refused by name, before any call."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.resources import TemplateError, create_queues, default_region

NOWHERE = "http://127.0.0.1:1"


def refusal(folder: Path, properties: dict[str, Any]) -> str:
    resources = {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": properties}}
    template = folder / "resources.json"
    template.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        create_queues(template, "test", NOWHERE)
    return str(caught.value)


def test_another_function_is_refused_with_its_place(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"VisibilityTimeout": {"Fn::If": ["Big", 900, 60]}})
    assert message.startswith("Jobs.VisibilityTimeout: Fn::If")


def test_another_attribute_than_the_arn_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"RedrivePolicy": {"to": {"Fn::GetAtt": ["Dlq", "QueueName"]}}})
    assert message.startswith("Jobs.RedrivePolicy.to: Fn::GetAtt")


def test_a_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"QueueName": {"Fn::Sub": "cicero-${Stag}"}})
    assert message.startswith("Stag is neither a parameter")


def test_a_queue_without_a_name_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {}).startswith("Jobs: QueueName is missing")


def test_the_region_is_that_of_the_environment_or_jakarta(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert default_region() == "eu-west-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert default_region() == "ap-southeast-3"
