"""A client's posts over real tables: what appears, what goes, and what is told, each once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from redis import Redis

from chalicelib.db import Row
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.manual import runs
from chalicelib.manual.posts import add_post
from chalicelib.posts.fetch import FetchResult, fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.sandbox import Sandbox, Scenario
from tests.conftest import DAY, RuntimeAt
from tests.integration import answers
from tests.integration.inbox import Inbox
from tests.integration.runs import fetch, hurried, start_run, whole_run
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

LEDGER = "SELECT platform, content_id, client_id, kind, slot FROM content_change ORDER BY change_id"


@pytest.fixture
def contoh(scenario: Scenario) -> list[str]:
    """CONTOH's Instagram posts at 16:30, the newest first: four, one of them TELADAN's."""
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    return answers.codes_of(scenario, "instagram", "polres.contoh", now)


def told(tables: Tables, kind: str, client_id: str = "CONTOH") -> list[str]:
    """The content ids that the ledger has for a client, in order."""
    sql = """SELECT content_id FROM content_change
    WHERE kind = :kind AND client_id = :client_id ORDER BY change_id"""
    return tables.values(sql, kind=kind, client_id=client_id)


class Afternoon:
    """CONTOH's fetches from 16:00 on, each half an hour after the one before, of a feed that
    lacks some posts. They are gone, but for those in `there`; further `faults` come first."""

    def __init__(self, runtime_at: RuntimeAt, sandbox: Sandbox, scenario: Scenario) -> None:
        self._runtime_at = runtime_at
        self.there: set[str] = set()
        self.faults: list[answers.Fault] = []
        self._sandbox = sandbox
        self._scenario = scenario
        self._next = datetime(2026, 2, 20, 16, 0, tzinfo=WIB)
        self._world = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)

    def fetch(
        self,
        *without: str,
        client_id: str = "CONTOH",
        account: str = "polres.contoh",
        partial: bool = False,
    ) -> FetchResult:
        """What the next slot's fetch comes to; `partial`: an item of it cannot be read."""
        extra = [{"code": None}] if partial else []
        feed = answers.feed_without(self._scenario, account, self._world, *without, extra=extra)
        gone = answers.gone(*set(without) - self.there)
        self._sandbox.set_faults([*self.faults, feed, *gone])
        runtime = self._runtime_at(self._next)
        self._next += timedelta(minutes=30)
        return fetch(runtime, client_id)["instagram"]


@pytest.fixture
def afternoon(runtime_at: RuntimeAt, sandbox: Sandbox, scenario: Scenario) -> Afternoon:
    return Afternoon(runtime_at, sandbox, scenario)


# --- what appears ---------------------------------------------------------------------------


def test_new_posts_are_written_linked_and_told_once(
    runtime_at: RuntimeAt, tables: Tables, contoh: list[str]
) -> None:
    result = fetch(runtime_at("16:30"), "CONTOH")
    assert result["instagram"] == FetchResult("complete", posts=4, new=4)
    assert result["tiktok"] == FetchResult("complete", posts=2, new=2)
    linked = tables.values("SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH'")
    assert set(linked) == set(contoh)
    ledger = tables.run(LEDGER)
    assert [row["content_id"] for row in ledger if row["platform"] == "instagram"] == contoh[::-1]
    assert {(row["kind"], row["slot"]) for row in ledger} == {
        ("new", datetime(2026, 2, 20, 16, 30, tzinfo=WIB))
    }


