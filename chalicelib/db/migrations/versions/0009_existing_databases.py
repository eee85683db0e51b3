"""Both databases that exist are served as they are: what this service needs of them and they do
not give, times by the type of their column, removals that follow foreign keys all the way."""

from alembic import op

revision = "0009"
down_revision = "0008"

# Constraints that the replaced service's tables have and this service cannot keep: messages to
# operators belong to no client. Its state may lack the newest column. And one that only a fresh
# database has.
LOOSEN = """
ALTER TABLE wa_notification_outbox
  ALTER COLUMN client_id DROP NOT NULL, ALTER COLUMN group_id DROP NOT NULL;
ALTER TABLE wa_notification_scheduler_state
  ADD COLUMN IF NOT EXISTS last_notified_slot text,
  ADD COLUMN IF NOT EXISTS last_notified_at timestamptz;
ALTER TABLE insta_like_audit ALTER COLUMN shortcode DROP NOT NULL;
ALTER TABLE tiktok_comment_audit ALTER COLUMN video_id DROP NOT NULL;
"""

# A column may be `timestamptz`, or, in the dashboard's own schema, `timestamp` with the time in
# UTC. cicero_moment reads either as a moment; cicero_time turns a moment into what a column of the
# first argument's type holds. The planner replaces both by what they stand for, so that indexes
# serve.
TIMES = """
CREATE FUNCTION cicero_moment(stored timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT stored';
CREATE FUNCTION cicero_moment(stored timestamp) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT stored AT TIME ZONE 'UTC'$$;
CREATE FUNCTION cicero_time(like_column timestamptz, moment timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT moment';
CREATE FUNCTION cicero_time(like_column timestamp, moment timestamptz) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT moment AT TIME ZONE 'UTC'$$;

-- links were first filled with the column as it stood, which the session took for WIB
UPDATE tiktok_post_clients l SET created_at = cicero_moment(p.created_at) FROM tiktok_post p
WHERE p.video_id = l.video_id AND p.client_id = l.client_id
  AND l.created_at = CAST(p.created_at AS timestamptz)
  AND l.created_at <> cicero_moment(p.created_at);
"""

# noted_on: the WIB day on which a post that other software wrote was put into the ledger. Those
# that are there when this service comes are no news.
NOTED = """
ALTER TABLE client_content ADD COLUMN noted_on date;
INSERT INTO client_content (client_id, platform, content_id, noted_on, seen_at)
SELECT client_id, 'instagram', shortcode, CAST(created_at AS date),
  created_at AT TIME ZONE 'Asia/Jakarta'
FROM insta_post
WHERE source_type = 'manual_input' AND client_id IS NOT NULL AND created_at IS NOT NULL
UNION ALL
SELECT client_id, 'tiktok', video_id,
  CAST(cicero_moment(created_at) AT TIME ZONE 'Asia/Jakarta' AS date), cicero_moment(created_at)
FROM tiktok_post
WHERE source_type = 'manual_input' AND client_id IS NOT NULL AND created_at IS NOT NULL
ON CONFLICT (client_id, platform, content_id) DO UPDATE SET noted_on = EXCLUDED.noted_on;
"""

