"""A fresh database and the dashboard's own come out of the migrations alike, and unharmed."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.db import Database, Row
from chalicelib.db.migrate import migrate
from chalicelib.errors import CiceroError, ConfigurationError, DatabaseUnavailable
from local.services import EmbeddedPostgres
from tests.conftest import ROOT
from tests.integration.db import catalogue, old_database
from tests.integration.db.catalogue import EXISTING, Existing
from tests.integration.db.old_database import Schema
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

COLUMNS = """
SELECT table_name::text || '.' || column_name AS name,
  udt_name || coalesce('(' || character_maximum_length || ')', '') AS type
FROM information_schema.columns WHERE table_schema = 'public'
"""
KEYS = """
SELECT i.indrelid::regclass::text || ' ' || array_agg(a.attname ORDER BY k.place)::text
FROM pg_index i CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
WHERE i.indisunique GROUP BY i.indexrelid, i.indrelid
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
SHAPE = """
SELECT table_name::text AS name, column_name::text AS attribute, is_nullable = 'NO' AS must,
  column_default AS given FROM information_schema.columns WHERE table_schema = 'public'
"""
CASCADES = """
SELECT conrelid::regclass::text || ' > ' || confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND confdeltype = 'c' AND connamespace = 'public'::regnamespace
"""
FUNCTIONS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
)

Opened = Callable[[str], Tables]
Created = Callable[[], str]

_numbers = itertools.count()


@pytest.fixture
def tables_of() -> Iterator[Opened]:
    """Looks into a database by its URL."""
    opened: list[Database] = []

    def look(url: str) -> Tables:
        opened.append(Database(url))
        return Tables(opened[-1])

    yield look
    for database in opened:
        database.close()


@pytest.fixture
def create(postgres: EmbeddedPostgres) -> Created:
    """Makes databases without any table."""
    return lambda: postgres.create_database(f"migrations_{next(_numbers)}", template="template1")


@pytest.fixture(params=old_database.KINDS)
def kind(request: pytest.FixtureRequest) -> Schema:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def old(create: Created, kind: Schema) -> str:
    """A database that exists, with the old service's rows."""
    url = create()
    old_database.build(url, kind)
    return url


@pytest.fixture
def fresh(postgres: EmbeddedPostgres) -> str:
    """A database that held nothing before its migration."""
    return postgres.create_database(f"fresh_{next(_numbers)}", template="migrated")


def columns(tables: Tables) -> dict[str, str]:
    return {row["name"]: row["type"] for row in tables.run(COLUMNS)}


