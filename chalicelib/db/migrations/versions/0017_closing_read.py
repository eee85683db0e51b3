"""Which of yesterday's posts a slot reads once more; what the reads of a post have said so far, and
of a post that clients share to all of them; what a slot may spend."""

from alembic import op

revision = "0017"
down_revision = "0016"

# Yesterday's posts of a client, while the day has had no complete fetch before this slot: with the
# fetch that looks back to yesterday their counts are those of this slot. A platform whose feed
# cannot be read waits for a later slot.
CLOSING = """
CREATE FUNCTION cicero_closing(client varchar, of_slot timestamptz, day_start timestamptz)
RETURNS TABLE (platform text, content_id varchar) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  yesterday CONSTANT timestamptz := day_start - interval '1 day';
  unclosed CONSTANT text[] := ARRAY(
    SELECT f.key FROM client_run r, jsonb_each(r.fetch_result) AS f
    WHERE r.slot = of_slot AND r.client_id = client AND f.value ->> 'verdict' <> 'error'
      AND NOT EXISTS (
        SELECT 1 FROM client_run e WHERE e.client_id = client AND e.slot >= day_start
          AND e.slot < of_slot
          AND e.fetch_result #>> ARRAY[f.key, 'verdict'] = 'complete'));
BEGIN
  IF unclosed <> '{}' THEN
    RETURN QUERY SELECT d.platform, d.content_id
      FROM cicero_posts_of_day(client, yesterday, day_start) AS d WHERE d.platform = ANY(unclosed)
      UNION SELECT k.platform, k.content_id FROM client_content k
      WHERE k.client_id = client AND k.platform = ANY(unclosed)
        AND k.task_day = CAST(yesterday AT TIME ZONE 'Asia/Jakarta' AS date);
  END IF;
END
$$;
"""

# The posts that a client's slot refreshes: those of its day, also by the word of a person; and, as
# `late`, those of yesterday that this slot found or reads once more.
SCOPE = """
CREATE FUNCTION cicero_scope(client varchar, of_slot timestamptz, day date, day_start timestamptz,
  day_end timestamptz) RETURNS TABLE (platform text, content_id varchar, late boolean)
LANGUAGE sql STABLE AS $$
  SELECT f.platform, f.content_id, bool_and(f.late) FROM (
    SELECT d.platform, d.content_id, false AS late
    FROM cicero_posts_of_day(client, day_start, day_end) AS d
    UNION ALL SELECT k.platform, k.content_id, false
    FROM client_content k WHERE k.client_id = client AND k.task_day = day
    UNION ALL SELECT c.platform, c.content_id, true
    FROM content_change c
    WHERE c.client_id = client AND c.wib_day = day AND c.slot = of_slot AND c.kind = 'late'
    UNION ALL SELECT y.platform, y.content_id, true
    FROM cicero_closing(client, of_slot, day_start) AS y) AS f
  GROUP BY f.platform, f.content_id
$$;
"""

# The newest read of a post for a client before a slot. confirmed: the read before that one had
# found the same count, and both were complete.
LAST_READ = """
CREATE FUNCTION cicero_last_read(which text, content varchar, client varchar, before timestamptz)
RETURNS TABLE (slot timestamptz, count integer, ended text, complete boolean, tries integer,
  pages integer, confirmed boolean)
LANGUAGE sql STABLE AS $$
  SELECT v.slot, v.count, v.ended, v.complete, v.tries, v.pages, v.complete AND coalesce((
    SELECT e.complete AND e.count = v.count FROM coverage e
    WHERE e.platform = which AND e.content_id = content AND e.client_id = client
      AND e.slot < v.slot ORDER BY e.slot DESC LIMIT 1), false)
  FROM coverage v
  WHERE v.platform = which AND v.content_id = content AND v.client_id = client AND v.slot < before
  ORDER BY v.slot DESC LIMIT 1
$$;
"""

# Keeps the results of a client's reads, an array as engagement.store_reads takes it, and gives them
# to the posts' other clients that have a run of the slot and no result yet. Of the posts that were
# left to others, takes over what they have found. The posts are locked.
COVER = """
CREATE FUNCTION cicero_cover(client varchar, of_slot timestamptz, at timestamptz, reads jsonb,
  left_out varchar[]) RETURNS void LANGUAGE sql AS $$
  WITH found AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(reads) AS u (platform text, content_id varchar,
      names integer, comments integer, count integer, total integer, pages integer, ended text,
      share real, complete boolean, tries integer)
  ), results AS (
    SELECT client AS client_id, f.* FROM found f
    UNION ALL SELECT l.client_id, f.* FROM found f
    JOIN cicero_links() l ON l.platform = f.platform AND l.content_id = f.content_id
    JOIN client_run o ON o.slot = of_slot AND o.client_id = l.client_id
    WHERE l.client_id <> client AND f.ended NOT IN ('error', 'no_time')
    UNION ALL (SELECT DISTINCT ON (v.platform, v.content_id) client, v.platform, v.content_id,
      v.names, v.comments, v.count, v.total, v.pages, v.ended, v.share, v.complete, v.tries
    FROM coverage v
    WHERE v.slot = of_slot AND v.content_id = ANY(left_out) AND v.client_id <> client
      AND v.ended NOT IN ('error', 'no_time') ORDER BY v.platform, v.content_id, v.client_id)
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

# By platform, as chalicelib.budget makes it; NULL where nothing is scarce.
PLAN = """
ALTER TABLE slot_run ADD COLUMN plan jsonb;
"""


def upgrade() -> None:
    for statements in (CLOSING, SCOPE, LAST_READ, COVER, PLAN):
        op.get_bind().exec_driver_sql(statements)
