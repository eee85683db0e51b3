"""A scripted WhatsApp, and the settings and messages of a host that uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.wa_session_host.browser import chromium, visitor
from tests.wa_child.server import Scripted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as made:
        yield made


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def values(service_environment: dict[str, str]) -> dict[str, str]:
    return service_environment | {
        "WA_TRANSPORT": "neonize",
        "WA_GAP_SECONDS": "0",
        "WA_PAGE_PORT": "0",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture
def real_writer(runtime_at: RuntimeAt) -> Runtime:
    """Writes and publishes at the real time, as Lambda does."""
    return runtime_at(datetime.now(WIB))


@pytest.fixture
def few_tries(inbox: Inbox) -> Iterator[None]:
    """The queue gives a message up after two tries."""
    url = inbox.url(OUTBOUND)
    answer = inbox.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    policy = json.loads(answer["Attributes"]["RedrivePolicy"])

    def allow(tries: int) -> None:
        changed = json.dumps(policy | {"maxReceiveCount": tries})
        inbox.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": changed})

    allow(2)
    yield
    allow(policy["maxReceiveCount"])
