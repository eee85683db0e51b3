"""What of a stage is found in an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.deploy.account import Account, find
from local.deploy.stages import Stage

STAGE = Stage(name="prod", region="ap-southeast-3")


class Listed(Account):
    """An account that lists these queue mappings and nothing else."""

    def __init__(self, *mappings: dict[str, str]) -> None:
        super().__init__(STAGE.region)
        self._mappings = mappings

    def pages(self, service: str, call: str, items: str, **arguments: Any) -> Iterator[Any]:
        return iter(self._mappings if items == "EventSourceMappings" else ())


def mapping(stage: str, state: str) -> dict[str, str]:
    arn = f"arn:aws:lambda:r:1:function:cicero-fetch-{stage}-fetch_posts"
    return {"UUID": state, "FunctionArn": arn, "State": state}


def test_a_mapping_that_aws_is_deleting_is_there_no_more() -> None:
    """AWS lists it for a minute, and refuses to change it."""
    there = Listed(mapping("prod", "Deleting"), mapping("prod", "Enabled"), mapping("x", "Enabled"))
    assert find(there, STAGE).mappings == [mapping("prod", "Enabled")]
