"""The lists of people of many posts as they are stored, in one statement."""

from alembic import op

revision = "0021"
down_revision = "0020"

# The stored list of each post, an array of {platform, content_id}; posts without one are left out.
# until: the list as in each post's last snapshot whose window ends by then; NULL: as stored now.
# Whoever asks reads the names in it: taking a thousand lists apart here takes ten times as long.
# cicero_engaged, which did, stays for the release before this one.
PEOPLE_LISTS = """
CREATE FUNCTION cicero_people_lists(posts jsonb, until timestamptz)
RETURNS TABLE (platform text, content_id varchar, people jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
  now_stored CONSTANT text := 'SELECT $3, CAST(%2$I AS varchar), %3$I FROM %1$I
    WHERE %2$I = ANY($1)';
  snapshot CONSTANT text := 'SELECT DISTINCT ON (%2$I) $3, CAST(%2$I AS varchar), usernames
    FROM %1$I WHERE %2$I = ANY($1) AND snapshot_window_end <= $2
    ORDER BY %2$I, snapshot_window_end DESC, audit_id DESC';
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    RETURN QUERY EXECUTE CASE WHEN until IS NULL
        THEN format(now_stored, p.people_table, p.key, p.people)
        ELSE format(snapshot, p.audit_table, p.key) END
    USING ARRAY(SELECT CAST(i ->> 'content_id' AS varchar) FROM jsonb_array_elements(posts) AS i
        WHERE i ->> 'platform' = p.platform), until, p.platform;
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(PEOPLE_LISTS)
