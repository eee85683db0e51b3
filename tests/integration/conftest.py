"""What the tests of one process share, emptied for each: sandbox, database, queues, Redis."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime

import pg8000.native
import pytest

from chalicelib.db import Database
from chalicelib.db.driver import connect, connect_arguments
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from local.environment import environment, own_environment
from local.resources import create_queues
from local.sandbox import Sandbox, Scenario, demo_day
from local.seed import seed
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer
from tests.conftest import DAY, OPERATOR, ROOT, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.service import SharedService
from tests.integration.tables import Tables
from tests.sandbox import SandboxThread

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
    """Starts one sandbox for each scenario; the three used last stay up, for they cost CPU even
    when nobody asks them anything."""
    running: list[tuple[Scenario, Sandbox]] = []

    def of(scenario: Scenario) -> Sandbox:
        known = next((number for number, (it, _) in enumerate(running) if it is scenario), None)
        used = (scenario, SandboxThread(scenario).start()) if known is None else running.pop(known)
        running.append(used)
        for _, idle in running[:-3]:
            idle.stop()
        del running[:-3]
        return used[1]

    yield of
    for _, api in running:
        api.stop()


@pytest.fixture
def sandbox(scenario: Scenario, sandboxes: Sandboxes) -> Sandbox:
    """The scenario's sandbox, without faults. It keeps counting requests from test to test."""
    api = sandboxes(scenario)
    api.set_faults([])
    return api


@pytest.fixture(scope="session")
def seeded(postgres: EmbeddedPostgres) -> str:
    """The name of a database with the demo's clients, to copy from."""
    seed(postgres.create_database("seeded", template="migrated"), DEMO)
    return "seeded"


@pytest.fixture(scope="session")
def new_copy(postgres: EmbeddedPostgres) -> Copies:
    """Copies a database that nobody is connected to; returns the copy's URL."""

    def make(template: str) -> str:
        name = f"copy_{next(_numbers)}"
        with closing(connect(pg8000.native.Connection, connect_arguments(postgres.url))) as server:
            server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = FILE_COPY")
        return postgres.database_url(name)

    return make


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    """A moto whose queues can be purged more often than once a minute."""
    server = MotoServer()
    with environment({**os.environ, "MOTO_SQS_ENFORCE_STRICT_QUEUE_PURGE_BEHAVIOUR": "false"}):
        server.start()
    with server:
        yield server


@pytest.fixture(scope="session")
def new_service(
    redis: EmbeddedRedis, moto: MotoServer, tmp_path_factory: pytest.TempPathFactory
) -> NewService:
    """Creates environments for a database, each with its own stage, and so its own queues."""

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


@pytest.fixture(scope="session")
def shared_service(
    new_service: NewService, new_copy: Copies, seeded: str
) -> Iterator[SharedService]:
    service = SharedService(new_service(new_copy(seeded)))
    yield service
    service.close()


@pytest.fixture
def service(shared_service: SharedService) -> SharedService:
    """The shared service with the demo's clients and nothing else in it."""
    shared_service.empty()
    return shared_service


@pytest.fixture
def service_environment(service: SharedService) -> dict[str, str]:
    """Settings for everything but the APIs, with waits removed."""
    return service.environment


@pytest.fixture
def sandbox_environment(service_environment: dict[str, str], sandbox: Sandbox) -> dict[str, str]:
    return service_environment | hosts(sandbox)


@pytest.fixture
def runtime_at(service: SharedService, sandbox: Sandbox) -> Iterator[RuntimeAt]:
    """Creates runtimes as the project-wide fixture does, on the service's connections."""
    made: list[tuple[Runtime, Database]] = []
    apis = {name.lower(): url for name, url in hosts(sandbox).items()}
    settings = service.settings.model_copy(update=apis)

    def make(at: str | datetime) -> Runtime:
        now = Slot.parse(f"{DAY}T{at}").at if isinstance(at, str) else at
        sandbox.set_now(now)
        lent = service.lend(lambda: runtime.deadline)
        runtime = Runtime(settings, lambda: now, queues=service.queues, database=lent)
        made.append((runtime, lent))
        return runtime

    yield make
    for runtime, lent in made:
        runtime.close()
        service.take_back(lent)


@pytest.fixture
def database(service: SharedService) -> Iterator[Database]:
    lent = service.lend()
    yield lent
    service.take_back(lent)


@pytest.fixture
def tables(database: Database) -> Tables:
    return Tables(database)


@pytest.fixture
def hide(tables: Tables) -> Iterator[Callable[[str], None]]:
    """Hides a table for the rest of the test, so that look-ups in it fail."""
    hidden: list[str] = []

    def rename(table: str) -> None:
        tables.run(f"ALTER TABLE {table} RENAME TO {table}_hidden")
        hidden.append(table)

    yield rename
    for table in hidden:
        tables.run(f"ALTER TABLE {table}_hidden RENAME TO {table}")


@pytest.fixture(scope="session")
def shared_inbox(shared_service: SharedService) -> Inbox:
    return Inbox(shared_service.sqs, shared_service.environment["CICERO_STAGE"])


@pytest.fixture
def inbox(service: SharedService, shared_inbox: Inbox) -> Inbox:
    """The queues, as seen from outside the service."""
    return shared_inbox


def hosts(sandbox: Sandbox) -> dict[str, str]:
    """The settings that name the hosts of both APIs."""
    return dict.fromkeys(("RAPIDAPI_INSTAGRAM_HOST", "RAPIDAPI_TIKTOK_HOST"), sandbox.url)
