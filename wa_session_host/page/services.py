"""The database and the queues as the window uses them: none waits long for one that is down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, LifoQueue
from typing import Any

from chalicelib.db import Database
from chalicelib.queues import Queues
from chalicelib.runtime import Runtime
from wa_session_host.page.context import PageContext
from wa_session_host.page.group_names import GroupNames
from wa_session_host.page.shared import SharedLines

LOOK_SECONDS = 2.0
"""How long a page waits for a statement."""

ACT_SECONDS = 10.0
"""How long an action waits for a statement."""

_QUEUE_SECONDS = 1.0
_KEPT = 2


class Connections:
    """Connections to the database, each of one request at a time. Up to two are kept for the next
    ones, because on a new one PostgreSQL plans every statement afresh; one that was lost meanwhile
    is opened again."""

    def __init__(self, url: str, answer_seconds: float) -> None:
        self._url = url
        self._answer_seconds = answer_seconds
        self._idle: LifoQueue[Database] = LifoQueue(_KEPT)

    @contextmanager
    def one(self) -> Iterator[Database]:
        try:
            database = self._idle.get_nowait()
        except Empty:
            database = Database(self._url, 0, self._answer_seconds)
        try:
            yield database
        finally:
            try:
                self._idle.put_nowait(database)
            except Full:
                database.close()

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()


class Services:
    """Shared by all requests; each has a database connection to itself. Redis is asked through one
    guard, which remembers that it is down."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self.sqs = _sqs_client()
        self.queues = Queues(context.settings.cicero_stage, self.sqs)
        self.group_names = GroupNames(context.sessions)
        self.lines = SharedLines(context.share_seconds)
        self._guard = Runtime(context.settings, context.now).guard
        url = context.settings.database_url
        self._looking = Connections(url, LOOK_SECONDS)
        self._acting = Connections(url, ACT_SECONDS)

    @contextmanager
    def looking(self) -> Iterator[Runtime]:
        """For a page. Raises DatabaseUnavailable within it where PostgreSQL is down, or takes
        longer than LOOK_SECONDS for a statement."""
        with self._looking.one() as database:
            yield from self._runtime(database)

    @contextmanager
    def acting(self) -> Iterator[Runtime]:
        """The same for an action, with ACT_SECONDS."""
        with self._acting.one() as database:
            yield from self._runtime(database)

    def _runtime(self, database: Database) -> Iterator[Runtime]:
        runtime = Runtime(
            self._context.settings,
            self._context.now,
            queues=self.queues,
            database=database,
            guard=self._guard,
        )
        try:
            yield runtime
        finally:
            runtime.close()

    def close(self) -> None:
        self._looking.close()
        self._acting.close()
        self.sqs.close()
        self._guard.close()


def _sqs_client() -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 1}
    times = {"connect_timeout": _QUEUE_SECONDS, "read_timeout": _QUEUE_SECONDS}
    return boto3.client("sqs", config=Config(retries=retries, **times))
