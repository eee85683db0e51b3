"""What this service adds: runs, the change ledger, the archive, and the outbox's new columns."""

from alembic import op

from chalicelib.db.migrations.indexes import build

revision = "0002"
down_revision = "0001"

RUNS = """
CREATE TABLE slot_run (
  slot timestamptz PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('open', 'closed', 'skipped', 'missed')),
  trigger text NOT NULL,
  reason text,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  started timestamptz NOT NULL DEFAULT clock_timestamp(), -- the server's clock, to measure with
  seconds real
);

CREATE TABLE client_run (
  slot timestamptz NOT NULL,
  client_id varchar NOT NULL,
  trigger text NOT NULL,
  fetch_posts boolean NOT NULL,
  expires_at timestamptz NOT NULL,
  dispatched_at timestamptz,
  fetch_result jsonb,
  fetched_at timestamptz,
  engagement_result jsonb,
  finished_at timestamptz,
  outcome text CHECK (outcome IN ('done', 'failed', 'expired', 'dead_letter')),
  error_kind text,
  api_requests integer NOT NULL DEFAULT 0,
  api_calls jsonb NOT NULL DEFAULT '{}', -- {"/v1/likes ok": 12, "/v1/likes upstream": 1}
  sql_round_trips integer NOT NULL DEFAULT 0,
  seconds real NOT NULL DEFAULT 0,
  PRIMARY KEY (slot, client_id)
);
CREATE INDEX client_run_unfinished ON client_run (slot) WHERE finished_at IS NULL;
CREATE INDEX client_run_success ON client_run (client_id, finished_at) WHERE outcome = 'done';
"""

CONTENT = """
CREATE TABLE tiktok_post_clients (
  video_id varchar NOT NULL REFERENCES tiktok_post (video_id) ON DELETE CASCADE,
  client_id varchar NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
  created_at timestamptz DEFAULT now(),
  PRIMARY KEY (video_id, client_id)
);
INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
SELECT video_id, client_id, created_at FROM tiktok_post
WHERE client_id IN (SELECT client_id FROM clients);

CREATE TABLE tiktok_account (
  client_id varchar PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE,
  handle varchar NOT NULL, -- what the secUid was asked for; another handle asks again
  secuid varchar NOT NULL,
  looked_up_at timestamptz NOT NULL
);

CREATE TABLE content_change (
  change_id bigserial PRIMARY KEY,
  platform text NOT NULL CHECK (platform IN ('instagram', 'tiktok')),
  content_id varchar NOT NULL,
  client_id varchar NOT NULL,
  kind text NOT NULL CHECK (kind IN ('new', 'late', 'removed')),
  slot timestamptz NOT NULL,
  wib_day date NOT NULL,
  posted_at timestamptz,
  caption text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX content_change_day ON content_change (client_id, wib_day);

CREATE TABLE content_missing (
  platform text NOT NULL,
  content_id varchar NOT NULL,
  client_id varchar NOT NULL,
  first_slot timestamptz NOT NULL,
  PRIMARY KEY (platform, content_id, client_id)
);

CREATE TABLE content_archive (
  archive_id bigserial PRIMARY KEY,
  platform text NOT NULL,
  content_id varchar NOT NULL,
  client_id varchar NOT NULL,
  slot timestamptz NOT NULL,
  rows jsonb NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT now(),
  restored_at timestamptz
);
CREATE INDEX content_archive_content ON content_archive (platform, content_id);
"""

OUTBOX = """
ALTER TABLE wa_notification_outbox
  ADD COLUMN session text,
  ADD COLUMN kind text,
  ADD COLUMN slot timestamptz,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN published_at timestamptz,
  ADD COLUMN send_started_at timestamptz,
  ADD COLUMN wa_message_id text;

CREATE TABLE change_told (
  change_id bigint NOT NULL REFERENCES content_change (change_id) ON DELETE CASCADE,
  chat text NOT NULL,
  outbox_id bigint NOT NULL REFERENCES wa_notification_outbox (outbox_id) ON DELETE CASCADE,
  PRIMARY KEY (change_id, chat)
);
CREATE INDEX change_told_outbox ON change_told (outbox_id);
"""

INDEXES = {
    "cicero_insta_post_created": "insta_post (client_id, created_at)",
    "cicero_tiktok_post_created": "tiktok_post (client_id, created_at)",
    "cicero_insta_like_audit_window": "insta_like_audit (shortcode, snapshot_window_end)",
    "cicero_tiktok_comment_audit_window": "tiktok_comment_audit (video_id, snapshot_window_end)",
}

# Any JSON that was ever stored in likes/comments, and what is to be added, as one sorted array
# of distinct lower-case names, each with the prefix that readers expect ("" or "@").
MERGE = """
CREATE FUNCTION cicero_merge_usernames(stored jsonb, added jsonb, prefix text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_agg(prefix || name ORDER BY name COLLATE "C"), '[]'::jsonb)
  FROM (
    SELECT DISTINCT ltrim(lower(btrim(CASE jsonb_typeof(entry)
      WHEN 'string' THEN entry #>> '{}'
      WHEN 'object' THEN coalesce(entry ->> 'username', entry ->> 'unique_id',
                                  entry #>> '{user,unique_id}', entry #>> '{user,username}')
    END)), '@') AS name
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

# Takes one post out of the live tables with every row that points at it, whoever wrote it (link
# reports, roles, tasks), and answers them as {"table": [rows]}, the post's own table included.
ARCHIVE = """
CREATE FUNCTION cicero_take_out(post_table text, key text, content_id text) RETURNS jsonb
LANGUAGE plpgsql AS $$
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
END
$$;
"""

# Puts what cicero_take_out answered back, the post's own rows first.
RESTORE = """
CREATE FUNCTION cicero_put_back(post_table text, taken jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text;
BEGIN
  FOR part IN
    SELECT key FROM jsonb_object_keys(taken) AS key ORDER BY key <> post_table, key
  LOOP
    EXECUTE format(
      'INSERT INTO %s SELECT * FROM jsonb_populate_recordset(NULL::%s, $1)
       ON CONFLICT DO NOTHING', part, part)
    USING taken -> part;
  END LOOP;
END
$$;
"""


def upgrade() -> None:
    build(INDEXES)
    for statements in (RUNS, MERGE, ARCHIVE, RESTORE, CONTENT, OUTBOX):
        op.get_bind().exec_driver_sql(statements)
