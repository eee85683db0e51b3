"""What a running sandbox remembers: its clock, its counters and its faults."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from local.sandbox import instagram, tiktok
from local.sandbox.answer import Answer, Params, bad_key
from local.sandbox.faults import Faults
from local.sandbox.world import World

PLAN_REQUESTS = 1_000_000


class SandboxState:
    """Answers API requests over one world; safe to use from many threads."""

    def __init__(self, world: World, latency_seconds: float = 0.0) -> None:
        self.faults = Faults()
        self._world = world
        self._latency_seconds = latency_seconds
        self._fixed_now: datetime | None = None
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()

    def now(self) -> datetime:
        """The moment it was set to, else the real one."""
        return self._fixed_now or datetime.now(UTC)

    def set_now(self, moment: datetime | None) -> None:
        """Stops the clock at an aware moment; None lets it follow the real one."""
        if moment is not None and moment.tzinfo is None:
            raise ValueError("now: the time needs an offset, as in 2026-02-20T17:00:00+07:00")
        self._fixed_now = moment

    def stats(self) -> dict[str, Any]:
        """Requests per path, in total, and answers per status, since the start."""
        with self._lock:
            statuses = {str(status): count for status, count in self._statuses.items()}
            requests = dict(self._requests)
        return {"requests": requests, "total": sum(requests.values()), "statuses": statuses}

    def quota_headers(self) -> dict[str, str]:
        """The plan's quota as RapidAPI tells it; `reset` is seconds until the next month."""
        now = self.now().astimezone(UTC)
        next_month = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
        remaining = PLAN_REQUESTS - sum(self._requests.values())
        return {
            "x-ratelimit-requests-limit": str(PLAN_REQUESTS),
            "x-ratelimit-requests-remaining": str(max(0, remaining)),
            "x-ratelimit-requests-reset": str(int((next_month - now).total_seconds())),
        }

    def answer(self, path: str, params: Params, key: str) -> tuple[Answer, dict[str, str]]:
        """The answer to one API request with the headers to send; counts it, and takes its time."""
        with self._lock:
            self._requests[path] += 1
        time.sleep(self._latency_seconds)
        answer, headers = self._faulty(path, params) if key.strip() else (bad_key(), {})
        with self._lock:
            self._statuses[answer.status] += 1
            return answer, self.quota_headers() | headers

    def _faulty(self, path: str, params: Params) -> tuple[Answer, dict[str, str]]:
        fault = self.faults.take(path, self._account(params), self._post(params))
        if fault is not None:
            time.sleep(fault.delay_seconds)
            if fault.status is not None:
                return Answer(fault.status, fault.body), fault.headers
        return self._right(path, params), {}

    def _right(self, path: str, params: Params) -> Answer:
        if path.startswith("/v1/"):
            return instagram.answer(self._world, self.now(), path, params)
        return tiktok.answer(self._world, self.now(), path, params)

    def _account(self, params: Params) -> str | None:
        asked = params.get("username_or_id_or_url")
        if asked is not None:
            account = self._world.account("instagram", asked)
        else:
            asked = params.get("secUid") or params.get("uniqueId")
            account = self._world.account("tiktok", asked or "")
        return account.username if account else asked

    def _post(self, params: Params) -> str | None:
        return params.get("code_or_id_or_url") or params.get("videoId")
