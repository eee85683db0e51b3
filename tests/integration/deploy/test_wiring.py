"""A slot runs through the deployed stage: rules, mappings and queues as the account has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib import runtime as runtimes
from chalicelib.queues import ENGAGEMENT, OUTBOUND, Queues
from chalicelib.runtime import Runtime
from local.deploy.account import Account, find
from local.deploy.steps import Deployment
from local.invocation import Context
from tests.conftest import RuntimeAt
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.expected import CONSUMERS
from tests.integration.deploy.wiring import Dispatcher, Wiring, read_wiring
from tests.integration.inbox import Inbox
from tests.integration.tables import Tables

MOST = {"fetch": 10, "engagement": 20, "fetch-dlq": 2, "engagement-dlq": 2}
QUEUES = (*MOST, "wa.fifo", "wa-dlq.fifo")
STATUS = "SELECT status FROM slot_run"
GROUPS = {f"12036300000000000{number}@g.us" for number in range(1, 7)}


@pytest.fixture
def deployed(new_stage: NewStage) -> Deployment:
    made = new_stage("wired")
    made.run(lambda text: None)
    return made


@pytest.fixture
def wirings(deployed: Deployment, account: Account) -> tuple[Wiring, Wiring]:
    """As the account has it, and again after the mapping of `refresh_engagement` was deleted.

    The account's own pollers are off from here on: they would need containers.
    """
    aws, mappings = account.client("lambda"), find(account, deployed.stage).mappings
    whole = read_wiring(account, deployed.stage)
    [lost] = [m["UUID"] for m in mappings if m["FunctionArn"].endswith("-refresh_engagement")]
    aws.update_event_source_mapping(UUID=lost, Enabled=False)
    aws.delete_event_source_mapping(UUID=lost)
    lacking = read_wiring(account, deployed.stage)
    for one in lacking.feeds:
        aws.update_event_source_mapping(UUID=one.uuid, Enabled=False)
    return whole, lacking


@pytest.fixture
def runtime(deployed: Deployment, account: Account, runtime_at: RuntimeAt) -> Iterator[Runtime]:
    """This process's runtime, at 17:00, on the deployment's queues."""
    made = runtime_at("17:00")
    made.queues = Queues(deployed.stage.name, account.client("sqs"))
    runtimes.use(made)
    yield made
    runtimes.use(None)


def test_a_slot_runs_through_what_was_deployed(
    deployed: Deployment,
    wirings: tuple[Wiring, Wiring],
    runtime: Runtime,
    account: Account,
    tables: Tables,
) -> None:
    whole, lacking = wirings
    sqs, prefix = account.client("sqs"), deployed.stage.prefix
    inbox = Inbox(sqs, deployed.stage.name)
    assert_fed_as_documented(whole, deployed)

    def invoke(function: str, event: Any) -> None:
        handler = function.removeprefix(prefix)
        getattr(app, handler)(event, Context(handler))

    assert Dispatcher(whole, sqs, invoke).fire(runtime.now()) == [prefix + "open_slot_half_hour"]
    Dispatcher(lacking, sqs, invoke).drain()
    assert (tables.value(STATUS), inbox.count(ENGAGEMENT)) == ("open", 6)
    Dispatcher(whole, sqs, invoke).drain()
    assert tables.value(STATUS) == "closed"
    sent = {(message["outbox_id"], message["chat"]) for message in inbox.take(OUTBOUND)}
    written = tables.run("SELECT outbox_id, group_id FROM wa_notification_outbox")
    assert sent == {tuple(row.values()) for row in written}
    assert {chat for _, chat in sent if chat.endswith("@g.us")} == GROUPS


def assert_fed_as_documented(wiring: Wiring, deployed: Deployment) -> None:
    prefix, stack = deployed.stage.prefix, deployed.stage.stack
    assert {(one.queue, one.function, one.batch, one.most) for one in wiring.feeds} == {
        (f"{stack}-{q}", prefix + f, 1, MOST[q]) for f, q in CONSUMERS.items()
    }
    assert len(wiring.feeds) == len(CONSUMERS)
    assert set(wiring.queues) == {f"{stack}-{queue}" for queue in QUEUES}
