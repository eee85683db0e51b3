"""The oldest PostgreSQL that is supported: its migrations, every query, and a slot with a removal,
a restore and a message sent again. It is fetched by `make test`, never here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pg8000.native
import pytest

from chalicelib import dispatch
from chalicelib.db import Database
from chalicelib.db.connection import query_text
from chalicelib.db.driver import connect, connect_arguments
from chalicelib.db.migrate import OLDEST_SERVER, migrate, server_version
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.manual.posts import restore_post
from chalicelib.outbox.redrive import redrive
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from chalicelib.sweep import sweep
from local.environment import environment
from local.sandbox import Sandbox
from local.seed import seed
from local.services import ServiceError
from local.services.oldest_postgres import OldestPostgres, fetch_oldest_postgres
from tests.conftest import DAY, settings_of
from tests.integration.conftest import DEMO, NewService, hosts
from tests.integration.db.test_connection import NAMED
from tests.integration.tables import Tables


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Its database, migrated, with the demo's clients."""
    try:
        fetch_oldest_postgres(offline=True)
    except ServiceError as error:
        pytest.skip(str(error).splitlines()[0])
    with tempfile.TemporaryDirectory(prefix="cicero-pg13-") as directory:
        Path(directory).chmod(0o755)
        with OldestPostgres(Path(directory)) as server:
            migrate(server.url)
            seed(server.url, DEMO)
            yield server.url


def test_it_is_as_old_as_it_is_said_to_be(url: str) -> None:
    with closing(connect(pg8000.native.Connection, connect_arguments(url))) as connection:
        assert server_version(connection) // 10_000 == OLDEST_SERVER


def test_it_understands_every_query(url: str) -> None:
    with closing(connect(pg8000.native.Connection, connect_arguments(url))) as connection:
        for name in NAMED:
            connection.prepare(query_text(name)).close()


def test_a_slot_runs_on_it(url: str, new_service: NewService, sandbox: Sandbox) -> None:
    values = new_service(url) | hosts(sandbox)
    slot = Slot.parse(f"{DAY}T17:00")
    sandbox.set_now(slot.at)
    with environment(values), closing(Runtime(settings_of(values), lambda: slot.at)) as runtime:
        runtime.queues = Queues(values["CICERO_STAGE"])
        opened = dispatch.open_slot(runtime, slot, "schedule")
        for job in _jobs(runtime, slot):
            fetch_posts(runtime, job)
            refresh_engagement(runtime, job)
        with closing(Database(url)) as database:
            _check(runtime, slot, opened, Tables(database))


def _jobs(runtime: Runtime, slot: Slot) -> list[ClientJob]:
    with runtime.db.transaction() as tx:
        rows = tx.run("slots.client_results", slot=slot.at)
    return [
        ClientJob(
            slot=slot.at,
            client_id=row["client_id"],
            fetch_posts=row["fetch_posts"],
            trigger="schedule",
            expires_at=slot.at.replace(minute=30),
        )
        for row in rows
    ]


def _check(runtime: Runtime, slot: Slot, opened: dispatch.Opened, tables: Tables) -> None:
    assert tables.value("SELECT status FROM slot_run") == "closed"
    assert tables.value("SELECT count(*) FROM client_run WHERE outcome IS NULL") == 0
    assert tables.count("client_run") == opened.clients > 0
    assert tables.count("insta_like_audit") == tables.count("insta_like") > 0
    assert tables.count("tiktok_comment") > 0
    reports = "SELECT count(*) FROM wa_notification_outbox WHERE kind = 'admin_report'"
    assert tables.value(reports) == 1
    first = "SELECT shortcode, client_id FROM insta_post_clients ORDER BY shortcode LIMIT 1"
    post = tables.row(first)
    code, before = post["shortcode"], tables.dump_of("insta_like")
    gone = {"gone": [code], "slot": slot.at, "wib_day": DAY, "now": slot.at}
    with runtime.db.transaction() as tx:
        left = tx.run("instagram.leave", client_id=post["client_id"], **gone)
    assert [row["content_id"] for row in left] == [code]
    restore_post(runtime, code)
    assert tables.dump_of("insta_like") == before
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    a_list = tables.value("SELECT min(outbox_id) FROM wa_notification_outbox")
    assert redrive(runtime, a_list).status == "pending"
    sweep(runtime)
