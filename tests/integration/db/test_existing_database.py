"""A client's whole run over the dashboard's own database, just migrated.

The old service has had the day until 16:30; at 17:00 this one takes over. Old rows change only as
the rules say, and what is written has the form that the dashboard reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from chalicelib import sweep
from chalicelib.db import Database, Row
from chalicelib.db.migrate import migrate
from chalicelib.manual.posts import restore_post
from chalicelib.notify.state import load_run
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot
from local.sandbox import Sandbox
from local.sandbox.world import Post, like_count, likers
from local.seed import seed
from local.services import EmbeddedPostgres
from tests.conftest import runtime_of
from tests.integration import answers
from tests.integration.conftest import DEMO, Copies, NewService, Sandboxes, hosts
from tests.integration.db import catalogue, old_database
from tests.integration.db.catalogue import EXISTING, Existing
from tests.integration.runs import fetch, refresh, start_run, whole_run
from tests.integration.tables import Tables

AFTERNOON = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)
NAIVE = "AT TIME ZONE 'Asia/Jakarta'"

KEYS = {
    "clients": ("client_id",),
    "user": ("user_id",),
    "insta_post": ("shortcode",),
    "insta_post_clients": ("shortcode", "client_id"),
    "insta_like": ("shortcode",),
    "insta_like_audit": ("audit_id",),
    "tiktok_post": ("video_id",),
    "tiktok_comment": ("video_id",),
    "tiktok_comment_audit": ("audit_id",),
    "insta_post_roles": ("shortcode", "role_name"),
    "tiktok_post_roles": ("video_id", "role_name"),
    "link_report": ("shortcode", "user_id"),
    "tasks": ("shortcode", "user_id", "created_at"),
    "wa_notification_scheduler_state": ("client_id",),
    "wa_notification_outbox": ("outbox_id",),
    "cron_job_config": ("job_key",),
}
FROM_THE_FEED = {
    "caption",
    "comment_count",
    "like_count",
    "thumbnail_url",
    "is_video",
    "video_url",
    "image_url",
    "images_url",
    "is_carousel",
}


@dataclass(frozen=True)
class Content:
    """CONTOH's contents that the old service knew."""

    morning: Post  # 07:30, with likes of every odd form
    manual: Post  # 10:15, typed in by an operator at 11:00
    shared: Post  # 15:30, of TELADAN; the old service met it first at LAMA
    yesterday: Post
    early_video: Post  # 09:05
    manual_video: Post  # 16:20


def content() -> Content:
    posts = answers.posts_of(DEMO, "instagram", "polres.contoh", AFTERNOON)
    videos = answers.posts_of(DEMO, "tiktok", "polres_contoh", AFTERNOON)
    late_then = datetime(2026, 2, 19, 21, 30, tzinfo=WIB)
    at = {f"{post.posted_at:%H:%M}": post for post in [*posts, *videos]}
    [yesterday] = answers.posts_of(DEMO, "instagram", "polres.contoh", late_then)
    return Content(at["07:30"], at["10:15"], at["15:30"], yesterday, at["09:05"], at["16:20"])


OLD = content()
ODD_LIKES = [{"username": "Objek.Lama"}, "HURUF.BESAR", "@tanda.lama", "biasa.lama", None, 7]
ODD_COMMENTS = [{"user": {"unique_id": "Objek_Lama"}}, "@Besar_Lama", "tanpa_at"]


