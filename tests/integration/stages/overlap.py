"""Transactions that overlap for certain: a third one holds a row until they wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from chalicelib.db import Database
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

Work = Callable[[], Any]

_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Gate:
    """Keeps others' transactions at a row until they all wait, for it or for each other."""

    def __init__(self, url: str) -> None:
        self._holder, self._watcher = Database(url), Tables(Database(url))

    def through(self, rows: str, works: Sequence[Work]) -> list[Any]:
        """Starts the works one after the other while `rows` (a locking query) are held, each when
        the one before it waits, and lets them go; what they return, or the first error."""
        with ThreadPoolExecutor(len(works)) as threads:
            with self._held(rows):
                started: list[Future[Any]] = []
                for work in works:
                    started.append(threads.submit(work))
                    wait_until(lambda: self._all_wait(started))
            return [future.result() for future in started]

    def close(self) -> None:
        self._holder.close()
        self._watcher.database.close()

    @contextmanager
    def _held(self, rows: str) -> Iterator[None]:
        with self._holder.transaction():
            assert self._holder.execute(rows), "the gate holds nothing"
            yield

    def waiting(self) -> int:
        """How many transactions wait for a lock now."""
        return int(self._watcher.value(_WAITING))

    def _all_wait(self, started: Sequence[Future[Any]]) -> bool:
        for future in started:
            if future.done():
                future.result()
                raise AssertionError("it did not wait: the works do not overlap")
        return self.waiting() >= len(started)


class Kept:
    """The rows of all tables as they are now, to come back to; in a schema of its own."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        script = ["SET LOCAL session_replication_role = replica"]  # no foreign keys meanwhile
        tables.run("DROP SCHEMA IF EXISTS moment CASCADE")
        tables.run("CREATE SCHEMA moment")
        for name in tables.names():
            if name == "cicero_fetch_version":
                continue
            tables.run(f'CREATE TABLE moment."{name}" AS TABLE public."{name}"')
            script.append(f'DELETE FROM public."{name}"')
            if tables.count(f'moment."{name}"'):
                script.append(f'INSERT INTO public."{name}" SELECT * FROM moment."{name}"')
        self._script = "; ".join(script)

    def restore(self) -> None:
        self._tables.run(self._script)

    def drop(self) -> None:
        self._tables.run("DROP SCHEMA moment CASCADE")