# Takes one post out of the live tables with every row that would go with it, whoever wrote it, and
# returns them as {"table": [rows]}: rows that point at the post (link reports, roles, tasks), rows
# that point at those and go by ON DELETE CASCADE, and so on; its audits, even without a key. Rows
# that only lose their reference (ON DELETE SET NULL) stay, and stand under "(set null)" as {table,
# key, columns}. NULL, and nothing taken, where a row of others would be left in pieces: it may not
# go, it cannot be found again, or something refuses.
TAKE_OUT = r"""
CREATE OR REPLACE FUNCTION cicero_take_out(post_table text, key text, content_id text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  doomed jsonb := '{}'; -- table -> the places of its rows
  found jsonb;
  loosened jsonb := '[]';
  taken jsonb;
  link record;
  place text;
  grown boolean := true;
BEGIN
  FOR link IN
    SELECT post_table AS name, key AS reference UNION ALL
    SELECT audit, key FROM unnest(ARRAY['insta_like_audit', 'tiktok_comment_audit']) AS audit
    WHERE (audit = 'insta_like_audit') = (post_table = 'insta_post')
  LOOP
    EXECUTE format('SELECT jsonb_agg(ctid::text) FROM (
      SELECT ctid FROM %s WHERE %I = $1 FOR UPDATE) AS t', link.name, link.reference)
    INTO found USING content_id;
    IF found IS NOT NULL THEN
      doomed := doomed || jsonb_build_object(link.name, found);
    END IF;
  END LOOP;
  WHILE grown LOOP
    grown := false;
    FOR link IN
      SELECT c.conrelid::regclass::text AS name, c.confrelid::regclass::text AS target,
        r.relkind, (
          SELECT string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ')
          FROM unnest(c.conkey, c.confkey) AS k (mine, theirs)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.mine
          JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.theirs) AS matches
      FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
      WHERE c.contype = 'f' AND c.conparentid = 0 AND doomed ? c.confrelid::regclass::text
        AND (c.confdeltype = 'c'
             OR (c.confdeltype IN ('a', 'r') AND c.confrelid = post_table::regclass))
      ORDER BY 1, c.oid
    LOOP
      EXECUTE format('SELECT jsonb_agg(ctid::text) FROM (
          SELECT c.ctid FROM %s c JOIN %s p ON %s
          WHERE p.ctid = ANY($1) AND c.ctid <> ALL($2) FOR UPDATE OF c) AS t',
        link.name, link.target, link.matches)
      INTO found USING cicero_places(doomed, link.target), cicero_places(doomed, link.name);
      IF found IS NOT NULL AND link.relkind = 'p' THEN
        RETURN NULL; -- a place in a partition says nothing about the whole table
      ELSIF found IS NOT NULL THEN
        doomed := doomed || jsonb_build_object(
          link.name, coalesce(doomed -> link.name, '[]') || found);
        grown := true;
      END IF;
    END LOOP;
  END LOOP;
  FOR link IN
    SELECT c.conrelid::regclass::text AS name, c.confrelid::regclass::text AS target,
      c.confdeltype AS action, r.relkind,
      (SELECT string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ')
       FROM unnest(c.conkey, c.confkey) AS k (mine, theirs)
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.mine
       JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.theirs) AS matches,
      (SELECT array_agg(a.attname::text) FROM pg_attribute a
       WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) AS columns,
      (SELECT array_agg(a.attname::text) FROM pg_index i
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
       WHERE i.indrelid = c.conrelid AND i.indisprimary) AS identity
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.contype = 'f' AND c.conparentid = 0 AND doomed ? c.confrelid::regclass::text
      AND c.confdeltype IN ('n', 'd')
    ORDER BY 1, c.oid
  LOOP
    EXECUTE format('SELECT jsonb_agg(jsonb_build_object(''table'', $3, ''key'',
          (SELECT jsonb_object_agg(k, row -> k) FROM unnest($4) AS k), ''columns'',
          (SELECT jsonb_object_agg(k, row -> k) FROM unnest($5) AS k)))
        FROM (SELECT to_jsonb(c) AS row FROM %s c JOIN %s p ON %s
              WHERE p.ctid = ANY($1) AND c.ctid <> ALL($2) FOR UPDATE OF c) AS t',
      link.name, link.target, link.matches)
    INTO found USING cicero_places(doomed, link.target), cicero_places(doomed, link.name),
      link.name, link.identity, link.columns;
    IF found IS NOT NULL AND (link.action = 'd' OR link.relkind = 'p' OR link.identity IS NULL
                              OR link.identity && link.columns) THEN
      RETURN NULL;
    END IF;
    loosened := loosened || coalesce(found, '[]');
  END LOOP;
  -- one statement, so that the order in which rows refer to each other does not matter
  EXECUTE 'WITH ' || (
    SELECT string_agg(format('%I AS (DELETE FROM ONLY %s WHERE ctid = ANY(cicero_places($1, %L))
        RETURNING *)', 'gone ' || name, name, name), ', ' ORDER BY name)
    FROM jsonb_object_keys(doomed) AS name) || ' SELECT jsonb_object_agg(name, rows) FROM (' || (
    SELECT string_agg(format('SELECT %L AS name, (SELECT jsonb_agg(to_jsonb(g)) FROM %I g) AS rows',
        name, 'gone ' || name), ' UNION ALL ' ORDER BY name)
    FROM jsonb_object_keys(doomed) AS name) || ') AS parts'
  INTO taken USING doomed;
  FOR place, found IN SELECT * FROM jsonb_each(doomed) LOOP
    IF jsonb_typeof(taken -> place) IS DISTINCT FROM 'array'
       OR jsonb_array_length(taken -> place) <> jsonb_array_length(found) THEN
      RAISE foreign_key_violation; -- a trigger kept a row
    END IF;
  END LOOP;
  SET CONSTRAINTS ALL IMMEDIATE; -- what was deferred is asked here, not at the commit
  IF loosened <> '[]' THEN
    taken := taken || jsonb_build_object('(set null)', loosened);
  END IF;
  RETURN taken;
EXCEPTION
  WHEN integrity_constraint_violation OR insufficient_privilege OR raise_exception
    OR feature_not_supported OR object_not_in_prerequisite_state THEN
    RETURN NULL;
END
$$;

CREATE FUNCTION cicero_places(doomed jsonb, name text) RETURNS tid[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT CAST(ARRAY(SELECT jsonb_array_elements_text(doomed -> name)) AS tid[])
$$;
"""

