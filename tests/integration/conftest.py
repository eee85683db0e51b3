"""One sandbox for all tests of a process, quick copies of a seeded database, and short ways to
the tables and the queues. A test has its own database and its own queues all the same."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pg8000.native
import pytest

from chalicelib.db import Database
from chalicelib.db.connection import connect_arguments
from local.environment import environment, own_environment
from local.resources import create_queues, sqs_client
from local.sandbox import Sandbox, Scenario, demo_day
from local.seed import seed
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer
from tests.conftest import DAY, OPERATOR, ROOT
from tests.integration.inbox import Inbox
from tests.integration.tables import Tables

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "RAPIDAPI_KEY": "test",
    "RAPIDAPI_REQUESTS_PER_SECOND": "1000",
    "RAPIDAPI_ATTEMPTS": "1",
    "ADMIN_WHATSAPP": OPERATOR,
    "WA_POLL_SECONDS": "0",
    "LOG_LEVEL": "WARNING",
}

DEMO = demo_day(DAY)
_numbers = itertools.count()

Sandboxes = Callable[[Scenario], Sandbox]
Copies = Callable[[str], str]
NewService = Callable[[str], dict[str, str]]


@pytest.fixture
def scenario() -> Scenario:
    return DEMO


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Sandboxes]:
    """Starts one sandbox for each scenario; they stay up until the end of the session."""
    started: list[tuple[Scenario, Sandbox]] = []
    with ExitStack() as running:

        def of(scenario: Scenario) -> Sandbox:
            for known, api in started:
                if known is scenario:
                    return api
            started.append((scenario, running.enter_context(Sandbox(scenario))))
            return started[-1][1]

        yield of


@pytest.fixture
def sandbox(scenario: Scenario, sandboxes: Sandboxes) -> Sandbox:
    """The scenario's sandbox, without faults. It counts requests on from test to test."""
    api = sandboxes(scenario)
    api.set_faults([])
    return api


@pytest.fixture(scope="session")
def seeded(postgres: EmbeddedPostgres) -> str:
    """The name of a database with the demo's clients, to copy from."""
    seed(postgres.create_database("seeded", template="migrated"), DEMO)
    return "seeded"


@pytest.fixture(scope="session")
def new_copy(postgres: EmbeddedPostgres) -> Iterator[Copies]:
    """Makes a copy of a database that nobody is connected to; its URL."""
    server = pg8000.native.Connection(**connect_arguments(postgres.url))

    def make(template: str) -> str:
        name = f"copy_{next(_numbers)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = FILE_COPY")
        return postgres.database_url(name)

    yield make
    server.close()


@pytest.fixture
def database_url(new_copy: Copies, seeded: str) -> str:
    """The URL of the test's own database, with the demo's clients in it."""
    return new_copy(seeded)


@pytest.fixture(scope="session")
def new_service(
    redis: EmbeddedRedis, moto: MotoServer, tmp_path_factory: pytest.TempPathFactory
) -> NewService:
    """Makes environments for a database, each with its own stage, and so its own queues."""

    def make(database_url: str) -> dict[str, str]:
        stage = f"i{os.getpid()}-{next(_numbers)}"
        values = own_environment() | {
            **SETTINGS,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
            "AWS_ENDPOINT_URL": moto.url,
            "CICERO_STAGE": stage,
            "WA_AUTH_DATA_PATH": str(tmp_path_factory.getbasetemp() / stage),
        }
        with environment(values):
            template = ROOT / ".chalice" / "resources.json"
            create_queues(template, stage, moto.url, overrides={"VisibilityTimeout": "3"})
        return values

    return make


@pytest.fixture
def service_environment(new_service: NewService, database_url: str) -> dict[str, str]:
    """Everything but the APIs, as settings, made not to wait."""
    return new_service(database_url)


@pytest.fixture
def sandbox_environment(service_environment: dict[str, str], sandbox: Sandbox) -> dict[str, str]:
    return service_environment | {
        "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
        "RAPIDAPI_TIKTOK_HOST": sandbox.url,
    }


@pytest.fixture
def tables(database: Database) -> Tables:
    return Tables(database)


@pytest.fixture
def inbox(service_environment: dict[str, str], moto: MotoServer) -> Iterator[Inbox]:
    """The test's queues, as seen from outside the service."""
    with environment(service_environment):
        sqs = sqs_client(moto.url)
    yield Inbox(sqs, service_environment["CICERO_STAGE"])
    sqs.close()
