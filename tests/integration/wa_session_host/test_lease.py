"""One owner per account, over a real PostgreSQL."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from chalicelib.db import Database
from local.services import EmbeddedPostgres
from tests.integration.waiting import wait_until
from wa_session_host.lease import Lease, LeaseTimes, Owner

HASTY = LeaseTimes(beat=0.1, valid=0.6, settle=0.9)

NewLease = Callable[..., Lease]


@pytest.fixture
def new_lease(database_url: str) -> Iterator[NewLease]:
    made: list[Lease] = []

    def make(
        *accounts: str,
        url: str = database_url,
        started: float | None = None,
        on_other: Callable[[Owner], None] = lambda owner: None,
    ) -> Lease:
        made.append(Lease(url, accounts or ("gateway",), HASTY, started, on_other))
        made[-1].start()
        return made[-1]

    yield make
    for lease in made:
        lease.stop()


class Watch:
    """Looks all the time how many of the leases believe to be held."""

    def __init__(self, leases: Sequence[Lease]) -> None:
        self.most = 0
        self._leases = leases
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            self.most = max(self.most, sum(lease.held() for lease in self._leases))


def end_owners(url: str) -> None:
    """Takes the locks away, as a restarted or failed-over PostgreSQL does."""
    database = Database(url)
    with database.transaction():
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'wa-host %'"
        )
    database.close()


def test_a_lease_is_held_only_after_others_would_have_noticed_their_loss(
    new_lease: NewLease,
) -> None:
    started = time.monotonic()
    lease = new_lease()
    wait_until(lease.held)
    assert time.monotonic() - started >= HASTY.settle > HASTY.valid


def test_real_times_leave_no_overlap_and_take_over_within_thirty_seconds() -> None:
    times = LeaseTimes()
    assert times.valid + 1 < times.settle
    assert 2 * times.beat + times.settle < 30


def test_the_second_host_waits_and_knows_the_first_by_name(new_lease: NewLease) -> None:
    first = new_lease()
    wait_until(first.held)
    second = new_lease()
    wait_until(lambda: second.other is not None)
    assert not second.held()
    owner = second.other
    assert owner is not None
    assert (owner.host, owner.pid) == (socket.gethostname()[:32], os.getpid())
    assert owner.since is not None
    assert datetime.now(UTC) - owner.since < timedelta(minutes=1)
    assert f"pid {os.getpid()}" in str(owner)
    first.stop()
    wait_until(second.held)
    assert second.other is None


def test_a_lock_that_a_lost_connection_of_the_same_host_still_has_is_nobody_else_s(
    new_lease: NewLease,
) -> None:
    started = time.time()  # of the one host: one name
    ghost = new_lease(started=started)
    wait_until(ghost.held)
    found: list[Owner] = []
    again = new_lease(started=started, on_other=found.append)
    time.sleep(5 * HASTY.beat)
    assert (again.held(), again.other, found) == (False, None, [])
    ghost.stop()
    wait_until(again.held)


def test_accounts_are_owned_all_or_none(new_lease: NewLease) -> None:
    first = new_lease("log")
    wait_until(first.held)
    both = new_lease("gateway", "log")
    wait_until(lambda: both.other is not None)
    alone = new_lease("gateway")
    wait_until(alone.held)
    assert not both.held()


def test_different_accounts_do_not_disturb_each_other(new_lease: NewLease) -> None:
    first, second = new_lease("a"), new_lease("b")
    wait_until(lambda: first.held() and second.held())


def test_a_flapping_store_never_makes_two_owners(new_lease: NewLease, database_url: str) -> None:
    leases = [new_lease(), new_lease()]
    wait_until(lambda: any(lease.held() for lease in leases))
    with Watch(leases) as watch:
        for _ in range(4):
            end_owners(database_url)
            time.sleep(0.3)
        wait_until(lambda: any(lease.held() for lease in leases))
        end_owners(database_url)
        wait_until(lambda: not any(lease.held() for lease in leases))
        wait_until(lambda: any(lease.held() for lease in leases))
    assert watch.most == 1


def test_a_store_that_goes_away_ends_the_lease_and_its_return_brings_it_back(
    new_lease: NewLease, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with EmbeddedPostgres(_directory(tmp_path_factory)) as postgres:
        url = postgres.create_database("lease", template="template1")
        leases = [new_lease(url=url), new_lease(url=url)]
        wait_until(lambda: any(lease.held() for lease in leases))
        with Watch(leases) as watch:
            postgres.stop()
            wait_until(lambda: not any(lease.held() for lease in leases))
            postgres.start()
            wait_until(lambda: any(lease.held() for lease in leases))
        assert watch.most == 1
        for lease in leases:
            lease.stop()


def test_a_lock_of_a_server_that_only_reads_is_no_lease(
    new_lease: NewLease, database_url: str
) -> None:
    """A failover has left the connection, or the server's name, with a replica."""
    lease = new_lease()
    wait_until(lease.held)
    writer = Database(database_url)
    _only_reads(writer, "on")
    end_owners(database_url)
    wait_until(lambda: not lease.held())
    with Watch([lease]) as watch:
        time.sleep(2 * HASTY.settle)
    _only_reads(writer, "off")
    writer.close()
    assert watch.most == 0
    wait_until(lease.held)


def _only_reads(writer: Database, value: str) -> None:
    """New connections of the database may only read, or may write again."""
    with writer.transaction():
        [row] = writer.execute("SELECT current_database() AS name")
        writer.execute(f"ALTER DATABASE {row['name']} SET default_transaction_read_only = {value}")


def _directory(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("lease-store")
