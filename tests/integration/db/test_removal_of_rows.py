"""A post goes with all that goes with it, however far away, and all of it comes back; on both
databases that exist, with tables of others pointing here and there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.db import Database, Row
from chalicelib.db.migrate import migrate
from local.services import EmbeddedPostgres
from tests.integration.conftest import Copies
from tests.integration.db import catalogue, old_database
from tests.integration.db.catalogue import EXISTING, Existing
from tests.integration.tables import Tables

POST = """
INSERT INTO clients (client_id, nama) VALUES ('A', 'A');
INSERT INTO "user" (user_id, nama, client_id) VALUES ('u1', 'Satu', 'A');
INSERT INTO insta_post (shortcode, client_id, created_at, source_type) VALUES
  ('GONE', 'A', '2026-02-20 08:00', 'cron_fetch'), ('STAYS', 'A', '2026-02-20 09:00', 'cron_fetch');
INSERT INTO insta_post_clients VALUES ('A', '2026-02-20 08:00', 'GONE');
INSERT INTO insta_like (shortcode, likes) VALUES ('GONE', '["a"]');
INSERT INTO insta_comment (shortcode, comments) VALUES ('GONE', '["b"]');
INSERT INTO insta_like_audit (shortcode, snapshot_window_start, snapshot_window_end)
  VALUES ('GONE', '2026-02-20 08:00+07', '2026-02-20 08:30+07');
INSERT INTO insta_post_roles (shortcode, role_name) VALUES ('GONE', 'r');
INSERT INTO link_report (shortcode, user_id) VALUES ('GONE', 'u1');
INSERT INTO tasks (shortcode, user_id) VALUES ('GONE', 'u1'), ('GONE', 'u1'), ('STAYS', 'u1');
INSERT INTO ig_ext_users (user_id, username) VALUES ('7', 'x');
INSERT INTO ig_ext_posts (post_id, shortcode, user_id) VALUES ('p1', 'GONE', '7'),
  ('p2', 'STAYS', '7');
