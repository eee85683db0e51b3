"""The database and the queues as the window uses them: none waits long for one that is down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


class Services:
    """Shared by all requests; each gets a database connection of its own. Redis is asked through
    one guard, which remembers that it is down."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self.sqs = _sqs_client()
        self.queues = Queues(context.settings.cicero_stage, self.sqs)
        self.group_names = GroupNames(context.sessions)
        self.lines = SharedLines(context.share_seconds)
        self._guard = Runtime(context.settings, context.now).guard

    @contextmanager
    def runtime(self, answer_seconds: float = LOOK_SECONDS) -> Iterator[Runtime]:
        """For one request. Raises DatabaseUnavailable within it where PostgreSQL is down, or takes
        longer than `answer_seconds`."""
        settings = self._context.settings
        database = Database(settings.database_url, 0, answer_seconds)
        runtime = Runtime(
            settings,
            self._context.now,
            queues=self.queues,
            database=database,
            guard=self._guard,
        )
        try:
            yield runtime
        finally:
            runtime.close()
            database.close()

    def close(self) -> None:
        self.sqs.close()
        self._guard.close()


def _sqs_client() -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 1}
    times = {"connect_timeout": _QUEUE_SECONDS, "read_timeout": _QUEUE_SECONDS}
    return boto3.client("sqs", config=Config(retries=retries, **times))
