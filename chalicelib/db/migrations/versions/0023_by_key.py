"""What a client's job reads of the day and of the slot is found by its keys, post by post. Joined
freely, some plans read all posts of the day, or all results of the slot, for each client."""

from alembic import op

from chalicelib.db.migrations.indexes import build

revision = "0023"
down_revision = "0022"

# With the slot alone, finding one client's run cost reading all that are unfinished.
INDEXES = {"client_run_open": "client_run (slot, client_id) WHERE finished_at IS NULL"}

# As in 0011, but a post is looked up by the link to it (OFFSET 0 keeps the subquery as it is), and
# a client's own posts by client and time together, for which no index on the time alone will do.
POSTS_OF_DAY = """
CREATE OR REPLACE FUNCTION cicero_posts_of_day(client varchar, day_start timestamptz,
  day_end timestamptz) RETURNS TABLE (platform text, content_id varchar, source_type text)
LANGUAGE sql STABLE AS $$
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.source_type AS text)
  FROM insta_post_clients l CROSS JOIN LATERAL (
    SELECT i.shortcode, i.source_type, i.created_at FROM insta_post i
    WHERE i.shortcode = l.shortcode OFFSET 0) AS p
  WHERE l.client_id = client
    AND (l.created_at >= day_start AT TIME ZONE 'Asia/Jakarta' - interval '1 day'
         OR l.created_at IS NULL)
    AND p.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < day_end AT TIME ZONE 'Asia/Jakarta'
  UNION
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.source_type AS text)
  FROM insta_post p
  LEFT JOIN insta_post_clients l ON l.shortcode = p.shortcode AND l.client_id = p.client_id
  WHERE p.client_id = client AND (p.source_type = 'manual_input' OR l.shortcode IS NOT NULL)
    AND (p.client_id, p.created_at) >= (client, day_start AT TIME ZONE 'Asia/Jakarta')
    AND (p.client_id, p.created_at) < (client, day_end AT TIME ZONE 'Asia/Jakarta')
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.source_type AS text)
  FROM tiktok_post_clients l CROSS JOIN LATERAL (
    SELECT i.video_id, i.source_type, i.created_at FROM tiktok_post i
    WHERE i.video_id = l.video_id OFFSET 0) AS p
  WHERE l.client_id = client AND l.created_at >= day_start - interval '1 day'
    AND p.created_at >= cicero_time(p.created_at, day_start)
    AND p.created_at < cicero_time(p.created_at, day_end)
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.source_type AS text)
  FROM tiktok_post p
  WHERE p.client_id = client AND p.source_type = 'manual_input'
    AND (p.client_id, p.created_at) >= (client, cicero_time(p.created_at, day_start))
    AND (p.client_id, p.created_at) < (client, cicero_time(p.created_at, day_end))
$$;
"""

# As in 0017, but the runs of a post's other clients, and the results that other clients have of the
# posts that were left to them, are looked up one by one.
COVER = """
CREATE OR REPLACE FUNCTION cicero_cover(client varchar, of_slot timestamptz, at timestamptz,
  reads jsonb, left_out varchar[]) RETURNS void
LANGUAGE sql AS $$
  WITH found AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(reads) AS u (platform text, content_id varchar,
      names integer, comments integer, count integer, total integer, pages integer, ended text,
      share real, complete boolean, tries integer)
  ), results AS (
    SELECT client AS client_id, f.* FROM found f
    UNION ALL SELECT l.client_id, f.* FROM found f
    JOIN cicero_links() l ON l.platform = f.platform AND l.content_id = f.content_id
    CROSS JOIN LATERAL (SELECT 1 FROM client_run r
      WHERE r.slot = of_slot AND r.client_id = l.client_id OFFSET 0) AS run
    WHERE l.client_id <> client AND f.ended NOT IN ('error', 'no_time')
    UNION ALL SELECT client, v.*
    FROM (SELECT DISTINCT unnest(left_out) AS content_id) AS o
    CROSS JOIN cicero_platforms() p CROSS JOIN LATERAL (
      SELECT v.platform, v.content_id, v.names, v.comments, v.count, v.total, v.pages, v.ended,
        v.share, v.complete, v.tries
      FROM coverage v
      WHERE v.platform = p.platform AND v.content_id = o.content_id AND v.slot = of_slot
        AND v.client_id <> client AND v.ended NOT IN ('error', 'no_time')
      ORDER BY v.client_id LIMIT 1) AS v
  )
  INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, comments, count,
    total, pages, ended, share, complete, tries)
  SELECT platform, content_id, client_id, of_slot, at, names, comments, count, total, pages, ended,
    share, complete, tries
  FROM results ORDER BY platform, content_id, client_id
  ON CONFLICT (platform, content_id, client_id, slot) DO UPDATE SET
    read_at = EXCLUDED.read_at, names = EXCLUDED.names, comments = EXCLUDED.comments,
    count = EXCLUDED.count, total = EXCLUDED.total, pages = EXCLUDED.pages,
    ended = EXCLUDED.ended, share = EXCLUDED.share, complete = EXCLUDED.complete,
    tries = EXCLUDED.tries
    WHERE coverage.client_id = client OR coverage.ended IN ('error', 'no_time')
$$;
"""


def upgrade() -> None:
    build(INDEXES)
    for function in (POSTS_OF_DAY, COVER):
        op.get_bind().exec_driver_sql(function)
    op.execute("DROP INDEX client_run_unfinished")