def rows_of_the_day(existing: Existing) -> str:
    """What the old service and others had written about CONTOH's contents."""

    def literal(value: Any) -> str:
        return "'" + json.dumps(value).replace("'", "''") + "'"

    posts = [
        (OLD.morning, "CONTOH", "cron_fetch", OLD.morning.posted_at, "NULL"),
        (OLD.shared, "LAMA", "cron_fetch", OLD.shared.posted_at, "NULL"),
        (OLD.yesterday, "CONTOH", "cron_fetch", OLD.yesterday.posted_at, "NULL"),
        (
            OLD.manual,
            "CONTOH",
            "manual_input",
            datetime(2026, 2, 20, 11, tzinfo=WIB),
            f"{{{{{OLD.manual.posted_at.isoformat()}}}}}",
        ),
    ]
    inserts = [
        "INSERT INTO insta_post (shortcode, client_id, caption, source_type, created_at, "
        f"original_created_at) VALUES ('{post.code}', '{owner}', 'lama', '{source}', "
        f"'{created:%Y-%m-%d %H:%M:%S}', {original}); "
        "INSERT INTO insta_post_clients (shortcode, client_id, created_at) "
        f"VALUES ('{post.code}', '{owner}', '{created:%Y-%m-%d %H:%M:%S}');"
        for post, owner, source, created, original in posts
    ]
    return (
        "\n".join(inserts)
        + f"""
    INSERT INTO ig_ext_posts (post_id, shortcode) VALUES ('e1', '{OLD.morning.code}');
    INSERT INTO ig_ext_media_items (media_id, post_id) VALUES ('e1_1', 'e1');
    INSERT INTO tiktok_post (video_id, client_id, caption, created_at, source_type) VALUES
      ('{OLD.early_video.code}', 'CONTOH', 'lama', {{{{2026-02-20 09:05+07}}}}, 'cron_fetch'),
      ('{OLD.manual_video.code}', 'CONTOH', 'lama', {{{{2026-02-20 16:25+07}}}}, 'manual_input');
    INSERT INTO insta_like (shortcode, likes) VALUES
      ('{OLD.morning.code}', {literal(ODD_LIKES)}), ('{OLD.shared.code}', 'null');
    INSERT INTO tiktok_comment (video_id, comments) VALUES
      ('{OLD.early_video.code}', {literal(ODD_COMMENTS)});
    INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start,
      snapshot_window_end, captured_at) VALUES
      ('{OLD.morning.code}', '["biasa.lama"]', '2026-02-20 16:00+07', '2026-02-20 16:30+07', now());
    INSERT INTO link_report (shortcode, user_id, facebook_link) VALUES
      ('{OLD.morning.code}', '80010001', 'https://facebook.example/2');
    INSERT INTO tasks (shortcode, user_id) VALUES ('{OLD.morning.code}', '80010001');
    INSERT INTO insta_post_roles (shortcode, role_name)
      VALUES ('{OLD.morning.code}', 'ditbinmas');
    """
        + (STATE if catalogue.has(existing, "wa_notification_scheduler_state") else "")
    )


STATE = """
    INSERT INTO wa_notification_scheduler_state (client_id, last_ig_count, last_tiktok_count,
      last_notified_at, last_notified_slot)
      VALUES ('CONTOH', 4, 2, '2026-02-20 16:05+07', '2026-02-20-16');
"""


@pytest.fixture(scope="module", params=EXISTING)
def existing(request: pytest.FixtureRequest) -> Existing:
    """Which of the two databases that exist."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def migrated_old(postgres: EmbeddedPostgres, existing: Existing) -> str:
    """The old service's database of 16:30, migrated twice; its name, to copy from."""
    name = f"migrated_{existing}"
    url = postgres.create_database(name, template="template1")
    old_database.build(url, existing)
    seed(url, DEMO)
    old_database.execute(url, old_database.times_of(existing, rows_of_the_day(existing)))
    migrate(url)
    migrate(url)
    return name


