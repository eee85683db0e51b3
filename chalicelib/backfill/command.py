"""A person's request for a backfill, and its answer as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from chalicelib.backfill.day import DayFilled
from chalicelib.backfill.fill import Wanted, fill
from chalicelib.backfill.plan import plan
from chalicelib.requests import BackfillRequest
from chalicelib.runtime import Runtime


def backfill(
    runtime: Runtime,
    request: BackfillRequest,
    tell: Callable[[DayFilled], None] = lambda day: None,
) -> dict[str, Any]:
    """`days` filled in, how many are `left`, why it `stopped` before its end, `api_requests`. For a
    dry run instead the clients' days `to_fill`, and how many were `filled` before, or `ran` as they
    should. Raises BadInput."""
    if request.dry_run:
        planned = plan(
            runtime, request.first_day, request.last_day, request.client_id, request.since
        )
        return {
            "read_at": runtime.now().isoformat(),
            "to_fill": [
                {"client_id": one.client.client_id, "days": [day.isoformat() for day in one.days]}
                for one in planned.todo
            ],
            "left": planned.days,
            "filled": planned.filled,
            "ran": planned.ran,
        }
    wanted = Wanted(
        request.first_day, request.last_day, request.client_id, request.most_calls, request.since
    )
    return asdict(fill(runtime, wanted, tell))
