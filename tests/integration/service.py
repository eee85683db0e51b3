"""The database, the queues and the Redis of one test process, emptied between its tests.

Far cheaper than new ones for each test, and as good: no test sees anything of another's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from redis import Redis

from chalicelib.db import Database
from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND, Queues
from chalicelib.settings import Settings
from local.environment import environment
from local.resources import sqs_client
from tests.conftest import settings_of

_REST_SECONDS = 0.03

_TABLES = """
SELECT tablename::text AS name FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'cicero_fetch_version'
"""


class SharedService:
    """Everything but the APIs. Each test finds what the database holds at the start."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.environment = dict(values)
        self.settings: Settings = settings_of(self.environment)
        self._redis = Redis.from_url(values["REDIS_URL"])
        with environment(self.environment):
            self.sqs: Any = unhurried(sqs_client(values["AWS_ENDPOINT_URL"]))
        self.queues = Queues(values["CICERO_STAGE"], self.sqs)
        self._urls = [self.queues.url(queue) for queue in (FETCH, ENGAGEMENT, OUTBOUND)]
        self._idle: list[Database] = []
        self._database = Database(values["DATABASE_URL"])
        self._restore = self._keep_rows()

    def empty(self) -> None:
        """Restores the initial rows, and deletes every message and everything in Redis."""
        with self._database.transaction():
            self._database.execute(self._restore)
        for url in self._urls:
            self.sqs.purge_queue(QueueUrl=url)
        self._redis.flushdb()

    def lend(self, deadline: Callable[[], Deadline] = lambda: UNLIMITED) -> Database:
        """Lends a connection until `take_back`: opening one costs more than many a test."""
        lent = self._idle.pop() if self._idle else Database(self.environment["DATABASE_URL"])
        lent._deadline, lent.round_trips = deadline, 0
        return lent

    def take_back(self, lent: Database) -> None:
        if lent._in_transaction:
            lent.close()
        self._idle.append(lent)

    def close(self) -> None:
        for lent in self._idle:
            lent.close()
        self._database.close()
        self.sqs.close()
        self._redis.close()

    def _keep_rows(self) -> str:
        """Copies the rows aside; returns the script that restores them."""
        script = ["SET LOCAL lock_timeout = '60s'"]
        script += ["SET LOCAL session_replication_role = replica"]  # no foreign keys meanwhile
        run = self._database.execute
        with self._database.transaction():
            run("CREATE SCHEMA kept")
            for table in [f'"{row["name"]}"' for row in run(_TABLES)]:
                run(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
                script.append(f"DELETE FROM public.{table}")
                if run(f"SELECT 1 AS one FROM kept.{table} LIMIT 1"):
                    script.append(f"INSERT INTO public.{table} SELECT * FROM kept.{table}")
        return "; ".join(script)


def unhurried(sqs: Any) -> Any:
    """The client, pausing briefly if a queue is empty: whoever polls it without waiting leaves the
    CPU to others."""

    def rest(parsed: dict[str, Any], **_: Any) -> None:
        if not parsed.get("Messages"):
            time.sleep(_REST_SECONDS)

    sqs.meta.events.register("after-call.sqs.ReceiveMessage", rest)
    return sqs
