"""What is kept of each read of a list, held against what the sandbox knows; a day of odd lists."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.platforms import PLATFORMS
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT
from chalicelib.slots import WIB
from local.sandbox import Sandbox, Scenario, world
from local.sandbox.demo_clients import client_row
from local.sandbox.ids import sec_uid
from local.sandbox.world import Account, Platform, Post, World
from local.seed import seed
from tests.conftest import DAY, Measured, RuntimeAt
from tests.integration import answers
from tests.integration.answers import COMMENTS, LIKES
from tests.integration.inbox import Inbox
from tests.integration.runs import hurried, play_day, start_run, whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables

MIDNIGHT = datetime.combine(DAY, time(), WIB)
GROUP = "120363000000000777@g.us"


def made(platform: Platform, minute: int, likes: int, comments: int, **fields: Any) -> Post:
    """A post of the unit; its engagement comes in steps of three hours."""
    return Post(
        platform,
        owner="satu",
        posted_at=MIDNIGHT + timedelta(minutes=minute),
        caption=f"Giat {minute}",
        audience="anggota_",
        likes=likes,
        comments=comments,
        settles=timedelta(hours=2),
        step=timedelta(hours=3),
        **fields,
    )


def post(minute: int, likes: int) -> Post:
    return made("instagram", minute, likes, comments=20, audience_size=6999)


def video(minute: int, comments: int) -> Post:
    return made("tiktok", minute, likes=50, comments=comments, repeat_every=4)


CAPPED, SHORT, LOOPING, UNREADABLE = (
    post(1, likes=2600),
    video(2, comments=360),
    post(3, likes=650),
    post(4, likes=250),
)
USUAL = [post(minute, likes=400) for minute in (5, 6, 7)] + [video(8, comments=200)]
ODD = [CAPPED, SHORT, LOOPING, UNREADABLE]
FAULTS: list[dict[str, Any]] = [
    {"kind": "capped_list", "path": LIKES, "post": CAPPED.code, "most": 1000, "times": None},
    {"kind": "capped_list", "path": COMMENTS, "post": SHORT.code, "most": 18, "times": None},
    {"kind": "repeated_page", "path": LIKES, "post": LOOPING.code, "times": None},
    {"kind": "unreadable_items", "path": LIKES, "post": UNREADABLE.code, "times": None},
]


@pytest.fixture
def scenario() -> Scenario:
    """A unit whose lists grow in steps; four of them can be odd."""
    client = client_row(
        "SATU",
        "Satu",
        "org",
        insta="satu",
        tiktok="satu",
        group=GROUP,
        tiktok_secuid=sec_uid("satu"),
    )
    accounts = [Account(platform, "satu", "Satu") for platform in PLATFORMS]
    return Scenario(DAY, (client,), World(accounts, [*ODD, *USUAL]))


@pytest.fixture(autouse=True)
def unit(service: SharedService, scenario: Scenario) -> None:
    seed(service.environment["DATABASE_URL"], scenario)


def covered(tables: Tables, content_id: str) -> dict[str, Any]:
    """The newest coverage of a post."""
    rows = tables.run(
        "SELECT names, comments, count, total, pages, ended, share, complete, tries, read_at, slot "
        "FROM coverage WHERE content_id = :c ORDER BY slot DESC LIMIT 1",
        c=content_id,
    )
    return dict(rows[0])


def came_to(tables: Tables, content_id: str) -> tuple[Any, ...]:
    row = covered(tables, content_id)
    return row["names"], row["comments"], row["count"], row["pages"], row["ended"], row["complete"]


LISTS: list[tuple[str, Post, list[dict[str, Any]], tuple[Any, ...]]] = [
    ("whole", USUAL[0], [], (400, None, 400, 4, "end", True)),
    ("whole, of comments", USUAL[3], [], (150, 200, 200, 4, "end", True)),
    ("capped", CAPPED, FAULTS[:1], (1000, None, 2600, 10, "capped", False)),
    ("short, of comments", SHORT, FAULTS[1:2], (15, 20, 360, 1, "short", False)),
    ("repeated pages", LOOPING, FAULTS[2:3], (100, None, 650, 2, "looped", False)),
    (
        "a ring",
        LOOPING,
        [{"kind": "ring", "path": LIKES, "post": LOOPING.code, "times": None}],
        (650, None, 650, 8, "looped", True),
    ),
    (
        "a page that promises more and is empty",
        LOOPING,
        [
            {
                "kind": "empty_promise",
                "path": LIKES,
                "post": LOOPING.code,
                "after": 3,
                "times": None,
            }
        ],
        (300, None, 650, 4, "short", False),
    ),
    (
        "empty at once",
        LOOPING,
        [{"kind": "empty_promise", "path": LIKES, "post": LOOPING.code, "times": None}],
        (0, None, 650, 1, "short", False),
    ),
    ("nobody", LOOPING, [answers.likers(LOOPING.code)], (0, None, 650, 1, "short", False)),
    ("half unreadable", UNREADABLE, FAULTS[3:], (125, None, 250, 3, "unreadable", False)),
    (
        "an error at once",
        UNREADABLE,
        [answers.refused(LIKES, post=UNREADABLE.code)],
        (0, None, 250, 0, "error", False),
    ),
    (
        "an error on the second page",
        UNREADABLE,
        [answers.refused(LIKES, post=UNREADABLE.code, page=2)],
        (100, None, 250, 1, "error", False),
    ),
]


def in_one_run() -> list[list[int]]:
    """The numbers of LISTS, in as few runs as it takes to read no post's list in two ways."""
    runs: list[list[int]] = []
    for number, (_, of, _, _) in enumerate(LISTS):
        free = (run for run in runs if all(LISTS[other][1] is not of for other in run))
        run = next(free, None)
        if run is None:
            runs.append(run := [])
        run.append(number)
    return runs