def old_part(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """`after` without the tables, and the columns, that were not there before."""
    return {
        table: [{name: row[name] for name in rows[0]} for row in after[table]] if rows else []
        for table, rows in before.items()
    }


def by_content(dump: dict[str, list[Row]]) -> dict[str, list[str]]:
    return {table: sorted(str(sorted(row.items())) for row in rows) for table, rows in dump.items()}


def test_an_existing_database_gets_every_column_of_a_fresh_one_and_keeps_its_own(
    old: str, kind: Schema, fresh: str, tables_of: Opened
) -> None:
    before = columns(tables_of(old))
    migrate(old)
    wanted, found = columns(tables_of(fresh)), columns(tables_of(old))
    assert {name: found[name] for name in before} == before
    missing = set() if kind == "described" else {"tasks.task_id"}
    assert wanted.keys() - found.keys() == missing
    added = wanted.keys() - before.keys() - missing
    assert {name: found[name] for name in added} == {name: wanted[name] for name in added}


def test_an_existing_database_gets_the_keys_indexes_and_functions_of_a_fresh_one(
    old: str, kind: Schema, fresh: str, tables_of: Opened
) -> None:
    migrate(old)
    missing: set[str] = set()
    for query in (KEYS, INDEXES, FUNCTIONS):
        missing |= set(tables_of(fresh).values(query)) - set(tables_of(old).values(query))
    of_tasks = {
        "tasks {task_id}",
        "CREATE UNIQUE INDEX tasks_pkey ON public.tasks USING btree (task_id)",
    }
    assert missing == (set() if kind == "described" else of_tasks)


@pytest.mark.parametrize("existing", EXISTING)
def test_a_fresh_database_has_what_readers_and_writers_rely_on_in_those_that_exist(
    existing: Existing, create: Created, fresh: str, tables_of: Opened
) -> None:
    url = create()
    old_database.execute(url, catalogue.tables(existing))
    theirs, ours = shape(tables_of(url)), shape(tables_of(fresh))
    for table in theirs.keys() & ours.keys():
        for name, (_, default) in theirs[table].items():
            if f"{table}.{name}" not in DIFFERENT[existing]:
                assert name in ours[table], f"{table}.{name}"
                assert (default is None) or ours[table][name][1] is not None, f"{table}.{name}"
        required = {name for name, (must, default) in ours[table].items() if must and not default}
        assert required <= {name for name, (must, _) in theirs[table].items() if must}, table
    cascades = set(tables_of(url).values(CASCADES))
    shared = {cascade for cascade in cascades if own(cascade, ours)}
    assert shared - set(tables_of(fresh).values(CASCADES)) == {
        "tiktok_comment_audit > tiktok_post"  # no key at all there: nothing stops a delete
    }


DIFFERENT: dict[Existing, set[str]] = {
    "fetch_service": set(),
    "dashboard": {"user.password_hash", "cron_job_config.description"},
}
"""Columns of one of the two databases alone."""


def own(cascade: str, ours: Mapping[str, object]) -> bool:
    """Whether both tables of a cascade are there in a fresh database."""
    return all(table in ours for table in cascade.split(" > "))


def shape(tables: Tables) -> dict[str, dict[str, tuple[bool, str | None]]]:
    """{table: {column: (NOT NULL, default)}}."""
    found: dict[str, dict[str, tuple[bool, str | None]]] = {}
    for row in tables.run(SHAPE):
        found.setdefault(row["name"], {})[row["attribute"]] = (row["must"], row["given"])
    return found


def test_other_software_can_delete_a_video_with_its_comments(fresh: str, tables_of: Opened) -> None:
    tables = tables_of(fresh)
    tables.run("INSERT INTO tiktok_post (video_id) VALUES ('1')")
    tables.run("INSERT INTO tiktok_comment (video_id, comments) VALUES ('1', '[]')")
    tables.run("DELETE FROM tiktok_post")
    assert tables.count("tiktok_comment") == 0


def test_a_state_without_its_newest_column_gets_it(create: Created, tables_of: Opened) -> None:
    url = create()
    old_database.build(url, "fetch_service")
    drop = "ALTER TABLE wa_notification_scheduler_state DROP COLUMN last_notified_slot"
    old_database.execute(url, drop)
    migrate(url)
    sql = "SELECT last_notified_slot FROM wa_notification_scheduler_state"
    assert set(tables_of(url).values(sql)) == {None}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE insta_post ALTER created_at TYPE timestamptz", "insta_post.created_at is"),
        ("ALTER TABLE insta_like_audit ALTER captured_at TYPE timestamp", "insta_like_audit.capt"),
        ("ALTER TABLE tiktok_post ALTER created_at TYPE date", "tiktok_post.created_at is date"),
        ("ALTER TABLE insta_like ALTER likes TYPE json", "insta_like.likes is json"),
        ("ALTER TABLE insta_post ADD region varchar NOT NULL", "insta_post.region is NOT NULL"),
        ("ALTER TABLE tiktok_post ALTER caption SET NOT NULL", "tiktok_post.caption is NOT NULL"),
    ],
)
def test_a_table_that_cannot_be_written_rightly_stops_the_migration_with_what_to_do(
    change: str, said: str, create: Created, tables_of: Opened
) -> None:
    url = create()
    old_database.execute(url, catalogue.tables("dashboard"), change)
    before = columns(tables_of(url))
    with pytest.raises(ConfigurationError, match=rf"^DATABASE_URL: .*{said}.*Alter these columns"):
        migrate(url)
    assert columns(tables_of(url)) == before


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_default_time_zone_that_is_not_wib_is_warned_of_with_what_to_do(
    zone: str, create: Created
) -> None:
    url = create()
    name = quoted_name(url)
    old_database.execute(url, f"ALTER DATABASE {name} SET TimeZone TO '{zone}'")
    warning = migrate(url)["warning"]
    assert warning is not None
    assert f"TimeZone is {zone}, not Asia/Jakarta" in warning
    [advice] = re.findall(r"ALTER DATABASE [^;]*", warning)
    old_database.execute(url, advice)
    assert "warning" not in migrate(url)


def quoted_name(url: str) -> str:
    return '"' + urlsplit(url).path.lstrip("/") + '"'


@pytest.mark.parametrize(
    "production",
    ["", "ALTER TABLE insta_post ADD COLUMN like_count int; UPDATE insta_post SET like_count = 9"],
    ids=["as the old schema has it", "with the counts that production has"],
)
def test_no_old_row_is_changed(production: str, old: str, tables_of: Opened) -> None:
    old_database.execute(old, production or "SELECT 1")
    before = tables_of(old).dump()
    assert sum(map(len, before.values())) > 20
    migrate(old)
    after = old_part(before, tables_of(old).dump())
    assert by_content(after) == by_content(before)


