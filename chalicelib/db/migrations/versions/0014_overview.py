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


def upgrade() -> None:
    build(INDEXES)
    for statements in (TOTALS, SUMMARY, SNAPSHOTS):
        op.get_bind().exec_driver_sql(statements)
