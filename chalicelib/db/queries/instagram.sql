-- name: upsert_posts(client_id, posts, slot, wib_day, now)
-- Writes a fetch's posts, links them to the client, and puts those that are new to the client
-- into the change ledger. First owner, time and source of a stored post never change.
-- created_at is naive WIB: the post's own time for a fetched post.
WITH incoming AS (
  SELECT * FROM jsonb_to_recordset(CAST(:posts AS jsonb)) AS p (
    content_id varchar, caption text, comment_count integer, like_count integer,
    thumbnail_url text, is_video boolean, video_url text, image_url text, images_url jsonb, is_carousel boolean,
    posted_at timestamptz, late boolean)
), written AS (
  INSERT INTO insta_post (shortcode, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    created_at, original_created_at, source_type)
  SELECT content_id, :client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    posted_at AT TIME ZONE 'Asia/Jakarta', posted_at, 'cron_fetch'
  FROM incoming ORDER BY content_id
  ON CONFLICT (shortcode) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count, thumbnail_url = EXCLUDED.thumbnail_url,
    is_video = EXCLUDED.is_video, video_url = EXCLUDED.video_url,
    image_url = EXCLUDED.image_url, images_url = EXCLUDED.images_url,
    is_carousel = EXCLUDED.is_carousel,
    client_id = coalesce(insta_post.client_id, EXCLUDED.client_id),
    original_created_at = coalesce(insta_post.original_created_at, EXCLUDED.original_created_at)
), linked AS (
  INSERT INTO insta_post_clients (shortcode, client_id, created_at)
  SELECT content_id, :client_id, CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  FROM incoming ORDER BY content_id
  ON CONFLICT (shortcode, client_id) DO NOTHING
  RETURNING shortcode AS content_id
)
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'instagram', content_id, :client_id, CASE WHEN late THEN 'late' ELSE 'new' END, :slot,
  :wib_day, posted_at, caption, :now
FROM linked JOIN incoming USING (content_id)
ORDER BY posted_at, content_id
RETURNING content_id, kind