# Puts what cicero_take_out returned back, in one statement, so that rows may refer to each other in
# any order, even in circles. A post that is there again gets its first owner, times and source
# back, and its stored names are merged; other rows that are there stay as they are. Where a row
# cannot go back, for what it points at is no more, all others do.
PUT_BACK = r"""
CREATE OR REPLACE FUNCTION cicero_put_back(post_table text, taken jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  parts text[];
  part text;
  one jsonb;
  waiting jsonb := '[]';
  late jsonb;
BEGIN
  SELECT array_agg(key ORDER BY key <> post_table, key) INTO parts
  FROM jsonb_object_keys(taken) AS key
  WHERE CASE WHEN key <> '(set null)' THEN to_regclass(key) IS NOT NULL
    AND jsonb_array_length(taken -> key) > 0 END;
  BEGIN
    EXECUTE 'WITH ' || (
      SELECT string_agg(format('%I AS (%s)', 'back ' || name,
        cicero_insert(name, taken -> name -> 0, format('$1 -> %L', name))), ', ' ORDER BY place)
      FROM unnest(parts) WITH ORDINALITY AS p (name, place)) || ' SELECT 1' USING taken;
  EXCEPTION WHEN integrity_constraint_violation THEN
    SELECT coalesce(jsonb_agg(jsonb_build_array(p.name, r) ORDER BY p.place), '[]') INTO waiting
    FROM unnest(parts) WITH ORDINALITY AS p (name, place), jsonb_array_elements(taken -> p.name) r;
  END;
  LOOP -- one by one, as long as one more finds what it points at
    late := '[]';
    FOR one IN SELECT * FROM jsonb_array_elements(waiting) LOOP
      BEGIN
        EXECUTE cicero_insert(one ->> 0, one -> 1, 'jsonb_build_array($1)') USING one -> 1;
      EXCEPTION WHEN integrity_constraint_violation THEN
        late := late || jsonb_build_array(one);
      END;
    END LOOP;
    EXIT WHEN jsonb_array_length(late) IN (0, jsonb_array_length(waiting));
    waiting := late;
  END LOOP;
  FOR one IN SELECT * FROM jsonb_array_elements(coalesce(taken -> '(set null)', '[]')) LOOP
    CONTINUE WHEN to_regclass(one ->> 'table') IS NULL;
    BEGIN
      EXECUTE format('UPDATE %s AS c SET (%s) = ROW(%s)
        FROM jsonb_populate_record(NULL::%s, $1) AS was WHERE %s AND (%s) IS NULL',
        one ->> 'table',
        (SELECT string_agg(format('%I', k), ', ' ORDER BY k)
         FROM jsonb_object_keys(one -> 'columns') AS k),
        (SELECT string_agg(format('was.%I', k), ', ' ORDER BY k)
         FROM jsonb_object_keys(one -> 'columns') AS k),
        one ->> 'table',
        (SELECT string_agg(format('c.%I = was.%I', k, k), ' AND ')
         FROM jsonb_object_keys(one -> 'key') AS k),
        (SELECT string_agg(format('c.%I', k), ', ')
         FROM jsonb_object_keys(one -> 'columns') AS k))
      USING (one -> 'key') || (one -> 'columns');
    EXCEPTION WHEN integrity_constraint_violation THEN
      NULL; -- what it pointed at is no more
    END;
  END LOOP;
END
$$;

-- The statement that puts rows of a table back: only columns that were kept and can be written.
CREATE FUNCTION cicero_insert(name text, sample jsonb, rows text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE
      SELECT %s FROM jsonb_populate_recordset(NULL::%s, %s) ON CONFLICT %s', name,
    string_agg(quote_ident(a.attname), ', '), string_agg(quote_ident(a.attname), ', '), name, rows,
    CASE name
      WHEN 'insta_post' THEN '(shortcode) DO UPDATE SET client_id = EXCLUDED.client_id,
        created_at = EXCLUDED.created_at, source_type = EXCLUDED.source_type'
      WHEN 'tiktok_post' THEN '(video_id) DO UPDATE SET client_id = EXCLUDED.client_id,
        created_at = EXCLUDED.created_at, source_type = EXCLUDED.source_type'
      WHEN 'insta_post_clients' THEN '(shortcode, client_id) DO UPDATE
        SET created_at = EXCLUDED.created_at'
      WHEN 'tiktok_post_clients' THEN '(video_id, client_id) DO UPDATE
        SET created_at = EXCLUDED.created_at'
      WHEN 'insta_like' THEN '(shortcode) DO UPDATE SET
        likes = cicero_merge_usernames(insta_like.likes, EXCLUDED.likes, '''')'
      WHEN 'tiktok_comment' THEN '(video_id) DO UPDATE SET
        comments = cicero_merge_usernames(tiktok_comment.comments, EXCLUDED.comments, ''@'')'
      ELSE 'DO NOTHING' END)
  FROM pg_attribute a
  WHERE a.attrelid = name::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND sample ? a.attname::text
$$;
"""