def test_a_row_without_a_time_is_of_no_day_until_a_fetch_gives_it_one(
    runtime_at: RuntimeAt, tables: Tables, contoh: list[str]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    row = "SELECT created_at FROM insta_post WHERE shortcode = :code"
    own = tables.values(row, code=contoh[0])
    tables.run("UPDATE insta_post SET created_at = NULL WHERE shortcode = :code", code=contoh[0])
    tables.run(
        "INSERT INTO insta_post (shortcode, client_id, source_type) "
        "VALUES ('NODAYCODE', 'CONTOH', 'cron_fetch')"
    )
    tables.run(
        "INSERT INTO insta_post_clients (shortcode, client_id) VALUES ('NODAYCODE', 'CONTOH')"
    )
    tables.run(
        "INSERT INTO client_content (client_id, platform, content_id, task_day, seen_at) "
        "VALUES ('CONTOH', 'instagram', 'NODAYCODE', '2026-02-20', now())"
    )
    whole_run(runtime_at("17:00"), "CONTOH")
    fetch(runtime_at("17:30"), "CONTOH")
    likes = "SELECT shortcode FROM insta_like WHERE shortcode = 'NODAYCODE'"
    assert tables.values(likes) == [], "it was no task"
    assert tables.values(row, code=contoh[0]) == own
    assert tables.values(row, code="NODAYCODE") == [None], "neither dated nor removed"
    assert "NODAYCODE" not in told(tables, "removed")


def test_the_next_fetch_tells_only_what_is_newer(runtime_at: RuntimeAt, tables: Tables) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    before = told(tables, "new")
    result = fetch(runtime_at("17:00"), "CONTOH")
    assert (result["instagram"].new, result["tiktok"].new) == (1, 0)
    assert len(told(tables, "new")) == len(before) + 1


def test_a_fetch_renews_counts_and_caption_and_leaves_owner_time_and_source(
    runtime_at: RuntimeAt, tables: Tables, contoh: list[str]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    kept = "client_id, created_at, original_created_at, source_type"
    query = f"SELECT {kept}, like_count FROM insta_post WHERE shortcode = :code"
    before = tables.row(query, code=contoh[0])
    fetch(runtime_at("17:00"), "CONTOH")
    after = tables.row(query, code=contoh[0])
    assert after["like_count"] > before["like_count"]
    assert after == before | {"like_count": after["like_count"]}


def test_a_job_delivered_again_changes_nothing_and_sends_its_engagement_job_on(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, sandbox: Sandbox
) -> None:
    runtime = runtime_at("17:00")
    job = start_run(runtime, "CONTOH")
    fetch_posts(runtime, job)
    before, requests = tables.dump(), sandbox.stats()["total"]
    assert fetch_posts(runtime, job) is None
    assert tables.dump() == before
    assert sandbox.stats()["total"] == requests
    sent = [ClientJob.model_validate(body) for body in inbox.take(ENGAGEMENT)]
    assert sent == [job, job]


def test_a_job_of_a_finished_run_is_not_sent_on(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    job = start_run(runtime, "CONTOH")
    tables.run("UPDATE client_run SET finished_at = :now, outcome = 'done'", now=runtime.now())
    assert fetch_posts(runtime, job) is None
    assert inbox.count(ENGAGEMENT) == 0


def test_two_workers_with_the_same_job_tell_each_post_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    both = [runtime_at("17:00"), runtime_at("17:00")]
    job = start_run(both[0], "CONTOH")
    together = Barrier(2)

    def work(runtime: Runtime) -> object:
        together.wait()
        return fetch_posts(runtime, job)

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(work, both))
    assert results.count(None) == 1
    ledger = tables.values("SELECT content_id FROM content_change")
    assert len(ledger) == len(set(ledger)) == 7
    assert inbox.clients(ENGAGEMENT) == ["CONTOH", "CONTOH"]


def test_two_clients_with_one_post_share_it(
    runtime_at: RuntimeAt, tables: Tables, scenario: Scenario
) -> None:
    runtimes = {name: runtime_at("17:00") for name in ("CONTOH", "TELADAN")}
    together = Barrier(2)

    def work(client_id: str) -> object:
        together.wait()
        return fetch(runtimes[client_id], client_id)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, runtimes))
    sql = """SELECT shortcode, array_agg(client_id ORDER BY client_id) AS clients
    FROM insta_post_clients GROUP BY shortcode HAVING count(*) > 1"""
    shared = tables.row(sql)
    assert shared["clients"] == ["CONTOH", "TELADAN"]
    for client_id in runtimes:
        assert told(tables, "new", client_id).count(shared["shortcode"]) == 1


def test_a_post_made_after_yesterday_s_last_slot_is_stored_as_yesterday_s_and_told_as_late(
    runtime_at: RuntimeAt, tables: Tables, scenario: Scenario
) -> None:
    yesterday = datetime(2026, 2, 19, 21, 30, tzinfo=WIB)
    fetch(runtime_at(yesterday), "CONTOH")
    known = set(tables.values("SELECT shortcode FROM insta_post"))
    first = fetch(runtime_at("06:00"), "CONTOH")
    assert first["instagram"] == FetchResult("complete", posts=2, new=1)
    [late] = told(tables, "late")
    assert late not in known
    created = tables.value("SELECT created_at FROM insta_post WHERE shortcode = :late", late=late)
    assert created == datetime(2026, 2, 19, 22, 15)  # noqa: DTZ001  naive WIB, as stored
    fetch(runtime_at("06:30"), "CONTOH")
    assert told(tables, "late") == [late]


