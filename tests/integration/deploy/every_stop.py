"""Every single stop of a deployment; takes too long for each run, so only one that names this file
collects it.

Each test deploys a stage to a new account, stops at one change, and deploys it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.deploy.account import Account
from local.services import MotoServer
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.expected import assert_complete
from tests.integration.deploy.gate import Gate
from tests.integration.deploy.test_deploy import ON, rules, stopped_at, with_everything

CHANGES = 130
"""How many a deployment from nothing makes; the last test fails if that is not so."""


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    """A server of these tests' own: they reset it."""
    with MotoServer() as server:
        yield server


@pytest.mark.usefixtures("new_account")
@pytest.mark.parametrize("change", range(1, CHANGES + 2))
def test_a_deployment_that_stops_here_is_completed_by_the_next_one(
    change: int, new_stage: NewStage, account: Account, gate: Gate
) -> None:
    made = with_everything(new_stage, account, "two")
    calls = stopped_at(made, gate, change)
    assert len(calls) == min(change, CHANGES)
    if change <= CHANGES:
        stopped_at(made, gate, None)
    assert_complete(account, made.stage)
    assert rules(account, made) == ON
