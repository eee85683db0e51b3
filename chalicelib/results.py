"""What the results of a slot's runs come to, as the report tells it. Pure.

A result is a row of `slots.client_results`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.clients import PLATFORMS
from chalicelib.texts import PLATFORM_NAMES, ClientLine

Result = Mapping[str, Any]


def errors_by_kind(results: Iterable[Result]) -> dict[str, list[str]]:
    """The clients of a slot's results under each error kind they met; those that have not
    finished are `overdue`."""
    grouped: dict[str, list[str]] = {}
    for row in results:
        if row["outcome"] != "done":
            grouped.setdefault(row["error_kind"] or "overdue", []).append(row["client_id"])
    return dict(sorted(grouped.items()))


def accounts(results: Iterable[Result], verdict: str) -> list[str]:
    """`CLIENT (Instagram)` for each account whose fetch came to this verdict."""
    return [
        f"{row['client_id']} ({PLATFORM_NAMES[platform]})"
        for row in results
        for platform in PLATFORMS
        if (row["fetch_result"] or {}).get(platform, {}).get("verdict") == verdict
    ]


def held_posts(results: Iterable[Result]) -> dict[str, int]:
    """How many posts of each client look gone but were too many to believe."""
    counts = {row["client_id"]: _sum(row["fetch_result"], "held") for row in results}
    return {client_id: held for client_id, held in counts.items() if held}


def client_line(row: Result) -> ClientLine:
    """The client's line in the verbose report."""
    fetch, engagement = row["fetch_result"], row["engagement_result"]
    return ClientLine(
        client_id=row["client_id"],
        posts=_sum(fetch, "posts"),
        new=_sum(fetch, "new"),
        removed=_sum(fetch, "removed"),
        users=_sum(engagement, "users"),
        api_requests=row["api_requests"],
        seconds=row["seconds"],
        trouble=None if row["outcome"] == "done" else row["error_kind"] or "overdue",
    )


def _sum(results: Mapping[str, Mapping[str, Any]] | None, name: str) -> int:
    return sum(result.get(name, 0) for result in (results or {}).values())
