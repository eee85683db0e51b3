"""Taking posts from a client that two complete fetches in a row have lacked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.clients import PLATFORMS, Platform
from chalicelib.db import Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime
from chalicelib.verdicts import confirm_removals


def remove(
    runtime: Runtime, tx: Transaction, job: ClientJob, stored: Row
) -> Iterator[tuple[Platform, int, int]]:
    """Removes, or holds, the `confirmed` posts of a fetching.store; (platform, removed, held).

    Removed posts go to the archive and into the ledger. Held are too many at once, and what
    cannot go without harm to other people's rows; both are told once a day.
    """
    for platform in PLATFORMS:
        missing = [m["content_id"] for m in stored["confirmed"] if m["platform"] == platform]
        if not missing:
            continue
        limit = runtime.settings.safe_delete_max_percent
        decided = confirm_removals(missing, stored["of_day"].get(platform, 0), limit)
        gone = _leave(runtime, tx, job, platform, list(decided.gone))
        held = sorted({*decided.held, *decided.gone} - gone)
        if held:
            tx.run("content.note_held", platform=platform, contents=held, **_of(runtime, job))
        yield platform, len(gone), len(held)


def _leave(
    runtime: Runtime, tx: Transaction, job: ClientJob, platform: Platform, gone: list[str]
) -> set[str]:
    if not gone:
        return set()
    tx.run(f"{platform}.lock_posts", gone=gone)
    left = tx.run(f"{platform}.leave", gone=gone, **_of(runtime, job))
    return {row["content_id"] for row in left}


def _of(runtime: Runtime, job: ClientJob) -> dict[str, Any]:
    return {
        "client_id": job.client_id,
        "slot": job.slot,
        "wib_day": job.of_slot.day,
        "now": runtime.now(),
    }