class Compared:
    """The shared tables before and after, row by row."""

    def __init__(self, before: dict[str, list[Row]], after: dict[str, list[Row]]) -> None:
        self._before = {name: self._by_key(name, before[name]) for name in KEYS}
        self._after = {name: self._by_key(name, after[name]) for name in KEYS}

    def gone(self) -> dict[str, Any]:
        found = {
            name: rows.keys() - self._after[name].keys() for name, rows in self._before.items()
        }
        return {name: keys for name, keys in found.items() if keys}

    def added(self, table: str) -> list[Row]:
        keys = self._after[table].keys() - self._before[table].keys()
        return [self._after[table][key] for key in sorted(keys)]

    def changed(self, table: str) -> dict[str, set[str]]:
        """{first key column: names of the columns that differ} of rows that were there before."""
        both = self._before[table].keys() & self._after[table].keys()
        found = {
            str(key[0]): self._differences(self._before[table][key], self._after[table][key])
            for key in both
        }
        return {key: names for key, names in found.items() if names}

    @staticmethod
    def _differences(old: Row, new: Row) -> set[str]:
        return {name for name in old if old[name] != new[name]}

    @staticmethod
    def _by_key(table: str, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(row[column] for column in KEYS[table]): row for row in rows}


NewRuntime = Callable[[str, datetime], Runtime]


@pytest.fixture(scope="module")
def new_runtime(new_service: NewService, sandboxes: Sandboxes) -> Iterator[NewRuntime]:
    """Makes runtimes over a database; their now, and the sandbox's, is the moment."""
    made: list[Runtime] = []
    api = sandboxes(DEMO)

    def make(url: str, now: datetime) -> Runtime:
        api.set_faults([])
        api.set_now(now)
        made.append(runtime_of(new_service(url) | hosts(api), now))
        return made[-1]

    yield make
    for runtime in made:
        runtime.close()


@pytest.fixture(scope="module")
def url(new_copy: Copies, migrated_old: str) -> str:
    """The database in which the runs take place."""
    return new_copy(migrated_old)


@pytest.fixture(scope="module")
def tables(url: str) -> Iterator[Tables]:
    database = Database(url)
    yield Tables(database)
    database.close()


@pytest.fixture(scope="module", autouse=True)
def run(url: str, tables: Tables, new_runtime: NewRuntime) -> Compared:
    """CONTOH's and TELADAN's runs at 17:00, once for all tests, and what they did."""
    before = tables.dump()
    runtime = new_runtime(url, AFTERNOON)
    for client_id in ("CONTOH", "TELADAN"):
        whole_run(runtime, client_id)
    assert tables.values("SELECT outcome FROM client_run") == ["done", "done"]
    return Compared(before, tables.dump())


# --- old rows -------------------------------------------------------------------------------


def test_no_old_row_is_gone(run: Compared) -> None:
    assert run.gone() == {}


def test_what_others_write_is_left_alone(run: Compared) -> None:
    for table in (
        "user",
        "insta_post_roles",
        "tiktok_post_roles",
        "link_report",
        "tasks",
        "cron_job_config",
    ):
        assert (run.changed(table), run.added(table)) == ({}, [])


def test_old_posts_get_the_feed_s_numbers_and_keep_owner_time_and_source(
    run: Compared, tables: Tables
) -> None:
    changed = run.changed("insta_post")
    known = {OLD.morning.code, OLD.shared.code, OLD.manual.code, OLD.yesterday.code}
    assert changed.keys() == known
    for code, columns in changed.items():
        own_time = {"original_created_at"} if code != OLD.manual.code else set()
        assert columns <= FROM_THE_FEED | own_time
    owner = "SELECT client_id FROM insta_post WHERE shortcode = :code"
    assert tables.value(owner, code=OLD.shared.code) == "LAMA"


def test_old_videos_keep_owner_time_and_source(run: Compared) -> None:
    changed = run.changed("tiktok_post")
    assert changed.keys() == {OLD.early_video.code, OLD.manual_video.code}
    for columns in changed.values():
        assert columns <= FROM_THE_FEED | {"original_created_at"}


def test_a_manual_post_that_the_feed_has_as_well_stays_manual(
    run: Compared, tables: Tables
) -> None:
    row = tables.row("SELECT * FROM insta_post WHERE shortcode = :c", c=OLD.manual.code)
    assert row["source_type"] == "manual_input"
    assert row["created_at"] == datetime(2026, 2, 20, 11)  # noqa: DTZ001  naive WIB
    video = tables.row(
        "SELECT source_type, cicero_moment(created_at) AS at FROM tiktok_post WHERE video_id = :c",
        c=OLD.manual_video.code,
    )
    assert video["source_type"] == "manual_input"
    assert video["at"] == datetime(2026, 2, 20, 16, 25, tzinfo=WIB)