-- name: note_missing(client_id, slot, day_start, day_end, seen)
-- After a complete fetch: remembers which of the day's fetched posts were not in it, forgets
-- those that are back, and answers each missing one with the slot it was first missing in.
WITH day AS (
  SELECT p.shortcode AS content_id FROM insta_post p JOIN insta_post_clients l USING (shortcode)
  WHERE l.client_id = :client_id AND p.source_type = 'cron_fetch'
    AND p.created_at >= CAST(:day_start AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < CAST(:day_end AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
), back AS (
  DELETE FROM content_missing m WHERE m.platform = 'instagram' AND m.client_id = :client_id
    AND m.content_id = ANY(CAST(:seen AS varchar[]))
), missing AS (
  INSERT INTO content_missing (platform, content_id, client_id, first_slot)
  SELECT 'instagram', content_id, :client_id, :slot FROM day
  WHERE content_id <> ALL(CAST(:seen AS varchar[]))
  ON CONFLICT (platform, content_id, client_id) DO UPDATE
    SET first_slot = content_missing.first_slot
  RETURNING content_id, first_slot
)
SELECT content_id, first_slot, (SELECT count(*) FROM day) AS of_day FROM missing

-- name: lock_posts(gone)
-- Two clients that lose a shared post at the same moment leave it one after the other.
SELECT shortcode AS content_id FROM insta_post WHERE shortcode = ANY(CAST(:gone AS varchar[]))
ORDER BY shortcode FOR UPDATE

-- name: leave(client_id, gone, slot, wib_day, now)
-- Takes posts from the client: each gets a ledger row; one that other clients still have only
-- loses this client, the others go to the archive with every row that points at them.
WITH leaving AS (
  SELECT p.shortcode AS content_id, p.original_created_at AS posted_at, p.caption,
    EXISTS (SELECT 1 FROM insta_post_clients o WHERE o.shortcode = p.shortcode
            AND o.client_id <> :client_id) AS shared
  FROM insta_post p JOIN insta_post_clients l USING (shortcode)
  WHERE l.client_id = :client_id AND p.shortcode = ANY(CAST(:gone AS varchar[]))
), told AS (
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at)
  SELECT 'instagram', content_id, :client_id, 'removed', :slot, :wib_day, posted_at, caption, :now
  FROM leaving ORDER BY content_id
), forgotten AS (
  DELETE FROM content_missing m USING leaving WHERE m.platform = 'instagram'
    AND m.client_id = :client_id AND m.content_id = leaving.content_id
), unlinked AS (
  DELETE FROM insta_post_clients l USING leaving
  WHERE leaving.shared AND l.shortcode = leaving.content_id AND l.client_id = :client_id
)
SELECT content_id, shared FROM leaving ORDER BY content_id

-- name: add_manual(client_id, post, now)
-- Stores a post that a person named: its day is that of the input. A stored post keeps its owner,
-- time and source. Answers how it stands now; `linked` is whether it is new to the client.
WITH given AS (
  SELECT * FROM jsonb_to_record(CAST(:post AS jsonb)) AS p (
    content_id varchar, caption text, comment_count integer, like_count integer,
    thumbnail_url text, is_video boolean, video_url text, image_url text, images_url jsonb,
    is_carousel boolean, posted_at timestamptz)
), written AS (
  INSERT INTO insta_post (shortcode, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    created_at, original_created_at, source_type)
  SELECT content_id, :client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta', posted_at, 'manual_input'
  FROM given
  ON CONFLICT (shortcode) DO UPDATE SET like_count = EXCLUDED.like_count,
    comment_count = EXCLUDED.comment_count
  RETURNING shortcode, source_type
), linked AS (
  INSERT INTO insta_post_clients (shortcode, client_id, created_at)
  SELECT shortcode, :client_id, CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  FROM written
  ON CONFLICT (shortcode, client_id) DO NOTHING
  RETURNING shortcode
)
SELECT shortcode AS content_id, source_type, EXISTS (SELECT 1 FROM linked) AS linked FROM written

-- name: archive(client_id, gone, slot, now)!
INSERT INTO content_archive (platform, content_id, client_id, slot, rows, archived_at)
SELECT 'instagram', content_id, :client_id, :slot,
  cicero_take_out('insta_post', 'shortcode', content_id), :now
FROM unnest(CAST(:gone AS varchar[])) AS content_id

-- name: todays(client_id, slot, day_start, day_end)
-- The client's posts of the day, manual ones included; and those of yesterday that this slot
-- found late, whose engagement is refreshed this once.
SELECT p.shortcode AS content_id, p.caption, p.like_count, p.comment_count, p.source_type,
  p.created_at AT TIME ZONE 'Asia/Jakarta' AS created_at, false AS late
FROM insta_post p
WHERE p.created_at >= CAST(:day_start AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  AND p.created_at < CAST(:day_end AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  AND (EXISTS (SELECT 1 FROM insta_post_clients l WHERE l.shortcode = p.shortcode AND l.client_id = :client_id)
       OR (p.source_type = 'manual_input' AND p.client_id = :client_id))
UNION ALL
SELECT p.shortcode, p.caption, p.like_count, p.comment_count, p.source_type,
  p.created_at AT TIME ZONE 'Asia/Jakarta', true
FROM insta_post p JOIN content_change c ON c.content_id = p.shortcode
WHERE c.client_id = :client_id AND c.platform = 'instagram' AND c.kind = 'late' AND c.slot = :slot
ORDER BY created_at, content_id

-- name: merge_users(users, now)
-- Adds user names to what is stored for each post; the stored set only grows.
-- users: JSON array of {content_id, usernames}.
INSERT INTO insta_like (shortcode, likes, updated_at)
SELECT content_id, cicero_merge_usernames('[]', usernames, ''),
  CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
FROM jsonb_to_recordset(CAST(:users AS jsonb)) AS u (content_id varchar, usernames jsonb)
WHERE EXISTS (SELECT 1 FROM insta_post p WHERE p.shortcode = content_id)
ORDER BY content_id
ON CONFLICT (shortcode) DO UPDATE SET
  likes = cicero_merge_usernames(insta_like.likes, EXCLUDED.likes, ''),
  updated_at = EXCLUDED.updated_at
RETURNING shortcode AS content_id, jsonb_array_length(likes) AS total

-- name: audit(contents, window_start, window_end, now)!
-- Snapshots what is stored for these posts, one row per post and half hour.
WITH current AS (
  SELECT u.shortcode AS content_id, u.likes AS usernames FROM insta_like u
  WHERE u.shortcode = ANY(CAST(:contents AS varchar[]))
), again AS (
  UPDATE insta_like_audit a SET usernames = c.usernames, captured_at = :now FROM current c
  WHERE a.shortcode = c.content_id AND a.snapshot_window_end = :window_end
    AND a.snapshot_window_start = :window_start AND a.usernames IS DISTINCT FROM c.usernames
)
INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start, snapshot_window_end,
  captured_at)
SELECT content_id, usernames, :window_start, :window_end, :now FROM current c
WHERE NOT EXISTS (SELECT 1 FROM insta_like_audit a
  WHERE a.shortcode = c.content_id AND a.snapshot_window_end = :window_end
    AND a.snapshot_window_start = :window_start)

-- name: prune_audits(before, batch)
DELETE FROM insta_like_audit WHERE audit_id IN (
  SELECT audit_id FROM insta_like_audit WHERE captured_at < :before LIMIT :batch)
RETURNING audit_id