DOUBLES = """
INSERT INTO content_change (change_id, platform, content_id, client_id, kind, slot, wib_day, detail)
SELECT id, 'instagram', post, 'A', kind, '2026-02-20 17:00+07', '2026-02-20', CAST(detail AS jsonb)
FROM (VALUES
  (1, 'P', 'link', '{"user_id": "U1"}'), (2, 'P', 'link', '{"user_id": "U1"}'),
  (3, 'P', 'link', '{"user_id": "U2"}'), (4, 'P', 'link', '{"user_id": "U2"}'),
  (5, 'P', 'held', '{}'), (6, 'P', 'held', '{}'), (7, 'Q', 'held', '{}'),
  (8, 'P', 'new', '{}'), (9, 'P', 'new', '{}')) AS c (id, post, kind, detail);
INSERT INTO wa_notification_outbox (outbox_id, client_id, group_id) VALUES (1, 'A', 'C'),
  (2, 'A', 'C');
INSERT INTO change_told (change_id, chat, outbox_id) VALUES (2, 'C', 1), (3, 'C', 2), (4, 'C', 1)
"""


def test_of_changes_that_the_ledger_holds_twice_the_one_that_was_told_first_stays(
    create: Created, tables_of: Opened
) -> None:
    url = create()
    migrate(url, to="0007")
    for statement in DOUBLES.split(";"):
        tables_of(url).run(statement)
    migrate(url)
    left = tables_of(url).values("SELECT change_id FROM content_change ORDER BY change_id")
    assert left == [2, 4, 5, 7, 8, 9]


def test_the_new_columns_of_old_rows_are_empty(old: str, tables_of: Opened) -> None:
    migrate(old)
    tables = tables_of(old)
    assert tables.values("SELECT DISTINCT like_count FROM insta_post") == [None]
    new = "session, kind, slot, expires_at, published_at, send_started_at, wa_message_id"
    for row in tables.run(f"SELECT DISTINCT {new} FROM wa_notification_outbox"):
        assert set(row.values()) == {None}


def test_old_videos_are_linked_to_their_owners_so_that_they_are_not_told_as_new(
    old: str, tables_of: Opened
) -> None:
    migrate(old)
    links = tables_of(old).run("SELECT video_id, client_id FROM tiktok_post_clients ORDER BY 1")
    assert [tuple(link.values()) for link in links] == [
        ("7000000000000000001", "LAMA"),
        ("7000000000000000002", "ditlama"),
    ]


def test_a_video_of_a_client_that_is_no_more_does_not_stop_the_migration(
    create: Created, tables_of: Opened
) -> None:
    url = create()
    old_database.build(url, "described", old_database.MISSING_OWNER)
    migrate(url)
    assert tables_of(url).count("tiktok_post") == 3


@pytest.mark.parametrize("empty", [False, True], ids=["existing", "empty"])
def test_a_second_run_changes_nothing(
    empty: bool, old: str, create: Created, tables_of: Opened
) -> None:
    url = create() if empty else old
    first = migrate(url)
    dump, shape = tables_of(url).dump(), columns(tables_of(url))
    second = migrate(url)
    assert (first["from"], second["from"], second["to"]) == (None, first["to"], first["to"])
    assert (tables_of(url).dump(), columns(tables_of(url))) == (dump, shape)


def test_two_migrations_at_once_both_succeed_and_run_once(
    old: str, fresh: str, tables_of: Opened
) -> None:
    program = "import sys; from chalicelib.db.migrate import migrate; print(migrate(sys.argv[1]))"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, old],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert tables_of(old).count("cicero_fetch_version") == 1
    assert columns(tables_of(fresh)).keys() - columns(tables_of(old)).keys() <= {"tasks.task_id"}


def test_a_migration_that_fails_is_one_clear_error_and_leaves_nothing_half_done(
    old: str, tables_of: Opened
) -> None:
    old_database.execute(old, "CREATE VIEW content_change AS SELECT 1 AS in_the_way")
    tables = tables_of(old)
    before = tables.dump()
    with pytest.raises(CiceroError, match="content_change"):
        migrate(old)
    assert by_content(old_part(before, tables.dump())) == by_content(before)
    assert not {"slot_run", "client_run", "tiktok_post_clients"} & set(tables.names())
    assert_nobody_else_is_connected(tables)
    old_database.execute(old, "DROP VIEW content_change")
    migrate(old)
    assert tables.count("content_change") == 0


def assert_nobody_else_is_connected(tables: Tables) -> None:
    """A migration that has ended has let go of its connection."""
    others = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    wait_until(lambda: tables.value(others) == 0)


@pytest.mark.parametrize(
    "where", ["postgresql://x@127.0.0.1:9/none", "postgresql://x@/none?host={tmp_path}"]
)
def test_a_database_that_does_not_answer_is_one_clear_error(where: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"cannot be reached.*Check DATABASE_URL"):
        migrate(where.format(tmp_path=tmp_path))