def test_old_likes_of_any_form_are_kept_in_the_readers_form(run: Compared, tables: Tables) -> None:
    assert run.changed("insta_like").keys() == {OLD.morning.code, OLD.shared.code}
    likes = dict(
        tuple(row.values()) for row in tables.run("SELECT shortcode, likes FROM insta_like")
    )
    old = {"objek.lama", "huruf.besar", "tanda.lama", "biasa.lama"}
    assert set(likes[OLD.morning.code]) == old | set(likers(OLD.morning, AFTERNOON))
    assert set(likes[OLD.shared.code]) == set(likers(OLD.shared, AFTERNOON))


def test_old_comments_of_any_form_are_kept_in_the_readers_form(
    run: Compared, tables: Tables
) -> None:
    assert run.changed("tiktok_comment").keys() == {OLD.early_video.code}
    sql = "SELECT comments FROM tiktok_comment WHERE video_id = :code"
    stored = set(tables.value(sql, code=OLD.early_video.code))
    assert stored > {"@objek_lama", "@besar_lama", "@tanpa_at"}


def test_old_snapshots_and_messages_stay_as_they_are(run: Compared) -> None:
    for table in ("insta_like_audit", "tiktok_comment_audit", "wa_notification_outbox"):
        assert run.changed(table) == {}


def test_of_the_clients_only_the_tiktok_account_s_id_is_written(run: Compared) -> None:
    assert run.changed("clients") == {"CONTOH": {"tiktok_secuid"}}
    assert run.added("clients") == []


def test_the_notification_state_goes_on_where_it_was(
    run: Compared, tables: Tables, existing: Existing
) -> None:
    there = {"CONTOH"} if catalogue.has(existing, "wa_notification_scheduler_state") else set()
    assert run.changed("wa_notification_scheduler_state").keys() == there
    sql = "SELECT * FROM wa_notification_scheduler_state WHERE client_id = 'CONTOH'"
    row = tables.row(sql)
    assert (row["last_notified_slot"], row["last_notified_at"]) == ("2026-02-20-17", AFTERNOON)
    assert (row["last_ig_count"], row["last_tiktok_count"]) == (5, 2)


def test_what_the_old_service_had_stored_is_not_told_as_new(run: Compared, tables: Tables) -> None:
    told = tables.values(
        "SELECT content_id FROM content_change WHERE client_id = 'CONTOH' AND kind <> 'link'"
    )
    known = {OLD.morning.code, OLD.manual.code, OLD.yesterday.code}
    assert not known & set(told)
    assert not {OLD.early_video.code, OLD.manual_video.code} & set(told)
    late = "SELECT posted_at FROM content_change WHERE client_id = 'CONTOH' AND kind = 'late'"
    assert tables.values(late) == [datetime(2026, 2, 19, 22, 15, tzinfo=WIB)]


# --- new rows -------------------------------------------------------------------------------


def test_new_posts_have_the_form_that_readers_rely_on(run: Compared, tables: Tables) -> None:
    codes = [row["shortcode"] for row in run.added("insta_post")]
    assert len(codes) >= 4
    world = {post.code: post for post in _posts("polres.contoh") + _posts("polres.teladan")}
    for row in tables.run(
        f"SELECT *, cicero_moment(original_created_at) AS own, "
        f"cicero_moment(original_created_at) {NAIVE} AS own_time FROM insta_post "
        "WHERE shortcode = ANY(CAST(:codes AS varchar[]))",
        codes=codes,
    ):
        post = world[row["shortcode"]]
        assert row["client_id"] in ("CONTOH", "TELADAN")
        assert row["source_type"] == "cron_fetch"
        assert row["own"] == post.posted_at
        assert row["created_at"] == row["own_time"]
        assert row["caption"] == (str(post.caption) if post.caption else "")
        assert row["comment_count"] is not None
        assert row["thumbnail_url"].startswith("https://")
        assert row["image_url"].startswith("https://")
        assert isinstance(row["images_url"], list)
        hidden = post.counts_hidden
        assert row["like_count"] == (None if hidden else like_count(post, AFTERNOON))


