-- name: upsert_posts(client_id, posts, slot, wib_day, now)
-- Writes a fetch's posts, links them to the client, and puts those that are new to the client
-- into the change ledger. First owner, time and source of a stored post never change.
-- created_at carries its zone: the video's own time for a fetched one.
WITH incoming AS (
  SELECT * FROM jsonb_to_recordset(CAST(:posts AS jsonb)) AS p (content_id varchar, caption text, comment_count integer, like_count integer,
    posted_at timestamptz, late boolean)
), written AS (
  INSERT INTO tiktok_post (video_id, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, :client_id, caption, comment_count, like_count,
    posted_at, posted_at, 'cron_fetch'
  FROM incoming ORDER BY content_id
  ON CONFLICT (video_id) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count,
    client_id = coalesce(tiktok_post.client_id, EXCLUDED.client_id),
    original_created_at = coalesce(tiktok_post.original_created_at, EXCLUDED.original_created_at)
), linked AS (
  INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
  SELECT content_id, :client_id, CAST(:now AS timestamptz)
  FROM incoming ORDER BY content_id
  ON CONFLICT (video_id, client_id) DO NOTHING
  RETURNING video_id AS content_id
)
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'tiktok', content_id, :client_id, CASE WHEN late THEN 'late' ELSE 'new' END, :slot,
  :wib_day, posted_at, caption, :now
FROM linked JOIN incoming USING (content_id)
ORDER BY posted_at, content_id
RETURNING content_id, kind

-- name: note_missing(client_id, slot, day_start, day_end, seen)
-- After a complete fetch: remembers which of the day's fetched posts were not in it, forgets
-- those that are back, and answers each missing one with the slot it was first missing in.
WITH day AS (
  SELECT p.video_id AS content_id FROM tiktok_post p JOIN tiktok_post_clients l USING (video_id)
  WHERE l.client_id = :client_id AND p.source_type = 'cron_fetch'
    AND p.created_at >= :day_start AND p.created_at < :day_end
), back AS (
  DELETE FROM content_missing m WHERE m.platform = 'tiktok' AND m.client_id = :client_id
    AND m.content_id = ANY(CAST(:seen AS varchar[]))
), missing AS (
  INSERT INTO content_missing (platform, content_id, client_id, first_slot)
  SELECT 'tiktok', content_id, :client_id, :slot FROM day
  WHERE content_id <> ALL(CAST(:seen AS varchar[]))
  ON CONFLICT (platform, content_id, client_id) DO UPDATE
    SET first_slot = content_missing.first_slot
  RETURNING content_id, first_slot
)
SELECT content_id, first_slot, (SELECT count(*) FROM day) AS of_day FROM missing

-- name: lock_posts(gone)
-- Two clients that lose a shared post at the same moment leave it one after the other.
SELECT video_id AS content_id FROM tiktok_post WHERE video_id = ANY(CAST(:gone AS varchar[]))
ORDER BY video_id FOR UPDATE

-- name: leave(client_id, gone, slot, wib_day, now)
-- Takes posts from the client: each gets a ledger row; one that other clients still have only
-- loses this client, the others go to the archive with every row that points at them.
WITH leaving AS (
  SELECT p.video_id AS content_id, p.original_created_at AS posted_at, p.caption,
    EXISTS (SELECT 1 FROM tiktok_post_clients o WHERE o.video_id = p.video_id
            AND o.client_id <> :client_id) AS shared
  FROM tiktok_post p JOIN tiktok_post_clients l USING (video_id)
  WHERE l.client_id = :client_id AND p.video_id = ANY(CAST(:gone AS varchar[]))
), told AS (
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at)
  SELECT 'tiktok', content_id, :client_id, 'removed', :slot, :wib_day, posted_at, caption, :now
  FROM leaving ORDER BY content_id
), forgotten AS (
  DELETE FROM content_missing m USING leaving WHERE m.platform = 'tiktok'
    AND m.client_id = :client_id AND m.content_id = leaving.content_id
), unlinked AS (
  DELETE FROM tiktok_post_clients l USING leaving
  WHERE leaving.shared AND l.video_id = leaving.content_id AND l.client_id = :client_id
)
SELECT content_id, shared FROM leaving ORDER BY content_id

