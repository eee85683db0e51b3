"""Writers that meet at the same rows, at the same moment and in both orders: each one gets
through, and the tables are as if one had come after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.db import Row, Transaction
from chalicelib.engagement.refresh import begin, refresh_engagement
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.manual.posts import restore_post
from chalicelib.notify.state import load_run
from chalicelib.outbox.messages import Message, Written, in_parts
from chalicelib.outbox.publish import add_messages
from chalicelib.posts.fetch import fetch_posts
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from chalicelib.texts import Part
from local.sandbox import Scenario, crowd
from local.seed import seed
from tests.conftest import DAY, Measured, RuntimeAt
from tests.integration.ledger import message
from tests.integration.runs import start_run, whole_run
from tests.integration.service import SharedService
from tests.integration.stages.overlap import Gate, Kept
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

CLIENT = "SATKER0001"
UNCERTAIN = {"seconds", "started", "audit_id", "outbox_id", "tries"}
"""Columns that number rows, tell how long something took, or what was known as a run began."""


@pytest.fixture
def scenario() -> Scenario:
    return crowd(DAY, 1, posts=8, videos=8, likers=40, comments=12)


@pytest.fixture
def gate(service: SharedService) -> Iterator[Gate]:
    gate = Gate(service.environment["DATABASE_URL"])
    yield gate
    gate.close()


@pytest.fixture
def kept(tables: Tables) -> Iterator[Callable[[], Kept]]:
    """Keeps the tables' rows of the moment."""
    made: list[Kept] = []

    def keep() -> Kept:
        made.append(Kept(tables))
        return made[-1]

    yield keep
    if made:
        made[-1].drop()


def state(tables: Tables) -> dict[str, list[Row]]:
    """Every row, without its number and its duration; the operators' report tells its own."""
    return {
        name: sorted((_certain(row) for row in rows), key=str)
        for name, rows in tables.dump().items()
    }


def _certain(row: Row) -> Row:
    uncertain = UNCERTAIN | ({"message"} if row.get("kind") == "admin_report" else set())
    return {name: value for name, value in row.items() if name not in uncertain}


# --- two runs of one client -----------------------------------------------------------------


@pytest.fixture
def runs(
    service: SharedService, scenario: Scenario, runtime_at: RuntimeAt, tables: Tables
) -> list[tuple[Runtime, ClientJob]]:
    """A client's 20:58 run, which reads the later half of its posts, whose counts are hidden, and
    leaves the others unchanged, and the 21:00 run, which reads all."""
    seed(service.environment["DATABASE_URL"], scenario)
    whole_run(runtime_at("20:30"), CLIENT)
    part = runtime_at("20:58")
    some = start_run(part, CLIENT)
    fetch_posts(part, some)
    for table, key in (("insta_post", "shortcode"), ("tiktok_post", "video_id")):
        later = f"SELECT {key} FROM {table} ORDER BY {key} OFFSET 4"
        tables.run(
            f"UPDATE {table} SET like_count = NULL, comment_count = NULL WHERE {key} IN ({later})"
        )
    whole = runtime_at("21:00")
    whole.settings = whole.settings.model_copy(update={"engagement_refresh": "full"})
    return [(part, some), (whole, start_run(whole, CLIENT))]


MIDDLE = "SELECT 1 FROM insta_like ORDER BY shortcode OFFSET 4 LIMIT 1 FOR UPDATE"
FIRST = "SELECT 1 FROM insta_like ORDER BY shortcode LIMIT 1 FOR UPDATE"


