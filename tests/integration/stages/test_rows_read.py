"""What a client's run reads of the database, in a service's first slot: nothing has been analyzed,
and the plans were made while the tables were empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest

from chalicelib.db import Database
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.posts.fetch import fetch_posts
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from local.sandbox import Sandbox, Scenario, crowd
from local.seed import seed
from tests.conftest import DAY
from tests.integration.conftest import Copies, hosts
from tests.integration.runs import start_run
from tests.integration.service import SharedService

CLIENTS = 36
SLOT = Slot.parse(f"{DAY}T12:00")
READ = """
SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)
  + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes) AS entries
"""


@pytest.fixture
def scenario() -> Scenario:
    return crowd(DAY, CLIENTS, posts=3, videos=2, likers=5, comments=5)


@pytest.fixture
def runtime(
    service: SharedService, sandbox: Sandbox, scenario: Scenario, new_copy: Copies
) -> Iterator[Runtime]:
    """With a database of its own, which holds the units and nothing else."""
    url = new_copy("migrated")
    seed(url, scenario)
    sandbox.set_now(SLOT.at)
    apis = {name.lower(): api for name, api in hosts(sandbox).items()}
    settings = service.settings.model_copy(update=apis)
    with closing(Database(url)) as database:
        yield Runtime(settings, lambda: SLOT.at, queues=service.queues, database=database)


def entries_read(database: Database) -> int:
    """Rows of sequential scans and entries of indexes that were read so far."""
    with database.transaction():
        database.execute("SELECT pg_stat_force_next_flush()")
    with database.transaction():
        return int(database.execute(READ)[0]["entries"])


def test_a_client_s_run_reads_no_more_when_there_are_more_clients(runtime: Runtime) -> None:
    jobs = [start_run(runtime, f"SATKER{number:04d}") for number in range(1, CLIENTS + 1)]
    read = [entries_read(runtime.db)]
    for job in jobs:
        fetch_posts(runtime, job)
        refresh_engagement(runtime, job)
        read.append(entries_read(runtime.db))
    each = [after - before for before, after in pairwise(read)]
    early, late = each[3:9], each[-7:-1]  # the first ones plan, the last one closes the slot
    assert max(late) <= max(early)
