"""CloudFormation's answers that moto does not give."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from local.deploy.account import Account, DeployError
from local.deploy.cloudformation import apply, delete

TEMPLATE: dict[str, Any] = {"Parameters": {}}
TAGS = {"stage": "prod"}


class Cloud:
    """A stack in one state; `calls` are the changes asked for. With `refused`, what is asked for
    fails for that reason. Like AWS, deletes no stack that is protected."""

    def __init__(self, status: str | None, refused: str = "") -> None:
        self.status, self.refused = status, refused
        self.protected = status is not None
        self.tags: dict[str, str] = {}
        self.calls: list[str] = []
        self.template: dict[str, Any] = {}

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803  as boto3 names it
        if self.status is None:
            problem = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": problem}, "DescribeStacks")
        stack = {"StackName": StackName, "StackStatus": self.status, "Parameters": []}
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return {"Stacks": [stack | {"Tags": tags, "EnableTerminationProtection": self.protected}]}

    def get_template(self, **_: Any) -> Any:
        return {"TemplateBody": self.template}

    def __getattr__(self, name: str) -> Any:
        """Any other call is a change, such as create_stack."""
        verb = name.removesuffix("_stack")
        return lambda **asked: self._change(verb, asked)

    def update_termination_protection(self, **asked: Any) -> None:
        self.protected = asked["EnableTerminationProtection"]

    def describe_stack_events(self, StackName: str) -> Any:  # noqa: N803
        """Newest first, as AWS lists them: this operation, and what an earlier one left."""
        told = (
            (StackName, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [F]"),
            *[("Bundles", "CREATE_FAILED", "Resource creation cancelled")] * 5,
            ("FetchQueue", "CREATE_FAILED", self.refused),
            (StackName, "CREATE_IN_PROGRESS", "User Initiated"),
            ("Alarm", "UPDATE_FAILED", "what went wrong last year"),
        )
        names = ("LogicalResourceId", "ResourceStatus", "ResourceStatusReason")
        return {"StackEvents": [dict(zip(names, event, strict=True)) for event in told]}

    def get_waiter(self, _: str) -> Cloud:
        return self

    def wait(self, **_: Any) -> None:
        if self.refused:
            raise WaiterError("stack", "a failure state was matched", {})

    def continue_update_rollback(self, **_: Any) -> None:
        self.calls.append("roll back")
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def _change(self, verb: str, asked: dict[str, Any]) -> None:
        assert not (verb == "delete" and self.protected)
        self.calls.append(verb)
        self.protected = asked.get("EnableTerminationProtection", self.protected)
        self.tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
        self.status = None if verb == "delete" else f"{verb}_COMPLETE"


class Clouded(Account):
    """An account with this CloudFormation and nothing else."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__("ap-southeast-3")
        self._cloud = cloud

    def client(self, service: str, seconds: int = 60, tries: int = 4) -> Any:
        assert service == "cloudformation"
        return self._cloud


@pytest.mark.parametrize(
    ("status", "calls"),
    [
        (None, ["create"]),
        ("CREATE_COMPLETE", ["update"]),
        ("UPDATE_ROLLBACK_COMPLETE", ["update"]),
        ("UPDATE_ROLLBACK_FAILED", ["roll back", "update"]),
        ("ROLLBACK_COMPLETE", ["delete", "create"]),
        ("REVIEW_IN_PROGRESS", ["delete", "create"]),
        ("DELETE_FAILED", ["delete", "create"]),
    ],
)
def test_a_stack_is_made_or_updated_and_one_that_never_stood_made_again(
    status: str | None, calls: list[str]
) -> None:
    cloud = Cloud(status)
    apply(Clouded(cloud), "cicero-prod", TEMPLATE, {}, TAGS)
    assert cloud.calls == calls
    assert (cloud.protected, cloud.tags) == (True, TAGS)


def test_a_stack_that_is_as_it_should_be_is_not_touched() -> None:
    cloud = Cloud("UPDATE_COMPLETE")
    cloud.template, cloud.tags = TEMPLATE, TAGS
    assert apply(Clouded(cloud), "cicero-prod", TEMPLATE, {}, TAGS) == "UPDATE_COMPLETE, unchanged"
    assert cloud.calls == []


def test_a_stack_of_before_gets_its_protection_and_its_tags() -> None:
    cloud = Cloud("UPDATE_COMPLETE")
    cloud.template, cloud.protected = TEMPLATE, False
    apply(Clouded(cloud), "cicero-prod", TEMPLATE, {}, TAGS)
    assert (cloud.calls, cloud.protected, cloud.tags) == (["update"], True, TAGS)


def test_a_stack_is_deleted_although_it_is_protected() -> None:
    cloud = Cloud("CREATE_COMPLETE")
    delete(Clouded(cloud), "cicero-prod")
    assert (cloud.calls, cloud.status) == (["delete"], None)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_a_stack_that_somebody_changes_is_left_alone(status: str) -> None:
    cloud = Cloud(status)
    with pytest.raises(DeployError, match=f"{status}: wait until it has ended"):
        apply(Clouded(cloud), "cicero-prod", TEMPLATE, {}, TAGS)
    assert cloud.calls == []


@pytest.mark.parametrize("status", [None, "UPDATE_ROLLBACK_FAILED", "UPDATE_COMPLETE"])
def test_what_failed_in_a_stack_is_said_with_its_reason_and_nothing_else(
    status: str | None,
) -> None:
    reason = "You must wait 60 seconds after deleting a queue"
    with pytest.raises(DeployError) as error:
        apply(Clouded(Cloud(status, refused=reason)), "cicero-prod", TEMPLATE, {}, TAGS)
    assert str(error.value) == f"Stack cicero-prod: FetchQueue: {reason}"


def test_every_wait_is_one_that_boto3_knows() -> None:
    with closing(boto3.client("cloudformation", "ap-southeast-3")) as client:
        known = set(client.waiter_names)
    assert known >= {
        f"stack_{verb}_complete" for verb in ("create", "update", "delete", "rollback")
    }