INSERT INTO ig_ext_media_items (media_id, post_id) VALUES ('m1', 'p1'), ('m2', 'p1'), ('m3', 'p2');
INSERT INTO ig_ext_tagged_users (media_id, user_id, x) VALUES ('m1', '7', 0.25), ('m3', '7', 0.5);
INSERT INTO ig_ext_hashtags (post_id, hashtag) VALUES ('p1', 'h');
INSERT INTO ig_post_metrics (post_id) VALUES ('p1');
INSERT INTO ig_post_like_users (post_id, user_id) VALUES ('p1', '7');
INSERT INTO ig_post_comments (comment_id, post_id, user_id) VALUES ('c1', 'p1', '7');
"""
TAKE_OUT = "SELECT cicero_take_out('insta_post', 'shortcode', 'GONE') AS rows"
PUT_BACK = "SELECT cicero_put_back('insta_post', CAST(:rows AS jsonb))"


@pytest.fixture(scope="module")
def templates(postgres: EmbeddedPostgres) -> dict[Existing, str]:
    """Both databases, migrated, with one post that everything points at."""
    found: dict[Existing, str] = {}
    for name in EXISTING:
        found[name] = f"rows_of_{name}"
        url = postgres.create_database(found[name], template="template1")
        old_database.execute(url, catalogue.tables(name))
        migrate(url)
        order = "(client_id, created_at, shortcode)"
        old_database.execute(
            url, POST.replace("insta_post_clients VALUES", f"insta_post_clients {order} VALUES")
        )
    return found


@pytest.fixture(params=EXISTING)
def tables(
    request: pytest.FixtureRequest, templates: dict[Existing, str], new_copy: Copies
) -> Iterator[Tables]:
    database = Database(new_copy(templates[request.param]))
    yield Tables(database)
    database.close()


def take_out(tables: Tables) -> Any:
    return tables.value(TAKE_OUT)


def put_back(tables: Tables, taken: Any) -> None:
    tables.run(PUT_BACK, rows=json.dumps(taken))


def gone(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> dict[str, int]:
    lost = {name: len(rows) - len(after[name]) for name, rows in before.items()}
    return {name: number for name, number in lost.items() if number}


def test_all_that_goes_is_archived_at_any_distance_and_comes_back(tables: Tables) -> None:
    before = tables.dump()
    taken = take_out(tables)
    lost = gone(before, tables.dump())
    assert lost == {name: len(rows) for name, rows in taken.items()}
    assert lost.keys() >= {"ig_ext_media_items", "ig_ext_tagged_users", "ig_post_metrics"}
    assert (lost["tasks"], lost["ig_ext_tagged_users"]) == (2, 1)
    put_back(tables, taken)
    assert tables.dump() == before


@pytest.mark.parametrize(
    "more",
    [
        "CREATE TABLE note (id int PRIMARY KEY, answers int REFERENCES note ON DELETE CASCADE,"
        " media varchar REFERENCES ig_ext_media_items ON DELETE CASCADE);"
        " INSERT INTO note VALUES (1, NULL, 'm1'), (2, 1, NULL), (3, 2, NULL), (4, 4, NULL)",
        "CREATE TABLE a (id int PRIMARY KEY, post varchar REFERENCES insta_post ON DELETE CASCADE);"
        " CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);"
        " ALTER TABLE a ADD b int REFERENCES b ON DELETE CASCADE;"
        " INSERT INTO a VALUES (1, 'GONE'), (2, NULL), (3, NULL); INSERT INTO b VALUES (1, 1),"
        " (2, 2); UPDATE a SET b = 1; UPDATE a SET b = 2 WHERE id = 3",
        "CREATE TABLE pair (x int, y int, post varchar REFERENCES insta_post ON DELETE CASCADE,"
        " PRIMARY KEY (x, y)); CREATE TABLE of_pair (y int, x int, id int GENERATED ALWAYS AS"
        " IDENTITY, twice int GENERATED ALWAYS AS (x * 2) STORED,"
        " FOREIGN KEY (x, y) REFERENCES pair (x, y) ON DELETE CASCADE);"
        " INSERT INTO pair VALUES (1, 2, 'GONE'), (2, 1, 'STAYS');"
        " INSERT INTO of_pair (x, y) VALUES (1, 2), (2, 1)",
        'CREATE TABLE "Odd name" ("The key" int PRIMARY KEY, "to" varchar'
        " REFERENCES ig_ext_posts ON DELETE CASCADE); INSERT INTO \"Odd name\" VALUES (1, 'p1')",
        "CREATE TABLE loose (id int PRIMARY KEY, post varchar REFERENCES insta_post"
        " ON DELETE SET NULL, media varchar REFERENCES ig_ext_media_items ON DELETE SET NULL);"
        " INSERT INTO loose VALUES (1, 'GONE', 'm1'), (2, 'STAYS', 'm2'), (3, 'GONE', 'm3')",
        "CREATE TABLE late (id int PRIMARY KEY, post varchar REFERENCES ig_ext_posts"
        " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED); INSERT INTO late VALUES (1, 'p1')",
    ],
    ids=["itself", "circle", "pairs", "odd names", "set null", "deferred"],
)
def test_whatever_shape_the_tables_of_others_have_every_row_comes_back(
    tables: Tables, more: str
) -> None:
    tables.run(more)
    before = tables.dump()
    taken = take_out(tables)
    assert taken is not None
    archived = {name: len(rows) for name, rows in taken.items() if name != "(set null)"}
    after = tables.dump()
    assert {name.strip('"'): n for name, n in archived.items()} == gone(before, after)
    assert "GONE" not in tables.values("SELECT shortcode FROM insta_post")
    put_back(tables, taken)
    assert tables.dump() == before


@pytest.mark.parametrize(
    "more",
    [
        "CREATE TABLE note (m varchar REFERENCES ig_ext_media_items);"
        " INSERT INTO note VALUES ('m1')",
        "CREATE TABLE note (m varchar REFERENCES ig_ext_media_items DEFERRABLE INITIALLY DEFERRED);"
        " INSERT INTO note VALUES ('m1')",
        "CREATE TABLE note (m varchar DEFAULT 'm3' REFERENCES ig_ext_media_items"
        " ON DELETE SET DEFAULT); INSERT INTO note VALUES ('m1')",
        "CREATE TABLE note (m varchar NOT NULL REFERENCES ig_ext_media_items ON DELETE SET NULL);"
        " INSERT INTO note VALUES ('m1')",
        "CREATE TABLE note (m varchar REFERENCES ig_ext_media_items ON DELETE SET NULL);"
        " INSERT INTO note VALUES ('m1')",
        "CREATE TABLE note (m varchar REFERENCES ig_ext_media_items ON DELETE CASCADE)"
        " PARTITION BY LIST (m); CREATE TABLE note_m PARTITION OF note DEFAULT;"
        " INSERT INTO note VALUES ('m1')",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        " CREATE TRIGGER keep BEFORE DELETE ON ig_post_metrics FOR EACH ROW"
        " EXECUTE FUNCTION keep()",
    ],
    ids=["no action", "deferred", "default", "not null", "no key", "partitions", "trigger"],
)
def test_what_cannot_be_brought_back_is_not_taken(tables: Tables, more: str) -> None:
    tables.run(more)
    before = tables.dump()
    assert take_out(tables) is None
    assert tables.dump() == before


def test_rows_whose_people_are_gone_stay_in_the_archive_and_all_others_come_back(
    tables: Tables,
) -> None:
    before = tables.dump()
    taken = take_out(tables)
    tables.run("DELETE FROM tasks")
    tables.run("""DELETE FROM "user" WHERE user_id = 'u1'""")
    put_back(tables, taken)
    assert gone(before, tables.dump()) == {"user": 1, "link_report": 1, "tasks": 3}


def test_a_column_that_came_meanwhile_gets_its_default(tables: Tables) -> None:
    taken = take_out(tables)
    tables.run("ALTER TABLE ig_post_metrics ADD seen boolean NOT NULL DEFAULT false")
    put_back(tables, taken)
    assert tables.values("SELECT seen FROM ig_post_metrics") == [False]