def test_a_hidden_like_count_is_null_and_not_zero(run: Compared, tables: Tables) -> None:
    [hidden] = [post for post in _posts("polres.teladan") if post.counts_hidden]
    sql = "SELECT like_count FROM insta_post WHERE shortcode = :code"
    assert tables.value(sql, code=hidden.code) is None


def _posts(account: str) -> list[Post]:
    """The account's posts of both days."""
    found = DEMO.world.account("instagram", account)
    assert found is not None
    return DEMO.world.feed(found, AFTERNOON)


def test_new_videos_carry_their_own_time_as_their_columns_hold_it(
    run: Compared, tables: Tables, existing: Existing
) -> None:
    added = [row["video_id"] for row in run.added("tiktok_post")]
    assert added
    for row in tables.run(
        "SELECT * FROM tiktok_post WHERE video_id = ANY(CAST(:ids AS varchar[]))", ids=added
    ):
        post = DEMO.world.post("tiktok", row["video_id"], AFTERNOON)
        assert post is not None
        own = post.posted_at
        if existing == "dashboard":  # whose software reads naive UTC
            own = own.astimezone(UTC).replace(tzinfo=None)
        assert row["created_at"] == row["original_created_at"] == own
        assert (row["source_type"], row["client_id"]) == ("cron_fetch", "TELADAN")
        assert row["like_count"] is not None
        assert row["comment_count"] is not None


def test_links_are_added_in_naive_wib(run: Compared) -> None:
    added = run.added("insta_post_clients")
    assert (OLD.shared.code, "CONTOH") in {(row["shortcode"], row["client_id"]) for row in added}
    assert {row["created_at"] for row in added} == {"2026-02-20T17:00:00"}
    assert run.changed("insta_post_clients") == {}


def test_every_list_of_names_is_an_array_of_lower_case_texts(run: Compared, tables: Tables) -> None:
    written = {row["shortcode"] for row in run.added("insta_like")} | set(run.changed("insta_like"))
    for row in tables.run("SELECT shortcode, likes FROM insta_like"):
        if row["shortcode"] in written:
            assert all(re.fullmatch(r"[a-z0-9._]+", name) for name in row["likes"])
            assert row["likes"] == sorted(set(row["likes"]))
    videos = {row["video_id"] for row in run.added("tiktok_comment")}
    for row in tables.run("SELECT video_id, comments FROM tiktok_comment"):
        if row["video_id"] in videos | set(run.changed("tiktok_comment")):
            assert all(re.fullmatch(r"@[a-z0-9._]+", name) for name in row["comments"])


def test_a_video_of_the_morning_is_refreshed_as_well(run: Compared, tables: Tables) -> None:
    assert f"{OLD.early_video.posted_at:%H}" < "14"
    sql = "SELECT updated_at FROM tiktok_comment WHERE video_id = :code"
    assert tables.value(sql, code=OLD.early_video.code) == AFTERNOON.replace(tzinfo=None)


def test_snapshots_are_of_the_exact_half_hour_and_hold_what_is_stored(
    run: Compared, tables: Tables
) -> None:
    for audit, table, key, names in (
        ("insta_like_audit", "insta_like", "shortcode", "likes"),
        ("tiktok_comment_audit", "tiktok_comment", "video_id", "comments"),
    ):
        ids = [row["audit_id"] for row in run.added(audit)]
        rows = tables.run(
            f"SELECT a.*, u.{names} AS stored FROM {audit} a JOIN {table} u USING ({key}) "
            "WHERE a.audit_id = ANY(CAST(:ids AS bigint[]))",
            ids=ids,
        )
        assert len(rows) == len(ids) > 1
        for row in rows:
            assert row["snapshot_window_end"] == AFTERNOON
            assert row["snapshot_window_start"] == AFTERNOON - timedelta(minutes=30)
            assert row["usernames"] == row["stored"]