@pytest.mark.parametrize("numbers", in_one_run())
def test_what_was_read_of_a_list_is_kept(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, numbers: list[int]
) -> None:
    runtime = runtime_at("20:58")
    sandbox.set_faults([fault for number in numbers for fault in LISTS[number][2]])
    whole_run(runtime, "SATU")
    for name, of, _, expected in (LISTS[number] for number in numbers):
        assert came_to(tables, of.code) == expected, name
        row = covered(tables, of.code)
        assert row["read_at"] == row["slot"] == runtime.now()
        read = row["names"] if row["comments"] is None else row["comments"]
        assert row["share"] == pytest.approx(read / row["count"])


def test_a_read_over_several_invocations_is_one_row(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    start_run(runtime, "SATU")
    fetch_posts(runtime, start_run(runtime, "SATU"))
    [body] = inbox.take(ENGAGEMENT)
    with hurried(runtime, 9):
        refresh_engagement(runtime, ClientJob.model_validate(body))
    ends = set(tables.values("SELECT ended FROM coverage"))
    assert "no_time" in ends
    while jobs := inbox.take(ENGAGEMENT):
        with hurried(runtime, 9):
            refresh_engagement(runtime, ClientJob.model_validate(jobs[0]))
    assert tables.count("coverage") == len(ODD + USUAL)
    assert all(tables.values("SELECT complete FROM coverage"))
    names = {p.code: len(world.likers(p, runtime.now())) for p in [CAPPED, LOOPING]}
    assert {code: covered(tables, code)["names"] for code in names} == names


def add_by_other_software(tables: Tables, code: str, count: int | None) -> None:
    """A manual post of the day, as the dashboard and the gateway write them."""
    tables.run(
        "INSERT INTO insta_post (shortcode, client_id, like_count, created_at, source_type) "
        "VALUES (:code, 'SATU', :count, TIMESTAMP '2026-02-20 05:50', 'manual_input')",
        code=code,
        count=count,
    )


def test_a_manual_post_that_no_feed_shows_grows_in_every_slot(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    """Whatever count somebody wrote, and although nobody renews it."""
    counts = {f"Cmanual{count}": count for count in (0, 60, None, 3, 1000)}
    for code, count in counts.items():
        add_by_other_software(tables, code, count)
    stored: dict[str, list[int]] = {code: [] for code in counts}
    for at, likes in [("06:00", 60), ("06:30", 80), ("07:00", 100), ("16:30", 160), ("17:00", 180)]:
        runtime = runtime_at(at)
        names = [f"anggota_{n}" for n in range(likes)]
        sandbox.set_faults([answers.likers(code, *names) for code in counts])
        whole_run(runtime, "SATU")
        for row in tables.run(
            "SELECT shortcode, jsonb_array_length(likes) AS number FROM insta_like "
            "WHERE shortcode LIKE 'Cmanual%'"
        ):
            stored[row["shortcode"]].append(row["number"])
    assert stored == {code: [60, 80, 100, 160, 180] for code in counts}


def test_coverage_is_pruned_with_the_audits(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    whole_run(runtime, "SATU")
    with runtime.db.transaction() as tx:
        assert tx.run("reports.prune_coverage", before=runtime.now(), batch=100) == []
        later = runtime.now() + timedelta(minutes=1)
        assert len(tx.run("reports.prune_coverage", before=later, batch=3)) == 3


def truth(of: Post, at: datetime) -> int:
    """What there was to read."""
    if of.platform == "instagram":
        return world.like_count(of, at)
    return world.comment_count(of, at)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_a_day_with_odd_lists_says_what_the_sandbox_knows_and_costs_no_more(
    every: int,
    runtime_at: RuntimeAt,
    tables: Tables,
    inbox: Inbox,
    sandbox: Sandbox,
    scenario: Scenario,
    service: SharedService,
    measured: Measured,
) -> None:
    calls = {}
    by_code = {of.code: of for of in [*ODD, *USUAL]}
    for kind, faults in {"usual": [], "odd": FAULTS}.items():
        service.empty()
        tables.run("DELETE FROM insta_post")
        tables.run("DELETE FROM clients")
        seed(service.environment["DATABASE_URL"], scenario)
        before = sandbox.stats()["total"]
        sandbox.set_faults(faults)
        play_day(runtime_at, inbox, DAY, every=every)
        calls[kind] = sandbox.stats()["total"] - before
        for row in tables.run("SELECT * FROM coverage"):
            there = truth(by_code[row["content_id"]], row["slot"])
            read = row["names"] if row["comments"] is None else row["comments"]
            assert read <= there
            assert row["share"] == pytest.approx(read / there if there else 1)
            assert row["complete"] == (read >= 0.95 * there and row["ended"] != "unreadable")
    ends = {p.code: covered(tables, p.code)["ended"] for p in ODD}
    assert list(ends.values()) == ["capped", "short", "looped", "unreadable"]
    measured(f"a day with odd lists: {calls['odd']} calls, without them {calls['usual']}")
    assert calls["odd"] <= 1.1 * calls["usual"]


def reported(tables: Tables, at: str) -> list[str]:
    """The lines about incomplete lists in the report of a slot."""
    [text] = tables.values(
        "SELECT message FROM wa_notification_outbox WHERE kind = 'admin_report' AND slot = :slot",
        slot=datetime.combine(DAY, time.fromisoformat(at), WIB),
    )
    return [line for line in text.split("\n") if "% " in line or "%)" in line][1:]


def test_operators_are_told_once_a_day_and_when_it_gets_worse(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    told = {}
    for at, most in [("12:00", 90), ("12:30", 90), ("13:00", 40), ("17:00", 50), ("17:30", 9999)]:
        runtime = runtime_at(at)
        sandbox.set_faults(
            [
                {"kind": "capped_list", "path": LIKES, "most": most, "times": None}
                | {"post": UNREADABLE.code}
            ]
        )
        tables.run("UPDATE coverage SET count = 0")  # it has grown: it is read again
        whole_run(runtime, "SATU")
        told[at] = reported(tables, at)
    assert told == {
        "12:00": ["• SATU: 90 dari 247 suka (36%), daftar berakhir terlalu awal"],
        "12:30": [],
        "13:00": ["• SATU: 40 dari 249 suka (16%), daftar berakhir terlalu awal"],
        "17:00": [],
        "17:30": [],
    }


def test_an_outage_is_told_as_that_and_not_post_by_post(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    runtime = runtime_at("12:00")
    sandbox.set_faults([answers.refused(LIKES)])
    whole_run(runtime, "SATU")
    assert reported(tables, "12:00") == []
