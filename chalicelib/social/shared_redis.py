"""The Redis that all workers share; while it does not respond, each process works on its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

_REDIS_SECONDS = 0.5
_RETRY_REDIS_AFTER = 30.0

Value = TypeVar("Value")


class SharedRedis:
    """Redis at `url`, or none if that is None. One warning is logged while it is down, or does not
    respond sensibly; it is tried again after 30 seconds."""

    def __init__(self, url: str | None) -> None:
        self.url = url or ""
        self._away_until = 0.0
        self._warned = False

    def ask(self, question: Callable[[Redis], Value]) -> Value | None:
        """Redis's reply; None while it is down or not set."""
        if not self.url or time.monotonic() < self._away_until:
            return None
        try:
            answer = question(self.client)
        except Exception as error:  # noqa: BLE001  no reply from Redis may stop the work
            if not self._warned:
                log.warning("Redis is away (%s): each process for itself", type(error).__name__)
            self._warned, self._away_until = True, time.monotonic() + _RETRY_REDIS_AFTER
            return None
        self._warned = False
        return answer

    def close(self) -> None:
        """Closes the connections."""
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def client(self) -> Redis:
        """The connections; made without checking whether Redis is there."""
        from redis import Redis

        return Redis.from_url(
            self.url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            decode_responses=True,
            driver_info=None,  # to say it, each connection would read the package's metadata
        )
