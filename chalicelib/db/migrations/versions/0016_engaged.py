"""How far each post's list can be believed, for readers; and who of the people that are asked for
is in it."""

from alembic import op

revision = "0016"
down_revision = "0015"

# A view over this service's own table only: it keeps no other software from altering its columns.
COVERAGE = """
CREATE VIEW post_coverage AS
SELECT DISTINCT ON (v.platform, v.content_id) v.platform, v.content_id, v.slot, v.read_at,
  v.complete, v.ended, v.share, v.names, v.count,
  (SELECT max(c.read_at) FROM coverage c
   WHERE c.platform = v.platform AND c.content_id = v.content_id AND c.complete) AS verified_at
FROM coverage v
ORDER BY v.platform, v.content_id, v.slot DESC, v.complete DESC, v.read_at DESC;
"""

# The names that are stored of each post, an array of {platform, content_id}, with a space between
# them; posts without any are left out. known: only these, an object of platform to array in lower
# case; NULL: all. until: the names as in each post's last snapshot whose window ends by then; NULL:
# as stored now. They are read as cicero_merge_usernames reads them.
ENGAGED = """
CREATE FUNCTION cicero_engaged(posts jsonb, known jsonb, until timestamptz)
RETURNS TABLE (platform text, content_id varchar, names text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  now_stored CONSTANT text := 'SELECT %2$I AS content_id, %3$I AS stored FROM %1$I
    WHERE %2$I = ANY($1)';
  snapshot CONSTANT text := 'SELECT DISTINCT ON (%2$I) %2$I AS content_id, usernames AS stored
    FROM %1$I WHERE %2$I = ANY($1) AND snapshot_window_end <= $3
    ORDER BY %2$I, snapshot_window_end DESC, audit_id DESC';
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    RETURN QUERY EXECUTE 'WITH stored AS (' || CASE WHEN until IS NULL
        THEN format(now_stored, p.people_table, p.key, p.people)
        ELSE format(snapshot, p.audit_table, p.key) END || ')
      SELECT $4, CAST(n.content_id AS varchar), string_agg(n.name, '' '') FROM (
        SELECT s.content_id, ltrim(lower(btrim(CASE jsonb_typeof(e.entry)
          WHEN ''string'' THEN e.entry #>> ''{}''
          WHEN ''object'' THEN coalesce(e.entry ->> ''username'', e.entry ->> ''unique_id'',
            e.entry #>> ''{user,unique_id}'', e.entry #>> ''{user,username}'') END)), ''@'') AS name
        FROM stored s CROSS JOIN LATERAL jsonb_array_elements(
          CASE jsonb_typeof(s.stored) WHEN ''array'' THEN s.stored ELSE ''[]'' END) AS e (entry)
      ) AS n
      WHERE $2 IS NULL
        OR n.name IN (SELECT k FROM jsonb_array_elements_text($2 -> $4) AS k)
      GROUP BY n.content_id'
    USING ARRAY(SELECT CAST(i ->> 'content_id' AS varchar) FROM jsonb_array_elements(posts) AS i
        WHERE i ->> 'platform' = p.platform), known, until, p.platform;
  END LOOP;
END
$$;
"""

# The snapshots of these posts, and whether any of the known names stands in each.
SNAPSHOTS = """
CREATE FUNCTION cicero_snapshots(posts jsonb, known jsonb)
RETURNS TABLE (platform text, content_id varchar, window_end timestamptz, named boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    RETURN QUERY EXECUTE format('SELECT $3, CAST(%2$I AS varchar), snapshot_window_end,
        bool_or(coalesce(usernames ?| $2, false)) FROM %1$I WHERE %2$I = ANY($1)
      GROUP BY %2$I, snapshot_window_end', p.audit_table, p.key)
    USING ARRAY(SELECT CAST(i ->> 'content_id' AS varchar) FROM jsonb_array_elements(posts) AS i
        WHERE i ->> 'platform' = p.platform),
      ARRAY(SELECT p.prefix || k FROM jsonb_array_elements_text(known -> p.platform) AS k),
      p.platform;
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    for statements in (COVERAGE, ENGAGED, SNAPSHOTS):
        op.get_bind().exec_driver_sql(statements)