-- name: add_manual(client_id, post, now)
-- Stores a video that a person named: its day is that of the input. A stored video keeps its
-- owner, time and source. Answers how it stands now; `linked` is whether it is new to the client.
WITH given AS (
  SELECT * FROM jsonb_to_record(CAST(:post AS jsonb)) AS p (
    content_id varchar, caption text, comment_count integer, like_count integer,
    posted_at timestamptz)
), written AS (
  INSERT INTO tiktok_post (video_id, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, :client_id, caption, comment_count, like_count, :now, posted_at,
    'manual_input'
  FROM given
  ON CONFLICT (video_id) DO UPDATE SET like_count = EXCLUDED.like_count,
    comment_count = EXCLUDED.comment_count
  RETURNING video_id, source_type
), linked AS (
  INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
  SELECT video_id, :client_id, :now FROM written
  ON CONFLICT (video_id, client_id) DO NOTHING
  RETURNING video_id
)
SELECT video_id AS content_id, source_type, EXISTS (SELECT 1 FROM linked) AS linked FROM written

-- name: archive(client_id, gone, slot, now)!
INSERT INTO content_archive (platform, content_id, client_id, slot, rows, archived_at)
SELECT 'tiktok', content_id, :client_id, :slot,
  cicero_take_out('tiktok_post', 'video_id', content_id), :now
FROM unnest(CAST(:gone AS varchar[])) AS content_id

-- name: todays(client_id, slot, day_start, day_end)
-- The client's posts of the day, manual ones included; and those of yesterday that this slot
-- found late, whose engagement is refreshed this once.
SELECT p.video_id AS content_id, p.caption, p.like_count, p.comment_count, p.source_type,
  p.created_at AS created_at, false AS late
FROM tiktok_post p
WHERE p.created_at >= :day_start AND p.created_at < :day_end
  AND (EXISTS (SELECT 1 FROM tiktok_post_clients l WHERE l.video_id = p.video_id AND l.client_id = :client_id)
       OR (p.source_type = 'manual_input' AND p.client_id = :client_id))
UNION ALL
SELECT p.video_id, p.caption, p.like_count, p.comment_count, p.source_type,
  p.created_at, true
FROM tiktok_post p JOIN content_change c ON c.content_id = p.video_id
WHERE c.client_id = :client_id AND c.platform = 'tiktok' AND c.kind = 'late' AND c.slot = :slot
ORDER BY created_at, content_id

-- name: merge_users(users, now)
-- Adds user names to what is stored for each post; the stored set only grows.
-- users: JSON array of {content_id, usernames}.
INSERT INTO tiktok_comment (video_id, comments, updated_at)
SELECT content_id, cicero_merge_usernames('[]', usernames, '@'),
  CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
FROM jsonb_to_recordset(CAST(:users AS jsonb)) AS u (content_id varchar, usernames jsonb)
WHERE EXISTS (SELECT 1 FROM tiktok_post p WHERE p.video_id = content_id)
ORDER BY content_id
ON CONFLICT (video_id) DO UPDATE SET
  comments = cicero_merge_usernames(tiktok_comment.comments, EXCLUDED.comments, '@'),
  updated_at = EXCLUDED.updated_at
RETURNING video_id AS content_id, jsonb_array_length(comments) AS total

-- name: audit(contents, window_start, window_end, now)!
-- Snapshots what is stored for these posts, one row per post and half hour.
WITH current AS (
  SELECT u.video_id AS content_id, u.comments AS usernames FROM tiktok_comment u
  WHERE u.video_id = ANY(CAST(:contents AS varchar[]))
), again AS (
  UPDATE tiktok_comment_audit a SET usernames = c.usernames, captured_at = :now FROM current c
  WHERE a.video_id = c.content_id AND a.snapshot_window_end = :window_end
    AND a.snapshot_window_start = :window_start AND a.usernames IS DISTINCT FROM c.usernames
)
INSERT INTO tiktok_comment_audit (video_id, usernames, snapshot_window_start, snapshot_window_end,
  captured_at)
SELECT content_id, usernames, :window_start, :window_end, :now FROM current c
WHERE NOT EXISTS (SELECT 1 FROM tiktok_comment_audit a
  WHERE a.video_id = c.content_id AND a.snapshot_window_end = :window_end
    AND a.snapshot_window_start = :window_start)

-- name: prune_audits(before, batch)
DELETE FROM tiktok_comment_audit WHERE audit_id IN (
  SELECT audit_id FROM tiktok_comment_audit WHERE captured_at < :before LIMIT :batch)
RETURNING audit_id