def test_messages_are_added_for_both_groups_and_the_operator(run: Compared) -> None:
    added = run.added("wa_notification_outbox")
    assert [(row["kind"], row["client_id"]) for row in added] == [
        ("task_list", "CONTOH"),
        ("admin_report", None),
        ("task_list", "TELADAN"),
    ]
    assert {row["status"] for row in added} == {"pending"}


# --- the day goes on ------------------------------------------------------------------------


def test_an_old_post_that_is_gone_is_archived_with_its_old_rows(
    new_copy: Copies, migrated_old: str, new_runtime: NewRuntime, sandbox: Sandbox
) -> None:
    gone = OLD.morning.code
    runtime = new_runtime(new_copy(migrated_old), AFTERNOON)
    lacking = answers.feed_without(DEMO, "polres.contoh", AFTERNOON, gone)
    sandbox.set_faults([lacking, *answers.gone(gone)])
    fetch(runtime, "CONTOH")
    runtime.set_clock(lambda: AFTERNOON + timedelta(minutes=30))
    assert fetch(runtime, "CONTOH")["instagram"].removed == 1
    left = Tables(runtime.db)
    archived = left.value("SELECT rows FROM content_archive")
    assert archived["insta_like"][0]["likes"] == ODD_LIKES
    assert archived["insta_like_audit"][0]["usernames"] == ["biasa.lama"]
    assert archived["link_report"][0]["facebook_link"] == "https://facebook.example/2"
    assert len(archived["tasks"]) == len(archived["insta_post_roles"]) == 1
    assert archived["ig_ext_media_items"][0]["media_id"] == "e1_1"
    assert gone not in left.values("SELECT shortcode FROM insta_post")


def test_a_removed_post_that_a_person_restores_has_every_row_back(
    new_copy: Copies, migrated_old: str, new_runtime: NewRuntime, sandbox: Sandbox
) -> None:
    code = OLD.morning.code
    runtime = new_runtime(new_copy(migrated_old), AFTERNOON)
    fetch(runtime, "CONTOH")
    tables = Tables(runtime.db)
    before = {name: rows for name, rows in tables.dump().items() if name in KEYS or "ig_" in name}
    lacking = answers.feed_without(DEMO, "polres.contoh", AFTERNOON, code)
    sandbox.set_faults([lacking, *answers.gone(code)])
    for slot in (AFTERNOON + timedelta(minutes=30), AFTERNOON + timedelta(minutes=60)):
        runtime.set_clock(partial(datetime.fromisoformat, slot.isoformat()))
        fetch(runtime, "CONTOH")
    assert code not in tables.values("SELECT shortcode FROM insta_post")
    restore_post(runtime, code)
    after = tables.dump()
    assert {name: after[name] for name in before} == before


# --- what other software adds ---------------------------------------------------------------

MANUAL = """
INSERT INTO insta_post (shortcode, client_id, caption, created_at, source_type, like_count)
VALUES ('OLEHLAIN', 'CONTOH', 'Titipan', '2026-02-20 18:10:00', 'manual_input', 0);
INSERT INTO tiktok_post (video_id, client_id, caption, created_at, source_type, comment_count)
VALUES ('7000000000000000009', 'CONTOH', 'Titipan', {{2026-02-20 18:10+07}}, 'manual_input', 0);
"""
ADDED = ["7000000000000000009", "OLEHLAIN"]
NEWS = """
SELECT content_id FROM content_change
WHERE client_id = 'CONTOH' AND kind = 'new' AND content_id = ANY(CAST(:added AS varchar[]))
ORDER BY content_id
"""
LINKED = """
INSERT INTO insta_post_clients (shortcode, client_id, created_at)
VALUES ('OLEHLAIN', 'CONTOH', '2026-02-20 18:10:00');
"""


