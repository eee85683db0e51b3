"""A client's whole run over the dashboard's own database, just migrated.

The old service has had the day until 16:30; at 17:00 this one takes over. Old rows change only as
the rules say, and what is written has the form that the dashboard reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.db import Database, Row
from chalicelib.db.migrate import migrate
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.environment import environment
from local.sandbox import Sandbox
from local.sandbox.world import Post, like_count, likers
from local.seed import seed
from local.services import EmbeddedPostgres
from tests.conftest import settings_of
from tests.integration import answers, old_database
from tests.integration.conftest import DEMO, Copies, NewService, Sandboxes, hosts
from tests.integration.runs import fetch, whole_run
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
    "tasks": ("task_id",),
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


def rows_of_the_day() -> str:
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
            f"'{OLD.manual.posted_at.isoformat()}'",
        ),
    ]
    inserts = [
        "INSERT INTO insta_post (shortcode, client_id, caption, source_type, created_at, "
        f"original_created_at) VALUES ('{post.code}', '{owner}', 'lama', '{source}', "
        f"'{created:%Y-%m-%d %H:%M:%S}', {original}); "
        f"INSERT INTO insta_post_clients VALUES ('{post.code}', '{owner}', NULL);"
        for post, owner, source, created, original in posts
    ]
    return (
        "\n".join(inserts)
        + f"""
    INSERT INTO tiktok_post (video_id, client_id, caption, created_at, source_type) VALUES
      ('{OLD.early_video.code}', 'CONTOH', 'lama', '2026-02-20 09:05+07', 'cron_fetch'),
      ('{OLD.manual_video.code}', 'CONTOH', 'lama', '2026-02-20 16:25+07', 'manual_input');
    INSERT INTO insta_like VALUES ('{OLD.morning.code}', {literal(ODD_LIKES)}, NULL),
      ('{OLD.shared.code}', 'null', NULL);
    INSERT INTO tiktok_comment VALUES ('{OLD.early_video.code}', {literal(ODD_COMMENTS)}, NULL);
    INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start,
      snapshot_window_end, captured_at) VALUES
      ('{OLD.morning.code}', '["biasa.lama"]', '2026-02-20 16:00+07', '2026-02-20 16:30+07', now());
    INSERT INTO link_report (shortcode, user_id, facebook_link) VALUES
      ('{OLD.morning.code}', '80010001', 'https://facebook.example/2');
    INSERT INTO tasks (shortcode, user_id) VALUES ('{OLD.morning.code}', '80010001');
    INSERT INTO insta_post_roles VALUES ('{OLD.morning.code}', 'ditbinmas');
    INSERT INTO wa_notification_scheduler_state VALUES
      ('CONTOH', 4, 2, '2026-02-20 16:05+07', '2026-02-20-16');
    """
    )


@pytest.fixture(scope="module")
def migrated_old(postgres: EmbeddedPostgres) -> str:
    """The old service's database of 16:30, migrated; its name, to copy from."""
    url = postgres.create_database("migrated_old", template="template1")
    old_database.build(url)
    seed(url, DEMO)
    old_database.execute(url, rows_of_the_day())
    migrate(url)
    return "migrated_old"


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
        values = new_service(url) | hosts(api)
        runtime = Runtime(settings_of(values), lambda: now)
        with environment(values):
            _ = runtime.queues.client
        made.append(runtime)
        return runtime

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
    video = tables.row("SELECT * FROM tiktok_post WHERE video_id = :c", c=OLD.manual_video.code)
    assert video["source_type"] == "manual_input"
    assert video["created_at"] == datetime(2026, 2, 20, 16, 25, tzinfo=WIB)


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


def test_the_notification_state_goes_on_where_it_was(run: Compared, tables: Tables) -> None:
    assert run.changed("wa_notification_scheduler_state").keys() == {"CONTOH"}
    sql = "SELECT * FROM wa_notification_scheduler_state WHERE client_id = 'CONTOH'"
    row = tables.row(sql)
    assert (row["last_notified_slot"], row["last_notified_at"]) == ("2026-02-20-17", AFTERNOON)
    assert (row["last_ig_count"], row["last_tiktok_count"]) == (5, 2)


def test_what_the_old_service_had_stored_is_not_told_as_new(run: Compared, tables: Tables) -> None:
    told = tables.values("SELECT content_id FROM content_change WHERE client_id = 'CONTOH'")
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
        f"SELECT *, original_created_at {NAIVE} AS own_time FROM insta_post "
        "WHERE shortcode = ANY(CAST(:codes AS varchar[]))",
        codes=codes,
    ):
        post = world[row["shortcode"]]
        assert row["client_id"] in ("CONTOH", "TELADAN")
        assert row["source_type"] == "cron_fetch"
        assert row["original_created_at"] == post.posted_at
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


def test_new_videos_carry_their_own_time_with_its_zone(run: Compared, tables: Tables) -> None:
    added = [row["video_id"] for row in run.added("tiktok_post")]
    assert added
    for row in tables.run(
        "SELECT * FROM tiktok_post WHERE video_id = ANY(CAST(:ids AS varchar[]))", ids=added
    ):
        post = DEMO.world.post("tiktok", row["video_id"], AFTERNOON)
        assert post is not None
        assert row["created_at"] == row["original_created_at"] == post.posted_at
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
    assert gone not in left.values("SELECT shortcode FROM insta_post")


def test_snapshots_that_point_at_their_post_are_archived_with_it(
    new_copy: Copies, migrated_old: str
) -> None:
    url = new_copy(migrated_old)
    old_database.execute(
        url,
        "DELETE FROM insta_like_audit WHERE shortcode NOT IN (SELECT shortcode FROM insta_post)",
        "ALTER TABLE insta_like_audit ADD FOREIGN KEY (shortcode) REFERENCES insta_post (shortcode)"
        " ON DELETE CASCADE",
    )
    database = Database(url)
    sql = "SELECT cicero_take_out('insta_post', 'shortcode', :code)"
    archived = Tables(database).value(sql, code=OLD.morning.code)
    database.close()
    assert [row["usernames"] for row in archived["insta_like_audit"]] == [["biasa.lama"]]