def test_only_the_day_s_first_complete_fetch_looks_back(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    fetch(runtime_at(datetime(2026, 2, 19, 21, 30, tzinfo=WIB)), "CONTOH")
    sandbox.set_faults([answers.refused(answers.POSTS)])
    assert fetch(runtime_at("06:00"), "CONTOH")["instagram"].verdict == "error"
    sandbox.set_faults([])
    assert fetch(runtime_at("06:30"), "CONTOH")["instagram"].new == 1
    assert len(told(tables, "late")) == 1
    assert fetch(runtime_at("07:00"), "CONTOH")["instagram"].posts == 0


def test_a_client_that_is_seen_for_the_first_time_has_no_late_posts(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fetch(runtime_at("06:00"), "CONTOH")
    assert (told(tables, "late"), tables.count("insta_post_clients")) == ([], 0)


def test_a_tiktok_account_s_id_is_asked_for_once_and_kept(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    before = sandbox.requests.get(answers.USER_INFO, 0)
    fetch(runtime_at("16:30"), "CONTOH")
    stored = tables.value("SELECT tiktok_secuid FROM clients WHERE client_id = 'CONTOH'")
    assert stored.startswith("MS4wLjAB")
    fetch(runtime_at("17:00"), "CONTOH")
    assert sandbox.requests[answers.USER_INFO] == before + 1


# --- verdicts -------------------------------------------------------------------------------


def test_a_platform_that_fails_leaves_the_other_alone(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    sandbox.set_faults([answers.refused(answers.POSTS)])
    result = fetch(runtime_at("17:00"), "CONTOH")
    assert (result["instagram"].verdict, result["instagram"].error_kind) == (
        "error",
        "business",
    )
    assert result["tiktok"] == FetchResult("complete", posts=2, new=2)
    assert (tables.count("insta_post_clients"), tables.count("tiktok_post_clients")) == (0, 2)
    kept = tables.value("SELECT fetch_result FROM client_run")
    assert kept["instagram"]["error_kind"] == "business"
    assert kept["tiktok"]["verdict"] == "complete"


@pytest.mark.parametrize("verdict", ["error", "partial", "empty"])
def test_no_other_verdict_concludes_that_a_post_is_gone(
    verdict: str,
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    scenario: Scenario,
    contoh: list[str],
) -> None:
    fetch(runtime_at("16:00"), "CONTOH")
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    lacking = answers.feed_without(scenario, "polres.contoh", now, *contoh, extra=[{"code": None}])
    fault = {
        "error": answers.refused(answers.POSTS),
        "partial": lacking,
        "empty": answers.no_posts("polres.contoh"),
    }[verdict]
    before = instagram(tables)
    for clock in ("16:30", "17:00", "17:30"):
        runtime = runtime_at(clock)
        sandbox.set_faults([fault])
        assert fetch(runtime, "CONTOH")["instagram"].verdict == verdict
    assert instagram(tables) == before
    assert missing(tables) == []


def missing(tables: Tables) -> list[str]:
    """The posts that the last complete fetches lacked."""
    return tables.values(
        "SELECT content_id FROM client_content WHERE missing_since IS NOT NULL ORDER BY 1"
    )


def instagram(tables: Tables) -> list[Row]:
    """Everything about Instagram posts that a removal would touch."""
    ledger = [row for row in tables.dump_of("content_change") if row["platform"] == "instagram"]
    return tables.dump_of("insta_post") + tables.dump_of("insta_post_clients") + ledger


def test_a_feed_that_breaks_off_keeps_what_was_read_and_is_partial(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario, contoh: list[str]
) -> None:
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    first = answers.feed_without(scenario, "polres.contoh", now)
    items = [item for item in first["body"]["data"]["items"] if item["code"] in contoh[:2]]
    page = {"data": {"count": 2, "items": items}, "pagination_token": "next"}
    sandbox.set_faults([{**first, "body": page, "times": 1}, answers.refused(answers.POSTS)])
    result = fetch(runtime_at("16:30"), "CONTOH")["instagram"]
    assert (result.verdict, result.posts, result.new) == ("partial", 2, 2)
    assert result.error_kind == "business"
    assert set(told(tables, "new")) >= set(contoh[:2])


# --- what goes ------------------------------------------------------------------------------


def test_a_post_that_is_missing_once_stays(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    missing = afternoon.fetch(contoh[1])
    assert (missing.verdict, missing.removed) == ("complete", 0)
    assert contoh[1] in tables.values("SELECT shortcode FROM insta_post")
    assert afternoon.fetch().removed == 0
    assert afternoon.fetch(contoh[1]).removed == 0, "it was back in between"
    assert told(tables, "removed") == []


def test_a_post_that_is_missing_twice_is_archived_with_everything_that_points_at_it(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    gone = contoh[1]
    fill_in(tables, gone)
    before = tables.row("SELECT to_jsonb(p) AS post FROM insta_post p WHERE shortcode = :g", g=gone)
    afternoon.fetch(gone)
    assert afternoon.fetch(gone).removed == 1
    for table in POINTING:
        assert tables.value(f"SELECT count(*) FROM {table} WHERE shortcode = :g", g=gone) == 0
    archived = tables.row("SELECT * FROM content_archive")
    assert (archived["content_id"], archived["client_id"]) == (gone, "CONTOH")
    assert archived["rows"]["insta_post"] == [before["post"]]
    assert {name: len(rows) for name, rows in archived["rows"].items()} == dict.fromkeys(
        POINTING, 1
    )
    assert archived["rows"]["link_report"][0]["facebook_link"] == "https://facebook.example/1"
    assert told(tables, "removed") == [gone]
    assert missing(tables) == []


POINTING = (
    "insta_post",
    "insta_post_clients",
    "insta_like",
    "insta_like_audit",
    "insta_post_roles",
    "link_report",
    "tasks",
)


def fill_in(tables: Tables, code: str) -> None:
    """One row of everything that others write about a post."""
    tables.run("""INSERT INTO "user" (user_id, nama) VALUES ('80010001', 'Anggota')""")
    tables.run("INSERT INTO insta_like (shortcode, likes) VALUES (:c, '[\"a\"]')", c=code)
    tables.run("INSERT INTO insta_like_audit (shortcode, usernames) VALUES (:c, '[]')", c=code)
    tables.run("INSERT INTO insta_post_roles VALUES (:c, 'ditbinmas')", c=code)
    tables.run("INSERT INTO tasks (shortcode, user_id) VALUES (:c, '80010001')", c=code)
    tables.run(
        "INSERT INTO link_report (shortcode, user_id, facebook_link) "
        "VALUES (:c, '80010001', 'https://facebook.example/1')",
        c=code,
    )


def test_a_removed_post_that_comes_back_has_every_row_back_and_is_no_news_if_nobody_was_told(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    code = contoh[1]
    fill_in(tables, code)
    before, ledger = {table: tables.dump_of(table) for table in POINTING}, instagram(tables)
    for _ in range(2):
        afternoon.fetch(code)
    assert instagram(tables) != ledger
    afternoon.fetch()
    assert {table: tables.dump_of(table) for table in POINTING} == before
    assert instagram(tables) == ledger
    assert tables.value("SELECT restored_at FROM content_archive") is not None


def test_a_removed_post_that_comes_back_is_told_again_where_its_removal_was(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    code = contoh[1]
    for _ in range(2):
        afternoon.fetch(code)
    tell_all(tables)
    afternoon.fetch()
    assert (told(tables, "removed"), told(tables, "new").count(code)) == ([code], 2)
    assert tables.value("SELECT count(*) FROM insta_post WHERE shortcode = :c", c=code) == 1


def test_the_first_owner_of_a_post_that_comes_back_for_another_client_stays(
    afternoon: Afternoon, tables: Tables, runtime_at: RuntimeAt
) -> None:
    afternoon.fetch()
    afternoon.fetch(client_id="TELADAN", account="polres.teladan")
    [shared] = tables.values(
        "SELECT shortcode FROM insta_post_clients GROUP BY 1 HAVING count(*) > 1"
    )
    before = tables.dump_of("insta_post_clients")
    for _ in range(2):
        afternoon.fetch(shared)
    for _ in range(2):
        afternoon.fetch(shared, client_id="TELADAN", account="polres.teladan")
    assert shared not in tables.values("SELECT shortcode FROM insta_post")
    afternoon.fetch(client_id="TELADAN", account="polres.teladan")
    owner = tables.value("SELECT client_id FROM insta_post WHERE shortcode = :c", c=shared)
    assert owner == "CONTOH"
    afternoon.fetch()
    assert tables.dump_of("insta_post_clients") == before
    assert tables.values("SELECT 1 FROM content_archive WHERE restored_at IS NULL") == []


def tell_all(tables: Tables) -> None:
    """Every change there is was told to a chat."""
    tables.run(
        "INSERT INTO wa_notification_outbox (outbox_id, group_id, idempotency_key) "
        "VALUES (1, 'g', 'all')"
    )
    tables.run("INSERT INTO change_told SELECT change_id, 'g', 1 FROM content_change")


def test_a_post_of_somebody_else_in_the_feed_is_never_removed(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    tables.run("UPDATE client_content SET owned = false WHERE content_id = :c", c=contoh[1])
    for _ in range(3):
        assert afternoon.fetch(contoh[1]).removed == 0
    assert contoh[1] in tables.values("SELECT shortcode FROM insta_post")


def test_a_post_that_a_person_gave_to_a_second_client_is_not_taken_by_its_fetches(
    afternoon: Afternoon, tables: Tables, runtime_at: RuntimeAt, contoh: list[str]
) -> None:
    afternoon.fetch()
    code = contoh[1]
    added = add_post(runtime_at("16:30"), "TELADAN", f"https://www.instagram.com/p/{code}/")
    assert (added.source_type, added.new) == ("cron_fetch", True)
    for _ in range(3):
        afternoon.fetch(client_id="TELADAN", account="polres.teladan")
    clients = "SELECT client_id FROM insta_post_clients WHERE shortcode = :c ORDER BY 1"
    assert tables.values(clients, c=code) == ["CONTOH", "TELADAN"]


def test_a_post_that_cannot_go_without_harm_to_others_is_held_and_the_rest_goes_on(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    fill_in(tables, contoh[1])
    tables.run("CREATE TABLE task_note (task_id bigint REFERENCES tasks (task_id));")
    tables.run("INSERT INTO task_note SELECT task_id FROM tasks")
    try:
        afternoon.fetch(contoh[1], contoh[2])
        result = afternoon.fetch(contoh[1], contoh[2])
    finally:
        tables.run("DROP TABLE task_note")
    assert (result.verdict, result.removed, result.held) == ("complete", 1, 1)
    left = tables.values("SELECT shortcode FROM insta_post")
    assert contoh[1] in left
    assert contoh[2] not in left
    assert told(tables, "held") == [contoh[1]]
    assert tables.count("link_report") == tables.count("tasks") == 1


def test_a_video_that_is_missing_twice_is_archived_with_its_comments(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario
) -> None:
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    [gone, *_] = answers.codes_of(scenario, "tiktok", "polres_contoh", now)
    fetch(runtime_at("16:30"), "CONTOH")
    tables.run("INSERT INTO tiktok_comment (video_id, comments) VALUES (:g, '[\"@a\"]')", g=gone)
    tables.run("INSERT INTO tiktok_comment_audit (video_id, usernames) VALUES (:g, '[]')", g=gone)
    tables.run("INSERT INTO tiktok_post_roles VALUES (:g, 'ditbinmas')", g=gone)
    for clock in ("17:00", "17:30"):
        runtime = runtime_at(clock)
        lacking = answers.videos_without(scenario, "polres_contoh", now, gone)
        sandbox.set_faults([lacking, *answers.gone(gone)])
        result = fetch(runtime, "CONTOH")["tiktok"]
    assert result.removed == 1
    rows = tables.value("SELECT rows FROM content_archive")
    assert {name: len(found) for name, found in rows.items()} == {
        "tiktok_post": 1,
        "tiktok_post_clients": 1,
        "tiktok_comment": 1,
        "tiktok_comment_audit": 1,
        "tiktok_post_roles": 1,
    }
    assert gone not in tables.values("SELECT video_id FROM tiktok_post")


def test_a_partial_fetch_in_between_neither_counts_nor_forgets(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    afternoon.fetch(contoh[1])
    between = afternoon.fetch(contoh[1], partial=True)
    assert (between.verdict, between.removed) == ("partial", 0)
    assert told(tables, "removed") == []
    assert afternoon.fetch(contoh[1]).removed == 1


def test_the_same_slot_done_over_by_hand_does_not_confirm_a_removal(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario, contoh: list[str]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    runtime = runtime_at("17:00")
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    sandbox.set_faults([answers.feed_without(scenario, "polres.contoh", now, contoh[1])])
    fetch(runtime, "CONTOH")
    results = fetch_posts(runtime, runs.run_client(runtime, "CONTOH", None))
    assert results is not None
    assert results["instagram"].removed == 0
    assert told(tables, "removed") == []


def test_a_collaboration_post_leaves_a_client_and_goes_with_the_last(
    afternoon: Afternoon, tables: Tables, runtime_at: RuntimeAt, scenario: Scenario
) -> None:
    afternoon.fetch()
    afternoon.fetch(client_id="TELADAN", account="polres.teladan")
    [shared] = tables.values(
        "SELECT shortcode FROM insta_post_clients GROUP BY 1 HAVING count(*) > 1"
    )
    afternoon.fetch(shared)
    assert afternoon.fetch(shared).removed == 1
    assert told(tables, "removed") == [shared]
    clients = "SELECT client_id FROM insta_post_clients WHERE shortcode = :code"
    assert tables.values(clients, code=shared) == ["TELADAN"]
    assert tables.value("SELECT count(*) FROM content_archive WHERE rows ? 'insta_post'") == 0
    afternoon.fetch(shared, client_id="TELADAN", account="polres.teladan")
    afternoon.fetch(shared, client_id="TELADAN", account="polres.teladan")
    assert told(tables, "removed", "TELADAN") == [shared]
    assert shared not in tables.values("SELECT shortcode FROM insta_post")
    archived = "SELECT content_id FROM content_archive WHERE rows ? 'insta_post'"
    assert tables.value(archived) == shared


def test_a_collaboration_post_that_its_clients_lose_at_the_same_moment_goes(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario
) -> None:
    accounts = {"CONTOH": "polres.contoh", "TELADAN": "polres.teladan"}
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    for client_id in accounts:
        fetch(runtime_at("16:00"), client_id)
    [shared] = tables.values(
        "SELECT shortcode FROM insta_post_clients GROUP BY 1 HAVING count(*) > 1"
    )
    feeds = [answers.feed_without(scenario, account, now, shared) for account in accounts.values()]
    for client_id in accounts:
        runtime = runtime_at("16:30")
        sandbox.set_faults([*feeds, *answers.gone(shared)])
        fetch(runtime, client_id)
    runtimes = {client_id: runtime_at("17:00") for client_id in accounts}
    jobs = {client_id: start_run(runtimes[client_id], client_id) for client_id in accounts}
    with ThreadPoolExecutor(2) as threads:
        # The test holds the post's links, so that both are in the middle of it at once.
        with tables.database.transaction():
            links = "SELECT 1 AS x FROM insta_post_clients WHERE shortcode = :code FOR UPDATE"
            tables.database.execute(links, code=shared)
            working = [
                threads.submit(fetch_posts, runtimes[client_id], jobs[client_id])
                for client_id in accounts
            ]
            wait_for_waiting(tables, 2)
        for work in working:
            work.result()
    assert shared not in tables.values("SELECT shortcode FROM insta_post_clients")
    assert shared not in tables.values("SELECT shortcode FROM insta_post")
    whole = "SELECT content_id FROM content_archive WHERE rows ? 'insta_post'"
    assert tables.values(whole) == [shared]


def wait_for_waiting(tables: Tables, number: int) -> None:
    """Returns, in an open transaction, when so many backends wait for a lock."""
    sql = """SELECT count(*) AS waiting, pg_stat_clear_snapshot() FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    wait_until(lambda: tables.database.execute(sql)[0]["waiting"] >= number)


ASKED = (answers.POST_INFO, answers.DETAIL)


@pytest.fixture
def asked(sandbox: Sandbox) -> Callable[[], int]:
    """How many posts have been asked for since the test began."""

    def requests() -> int:
        return sum(sandbox.requests.get(path, 0) for path in ASKED)

    before = requests()
    return lambda: requests() - before


def test_a_post_that_feeds_lack_and_that_is_there_all_the_same_stays_and_nobody_is_told(
    afternoon: Afternoon, tables: Tables, contoh: list[str], asked: Callable[[], int]
) -> None:
    afternoon.fetch()
    afternoon.there = set(contoh)
    before, calls = instagram(tables), []
    for _ in range(6):
        result = afternoon.fetch(contoh[1], contoh[2])
        assert (result.verdict, result.removed, result.held) == ("complete", 0, 0)
        assert result.error_kind is None
        calls.append(asked())
    assert instagram(tables) == before
    assert calls == [0, 2, 2, 4, 4, 6], "asked for only when missing twice"
    afternoon.fetch()
    assert missing(tables) == []


def test_what_is_asked_for_is_counted(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    afternoon.fetch(contoh[1])
    afternoon.fetch(contoh[1])
    run = tables.row("SELECT api_calls, api_requests FROM client_run ORDER BY slot DESC LIMIT 1")
    assert run["api_calls"]["/v1/post_info not_found"] == 1
    assert run["api_requests"] == sum(run["api_calls"].values())


NOT_SAID: dict[str, answers.Fault] = {
    "error": {"kind": "server_error"},
    "rate limit": {"kind": "rate_limit"},
    "quota": {"kind": "quota"},
    "key": {"kind": "bad_key"},
    "no such endpoint": {"kind": "unknown_path"},
    "html": {"kind": "html"},
    "a bare 404": {"status": 404, "body": ""},
    "somebody's 404": {"status": 404, "body": "<html>404</html>"},
    "no item": {"status": 200, "body": {"data": {}}},
    "another post": {"status": 200, "body": {"data": {"code": "Cother", "taken_at": 1771500000}}},
    "busy": {"kind": "business", "code": 4},
    "private": {"status": 400, "body": {"error": "private"}},
    "lost": {"kind": "reset"},
}


@pytest.mark.parametrize("answer", NOT_SAID)
def test_a_post_is_only_gone_where_the_api_says_so_and_else_asked_for_again(
    answer: str,
    afternoon: Afternoon,
    tables: Tables,
    contoh: list[str],
    service_environment: dict[str, str],
) -> None:
    afternoon.fetch()
    code = contoh[1]
    afternoon.fetch(code)
    before = instagram(tables)
    afternoon.faults = [{"path": answers.POST_INFO, "times": None, **NOT_SAID[answer]}]
    assert afternoon.fetch(code).removed == 0
    assert instagram(tables) == before
    assert missing(tables) == [code], "asked for again at the next fetch"
    afternoon.faults = []
    with Redis.from_url(service_environment["REDIS_URL"]) as redis:
        redis.flushdb()  # no breaker is open any more
    assert afternoon.fetch(code).removed == 1


def test_a_post_that_cannot_be_asked_for_is_trouble_in_the_result(
    afternoon: Afternoon, contoh: list[str]
) -> None:
    afternoon.fetch()
    afternoon.fetch(contoh[1])
    afternoon.faults = [{"path": answers.POST_INFO, "kind": "server_error", "times": None}]
    result = afternoon.fetch(contoh[1])
    assert (result.verdict, result.error_kind) == ("complete", "upstream")


def test_a_post_that_there_is_no_time_to_ask_for_stays(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario, contoh: list[str]
) -> None:
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    lacking = answers.feed_without(scenario, "polres.contoh", now, contoh[1])
    fetch(runtime_at("16:30"), "CONTOH")
    for clock in ("17:00", "17:30"):
        runtime = runtime_at(clock)
        sandbox.set_faults([lacking, *answers.gone(contoh[1])])
        with hurried(runtime, 2):  # a page each
            fetch_posts(runtime, start_run(runtime, "CONTOH"))
    assert told(tables, "removed") == []
    assert missing(tables) == [contoh[1]]


def test_a_post_that_another_fetch_sees_while_it_is_asked_for_stays(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario, contoh: list[str]
) -> None:
    code, now = contoh[1], datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    lacking = [answers.feed_without(scenario, "polres.contoh", now, code), *answers.gone(code)]
    fetch(runtime_at("16:30"), "CONTOH")
    runtime = runtime_at("17:00")
    sandbox.set_faults(lacking)
    fetch(runtime, "CONTOH")
    runtime = runtime_at("17:30")
    job = start_run(runtime, "CONTOH")
    with ThreadPoolExecutor(1) as threads:
        # The test holds the post, and plays the other fetch once this one has been told "gone".
        with tables.database.transaction():
            post = "SELECT 1 AS x FROM insta_post WHERE shortcode = :code FOR UPDATE"
            tables.database.execute(post, code=code)
            working = threads.submit(fetch_posts, runtime, job)
            wait_for_waiting(tables, 1)
            tables.database.execute("UPDATE client_content SET missing_since = NULL")
        results = working.result()
    assert results is not None
    assert results["instagram"].removed == 0
    assert code in tables.values("SELECT shortcode FROM insta_post_clients")
    assert told(tables, "removed") == []


def test_a_first_page_that_ends_with_an_old_post_takes_nothing_from_the_day(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario, contoh: list[str]
) -> None:
    now = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
    whole = answers.feed_without(scenario, "polres.contoh", now)["body"]["data"]["items"]
    today = [item for item in whole if item["code"] in contoh]
    old = [item | {"is_pinned": False} for item in whole if item["code"] not in contoh]
    first = {"data": {"items": [*today[:2], old[-1]]}, "pagination_token": "page-12"}
    rest = {"data": {"items": [*today[2:], *old]}, "pagination_token": None}
    for clock in ("16:00", "16:30", "17:00", "17:30"):
        runtime = runtime_at(clock)
        pages = [
            answers.always(answers.POSTS, body, account="polres.contoh") for body in (first, rest)
        ]
        sandbox.set_faults([page | {"page": n} for n, page in enumerate(pages, 1)])
        result = fetch(runtime, "CONTOH")["instagram"]
        assert (result.verdict, result.posts, result.removed) == ("complete", 4, 0)
    assert missing(tables) == []


def test_too_many_missing_posts_are_held_for_a_person_to_look_at(
    afternoon: Afternoon, tables: Tables, contoh: list[str], asked: Callable[[], int]
) -> None:
    afternoon.fetch()
    afternoon.fetch(*contoh[:3])
    for _ in range(2):
        held = afternoon.fetch(*contoh[:3])
        assert (held.verdict, held.removed, held.held) == ("complete", 0, 3)
    assert asked() == 0
    assert told(tables, "removed") == []
    assert set(contoh) <= set(tables.values("SELECT shortcode FROM insta_post"))


def test_two_missing_posts_are_believed_whatever_their_share(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    afternoon.fetch(*contoh[:2])
    assert afternoon.fetch(*contoh[:2]).removed == 2
    assert sorted(told(tables, "removed")) == sorted(contoh[:2])


def test_a_manual_post_is_never_removed_by_a_fetch(
    afternoon: Afternoon, tables: Tables, contoh: list[str]
) -> None:
    afternoon.fetch()
    manual = contoh[1]
    tables.run("UPDATE insta_post SET source_type = 'manual_input' WHERE shortcode = :m", m=manual)
    afternoon.fetch(manual)
    assert afternoon.fetch(manual).removed == 0
    assert manual in tables.values("SELECT shortcode FROM insta_post")


def test_yesterday_s_posts_are_no_removals_of_today(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario
) -> None:
    yesterday = datetime(2026, 2, 19, 21, 30, tzinfo=WIB)
    fetch(runtime_at(yesterday), "CONTOH")
    [code] = answers.codes_of(scenario, "instagram", "polres.contoh", yesterday)
    for clock in ("06:00", "06:30", "07:00"):
        runtime = runtime_at(clock)
        feed = answers.feed_without(scenario, "polres.contoh", runtime.now(), code)
        sandbox.set_faults([feed])
        assert fetch(runtime, "CONTOH")["instagram"].removed == 0
    assert code in tables.values("SELECT shortcode FROM insta_post")


# --- jobs that are not to be done -----------------------------------------------------------


def test_an_expired_job_is_dropped_and_recorded(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, sandbox: Sandbox
) -> None:
    job = start_run(runtime_at("17:00"), "CONTOH")
    requests = sandbox.stats()["total"]
    assert fetch_posts(runtime_at("17:30"), job) is None
    row = tables.row("SELECT outcome, error_kind, finished_at FROM client_run")
    assert (row["outcome"], row["error_kind"]) == ("expired", "expired")
    assert row["finished_at"] == datetime(2026, 2, 20, 17, 30, tzinfo=WIB)
    assert (inbox.count(ENGAGEMENT), sandbox.stats()["total"]) == (0, requests)


def test_an_old_job_does_not_end_a_run_that_was_started_over_by_hand(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    old = start_run(runtime_at("17:00"), "CONTOH")
    late = runtime_at(datetime(2026, 2, 20, 17, 31, tzinfo=WIB))
    manual = runs.run_client(late, "CONTOH", f"{DAY}T17:00")
    fetch_posts(late, old)
    assert tables.value("SELECT outcome FROM client_run") is None
    fetch_posts(late, manual)
    assert tables.value("SELECT fetch_result -> 'instagram' ->> 'verdict' FROM client_run") == (
        "complete"
    )


def test_a_job_of_a_run_that_does_not_exist_is_bad_input(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    job = start_run(runtime, "CONTOH").model_copy(update={"client_id": "NOBODY"})
    before = tables.dump()
    with pytest.raises(BadInput, match=r"^client_id: NOBODY has no run in slot"):
        fetch_posts(runtime, job)
    assert tables.dump() == before
    assert (inbox.count(FETCH), inbox.count(ENGAGEMENT)) == (0, 0)
