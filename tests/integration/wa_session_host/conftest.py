"""A scripted WhatsApp, and the settings and messages of a host that uses it."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from chalicelib.queues import OUTBOUND
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.slots import WIB
from local.environment import environment, own_environment
from local.resources import create_queues
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer
from local.stack import TEMPLATE
from tests.conftest import RuntimeAt, settings_of
from tests.integration.inbox import Inbox
from tests.integration.wa_session_host.browser import chromium, visitor
from tests.wa_child.server import Scripted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_numbers = itertools.count()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def window_settings(
    postgres: EmbeddedPostgres, redis: EmbeddedRedis, moto: MotoServer
) -> Iterator[Settings]:
    """Of a window alone, over a migrated database without any row, with queues of its own."""
    stage = f"w{os.getpid()}-{next(_numbers)}"
    url = postgres.create_database(f"window_{stage.replace('-', '_')}", template="migrated")
    values = own_environment() | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-southeast-3",
        "AWS_ENDPOINT_URL": moto.url,
        "CICERO_STAGE": stage,
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "RAPIDAPI_KEY": "test",
        "RAPIDAPI_DAILY_BUDGET": "500",
    }
    with environment(values):
        create_queues(TEMPLATE, stage, moto.url)
        yield settings_of(values)


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