@pytest.mark.parametrize("pairs", [8, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["a part first", "all first"])
def test_two_runs_of_a_client_that_overlap_do_not_deadlock(
    order: tuple[int, int],
    pairs: int,
    runs: list[tuple[Runtime, ClientJob]],
    gate: Gate,
    tables: Tables,
    kept: Callable[[], Kept],
    measured: Measured,
) -> None:
    start = kept()
    works = [_work(*runs[number]) for number in order]
    for work in works:
        work()
    one_after_the_other = state(tables)
    for _ in range(pairs):
        start.restore()
        gate.through(MIDDLE if order[0] == 0 else FIRST, works)
        assert state(tables) == one_after_the_other
    measured(f"{pairs} overlapping runs of one client, order {order}: no deadlock")


def _work(runtime: Runtime, job: ClientJob) -> Callable[[], Any]:
    return lambda: refresh_engagement(runtime, job)


# --- other writers of the same rows ---------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["a person first", "the fetch first"])
def test_a_post_that_a_fetch_sees_again_while_a_person_restores_it_comes_back_once(
    order: tuple[int, int],
    service: SharedService,
    scenario: Scenario,
    runtime_at: RuntimeAt,
    gate: Gate,
    tables: Tables,
) -> None:
    seed(service.environment["DATABASE_URL"], scenario)
    before = runtime_at("16:30")
    job = whole_run(before, CLIENT)
    likers = "SELECT shortcode, likes FROM insta_like ORDER BY shortcode LIMIT 1"
    [liked] = tables.run(likers)
    code = liked["shortcode"]
    gone = {"gone": [code], "slot": job.slot, "wib_day": DAY, "now": before.now()}
    with before.db.transaction() as tx:
        tx.run("instagram.leave", client_id=CLIENT, **gone)
    now = runtime_at("17:00")
    fetching = start_run(now, CLIENT)
    person = runtime_at("17:00")

    def restore() -> None:
        with suppress(BadInput):  # the fetch was first, and nothing is archived any more
            restore_post(person, code)

    works = [restore, lambda: fetch_posts(now, fetching)]
    gate.through("SELECT 1 FROM content_archive FOR UPDATE", [works[n] for n in order])
    assert tables.run(likers) == [liked]
    [archived] = tables.run("SELECT restored_at FROM content_archive")
    assert archived["restored_at"] == now.now()


def test_two_clients_that_share_posts_write_them_in_one_order(
    service: SharedService, scenario: Scenario, runtime_at: RuntimeAt, gate: Gate, tables: Tables
) -> None:
    seed(service.environment["DATABASE_URL"], scenario)
    whole_run(runtime_at("16:30"), CLIENT)
    codes = tables.values("SELECT shortcode FROM insta_like ORDER BY shortcode")

    def writing(client_id: str, contents: list[str]) -> Callable[[], Any]:
        runtime = runtime_at("17:00")

        def write() -> None:
            with runtime.db.transaction() as tx:
                tx.run("content.lock", client_id=client_id, contents=contents)
                for code in contents:
                    runtime.db.execute(
                        "UPDATE insta_like SET likes = likes || to_jsonb(CAST(:who AS text)) "
                        "WHERE shortcode = :code",
                        who=client_id,
                        code=code,
                    )

        return write

    works = [writing("ONE", codes), writing("TWO", codes[::-1])]
    gate.through("SELECT 1 FROM insta_post ORDER BY shortcode LIMIT 1 FOR UPDATE", works)
    written = tables.values('SELECT likes @> \'["ONE", "TWO"]\' FROM insta_like')
    assert written == [True] * len(codes)


def test_what_another_transaction_holds_does_not_hold_expiry_up(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    early, late = runtime_at("17:00"), runtime_at("18:30")
    with early.db.transaction() as tx:
        add_messages(tx, [message(early, "held"), message(early, "free")], early.now())
    with early.db.transaction() as tx:
        tx.run("outbox.claim", outbox_id=min(_messages(tables)), now=early.now())
        with late.db.transaction() as other:
            assert len(other.run("outbox.expire", now=late.now())) == 1
    statuses = tables.values("SELECT status FROM wa_notification_outbox ORDER BY outbox_id")
    assert statuses == ["processing", "expired"]


def _messages(tables: Tables) -> list[int]:
    return tables.values("SELECT outbox_id FROM wa_notification_outbox")


# --- once, though both looked before either wrote -------------------------------------------


Beside = Callable[[Runtime, Callable[[Transaction], Any], Callable[[], Any]], Any]


@pytest.fixture
def beside(gate: Gate) -> Beside:
    """Does the second while the first is written and not committed, until it waits or is through;
    what the second returns."""

    def both(
        runtime: Runtime, first: Callable[[Transaction], Any], second: Callable[[], Any]
    ) -> Any:
        with ThreadPoolExecutor(1) as threads:
            with runtime.db.transaction() as tx:
                first(tx)
                other = threads.submit(second)
                wait_until(lambda: other.done() or gate.waiting() > 0)
            return other.result()

    return both


@pytest.fixture
def reported(
    service: SharedService, scenario: Scenario, runtime_at: RuntimeAt, tables: Tables
) -> str:
    """A client's post that a person has reported links of."""
    seed(service.environment["DATABASE_URL"], scenario)
    whole_run(runtime_at("16:30"), CLIENT)
    code = str(tables.value("SELECT shortcode FROM insta_post ORDER BY shortcode LIMIT 1"))
    tables.run("INSERT INTO \"user\" (user_id, nama) VALUES ('U1', 'Budi'), ('U2', 'Ani')")
    tables.run(
        "INSERT INTO link_report (shortcode, user_id, facebook_link, created_at) "
        "SELECT :code, user_id, 'https://facebook.example/1', '2026-02-20 16:40' FROM \"user\"",
        code=code,
    )
    return code


@pytest.mark.usefixtures("reported")
def test_link_reports_are_in_the_ledger_once_though_two_runs_begin_at_the_same_moment(
    runtime_at: RuntimeAt, tables: Tables, beside: Beside
) -> None:
    one, two = runtime_at("20:58"), runtime_at("21:00")
    start_run(one, CLIENT)
    other = start_run(two, CLIENT)
    beside(
        one,
        lambda tx: load_run(one, tx, CLIENT, Slot.exactly(one.now()), note_links=True),
        lambda: begin(two, other),
    )
    users = "SELECT detail ->> 'user_id' FROM content_change WHERE kind = 'link' ORDER BY 1"
    assert tables.values(users) == ["U1", "U2"]


def test_held_posts_are_in_the_ledger_once(
    reported: str, runtime_at: RuntimeAt, tables: Tables, beside: Beside
) -> None:
    one, two = runtime_at("17:00"), runtime_at("17:30")

    def hold(runtime: Runtime, tx: Transaction) -> None:
        tx.run(
            "content.note_held",
            platform="instagram",
            contents=[reported],
            client_id=CLIENT,
            slot=runtime.now(),
            wib_day=DAY,
            now=runtime.now(),
        )

    def hold_too() -> None:
        with two.db.transaction() as tx:
            hold(two, tx)

    beside(one, lambda tx: hold(one, tx), hold_too)
    assert tables.value("SELECT count(*) FROM content_change WHERE kind = 'held'") == 1


def test_no_part_of_a_message_is_written_beside_another_text_of_it(
    runtime_at: RuntimeAt, tables: Tables, beside: Beside
) -> None:
    one, two = runtime_at("17:00"), runtime_at("17:30")

    def parts(runtime: Runtime, count: int) -> tuple[Message, ...]:
        first = message(runtime, "admin_alert:no_chats", client_id=None)
        return in_parts(first, [Part(f"{runtime.now()} {n}") for n in range(count)])

    def write_too() -> list[Written]:
        with two.db.transaction() as tx:
            return add_messages(tx, parts(two, 3), two.now())

    second = beside(one, lambda tx: add_messages(tx, parts(one, 2), one.now()), write_too)
    assert second == []
    keys = tables.values("SELECT idempotency_key FROM wa_notification_outbox ORDER BY outbox_id")
    assert keys == ["admin_alert:no_chats", "admin_alert:no_chats:part2"]
