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

# Of the names that are known, an object of platform to array in lower case, those that are stored
# of each post, an array of {platform, content_id}, with a space between them; posts without any are
# left out. until: the names as in each post's last snapshot whose window ends by then.
# Stored names are read as cicero_merge_usernames reads them.
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
    RETURN QUERY EXECUTE 'WITH known AS MATERIALIZED (
        SELECT DISTINCT k.name FROM jsonb_array_elements_text($2) AS k (name))
      SELECT $4, CAST(s.content_id AS varchar), string_agg(DISTINCT k.name, '' '')
      FROM (' || CASE WHEN until IS NULL
          THEN format(now_stored, p.people_table, p.key, p.people)
          ELSE format(snapshot, p.audit_table, p.key) END || ') AS s
      CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(s.stored) WHEN ''array'' THEN s.stored ELSE ''[]'' END) AS e (entry)
      JOIN known k ON k.name = ltrim(lower(btrim(CASE jsonb_typeof(e.entry)
        WHEN ''string'' THEN e.entry #>> ''{}''
        WHEN ''object'' THEN coalesce(e.entry ->> ''username'', e.entry ->> ''unique_id'',
          e.entry #>> ''{user,unique_id}'', e.entry #>> ''{user,username}'') END)), ''@'')
      GROUP BY s.content_id'
    USING ARRAY(SELECT CAST(i ->> 'content_id' AS varchar) FROM jsonb_array_elements(posts) AS i
        WHERE i ->> 'platform' = p.platform), coalesce(known -> p.platform, '[]'), until,
      p.platform;
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    for statements in (COVERAGE, ENGAGED):
        op.get_bind().exec_driver_sql(statements)
