"""What the operators' window asks: each slot's figures, kept, and indexes for long tables."""

from alembic import op

from chalicelib.db.migrations.indexes import build

revision = "0014"
down_revision = "0013"

OURS = "WHERE session IS NOT NULL"
INDEXES = {
    "wa_notification_outbox_client": f"wa_notification_outbox (client_id, outbox_id) {OURS}",
    "wa_notification_outbox_status": f"wa_notification_outbox (status, outbox_id) {OURS}",
    "coverage_incomplete": "coverage (slot) WHERE NOT complete",
    "content_archive_open": "content_archive (archive_id) WHERE restored_at IS NULL",
    "client_run_failed": "client_run (slot, client_id) WHERE outcome <> 'done'",
    "cicero_insta_post_time": "insta_post (created_at)",
    "cicero_tiktok_post_time": "tiktok_post (created_at)",
    "content_change_held": "content_change (slot) WHERE kind = 'held'",
}

# The figures of a slot as they are now, from its runs, its changes, reads and messages.
TOTALS = """
CREATE FUNCTION cicero_slot_totals(which timestamptz) RETURNS TABLE (clients integer,
  done integer, failed integer, unfinished integer, api_requests integer, api_calls jsonb,
  client_seconds real, posts_new integer, posts_removed integer, posts_held integer,
  messages integer, lists integer, lists_incomplete integer)
LANGUAGE sql STABLE AS $$
  SELECT CAST(count(*) AS integer),
    CAST(count(*) FILTER (WHERE r.outcome = 'done') AS integer),
    CAST(count(*) FILTER (WHERE r.outcome <> 'done') AS integer),
    CAST(count(*) FILTER (WHERE r.finished_at IS NULL) AS integer),
    CAST(coalesce(sum(r.api_requests), 0) AS integer),
    (SELECT coalesce(jsonb_object_agg(called.call, called.requests), '{}') FROM (
       SELECT c.key AS call, sum(CAST(c.value AS integer)) AS requests
       FROM client_run e, jsonb_each_text(e.api_calls) AS c WHERE e.slot = which
       GROUP BY c.key) AS called),
    CAST(coalesce(sum(r.seconds), 0) AS real),
    (SELECT CAST(count(*) AS integer) FROM content_change c
     WHERE c.slot = which AND c.kind IN ('new', 'late')),
    (SELECT CAST(count(*) AS integer) FROM content_change c
     WHERE c.slot = which AND c.kind = 'removed'),
    (SELECT CAST(count(*) AS integer) FROM content_change c
     WHERE c.slot = which AND c.kind = 'held'),
    (SELECT CAST(count(*) AS integer) FROM wa_notification_outbox o WHERE o.slot = which),
    (SELECT CAST(count(*) AS integer) FROM coverage v WHERE v.slot = which),
    (SELECT CAST(count(*) AS integer) FROM coverage v
     WHERE v.slot = which AND NOT v.complete AND v.share < 0.95)
  FROM client_run r WHERE r.slot = which
$$;
"""

# One row per slot that is over; kept when its runs are pruned.
SUMMARY = """
CREATE TABLE slot_summary (
  slot timestamptz PRIMARY KEY,
  status text NOT NULL,
  trigger text NOT NULL,
  reason text,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  seconds real,
  clients integer NOT NULL,
  done integer NOT NULL,
  failed integer NOT NULL,
  unfinished integer NOT NULL,
  api_requests integer NOT NULL,
  api_calls jsonb NOT NULL,
  client_seconds real NOT NULL,
  posts_new integer NOT NULL,
  posts_removed integer NOT NULL,
  posts_held integer NOT NULL,
  messages integer NOT NULL,
  lists integer NOT NULL,
  lists_incomplete integer NOT NULL,
  summed_at timestamptz NOT NULL
);
"""

# The snapshots of a post, of any platform: how many people were known at the end of each window.
SNAPSHOTS = """
CREATE FUNCTION cicero_snapshots(of_platform text, content_id varchar)
RETURNS TABLE (window_end timestamptz, names integer, captured_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() t WHERE t.platform = of_platform LOOP
    RETURN QUERY EXECUTE format('SELECT a.snapshot_window_end,
        CASE jsonb_typeof(a.usernames) WHEN ''array'' THEN jsonb_array_length(a.usernames) END,
        a.captured_at
      FROM %I a WHERE a.%I = $1 AND a.snapshot_window_end IS NOT NULL
      ORDER BY a.snapshot_window_end', p.audit_table, p.key) USING content_id;
  END LOOP;
END
$$;
"""

# The posts made in [day_start, day_end), once for each client that has them: by link, or as the
# owner of a post that a person put there. Compares each column as it is stored, for its index, and
# looks up the links of each post (OFFSET 0), because a scan of all links takes far longer.
BETWEEN = """
CREATE FUNCTION cicero_posts_between(day_start timestamptz, day_end timestamptz)
RETURNS TABLE (platform text, content_id varchar, client_id varchar)
LANGUAGE sql STABLE AS $$
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(l.client_id AS varchar)
  FROM insta_post p CROSS JOIN LATERAL (
    SELECT i.client_id FROM insta_post_clients i WHERE i.shortcode = p.shortcode OFFSET 0) AS l
  WHERE p.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < day_end AT TIME ZONE 'Asia/Jakarta'
  UNION
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.client_id AS varchar)
  FROM insta_post p
  WHERE p.source_type = 'manual_input' AND p.client_id IS NOT NULL
    AND p.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < day_end AT TIME ZONE 'Asia/Jakarta'
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(l.client_id AS varchar)
  FROM tiktok_post p CROSS JOIN LATERAL (
    SELECT i.client_id FROM tiktok_post_clients i WHERE i.video_id = p.video_id OFFSET 0) AS l
  WHERE p.created_at >= cicero_time(p.created_at, day_start)
    AND p.created_at < cicero_time(p.created_at, day_end)
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.client_id AS varchar)
  FROM tiktok_post p
  WHERE p.source_type = 'manual_input' AND p.client_id IS NOT NULL
    AND p.created_at >= cicero_time(p.created_at, day_start)
    AND p.created_at < cicero_time(p.created_at, day_end)
$$;
"""


def upgrade() -> None:
    build(INDEXES)
    for statements in (TOTALS, SUMMARY, SNAPSHOTS, BETWEEN):
        op.get_bind().exec_driver_sql(statements)
