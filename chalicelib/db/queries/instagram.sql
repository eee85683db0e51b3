-- name: leave(client_id, gone, slot, wib_day, now)
-- Removes posts from the client and returns their ids: one that other clients still have only loses
-- this client, the others are deleted with every row that refers to them. All of it goes to the
-- archive; each post gets a ledger row. A post that cannot be deleted without harm to other
-- software's rows stays.
WITH given AS MATERIALIZED (
  SELECT CAST(:client_id AS varchar) AS client_id, CAST(:slot AS timestamptz) AS slot,
    CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now
), leaving AS MATERIALIZED (
  SELECT p.shortcode AS content_id, cicero_moment(p.original_created_at) AS posted_at, p.caption,
    to_jsonb(l) AS link,
    EXISTS (SELECT 1 FROM insta_post_clients o WHERE o.shortcode = p.shortcode
            AND o.client_id <> l.client_id) AS shared
  FROM insta_post p JOIN insta_post_clients l USING (shortcode)
  JOIN given ON given.client_id = l.client_id
  WHERE p.shortcode = ANY(CAST(:gone AS varchar[]))
), unlinked AS (
  DELETE FROM insta_post_clients l USING leaving, given
  WHERE leaving.shared AND l.shortcode = leaving.content_id AND l.client_id = given.client_id
), taken AS MATERIALIZED (
  SELECT leaving.*, CASE
    WHEN shared THEN jsonb_build_object('insta_post_clients', jsonb_build_array(link))
    ELSE cicero_take_out('insta_post', 'shortcode', content_id) END AS rows
  FROM leaving ORDER BY content_id
), archived AS (
  INSERT INTO content_archive (platform, content_id, client_id, slot, rows, archived_at)
  SELECT 'instagram', content_id, client_id, slot, rows, now FROM taken, given
  WHERE rows IS NOT NULL
), forgotten AS (
  DELETE FROM client_content k USING taken, given
  WHERE k.client_id = given.client_id AND k.platform = 'instagram'
    AND k.content_id = taken.content_id AND taken.rows IS NOT NULL
)
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'instagram', content_id, client_id, 'removed', slot, wib_day, posted_at, caption, now
FROM taken, given WHERE rows IS NOT NULL ORDER BY content_id
RETURNING content_id

-- name: add_manual(client_id, post, now)
-- Stores a post that a person named: its day is that of the input. A stored post keeps its owner,
-- and its time and source too, unless it is this client's own from an earlier day. Returns its
-- current state: whether it is `new` on the client's day, and whether it is still of an `earlier`
-- day.
WITH given AS (
  SELECT CAST(:client_id AS varchar) AS client_id,
    CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Jakarta' AS now, p.*
  FROM jsonb_to_record(CAST(:post AS jsonb)) AS p (
    content_id varchar, caption text, comment_count integer, like_count integer,
    thumbnail_url text, is_video boolean, video_url text, image_url text, images_url jsonb,
    is_carousel boolean, posted_at timestamptz)
), written AS (
  INSERT INTO insta_post AS p (shortcode, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    created_at, original_created_at, source_type)
  SELECT content_id, client_id, caption, comment_count, like_count, thumbnail_url, is_video,
    video_url, image_url, images_url, is_carousel, now,
    cicero_time((CAST(NULL AS insta_post)).original_created_at, posted_at), 'manual_input'
  FROM given
  ON CONFLICT (shortcode) DO UPDATE SET
    like_count = EXCLUDED.like_count, comment_count = EXCLUDED.comment_count,
    (source_type, created_at) = (
      SELECT CASE WHEN again THEN 'manual_input' ELSE p.source_type END,
        CASE WHEN again THEN EXCLUDED.created_at ELSE coalesce(p.created_at, EXCLUDED.created_at) END
      FROM (SELECT p.client_id = EXCLUDED.client_id
              AND p.created_at < date_trunc('day', EXCLUDED.created_at) AS again) AS q)
  RETURNING p.shortcode, p.source_type, p.created_at
), linked AS (
  INSERT INTO insta_post_clients AS l (shortcode, client_id, created_at)
  SELECT w.shortcode, g.client_id, g.now FROM written w, given g
  ON CONFLICT (shortcode, client_id) DO UPDATE SET created_at = EXCLUDED.created_at
    WHERE l.created_at < date_trunc('day', EXCLUDED.created_at)
  RETURNING shortcode
)
SELECT w.shortcode AS content_id, w.source_type, EXISTS (SELECT 1 FROM linked) AS new,
  w.created_at < date_trunc('day', g.now) AS earlier
FROM written w, given g

-- name: prune_audits(before, batch)
WITH old AS MATERIALIZED (
  SELECT audit_id FROM insta_like_audit WHERE captured_at < :before LIMIT :batch
  FOR UPDATE SKIP LOCKED
)
DELETE FROM insta_like_audit a USING old WHERE a.audit_id = old.audit_id
RETURNING a.audit_id

-- name: held(client_id, day_start, day_end)
-- The client's posts of the day, whoever stored them, and who is stored as having liked each.
SELECT p.shortcode AS content_id, p.source_type, cicero_merge_usernames(e.likes, '[]', '') AS names
FROM insta_post p LEFT JOIN insta_like e ON e.shortcode = p.shortcode
WHERE p.created_at >= CAST(:day_start AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  AND p.created_at < CAST(:day_end AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
  AND (p.client_id = :client_id OR EXISTS (SELECT 1 FROM insta_post_clients l
    WHERE l.shortcode = p.shortcode AND l.client_id = :client_id))
