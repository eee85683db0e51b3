"""The database, the queues and the Redis of one test process, emptied between its tests.

Cheaper by far than new ones for each test, and as good: a test finds nothing of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis import Redis

from chalicelib.db import Database
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND
from chalicelib.settings import Settings
from local.environment import environment
from local.resources import sqs_client
from tests.conftest import settings_of

_TABLES = """
SELECT tablename::text AS name FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'cicero_fetch_version'
"""


class SharedService:
    """Everything but the APIs. What the database holds at the start is what each test finds."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.environment = dict(values)
        self.settings: Settings = settings_of(self.environment)
        self._redis = Redis.from_url(values["REDIS_URL"])
        with environment(self.environment):
            self.sqs: Any = sqs_client(values["AWS_ENDPOINT_URL"])
        self._urls = [self._url(queue) for queue in (FETCH, ENGAGEMENT, OUTBOUND)]
        self._database = Database(values["DATABASE_URL"])
        self._restore = self._keep_rows()

    def empty(self) -> None:
        """Brings back the first rows, and forgets every message and what Redis keeps."""
        with self._database.transaction():
            self._database.execute(self._restore)
        for url in self._urls:
            self.sqs.purge_queue(QueueUrl=url)
        self._redis.flushdb()

    def close(self) -> None:
        self._database.close()
        self.sqs.close()
        self._redis.close()

    def _keep_rows(self) -> str:
        """Copies the rows aside; the script that brings them back."""
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

    def _url(self, queue: str) -> str:
        name = f"cicero-{self.environment['CICERO_STAGE']}-{queue}"
        return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