@pytest.mark.parametrize("more", ["", LINKED], ids=["the post", "the post and its link"])
def test_manual_posts_of_other_software_are_told_once(
    more: str, new_copy: Copies, migrated_old: str, existing: Existing, new_runtime: NewRuntime
) -> None:
    url = new_copy(migrated_old)
    runtime = new_runtime(url, AFTERNOON)
    whole_run(runtime, "CONTOH")
    old_database.execute(url, old_database.times_of(existing, MANUAL + more))
    tables = Tables(runtime.db)
    told: list[str] = []
    for minutes in (90, 120, 150):
        slot = AFTERNOON + timedelta(minutes=minutes)
        whole_run(new_runtime(url, slot), "CONTOH")
        assert tables.values(NEWS, added=ADDED) == ADDED
        sql = "SELECT message FROM wa_notification_outbox WHERE slot = :s AND client_id = 'CONTOH'"
        told += [text for text in tables.values(sql, s=slot) if "OLEHLAIN" in text]
    assert len(told) == 1
    assert "7000000000000000009" in told[0]


def test_runs_that_overlap_put_a_manual_post_into_the_ledger_once(
    new_copy: Copies, migrated_old: str, existing: Existing, new_runtime: NewRuntime
) -> None:
    url, evening = new_copy(migrated_old), AFTERNOON + timedelta(minutes=90)
    old_database.execute(url, old_database.times_of(existing, MANUAL))
    runtimes = [new_runtime(url, evening) for _ in range(4)]
    start_run(runtimes[0], "CONTOH")
    together = Barrier(len(runtimes))

    def look(runtime: Runtime) -> None:
        with runtime.db.transaction() as tx:
            together.wait(60)
            load_run(runtime, tx, "CONTOH", Slot.exactly(evening), note_links=True)

    with ThreadPoolExecutor(len(runtimes)) as pool:
        list(pool.map(look, runtimes))
    assert Tables(runtimes[0].db).values(NEWS, added=ADDED) == ADDED


def test_a_manual_post_that_a_fetch_meets_later_is_no_news_again(
    new_copy: Copies, migrated_old: str, new_runtime: NewRuntime
) -> None:
    url = new_copy(migrated_old)
    known = {OLD.morning.code, OLD.manual.code, OLD.shared.code}
    of_today = [p for p in _posts("polres.contoh") if p.posted_at.day == AFTERNOON.day]
    post = next(post for post in of_today if post.code not in known)
    old_database.execute(
        url,
        "INSERT INTO insta_post (shortcode, client_id, created_at, source_type) "
        f"VALUES ('{post.code}', 'CONTOH', '2026-02-20 16:45:00', 'manual_input')",
    )
    refresh(new_runtime(url, AFTERNOON), "CONTOH")
    later = new_runtime(url, AFTERNOON + timedelta(minutes=30))
    whole_run(later, "CONTOH")
    assert Tables(later.db).values(NEWS, added=[post.code]) == [post.code]


# --- triggers -------------------------------------------------------------------------------


def test_what_nobody_takes_for_a_day_is_published_a_handful_of_times_under_the_trigger(
    new_copy: Copies, migrated_old: str, new_runtime: NewRuntime
) -> None:
    start = AFTERNOON - timedelta(hours=8)
    runtime = new_runtime(new_copy(migrated_old), start)
    whole_run(runtime, "CONTOH")
    published = 0
    for minute in range(0, 24 * 60, 5):
        now = start + timedelta(minutes=minute)
        with runtime.db.transaction() as tx:
            rows = tx.run(
                "outbox.left_behind",
                unpublished_before=now - sweep.GRACE,
                published_before=now - sweep.LOST_AFTER,
                now=now,
            )
            own = [row["outbox_id"] for row in rows if row["chat"].endswith("@g.us")]
            tx.run("outbox.mark_published", ids=own, now=now)
        published += len(own)
    assert 5 <= published <= 9
