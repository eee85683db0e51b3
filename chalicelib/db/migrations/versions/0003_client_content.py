"""One row per post and client for what fetches know of it; archives that can be undone.

`client_content` takes the place of `content_missing`.
"""

from alembic import op

from chalicelib.db.migrations.indexes import build

revision = "0003"
down_revision = "0002"

INDEXES = {
    "wa_notification_outbox_unsent": (
        "wa_notification_outbox (group_id, outbox_id) WHERE session IS NOT NULL "
        "AND status IN ('pending', 'processing', 'retrying')"
    ),
    "cicero_insta_post_clients_day": "insta_post_clients (client_id, created_at)",
}

CONTENT = """
CREATE TABLE client_content (
  client_id varchar NOT NULL,
  platform text NOT NULL CHECK (platform IN ('instagram', 'tiktok')),
  content_id varchar NOT NULL,
  owned boolean, -- the client's account is its author or co-author; NULL: the API did not say
  kept boolean NOT NULL DEFAULT false, -- a person put it here: no fetch takes it away
  task_day date, -- the day a person gave it, where that is not the post's own
  missing_since timestamptz, -- the first of the complete fetches in a row that lacked it
  refreshed_count integer, -- its likes (Instagram) or comments (TikTok) when last refreshed
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, platform, content_id)
);
CREATE INDEX client_content_seen ON client_content (seen_at);

INSERT INTO client_content (client_id, platform, content_id, missing_since, seen_at)
SELECT client_id, platform, content_id, first_slot, first_slot FROM content_missing;
DROP TABLE content_missing;

ALTER TABLE content_change ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';
ALTER TABLE content_change DROP CONSTRAINT content_change_kind_check;
ALTER TABLE content_change ADD CONSTRAINT content_change_kind_check
  CHECK (kind IN ('new', 'late', 'removed', 'held', 'link'));

DROP INDEX IF EXISTS cicero_insta_post_clients_client;
DROP INDEX IF EXISTS cicero_tiktok_post_clients_client;
CREATE INDEX cicero_tiktok_post_clients_day ON tiktok_post_clients (client_id, created_at);
"""

# Takes one post out of the live tables with every row that points at it, whoever wrote it (link
# reports, roles, tasks), and answers them as {"table": [rows]}, the post's own table included.
# NULL, and nothing taken, where a row that points at one of those would be left without it.
ARCHIVE = """
CREATE OR REPLACE FUNCTION cicero_take_out(post_table text, key text, content_id text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  taken jsonb := '{}';
  part record;
  rows jsonb;
BEGIN
  FOR part IN
    SELECT c.conrelid::regclass::text AS name, a.attname::text AS reference, 0 AS turn
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = post_table::regclass
    UNION -- an audit table that points at the post by a foreign key is there already
    SELECT audit, key, 0 FROM unnest(ARRAY['insta_like_audit', 'tiktok_comment_audit']) AS audit
    WHERE (audit = 'insta_like_audit') = (post_table = 'insta_post')
    UNION ALL
    SELECT post_table, key, 1
    ORDER BY turn
  LOOP
    EXECUTE format(
      'WITH gone AS (DELETE FROM %s WHERE %I = $1 RETURNING *)
       SELECT coalesce(jsonb_agg(to_jsonb(gone)), ''[]'') FROM gone', part.name, part.reference)
    INTO rows USING content_id;
    taken := taken || jsonb_build_object(part.name, rows);
  END LOOP;
  RETURN taken;
EXCEPTION WHEN foreign_key_violation THEN
  RETURN NULL;
END
$$;
"""

