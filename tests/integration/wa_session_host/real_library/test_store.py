"""The session in PostgreSQL instead of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.db import Database
from local.services import EmbeddedPostgres
from tests.integration.wa_session_host.real_library.hosting import (
    pair,
    running,
    snapshot,
)
from tests.integration.waiting import wait_until
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.session.store import schema_name


@pytest.fixture
def session_database(tmp_path: Path) -> Iterator[str]:
    """A database that a child in a namespace of its own reaches: its socket is open to all."""
    with EmbeddedPostgres(tmp_path / ("long" * 25)) as server:  # so the socket lies elsewhere
        url = server.create_database("sessions")
        Path(parse_qs(urlsplit(url).query)["host"][0]).chmod(0o755)
        yield url


def test_a_session_in_postgresql_outlives_its_host(
    values: dict[str, str], standin: Standin, account: AccountScript, session_database: str
) -> None:
    kept = values | {"WA_AUTH_DATA_PATH": session_database}
    with running(kept, standin) as host:
        pair(host, account)
    with running(kept, standin) as again:
        wait_until(again.ready)
        assert snapshot(again).code_number == 0
    database = Database(session_database)
    with database.transaction():
        schemas = database.execute(
            "SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename LIKE 'whatsmeow%'"
        )
    database.close()
    assert schemas == [{"schemaname": schema_name("gateway")}]
