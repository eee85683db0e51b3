"""Migrations beside a dashboard at work: they wait, say for whom, and hold up nobody."""

from __future__ import annotations

import itertools
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pg8000.native
import pytest
from alembic.script import ScriptDirectory

from chalicelib.db import Database
from chalicelib.db.driver import connect, connect_arguments
from chalicelib.db.migrate import current_version, migrate
from chalicelib.db.upgrade import LOCK_KEY, Patience, scripts
from chalicelib.deadline import Deadline
from chalicelib.errors import CiceroError
from local.services import EmbeddedPostgres
from tests.conftest import ROOT
from tests.integration.db import old_database
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

HEAD = ScriptDirectory.from_config(scripts()).get_current_head()
QUICK = Patience(lock_seconds=0.4, pause_seconds=0.1)
WRITE = """
INSERT INTO wa_notification_outbox (client_id, group_id, message, idempotency_key)
VALUES ('X', 'G', 't', gen_random_uuid())
"""
LOCK = f"SELECT pg_advisory_lock({LOCK_KEY})"
INDEXES = """
SELECT indexdef FROM pg_indexes
WHERE tablename = 'wa_notification_outbox' AND indexdef LIKE '% WHERE %'
"""
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
BUILDING = """
SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()
"""

Said = Callable[[str], bool]

only_indexing = pytest.mark.parametrize("url", ["indexing"], indirect=True)

_numbers = itertools.count()


@pytest.fixture(scope="module")
def before(postgres: EmbeddedPostgres) -> dict[str, str]:
    """An existing database that this service has not seen yet, and one before the migration that
    only builds indexes, to copy from."""
    names = {"existing": "base", "indexing": "0009"}
    for name, version in names.items():
        url = postgres.create_database(f"before_{name}")
        old_database.build(url, "fetch_service")
        if version != "base":
            migrate(url, to=version)
    return {name: f"before_{name}" for name in names}


@pytest.fixture(params=["existing", "indexing"])
def url(postgres: EmbeddedPostgres, before: dict[str, str], request: pytest.FixtureRequest) -> str:
    name = f"migrating_{next(_numbers)}"
    return postgres.create_database(name, template=before[request.param])


@pytest.fixture
def tables(url: str) -> Iterator[Tables]:
    with closing(Database(url)) as database:
        yield Tables(database)


@pytest.fixture(scope="module")
def wanted(postgres: EmbeddedPostgres) -> set[str]:
    """The indexes of a fresh database."""
    with closing(Database(postgres.create_database("wanted", template="migrated"))) as database:
        return set(Tables(database).values(INDEXES))


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Said:
    """Whether the log has this."""
    caplog.set_level(logging.WARNING)
    return lambda text: text in caplog.text


@contextmanager
def busy(url: str, sql: str = WRITE) -> Iterator[int]:
    """A session of the dashboard's that leaves its transaction open until the end; its pid."""
    named = connect_arguments(url) | {"application_name": "dashboard"}
    with closing(connect(pg8000.native.Connection, named)) as connection:
        connection.run("BEGIN")
        connection.run(sql)
        yield connection.run("SELECT pg_backend_pid()")[0][0]
        connection.run("COMMIT")


def moved(answer: dict[str, str | None]) -> tuple[str | None, str | None]:
    return answer["from"], answer["to"]


def written(tables: Tables) -> object:
    return tables.value("SELECT count(*) FROM wa_notification_outbox WHERE message = 't'")


def test_writers_go_on_while_a_migration_waits_for_one_of_them_and_says_for_whom(
    url: str, said: Said, tables: Tables
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with busy(url) as pid:
            migrating = thread.submit(migrate, url, patience=QUICK)
            wait_until(lambda: said(f"waits for wa_notification_outbox: session {pid} (dashboard,"))
            for _ in range(3):
                tables.run(WRITE)
            assert not migrating.done()
        assert migrating.result()["to"] == HEAD
    assert written(tables) == 4
    assert tables.value(INVALID) == 0
    assert not said("INSERT")


def test_a_migration_that_has_no_time_left_names_the_session_and_goes_on_when_it_is_gone(
    url: str, tables: Tables
) -> None:
    left = [70.0]
    deadline = Deadline(lambda: left[0], sleep=lambda seconds: left.__setitem__(0, 0.0))
    if current_version(url):  # an index waits until its time is over, and is not tried again
        left[0] = 33.0
    with busy(url) as pid, pytest.raises(CiceroError) as caught:
        migrate(url, deadline=deadline, patience=QUICK)
    assert f"wa_notification_outbox: session {pid} (dashboard, idle in transac" in str(caught.value)
    assert "End that transaction, and migrate again" in str(caught.value)
    assert "INSERT" not in str(caught.value)
    stopped_at = current_version(url)
    assert stopped_at in ("0001", "0009")
    assert moved(migrate(url)) == (stopped_at, HEAD)
    assert tables.value(INVALID) == 0


@only_indexing
def test_an_index_that_a_cut_run_left_invalid_is_built_again(
    url: str, wanted: set[str], tables: Tables
) -> None:
    old_database.execute(
        url,
        "CREATE INDEX wa_notification_outbox_sent ON wa_notification_outbox (session)",
        "UPDATE pg_index SET indisvalid = false "
        "WHERE indexrelid = 'wa_notification_outbox_sent'::regclass",
    )
    migrate(url)
    assert tables.value(INVALID) == 0
    assert set(tables.values(INDEXES)) == wanted


@only_indexing
def test_a_run_that_was_killed_is_taken_up_by_the_next(
    url: str, wanted: set[str], tables: Tables
) -> None:
    program = "import sys; from chalicelib.db.migrate import migrate; migrate(sys.argv[1])"
    with busy(url):
        cut = subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT)
        wait_until(lambda: tables.value(BUILDING) == 1)
        cut.send_signal(signal.SIGKILL)
        cut.wait()
    assert moved(migrate(url, patience=QUICK)) == ("0009", HEAD)
    assert set(tables.values(INDEXES)) == wanted
    assert tables.value(INVALID) == 0


@only_indexing
def test_a_second_run_says_that_it_waits_for_the_first(url: str, said: Said) -> None:
    with ThreadPoolExecutor(1) as thread:
        with busy(url, LOCK) as pid:
            second = thread.submit(migrate, url, patience=QUICK)
            wait_until(lambda: said("Another run migrates this database (the lock of the migra"))
            assert said(f"session {pid} (dashboard, idle in transaction")
            assert not second.done()
        assert second.result()["to"] == HEAD
