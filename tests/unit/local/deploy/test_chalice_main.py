"""What is added to the calls that Chalice makes."""

from types import SimpleNamespace
from typing import Any

import pytest

from local.deploy.chalice_main import additions

LISTED = [{"Key": "stage", "Value": "prod"}]


def added(call: str, params: dict[str, Any], *, xray: bool = False) -> dict[str, Any]:
    tags = {"stage": "prod", "aws-chalice": "version=1"}
    config = SimpleNamespace(tags=tags, xray_enabled=xray)
    return additions({"old": "ENABLED"}, config)[call](params)


@pytest.mark.parametrize(("rule", "state"), [("old", "ENABLED"), ("new", "DISABLED")])
def test_a_rule_keeps_its_state_and_a_new_one_begins_disabled(rule: str, state: str) -> None:
    assert added("events.PutRule", {"Name": rule}) == {"State": state, "Tags": LISTED}


def test_what_chalice_makes_bears_the_stage_s_tags() -> None:
    assert added("iam.CreateRole", {}) == {"Tags": LISTED}
    assert added("logs.CreateLogGroup", {}) == {"tags": {"stage": "prod"}}
    assert added("lambda.CreateEventSourceMapping", {}) == {"Tags": {"stage": "prod"}}


@pytest.mark.parametrize(("xray", "mode"), [(True, "Active"), (False, "PassThrough")])
def test_tracing_is_switched_off_again(xray: bool, mode: str) -> None:
    made = added("lambda.UpdateFunctionConfiguration", {}, xray=xray)
    assert made == {"TracingConfig": {"Mode": mode}}
