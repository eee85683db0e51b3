-- name: leave(client_id, gone, slot, wib_day, now)
-- As instagram.leave, for videos.
WITH given AS MATERIALIZED (
  SELECT CAST(:client_id AS varchar) AS client_id, CAST(:slot AS timestamptz) AS slot,
    CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now
), leaving AS MATERIALIZED (
  SELECT p.video_id AS content_id, cicero_moment(p.original_created_at) AS posted_at, p.caption,
    to_jsonb(l) AS link,
    EXISTS (SELECT 1 FROM tiktok_post_clients o WHERE o.video_id = p.video_id
            AND o.client_id <> l.client_id) AS shared
  FROM tiktok_post p JOIN tiktok_post_clients l USING (video_id)
  JOIN given ON given.client_id = l.client_id
  WHERE p.video_id = ANY(CAST(:gone AS varchar[]))
), unlinked AS (
  DELETE FROM tiktok_post_clients l USING leaving, given
  WHERE leaving.shared AND l.video_id = leaving.content_id AND l.client_id = given.client_id
), taken AS MATERIALIZED (
  SELECT leaving.*, CASE
    WHEN shared THEN jsonb_build_object('tiktok_post_clients', jsonb_build_array(link))
    ELSE cicero_take_out('tiktok_post', 'video_id', content_id) END AS rows
  FROM leaving ORDER BY content_id
), archived AS (
  INSERT INTO content_archive (platform, content_id, client_id, slot, rows, archived_at)
  SELECT 'tiktok', content_id, client_id, slot, rows, now FROM taken, given
  WHERE rows IS NOT NULL
), forgotten AS (
  DELETE FROM client_content k USING taken, given
  WHERE k.client_id = given.client_id AND k.platform = 'tiktok'
    AND k.content_id = taken.content_id AND taken.rows IS NOT NULL
)
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'tiktok', content_id, client_id, 'removed', slot, wib_day, posted_at, caption, now
FROM taken, given WHERE rows IS NOT NULL ORDER BY content_id
RETURNING content_id

-- name: add_manual(client_id, post, now)
-- As instagram.add_manual, for a video.
WITH given AS (
  SELECT CAST(:client_id AS varchar) AS client_id, CAST(:now AS timestamptz) AS now,
    date_trunc('day', CAST(:now AS timestamptz), 'Asia/Jakarta') AS today, p.*
  FROM jsonb_to_record(CAST(:post AS jsonb)) AS p (
    content_id varchar, caption text, comment_count integer, like_count integer,
    posted_at timestamptz)
), written AS (
  INSERT INTO tiktok_post AS p (video_id, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, client_id, caption, comment_count, like_count,
    cicero_time((CAST(NULL AS tiktok_post)).created_at, now),
    cicero_time((CAST(NULL AS tiktok_post)).original_created_at, posted_at), 'manual_input'
  FROM given
  ON CONFLICT (video_id) DO UPDATE SET
    like_count = EXCLUDED.like_count, comment_count = EXCLUDED.comment_count,
    (source_type, created_at) = (
      SELECT CASE WHEN again THEN 'manual_input' ELSE p.source_type END,
        CASE WHEN again THEN EXCLUDED.created_at ELSE coalesce(p.created_at, EXCLUDED.created_at) END
      FROM (SELECT p.client_id = EXCLUDED.client_id AND cicero_moment(p.created_at)
              < date_trunc('day', cicero_moment(EXCLUDED.created_at), 'Asia/Jakarta')
              AS again) AS q)
  RETURNING p.video_id, p.source_type, p.created_at
), linked AS (
  INSERT INTO tiktok_post_clients AS l (video_id, client_id, created_at)
  SELECT w.video_id, g.client_id, g.now FROM written w, given g
  ON CONFLICT (video_id, client_id) DO UPDATE SET created_at = EXCLUDED.created_at
    WHERE l.created_at < date_trunc('day', EXCLUDED.created_at, 'Asia/Jakarta')
  RETURNING video_id
)
SELECT w.video_id AS content_id, w.source_type, EXISTS (SELECT 1 FROM linked) AS new,
  cicero_moment(w.created_at) < g.today AS earlier
FROM written w, given g

-- name: prune_audits(before, batch)
WITH old AS MATERIALIZED (
  SELECT audit_id FROM tiktok_comment_audit WHERE captured_at < :before LIMIT :batch
  FOR UPDATE SKIP LOCKED
)
DELETE FROM tiktok_comment_audit a USING old WHERE a.audit_id = old.audit_id
RETURNING a.audit_id

-- name: note_account(client_id, handle, account_id, now)!
-- A client's TikTok account as it was looked up just now.
WITH account AS (
  INSERT INTO tiktok_account (client_id, handle, secuid, looked_up_at)
  VALUES (:client_id, :handle, :account_id, :now)
  ON CONFLICT (client_id) DO UPDATE
    SET handle = EXCLUDED.handle, secuid = EXCLUDED.secuid, looked_up_at = EXCLUDED.looked_up_at
  RETURNING client_id, secuid
)
UPDATE clients c SET tiktok_secuid = account.secuid FROM account
WHERE c.client_id = account.client_id AND c.tiktok_secuid IS DISTINCT FROM account.secuid

-- name: held(client_id, day_start, day_end)
-- As instagram.held, for videos and their commenters.
SELECT p.video_id AS content_id, p.source_type, cicero_merge_usernames(e.comments, '[]', '') AS names
FROM tiktok_post p LEFT JOIN tiktok_comment e ON e.video_id = p.video_id
WHERE p.created_at >= cicero_time(p.created_at, CAST(:day_start AS timestamptz))
  AND p.created_at < cicero_time(p.created_at, CAST(:day_end AS timestamptz))
  AND (p.client_id = :client_id OR EXISTS (SELECT 1 FROM tiktok_post_clients l
    WHERE l.video_id = p.video_id AND l.client_id = :client_id))