# A fresh database has the columns, defaults and cascades that both databases that exist have, for
# readers and writers of the dashboard rely on them. There nothing of this finds anything to do.
ALIKE = """
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS desa varchar,
  ADD COLUMN IF NOT EXISTS email varchar,
  ADD COLUMN IF NOT EXISTS premium_status boolean DEFAULT false,
  ADD COLUMN IF NOT EXISTS premium_end_date date,
  ADD COLUMN IF NOT EXISTS wa_notification_opt_in boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS created_at timestamptz DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz DEFAULT now();
ALTER TABLE cron_job_config ADD COLUMN IF NOT EXISTS created_at timestamptz DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz DEFAULT now();
ALTER TABLE wa_notification_scheduler_state
  ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();

DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN SELECT * FROM (VALUES -- where a column has no default
    ('insta_post', 'is_video', 'false'), ('insta_post', 'is_carousel', 'false'),
    ('insta_like_audit', 'usernames', '''[]'''), ('tiktok_comment_audit', 'usernames', '''[]'''),
    ('wa_notification_scheduler_state', 'last_ig_count', '0'),
    ('wa_notification_scheduler_state', 'last_tiktok_count', '0')) AS d (name, attribute, value)
  LOOP
    IF EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_schema = current_schema()
        AND c.table_name = wanted.name AND c.column_name = wanted.attribute
        AND c.column_default IS NULL) THEN
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT %s', wanted.name,
        wanted.attribute, wanted.value);
    END IF;
  END LOOP;
END
$$;

DO $$ -- other software deletes videos and counts on their comments going with them
DECLARE
  old record;
BEGIN
  FOR old IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'c'
    AND conrelid = 'tiktok_comment'::regclass AND confrelid = 'tiktok_post'::regclass
  LOOP
    EXECUTE format('ALTER TABLE tiktok_comment DROP CONSTRAINT %I,
      ADD CONSTRAINT %I FOREIGN KEY (video_id) REFERENCES tiktok_post (video_id)
        ON DELETE CASCADE', old.conname, old.conname);
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    for statements in (TIMES, NOTED, TAKE_OUT, PUT_BACK, LOOSEN, ALIKE):  # others' tables last
        op.get_bind().exec_driver_sql(statements)
