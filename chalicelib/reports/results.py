"""What the results of a slot's runs come to, as the report tells it. Pure.

A result is a row of `slots.client_results`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Platform
from chalicelib.texts import ClientLine

Result = Mapping[str, Any]


def errors_by_kind(results: Iterable[Result]) -> dict[str, list[str]]:
    """The clients of a slot's results under each error kind they met, with the platform that met
    it, `CLIENT (TikTok)`; those that have not finished are `overdue`. Accounts that became `empty`
    are not among them."""
    grouped: dict[str, list[str]] = {}
    for row in results:
        for kind, platform in _troubles(row):
            name = f" ({DESCRIPTIONS[platform].label})" if platform else ""
            grouped.setdefault(kind, []).append(row["client_id"] + name)
    grouped.pop("empty", None)
    return dict(sorted(grouped.items()))


def _troubles(row: Result) -> list[tuple[str, Platform | None]]:
    """The error kinds that a run met, each once a platform, both stages together."""
    if row["outcome"] == "done":
        return []
    met: list[tuple[str, Platform | None]] = [(kind, platform) for platform, kind in _met(row)]
    whole: list[tuple[str, Platform | None]] = [(row["error_kind"] or "overdue", None)]
    return list(dict.fromkeys(met if met and row["outcome"] == "failed" else whole + met))


def platform_errors(results: Iterable[Result]) -> list[tuple[Platform, str]]:
    """The error kinds that a slot's runs met, each once a platform, both stages together."""
    return sorted({met for row in results for met in _met(row)})


def _met(row: Result) -> list[tuple[Platform, str]]:
    """The error kinds of a run's platforms, one after the other, each as often as it was met."""
    stages = [row.get("fetch_result") or {}, row.get("engagement_result") or {}]
    return [
        (platform, stage[platform]["error_kind"])
        for platform in PLATFORMS
        for stage in stages
        if stage.get(platform, {}).get("error_kind")
    ]


def unread(results: Iterable[Result]) -> tuple[int, int]:
    """Of how many clients feeds were due, and of how many not every one was read to its end."""
    due = [row["fetch_result"] or {} for row in results if row["fetch_posts"]]
    whole = [
        bool(fetch) and all(result["verdict"] == "complete" for result in fetch.values())
        for fetch in due
    ]
    return len(due), whole.count(False)


def accounts(results: Iterable[Result], verdict: str) -> list[str]:
    """`CLIENT (Instagram)` for each account whose fetch came to this verdict."""
    return [
        f"{row['client_id']} ({DESCRIPTIONS[platform].label})"
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
    read = [r for r in (fetch or {}).values() if r["verdict"] != "error"]
    return ClientLine(
        client_id=row["client_id"],
        posts=_sum(fetch, "posts") if read else None,
        new=_sum(fetch, "new"),
        removed=_sum(fetch, "removed"),
        users=_sum(engagement, "users") if _names_read(engagement) else None,
        api_requests=row["api_requests"],
        seconds=row["seconds"],
        troubles=list(dict.fromkeys(kind for kind, _ in _troubles(row))),
        due=row["fetch_posts"],
    )


def _names_read(engagement: Mapping[str, Mapping[str, Any]] | None) -> bool:
    """Whether anybody's names were read, or none had to be."""
    results = (engagement or {}).values()
    return any(r.get("posts") or not r.get("failed") for r in results)


def _sum(results: Mapping[str, Mapping[str, Any]] | None, name: str) -> int:
    return sum(result.get(name, 0) for result in (results or {}).values())
