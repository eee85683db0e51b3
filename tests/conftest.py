"""Real services, started once per test process; each test gets its own database and stage."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings, load_settings
from chalicelib.slots import Slot
from local.environment import environment, own_environment
from local.resources import create_queues
from local.sandbox import Sandbox, Scenario, demo_day
from local.seed import seed
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer
from tests.sandbox import SandboxThread

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 2, 20)
OPERATOR = "081200000001"

_numbers = itertools.count()

# No test asserts how soon something happens, and on a busy machine making up an example takes long.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# For runs that only differ in their Python (.ci/other-pythons).
settings.register_profile("few", settings(), max_examples=5)

_MEASURED = "measured"

Measured = Callable[[str], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Takes what a test has measured, in words; the run's last lines print it."""
    return lambda text: record_property(_MEASURED, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == _MEASURED and report.when == "call":
                terminalreporter.write_line(f"measured: {value}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with a migrated database `migrated` to copy from, in memory if there is room: a
    run creates hundreds of databases."""
    with (
        tempfile.TemporaryDirectory(prefix="cicero-pg-", dir=_memory()) as directory,
        EmbeddedPostgres(
            Path(directory), autovacuum="off", wal_level="minimal", max_wal_senders="0"
        ) as server,
    ):
        migrate(server.create_database("migrated"))
        yield server


def _memory() -> str | None:
    """A file system in memory with room for the databases of all test processes, or None."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


_ROOM = 6_000_000_000  # bytes


@pytest.fixture(scope="session")
def redis() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> str:
    """The URL of a database without any table."""
    return postgres.create_database(f"empty_{next(_numbers)}", template="template1")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    connection = Database(database_url)
    yield connection
    connection.close()


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """The process's environment without this service's settings, with dummy AWS credentials."""
    return own_environment() | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-southeast-3",
    }


@pytest.fixture
def new_environment(
    clean_environment: dict[str, str],
    postgres: EmbeddedPostgres,
    redis: EmbeddedRedis,
    moto: MotoServer,
    tmp_path: Path,
) -> Callable[[], dict[str, str]]:
    """Creates environments with everything but the APIs, each with its own database and stage
    (and so its own queues) and its own WhatsApp directory."""

    def make() -> dict[str, str]:
        number = next(_numbers)
        stage = f"t{os.getpid()}-{number}"
        values = clean_environment | {
            "DATABASE_URL": postgres.create_database(f"env_{number}", template="migrated"),
            "REDIS_URL": redis.url,
            "AWS_ENDPOINT_URL": moto.url,
            "CICERO_STAGE": stage,
            "WA_AUTH_DATA_PATH": str(tmp_path / f"wa-{number}"),
            **_SETTINGS,
        }
        with environment(values):
            create_queues(_TEMPLATE, stage, moto.url, overrides={"VisibilityTimeout": "3"})
        return values

    return make


_TEMPLATE = ROOT / ".chalice" / "resources.json"
_SETTINGS = {
    "RAPIDAPI_KEY": "test",
    "RAPIDAPI_INSTAGRAM_HOST": "http://127.0.0.1:9",
    "RAPIDAPI_TIKTOK_HOST": "http://127.0.0.1:9",
    "RAPIDAPI_REQUESTS_PER_SECOND": "1000",
    "ADMIN_WHATSAPP": OPERATOR,
    "WA_POLL_SECONDS": "1",
    "LOG_LEVEL": "WARNING",
}


@pytest.fixture
def service_environment(new_environment: Callable[[], dict[str, str]]) -> dict[str, str]:
    return new_environment()


@pytest.fixture
def database_url(service_environment: dict[str, str]) -> str:
    """The URL of the test's database, migrated and empty except for a scenario's rows."""
    return service_environment["DATABASE_URL"]


@pytest.fixture
def scenario() -> Scenario:
    """The demo's day; a test module can define its own."""
    return demo_day(DAY)


@pytest.fixture
def sandbox(scenario: Scenario) -> Iterator[Sandbox]:
    with SandboxThread(scenario) as api:
        yield api


@pytest.fixture
def sandbox_environment(
    service_environment: dict[str, str], sandbox: Sandbox, scenario: Scenario
) -> dict[str, str]:
    """Everything, with the scenario's clients in the database."""
    seed(service_environment["DATABASE_URL"], scenario)
    return service_environment | {
        "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
        "RAPIDAPI_TIKTOK_HOST": sandbox.url,
    }


RuntimeAt = Callable[[str | datetime], Runtime]


@pytest.fixture
def runtime_at(sandbox_environment: dict[str, str], sandbox: Sandbox) -> Iterator[RuntimeAt]:
    """Creates runtimes whose now (the sandbox's too) is a slot of DAY ("17:00") or a moment."""
    made: list[Runtime] = []

    def make(at: str | datetime) -> Runtime:
        now = Slot.parse(f"{DAY}T{at}").at if isinstance(at, str) else at
        sandbox.set_now(now)
        made.append(runtime_of(sandbox_environment, now))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


def runtime_of(values: Mapping[str, str], now: datetime) -> Runtime:
    """A runtime with this environment, even for its SQS client, at this moment."""
    runtime = Runtime(settings_of(values), lambda: now)
    with environment(values):
        _ = runtime.queues.client
    return runtime


def settings_of(values: Mapping[str, str]) -> Settings:
    """The settings of a process with this environment and no .env file."""
    with environment(values):
        return load_settings(env_file=None)
