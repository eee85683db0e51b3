"""The snapshots of a half hour in one statement a platform, not in two for each post: parsing and
planning those took a twentieth of PostgreSQL's time."""

from alembic import op

revision = "0022"
down_revision = "0021"

# As in 0018. The posts are locked (cicero_lock) before this looks for snapshots that are there, so
# that two clients who share a post do not write two. cicero_snapshot, which wrote each one, stays
# for the release before this one.
STORE_PEOPLE = """
CREATE OR REPLACE FUNCTION cicero_store_people(read jsonb, unchanged varchar[],
  window_start timestamptz, window_end timestamptz, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  merge CONSTANT text := 'INSERT INTO %1$I AS e (%2$I, %3$I, updated_at)
    SELECT r.content_id, r.usernames, $2 AT TIME ZONE ''Asia/Jakarta''
    FROM jsonb_to_recordset($1) AS r (platform text, content_id varchar, usernames jsonb)
    WHERE r.platform = %4$L AND r.usernames IS NOT NULL
      AND EXISTS (SELECT 1 FROM %5$I p WHERE p.%2$I = r.content_id)
    ORDER BY r.content_id
    ON CONFLICT (%2$I) DO UPDATE SET updated_at = EXCLUDED.updated_at,
      %3$I = cicero_merge_usernames(e.%3$I, EXCLUDED.%3$I, %6$L)
    RETURNING e.%2$I AS content_id, e.%3$I AS usernames';
  kept CONSTANT text := 'SELECT e.%2$I AS content_id, e.%3$I AS usernames FROM %1$I e
    WHERE e.%2$I = ANY($3) ORDER BY 1 FOR UPDATE';
  renewed CONSTANT text := 'UPDATE %7$I a SET usernames = s.usernames, captured_at = $2
    FROM stored s WHERE a.%2$I = s.content_id AND a.snapshot_window_end = $5
      AND a.snapshot_window_start = $4 RETURNING a.%2$I AS content_id';
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    EXECUTE format('WITH merged AS (' || merge || '), kept AS MATERIALIZED (' || kept || '),
      stored AS MATERIALIZED (SELECT * FROM merged UNION ALL SELECT * FROM kept),
      renewed AS (' || renewed || ')
      INSERT INTO %7$I (%2$I, usernames, snapshot_window_start, snapshot_window_end, captured_at)
      SELECT s.content_id, s.usernames, $4, $5, $2 FROM stored s
      WHERE $5 IS NOT NULL AND s.content_id NOT IN (SELECT content_id FROM renewed)',
      p.people_table, p.key, p.people, p.platform, p.post_table, p.prefix, p.audit_table)
    USING read, at, unchanged, window_start, window_end;
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STORE_PEOPLE)