# Puts what cicero_take_out answered back, the post's own rows first. A post that is there again
# gets its first owner, times and source back, and its stored names are merged; other rows that are
# there stay as they are.
RESTORE = """
CREATE OR REPLACE FUNCTION cicero_put_back(post_table text, taken jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text;
  again text;
BEGIN
  FOR part IN
    SELECT key FROM jsonb_object_keys(taken) AS key ORDER BY key <> post_table, key
  LOOP
    again := CASE part
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
      ELSE 'DO NOTHING' END;
    EXECUTE format(
      'INSERT INTO %s SELECT * FROM jsonb_populate_recordset(NULL::%s, $1)
       ON CONFLICT %s', part, part, again)
    USING taken -> part;
  END LOOP;
END
$$;
"""

# Closes a slot whose other clients have all finished, and answers its seconds; NULL while one is
# at work. Of clients that finish at the same moment the last to commit sees all the others.
# Where more are left than can be at work at once, nobody has to wait for anybody.
CLOSE = """
CREATE FUNCTION cicero_close_slot(which timestamptz, finishing text, at timestamptz)
RETURNS real LANGUAGE plpgsql AS $$
DECLARE
  others integer;
  took real;
BEGIN
  SELECT count(*) INTO others FROM (
    SELECT 1 FROM client_run r
    WHERE r.slot = which AND r.finished_at IS NULL AND r.client_id <> finishing LIMIT 101) AS o;
  IF others > 100 THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM slot_run s WHERE s.slot = which AND s.status = 'open' FOR UPDATE;
  UPDATE slot_run s SET status = 'closed', closed_at = at,
    seconds = extract(epoch FROM clock_timestamp() - started)
  WHERE s.slot = which AND s.status = 'open' AND NOT EXISTS (
    SELECT 1 FROM client_run r
    WHERE r.slot = which AND r.finished_at IS NULL AND r.client_id <> finishing)
  RETURNING s.seconds INTO took;
  RETURN took;
END
$$;
"""

# Keeps one snapshot of a post's people for a half hour. The caller has the post's row of likes or
# comments locked, so that two clients who share the post do not write two.
SNAPSHOT = """
CREATE FUNCTION cicero_snapshot(audit_table text, key text, content_id text, people jsonb,
  window_start timestamptz, window_end timestamptz, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  found integer;
BEGIN
  EXECUTE format('UPDATE %I SET usernames = $2, captured_at = $5 WHERE %I = $1
      AND snapshot_window_end = $4 AND snapshot_window_start = $3', audit_table, key)
    USING content_id, people, window_start, window_end, at;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found = 0 THEN
    EXECUTE format('INSERT INTO %I (%I, usernames, snapshot_window_start, snapshot_window_end,
        captured_at) VALUES ($1, $2, $3, $4, $5)', audit_table, key)
      USING content_id, people, window_start, window_end, at;
  END IF;
END
$$;
"""

# As before; a name written "@ name" loses the space as well.
MERGE = """
CREATE OR REPLACE FUNCTION cicero_merge_usernames(stored jsonb, added jsonb, prefix text)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_agg(prefix || name ORDER BY name COLLATE "C"), '[]'::jsonb)
  FROM (
    SELECT DISTINCT ltrim(lower(btrim(CASE jsonb_typeof(entry)
      WHEN 'string' THEN entry #>> '{}'
      WHEN 'object' THEN coalesce(entry ->> 'username', entry ->> 'unique_id',
                                  entry #>> '{user,unique_id}', entry #>> '{user,username}')
    END)), '@ ') AS name
    FROM (
      SELECT jsonb_array_elements(CASE jsonb_typeof(stored) WHEN 'array' THEN stored
                                                            ELSE '[]'::jsonb END)
      UNION ALL
      SELECT jsonb_array_elements(CASE jsonb_typeof(added) WHEN 'array' THEN added
                                                           ELSE '[]'::jsonb END)
    ) AS entries (entry)
  ) AS names
  WHERE name <> ''
$$;
"""


def upgrade() -> None:
    build(INDEXES)
    for statements in (CONTENT, ARCHIVE, RESTORE, CLOSE, SNAPSHOT, MERGE):
        op.get_bind().exec_driver_sql(statements)
