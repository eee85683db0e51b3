"""A day of 34 slots, read as deltas and in full: the same tables, for a third of the calls.

integration/local/test_day.py shows the same in every run, on a day of ten slots.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from chalicelib.engagement.scope import Refresh
from chalicelib.platforms import PLATFORMS
from chalicelib.slots import WIB
from local.sandbox import Sandbox, Scenario
from local.sandbox.demo_clients import client_row
from local.sandbox.ids import sec_uid
from local.sandbox.world import Account, Platform, Post, World
from local.seed import seed
from tests.conftest import DAY, Measured, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import play_day
from tests.integration.service import SharedService
from tests.integration.tables import Tables

EVERY = timedelta(hours=3)
"""A post's engagement grows once in so long: of six posts one grows in each half hour."""

KEPT = (
    "insta_post",
    "insta_post_clients",
    "insta_like",
    "tiktok_post",
    "tiktok_post_clients",
    "tiktok_comment",
    "content_change",
)
SNAPSHOTS = {
    "insta_like_audit": "shortcode, usernames, snapshot_window_start, snapshot_window_end",
    "tiktok_comment_audit": "video_id, usernames, snapshot_window_start, snapshot_window_end",
}


def posts(platform: Platform, count: int, likes: int, comments: int) -> list[Post]:
    midnight = datetime.combine(DAY, time(), WIB)
    return [
        Post(
            platform,
            owner="satu",
            posted_at=midnight + timedelta(minutes=1 + 30 * place),
            caption=f"Giat {place}",
            audience="anggota_",
            likes=likes,
            comments=comments,
            settles=timedelta(hours=6),
            step=EVERY,
        )
        for place in range(count)
    ]


@pytest.fixture
def scenario() -> Scenario:
    """A unit with 6 posts and 3 videos that grow all day; its TikTok account is known."""
    group, secuid = "120363000000000777@g.us", sec_uid("satu")
    client = client_row(
        "SATU", "Satu", "org", insta="satu", tiktok="satu", group=group, tiktok_secuid=secuid
    )
    accounts = [Account(platform, "satu", "Satu") for platform in PLATFORMS]
    made = [
        *posts("instagram", 6, likes=250, comments=20),
        *posts("tiktok", 3, likes=90, comments=120),
    ]
    return Scenario(DAY, (client,), World(accounts, made))


def kept(tables: Tables) -> dict[str, object]:
    found: dict[str, object] = {name: tables.dump_of(name) for name in KEPT}
    for name, columns in SNAPSHOTS.items():
        found[name] = tables.run(f"SELECT {columns} FROM {name} ORDER BY 1, 4")
    ledger = found["content_change"]
    assert isinstance(ledger, list)
    for row in ledger:
        del row["change_id"]
    return found


@pytest.mark.soak
def test_a_day_of_deltas_ends_as_a_day_read_in_full_for_fewer_calls(
    runtime_at: RuntimeAt,
    tables: Tables,
    inbox: Inbox,
    sandbox: Sandbox,
    scenario: Scenario,
    service: SharedService,
    measured: Measured,
) -> None:
    ends, calls = {}, {}
    modes: tuple[Refresh, ...] = ("full", "delta")
    for refresh in modes:
        service.empty()
        tables.run("DELETE FROM insta_post")
        tables.run("DELETE FROM clients")
        seed(service.environment["DATABASE_URL"], scenario)
        before = sandbox.stats()["total"]
        play_day(runtime_at, inbox, DAY, refresh)
        ends[refresh], calls[refresh] = kept(tables), sandbox.stats()["total"] - before
    assert ends["delta"] == ends["full"]
    share = calls["delta"] / calls["full"]
    measured(f"delta day: {calls['delta']} of {calls['full']} calls, {share:.0%}")
    assert share <= 0.4
