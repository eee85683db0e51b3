"""The window's connections: kept for the next request, opened again where one was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chalicelib.db import Database
from chalicelib.errors import CiceroError
from local.services import EmbeddedPostgres
from wa_session_host.page.services import Connections


@pytest.fixture
def connections(postgres: EmbeddedPostgres) -> Iterator[Connections]:
    made = Connections(postgres.url, 2.0)
    yield made
    made.close()


def backend(database: Database) -> int:
    with database.transaction():
        return int(database.execute("SELECT pg_backend_pid() AS pid")[0]["pid"])


def at_once(connections: Connections, number: int) -> list[int]:
    """The backends of so many requests at the same time."""
    with ExitStack() as requests:
        return [backend(requests.enter_context(connections.one())) for _ in range(number)]


def test_requests_that_follow_each_other_share_one_and_those_at_once_share_none(
    connections: Connections,
) -> None:
    [first] = at_once(connections, 1)
    three = at_once(connections, 3)
    assert (first in three, len(set(three))) == (True, 3)
    assert len(set(three) & set(at_once(connections, 3))) == 2, "two are kept"


def test_one_that_was_lost_while_nobody_used_it_is_opened_again(
    connections: Connections, postgres: EmbeddedPostgres
) -> None:
    [lost] = at_once(connections, 1)
    postgres.psql("-qc", f"SELECT pg_terminate_backend({lost}, 60000)")
    assert at_once(connections, 1) != [lost]


def too_long(connections: Connections) -> None:
    with connections.one() as database, database.transaction():
        database.execute("SET LOCAL statement_timeout = '10ms'")
        database.execute("SELECT pg_sleep(60)")


def test_a_request_that_met_an_error_leaves_one_that_can_be_used(connections: Connections) -> None:
    with pytest.raises(CiceroError):
        too_long(connections)
    assert at_once(connections, 1)
