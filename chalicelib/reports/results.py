"""The results of a slot's runs, summarised for the report. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Platform
from chalicelib.results import ClientResult
from chalicelib.texts import ClientLine


def errors_by_kind(results: Iterable[ClientResult]) -> dict[str, list[str]]:
    """The clients of a slot's results under each error kind they met, with the platform that met
    it, `CLIENT (TikTok)`; those that have not finished are `overdue`. Accounts that became `empty`
    are not included."""
    grouped: dict[str, list[str]] = {}
    for row in results:
        for kind, platform in _troubles(row):
            name = f" ({DESCRIPTIONS[platform].label})" if platform else ""
            grouped.setdefault(kind, []).append(row["client_id"] + name)
    grouped.pop("empty", None)
    return dict(sorted(grouped.items()))


def _troubles(row: ClientResult) -> list[tuple[str, Platform | None]]:
    """The error kinds that a run met, each once per platform, both stages together."""
    if row["outcome"] == "done":
        return []
    met: list[tuple[str, Platform | None]] = [(kind, platform) for platform, kind in _met(row)]
    whole: list[tuple[str, Platform | None]] = [(row["error_kind"] or "overdue", None)]
    return list(dict.fromkeys(met if met and row["outcome"] == "failed" else whole + met))


def platform_errors(results: Iterable[ClientResult]) -> list[tuple[Platform, str]]:
    """The error kinds that a slot's runs met, each once per platform, both stages together."""
    return sorted({met for row in results for met in _met(row)})


def _met(row: ClientResult) -> list[tuple[Platform, str]]:
    """The error kinds of a run's platforms, one after another, each as often as it was met."""
    fetched, engaged = row.get("fetch_result") or {}, row.get("engagement_result") or {}
    met: list[tuple[Platform, str]] = []
    for platform in PLATFORMS:
        results = (fetched.get(platform), engaged.get(platform))
        kinds = (result["error_kind"] for result in results if result)
        met += [(platform, kind) for kind in kinds if kind]
    return met


def unread(results: Iterable[ClientResult]) -> tuple[int, int]:
    """How many clients had feeds due, and for how many of those not every feed was read to its
    end."""
    due = [row["fetch_result"] or {} for row in results if row["fetch_posts"]]
    whole = [
        bool(fetch) and all(result["verdict"] == "complete" for result in fetch.values())
        for fetch in due
    ]
    return len(due), whole.count(False)


def accounts(results: Iterable[ClientResult], verdict: str) -> list[str]:
    """`CLIENT (Instagram)` for each account whose fetch had this verdict."""
    return [
        f"{row['client_id']} ({DESCRIPTIONS[platform].label})"
        for row in results
        for platform in PLATFORMS
        if (result := (row["fetch_result"] or {}).get(platform)) and result["verdict"] == verdict
    ]


def held_posts(results: Iterable[ClientResult]) -> dict[str, int]:
    """How many posts of each client look gone but were too many to believe."""
    counts = {
        row["client_id"]: sum(result["held"] for result in (row["fetch_result"] or {}).values())
        for row in results
    }
    return {client_id: held for client_id, held in counts.items() if held}


def client_line(row: ClientResult) -> ClientLine:
    """The client's line in the verbose report."""
    fetched = list((row["fetch_result"] or {}).values())
    engaged = list((row["engagement_result"] or {}).values())
    read = any(result["verdict"] != "error" for result in fetched)
    named = any(result["posts"] or not result["failed"] for result in engaged)
    return ClientLine(
        client_id=row["client_id"],
        posts=sum(result["posts"] for result in fetched) if read else None,
        new=sum(result["new"] for result in fetched),
        removed=sum(result["removed"] for result in fetched),
        users=sum(result["users"] for result in engaged) if named else None,
        api_requests=row["api_requests"],
        seconds=row["seconds"],
        troubles=list(dict.fromkeys(kind for kind, _ in _troubles(row))),
        due=row["fetch_posts"],
    )
