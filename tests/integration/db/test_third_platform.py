"""A third platform in the database: one migration, and every query that is about any platform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.db import Database, Row
from chalicelib.slots import Slot, day_bounds
from local.services import EmbeddedPostgres
from tests.conftest import DAY
from tests.integration.tables import Tables

TABLES = """
ALTER TABLE clients ADD COLUMN client_video varchar, ADD COLUMN client_video_status boolean;
CREATE TABLE video_post (video_key varchar PRIMARY KEY, client_id varchar REFERENCES clients,
  caption text, like_count integer, comment_count integer, created_at timestamptz,
  original_created_at timestamptz, source_type text);
CREATE TABLE video_post_clients (
  video_key varchar REFERENCES video_post ON DELETE CASCADE,
  client_id varchar REFERENCES clients ON DELETE CASCADE, created_at timestamptz,
  PRIMARY KEY (video_key, client_id));
CREATE TABLE video_comment (video_key varchar PRIMARY KEY REFERENCES video_post ON DELETE CASCADE,
  comments jsonb, updated_at timestamp);
CREATE TABLE video_comment_audit (audit_id bigserial PRIMARY KEY, video_key varchar,
  usernames jsonb, snapshot_window_start timestamptz, snapshot_window_end timestamptz,
  captured_at timestamptz);
ALTER TABLE content_change DROP CONSTRAINT content_change_platform_check;
ALTER TABLE client_content DROP CONSTRAINT client_content_platform_check;
ALTER TABLE coverage DROP CONSTRAINT coverage_platform_check;
CREATE FUNCTION cicero_store_video(client varchar, incoming jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO video_post AS p (video_key, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, client, caption, comment_count, like_count, posted_at, posted_at, 'cron_fetch'
  FROM jsonb_to_recordset(incoming) AS i (platform text, content_id varchar, caption text,
    comment_count integer, like_count integer, posted_at timestamptz)
  WHERE platform = 'video' ORDER BY content_id
  ON CONFLICT (video_key) DO UPDATE SET like_count = EXCLUDED.like_count
$$
"""

ARMS = {
    "cicero_platforms": """, ('video', 'video_post', 'video_key', 'video_post_clients',
      'video_comment', 'comments', '@', 'video_comment_audit', 'client_video')""",
    "cicero_posts": """ UNION ALL
  SELECT CAST('video' AS text), p.video_key, p.caption, p.like_count, p.comment_count,
    p.source_type, p.created_at, p.original_created_at,
    (SELECT jsonb_array_length(e.comments) FROM video_comment e WHERE e.video_key = p.video_key)
  FROM video_post p""",
    "cicero_links": """ UNION ALL
  SELECT CAST('video' AS text), l.video_key, l.client_id, l.created_at
  FROM video_post_clients l""",
    "cicero_posts_of_day": """ UNION
  SELECT CAST('video' AS text), p.video_key, p.source_type
  FROM video_post_clients l JOIN video_post p USING (video_key)
  WHERE l.client_id = client AND p.created_at >= day_start AND p.created_at < day_end""",
    "cicero_posts_between": """ UNION
  SELECT CAST('video' AS text), p.video_key, l.client_id
  FROM video_post_clients l JOIN video_post p USING (video_key)
  WHERE p.created_at >= day_start AND p.created_at < day_end""",
}
"""What such a migration adds to the end of each function."""

CLIENT = "CONTOH"


@pytest.fixture
def third(postgres: EmbeddedPostgres) -> Iterator[Tables]:
    """A database of the test's own, with a third platform that one client has on."""
    database = Database(postgres.create_database("third", template="migrated"))
    tables = Tables(database)
    for statement in TABLES.split(";\n"):
        tables.run(statement)
    for name, arm in ARMS.items():
        body = tables.value(f"SELECT pg_get_functiondef('{name}'::regproc)")
        head, _, rest = body.rpartition("\n$function$")
        tables.run(f"{head}{arm}\n$function${rest}")
    tables.run(
        "INSERT INTO clients (client_id, nama, client_status, client_video) "
        "VALUES (:client_id, 'X', true, 'x')",
        client_id=CLIENT,
    )
    yield tables
    database.close()


NOW = Slot.parse(f"{DAY}T17:00").at
START, END = day_bounds(DAY)
RUN = {"slot": NOW, "client_id": CLIENT}


def first(tables: Tables, query: str, **parameters: Any) -> Row:
    with tables.database.transaction() as tx:
        row = tx.first(query, **parameters)
    assert row is not None, query
    return row


def fetch_one_post(third: Tables) -> None:
    """Its own queries, as a fetch makes them."""
    begun = first(third, "posts.begin", **RUN, day_start=START)
    assert begun["platforms"]["video"]["first"] is True
    assert begun["platforms"]["video"]["had"] is False
    assert begun["client"]["client_video"] == "x"
    post = {"platform": "video", "content_id": "v1", "caption": "Apel", "like_count": 3}
    post |= {"posted_at": NOW.isoformat(), "late": False, "owned": True}
    stored = first(third, "posts.store", **RUN, wib_day=DAY, now=NOW, posts=json.dumps([post]))
    assert stored["new"] == {"video": 1}
    of_day = {"day_start": START, "day_end": END, "now": NOW}
    missing = first(third, "posts.note_missing", **RUN, **of_day, seen=[], complete=["video"])
    assert (missing["content_id"], missing["missing_since"]) == ("v1", NOW)


def refresh_it(third: Tables) -> None:
    """Its own queries, as a refresh makes them."""
    of_day = {"day_start": START, "day_end": END, "wib_day": DAY, "now": NOW}
    work = first(third, "engagement.begin", **RUN, **of_day, note_links=True)
    assert [(p["content_id"], p["stored"]) for p in work["posts"]] == [("v1", 0)]
    assert [(c["platform"], c["kind"]) for c in work["changes"]] == [("video", "new")]
    read = {"platform": "video", "content_id": "v1", "usernames": ["@a", "@b"], "names": 2}
    read |= {"pages": 1, "ended": "end", "complete": True, "tries": 0}
    rest = {"window_start": START, "window_end": END, "unchanged": [], "before": None}
    first(third, "engagement.store_reads", **RUN, **rest, now=NOW, users=json.dumps([read]))
    assert third.values("SELECT usernames FROM video_comment_audit") == [["@a", "@b"]]


def test_the_queries_serve_a_third_platform_after_one_migration(third: Tables) -> None:
    third.run(
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at) "
        "VALUES (:slot, :client_id, 'schedule', true, :slot)",
        **RUN,
    )
    fetch_one_post(third)
    refresh_it(third)
    before = third.dump()
    taken = third.value("SELECT cicero_take_out('video_post', 'video_key', 'v1')")
    rows = {"video_post", "video_post_clients", "video_comment", "video_comment_audit"}
    assert set(taken) == rows
    third.run("SELECT cicero_put_back('video_post', CAST(:t AS jsonb))", t=json.dumps(taken))
    assert third.dump() == before
