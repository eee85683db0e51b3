"""Takes posts from a client that two complete fetches in a row have lacked, once each was looked up
and not found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.db import Transaction
from chalicelib.jobs import ClientJob
from chalicelib.parallel import side_by_side
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.posts.verdicts import confirm_removals
from chalicelib.runtime import Runtime
from chalicelib.social.errors import ApiError, NotFound, api_error


@dataclass(frozen=True)
class Lacked:
    """The posts of a platform that complete fetches have lacked in this slot and an earlier one,
    and how many posts the day has, including these."""

    contents: tuple[str, ...]
    of_day: int


@dataclass(frozen=True)
class Missing:
    """What became of the posts that a platform's feeds have lacked twice: `gone`, not found by
    their own id either; `found`, still there; `held`, too many to believe, and not looked up.
    The rest could not be looked up, this time because of `error`."""

    gone: frozenset[str]
    found: frozenset[str]
    held: frozenset[str]
    error: ApiError | None = None


def ask(
    runtime: Runtime, lacked: Mapping[Platform, Lacked], may_go_on: Callable[[], bool]
) -> Mapping[Platform, Missing]:
    """Looks up each post that was lacked twice, as long as there is time. Only "not found" makes a
    post gone. Returns an empty mapping if nothing is missing."""
    return {
        platform: _ask(runtime, lacked[platform], platform, may_go_on)
        for platform in PLATFORMS
        if platform in lacked and lacked[platform].contents
    }


def write(
    runtime: Runtime,
    tx: Transaction,
    job: ClientJob,
    asked: Mapping[Platform, Missing],
) -> dict[Platform, tuple[int, int]]:
    """Removes the posts that are gone, and clears the found ones' mark as missing; returns how many
    were removed, and how many held, for each platform.

    Removed posts go to the archive and into the ledger. Posts are held if too many are missing at
    once, or if they cannot be deleted without harm to other people's rows; both are reported once a
    day. A post that another fetch has seen meanwhile stays.
    """
    numbers = {}
    known = (m.found | m.gone | m.held for m in asked.values())
    tx.run("content.lock", client_id=job.client_id, contents=sorted(frozenset().union(*known)))
    for platform, missing in asked.items():
        if missing.found:
            there = sorted(missing.found)
            tx.run("content.found", platform=platform, contents=there, client_id=job.client_id)
        gone, left = _leave(runtime, tx, job, platform, sorted(missing.gone))
        held = sorted(missing.held | (gone - left))
        if held:
            tx.run("content.note_held", platform=platform, contents=held, **_of(runtime, job))
        numbers[platform] = (len(left), len(held))
    return numbers


def _ask(
    runtime: Runtime, lacked: Lacked, platform: Platform, may_go_on: Callable[[], bool]
) -> Missing:
    limit = runtime.settings.safe_delete_max_percent
    decided = confirm_removals(lacked.contents, lacked.of_day, limit)
    post = runtime.apis[platform].post

    def there(content_id: str) -> bool | ApiError | None:
        """Whether the post exists; the error, or None if time ran out, when that is not known."""
        try:
            return (post(content_id).content_id == content_id or None) if may_go_on() else None
        except Exception as error:  # noqa: BLE001  any error is this post's alone
            gone = isinstance(error, NotFound) and error.explicit
            return False if gone else api_error(error, platform)

    found = dict(zip(decided.gone, side_by_side(runtime.pool, there, decided.gone), strict=True))
    return Missing(
        gone=frozenset(c for c, answer in found.items() if answer is False),
        found=frozenset(c for c, answer in found.items() if answer is True),
        held=frozenset(decided.held),
        error=next((e for e in found.values() if isinstance(e, ApiError)), None),
    )


def _leave(
    runtime: Runtime, tx: Transaction, job: ClientJob, platform: Platform, gone: list[str]
) -> tuple[set[str], set[str]]:
    """The posts that are still missing, and those of them that were removed."""
    if not gone:
        return set(), set()
    still = tx.run(
        "content.still_missing",
        platform=platform,
        contents=gone,
        client_id=job.client_id,
        slot=job.slot,
    )
    missing = [row["content_id"] for row in still]
    left = tx.run(f"{platform}.leave", gone=missing, **_of(runtime, job))
    return set(missing), {row["content_id"] for row in left}


def _of(runtime: Runtime, job: ClientJob) -> dict[str, Any]:
    return {
        "client_id": job.client_id,
        "slot": job.slot,
        "wib_day": job.of_slot.day,
        "now": runtime.now(),
    }
