"""Days that are filled in later: which are done, and the answers of those under way; the names of a
post, whatever its platform; a client's columns from a sheet. Names that are filled in get no
snapshot: it would say that they were there in a half hour in which nobody looked."""

from alembic import op

revision = "0018"
down_revision = "0017"

TABLES = """
CREATE TABLE backfill (
  client_id varchar NOT NULL,
  wib_day date NOT NULL,
  done_at timestamptz NOT NULL,
  complete boolean NOT NULL, -- whether feeds and lists were read to their ends
  result jsonb NOT NULL,
  PRIMARY KEY (client_id, wib_day)
);

CREATE TABLE backfill_call (
  client_id varchar NOT NULL,
  call text NOT NULL,
  answer jsonb NOT NULL,
  read_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, call)
);
"""

# As in 0012, but without a window no snapshot is taken.
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
  kept CONSTANT text := 'SELECT e.%2$I, e.%3$I FROM %1$I e WHERE e.%2$I = ANY($3)
    ORDER BY 1 FOR UPDATE';
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    EXECUTE format('WITH merged AS (' || merge || '), kept AS MATERIALIZED (' || kept || ')
      SELECT cicero_snapshot(%7$L, %2$L, content_id, usernames, $4, $5, $2)
      FROM (SELECT * FROM merged UNION ALL SELECT * FROM kept) AS stored WHERE $5 IS NOT NULL',
      p.people_table, p.key, p.people, p.platform, p.post_table, p.prefix, p.audit_table)
    USING read, at, unchanged, window_start, window_end;
  END LOOP;
END
$$;
"""

# The names that are stored of a post, without a mark.
NAMES = """
CREATE FUNCTION cicero_names(which text, content varchar) RETURNS SETOF text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY EXECUTE (
    SELECT format('SELECT ltrim(name, ''@'') FROM %1$I e, jsonb_array_elements_text(
        CASE jsonb_typeof(e.%3$I) WHEN ''array'' THEN e.%3$I ELSE ''[]'' END) AS name
        WHERE e.%2$I = $1', p.people_table, p.key, p.people)
    FROM cicero_platforms() p WHERE p.platform = which) USING content;
END
$$;
"""

# Writes a client's columns: of the client that there is, or of a new one, whose other columns get
# their defaults. cells: column names to values.
PUT_CLIENT = """
CREATE FUNCTION cicero_put_client(client varchar, cells jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  found integer;
BEGIN
  EXECUTE (
    SELECT format('UPDATE clients c SET %s FROM jsonb_populate_record(CAST(NULL AS clients), $2)
        AS n WHERE c.client_id = $1', string_agg(format('%1$I = n.%1$I', key), ', '))
    FROM jsonb_object_keys(cells) AS key) USING client, cells;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found = 0 THEN
    EXECUTE (
      SELECT format('INSERT INTO clients (%1$s) SELECT %1$s
          FROM jsonb_populate_record(CAST(NULL AS clients), $1)',
        string_agg(quote_ident(key), ', '))
      FROM jsonb_object_keys(cells) AS key) USING cells;
  END IF;
END
$$;
"""


def upgrade() -> None:
    for statements in (TABLES, STORE_PEOPLE, NAMES, PUT_CLIENT):
        op.get_bind().exec_driver_sql(statements)
