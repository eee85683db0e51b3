"""A running sandbox's clock, counters and faults."""

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from local.sandbox import instagram, tiktok
from local.sandbox.answer import Answer, Params, Product, bad_key, product_of
from local.sandbox.faults import Faults, Request, respond
from local.sandbox.kinds import Call
from local.sandbox.pages import walk
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
        self._bytes = 0
        self._times: dict[Product, list[float]] = {"instagram": [], "tiktok": []}

    def now(self) -> datetime:
        """The moment it was set to, otherwise the real one."""
        return self._fixed_now or datetime.now(UTC)

    def set_now(self, moment: datetime | None) -> None:
        """Stops the clock at an aware moment; None lets it follow the real one."""
        if moment is not None and moment.tzinfo is None:
            raise ValueError("now: the time needs an offset, as in 2026-02-20T17:00:00+07:00")
        self._fixed_now = moment

    def stats(self) -> dict[str, Any]:
        """Since the start: requests per path and in total, answers per status, bytes of bodies,
        and when the requests of each product arrived, in ascending seconds of the machine's
        monotonic clock.

        A connection that was reset counts as a request without an answer.
        """
        with self._lock:
            statuses = {str(status): count for status, count in self._statuses.items()}
            requests = dict(self._requests)
            times = {product: list(moments) for product, moments in self._times.items()}
        return {
            "requests": requests,
            "total": sum(requests.values()),
            "statuses": statuses,
            "times": times,
            "bytes": self._bytes,
        }

    def sent(self, size: int) -> None:
        """Adds `size` to the bytes of bodies sent."""
        with self._lock:
            self._bytes += size

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

    def answer(self, path: str, params: Params, key: str) -> Answer:
        """Counts one API request and returns its answer, with how to deliver it."""
        with self._lock:
            self._requests[path] += 1
            self._times[product_of(path)].append(round(time.monotonic(), 6))
        answer = self._faulty(path, params, key) if key.strip() else bad_key()
        delay = self._latency_seconds + answer.delivery.delay_seconds
        delivery = replace(answer.delivery, delay_seconds=delay)
        with self._lock:
            if not delivery.reset:
                self._statuses[answer.status] += 1
            headers = {**self.quota_headers(), **answer.headers}
        return replace(answer, headers=headers, delivery=delivery)

    def _faulty(self, path: str, params: Params, key: str) -> Answer:
        call = Call(path, params, lambda params: self._right(path, params))
        request = Request(
            path,
            account=self._account(params),
            post=self._post(params),
            key=key,
            page=cache(lambda: len(walk(path, params, call.right))),
        )
        return respond(self.faults.take(request), call)

    def _right(self, path: str, params: Params) -> Answer:
        answer = instagram.answer if product_of(path) == "instagram" else tiktok.answer
        return answer(self._world, self.now(), path, params)

    def _account(self, params: Params) -> str | None:
        """Whose profile, feed or post is requested; the requested name if it is unknown."""
        asked = params.get("username_or_id_or_url")
        if asked is not None:
            account = self._world.account("instagram", asked)
        elif (code := self._post(params)) is not None:
            product: Product = "tiktok" if "videoId" in params else "instagram"
            post = self._world.post(product, code, self.now())
            return post.owner if post else None
        else:
            asked = params.get("secUid") or params.get("uniqueId")
            account = self._world.account("tiktok", asked or "")
        return account.username if account else asked

    def _post(self, params: Params) -> str | None:
        return params.get("code_or_id_or_url") or params.get("videoId")
