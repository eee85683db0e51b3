-- name: begin(slot, client_id, day_start)
-- A client's run of a slot, the client's row, and what its verdicts need to know.
SELECT r.fetch_posts, r.fetch_result, r.fetched_at, r.finished_at, r.api_calls,
       c.client_id, c.nama, c.client_type, c.client_status, c.client_insta,
       c.client_insta_status, c.client_tiktok, c.client_tiktok_status, c.tiktok_secuid,
       c.client_group, a.handle AS account_handle, a.secuid AS account_secuid,
       NOT EXISTS (
         SELECT 1 FROM client_run e WHERE e.client_id = r.client_id AND e.slot >= :day_start
           AND e.slot < r.slot AND e.fetch_result #>> '{instagram,verdict}' = 'complete'
       ) AS first_instagram,
       NOT EXISTS (
         SELECT 1 FROM client_run e WHERE e.client_id = r.client_id AND e.slot >= :day_start
           AND e.slot < r.slot AND e.fetch_result #>> '{tiktok,verdict}' = 'complete'
       ) AS first_tiktok,
       EXISTS (SELECT 1 FROM insta_post_clients p WHERE p.client_id = r.client_id) AS had_instagram,
       EXISTS (SELECT 1 FROM tiktok_post_clients p WHERE p.client_id = r.client_id) AS had_tiktok,
       EXISTS (SELECT 1 FROM insta_post_clients l JOIN insta_post p USING (shortcode)
               WHERE l.client_id = r.client_id
                 AND p.created_at < CAST(:day_start AS timestamptz) AT TIME ZONE 'Asia/Jakarta'
       ) AS known_instagram,
       EXISTS (SELECT 1 FROM tiktok_post_clients l JOIN tiktok_post p USING (video_id)
               WHERE l.client_id = r.client_id
                 AND p.created_at < cicero_time(p.created_at, :day_start)) AS known_tiktok
FROM client_run r JOIN clients c ON c.client_id = r.client_id
LEFT JOIN tiktok_account a ON a.client_id = r.client_id
WHERE r.slot = :slot AND r.client_id = :client_id

-- name: store(slot, client_id, wib_day, now, posts)
-- Takes the client's run and stores the posts that a fetch found, links, ledger and all. No row comes
-- back where another worker was first; else the news of each platform, and which of the posts had
-- been taken away and are back.
-- posts: JSON array of posts of both platforms, each with `late` and `owned`. First owner, time and
-- source of a stored post never change; a time that is missing is filled in. Times are written by
-- the type of their column (cicero_time).
WITH run AS MATERIALIZED (
  SELECT r.slot, r.client_id, CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now
  FROM client_run r
  WHERE r.slot = :slot AND r.client_id = :client_id AND r.fetched_at IS NULL
    AND r.finished_at IS NULL
  FOR UPDATE OF r
), incoming AS MATERIALIZED (
  SELECT p.*, run.client_id FROM run, jsonb_to_recordset(CAST(:posts AS jsonb)) AS p (
    platform text, content_id varchar, caption text, comment_count integer, like_count integer,
    thumbnail_url text, is_video boolean, video_url text, image_url text, images_url jsonb,
    is_carousel boolean, posted_at timestamptz, late boolean, owned boolean)
  ORDER BY content_id
), instagram AS (
  INSERT INTO insta_post (shortcode, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    created_at, original_created_at, source_type)
  SELECT content_id, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    posted_at AT TIME ZONE 'Asia/Jakarta',
    cicero_time((CAST(NULL AS insta_post)).original_created_at, posted_at), 'cron_fetch'
  FROM incoming WHERE platform = 'instagram' ORDER BY content_id
  ON CONFLICT (shortcode) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count, thumbnail_url = EXCLUDED.thumbnail_url,
    is_video = EXCLUDED.is_video, video_url = EXCLUDED.video_url,
    image_url = EXCLUDED.image_url, images_url = EXCLUDED.images_url,
    is_carousel = EXCLUDED.is_carousel,
    client_id = coalesce(insta_post.client_id, EXCLUDED.client_id),
    created_at = coalesce(insta_post.created_at, EXCLUDED.created_at),
    original_created_at = coalesce(insta_post.original_created_at, EXCLUDED.original_created_at)
), tiktok AS (
  INSERT INTO tiktok_post (video_id, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, client_id, caption, comment_count, like_count,
    cicero_time((CAST(NULL AS tiktok_post)).created_at, posted_at),
    cicero_time((CAST(NULL AS tiktok_post)).original_created_at, posted_at), 'cron_fetch'
  FROM incoming WHERE platform = 'tiktok' ORDER BY content_id
  ON CONFLICT (video_id) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count,
    client_id = coalesce(tiktok_post.client_id, EXCLUDED.client_id),
    created_at = coalesce(tiktok_post.created_at, EXCLUDED.created_at),
    original_created_at = coalesce(tiktok_post.original_created_at, EXCLUDED.original_created_at)
), instagram_linked AS (
  INSERT INTO insta_post_clients (shortcode, client_id, created_at)
  SELECT i.content_id, i.client_id, run.now AT TIME ZONE 'Asia/Jakarta' FROM incoming i, run
  WHERE i.platform = 'instagram' ORDER BY i.content_id
  ON CONFLICT (shortcode, client_id) DO NOTHING
  RETURNING shortcode AS content_id
), tiktok_linked AS (
  INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
  SELECT i.content_id, i.client_id, run.now FROM incoming i, run
  WHERE i.platform = 'tiktok' ORDER BY i.content_id
  ON CONFLICT (video_id, client_id) DO NOTHING
  RETURNING video_id AS content_id
), linked AS MATERIALIZED (
  SELECT 'instagram' AS platform, content_id FROM instagram_linked
  UNION ALL SELECT 'tiktok', content_id FROM tiktok_linked
), told AS (
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at)
  SELECT i.platform, i.content_id, run.client_id, CASE WHEN i.late THEN 'late' ELSE 'new' END,
    run.slot, run.wib_day, i.posted_at, i.caption, run.now
  FROM linked JOIN incoming i USING (platform, content_id), run
  ORDER BY i.posted_at, i.content_id
), known AS (
  INSERT INTO client_content (client_id, platform, content_id, owned, seen_at, seen_slot)
  SELECT i.client_id, i.platform, i.content_id, i.owned, run.now, run.slot FROM incoming i, run
  ON CONFLICT (client_id, platform, content_id) DO UPDATE
    SET owned = EXCLUDED.owned, seen_at = EXCLUDED.seen_at, seen_slot = EXCLUDED.seen_slot,
      missing_since = NULL
)
SELECT
  (SELECT coalesce(jsonb_object_agg(platform, posts), '{}') FROM (
     SELECT platform, count(*) AS posts FROM linked GROUP BY platform) AS counted) AS new,
  (SELECT coalesce(array_agg(DISTINCT content_id), '{}') FROM linked JOIN incoming i
     USING (platform, content_id) JOIN content_archive a USING (platform, content_id)
   WHERE a.restored_at IS NULL AND (a.client_id = i.client_id OR a.rows ?| '{insta_post,tiktok_post}')
  ) AS returned
FROM run

-- name: note_missing(client_id, slot, now, day_start, day_end, seen, complete)
-- The client's stored posts of the day, with the slot since which fetches have lacked them. Those
-- that this one lacked are noted. seen: the ids of all that the feeds showed; complete: the
-- platforms that may conclude that a post is gone.
WITH given AS MATERIALIZED (
  SELECT CAST(:client_id AS varchar) AS client_id, CAST(:slot AS timestamptz) AS slot,
    CAST(:now AS timestamptz) AS now, CAST(:day_start AS timestamptz) AS day_start,
    CAST(:day_end AS timestamptz) AS day_end
), of_day AS MATERIALIZED ( -- old links may have no time
  SELECT 'instagram' AS platform, p.shortcode AS content_id
  FROM given g JOIN insta_post_clients l ON l.client_id = g.client_id
    AND (l.created_at >= g.day_start AT TIME ZONE 'Asia/Jakarta' - interval '1 day'
         OR l.created_at IS NULL)
  JOIN insta_post p USING (shortcode)
  WHERE p.source_type = 'cron_fetch'
    AND p.created_at >= g.day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < g.day_end AT TIME ZONE 'Asia/Jakarta'
  UNION SELECT 'instagram', p.shortcode
  FROM given g JOIN insta_post p ON p.client_id = g.client_id
    AND p.created_at >= g.day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < g.day_end AT TIME ZONE 'Asia/Jakarta'
  JOIN insta_post_clients l ON l.shortcode = p.shortcode AND l.client_id = p.client_id
  WHERE p.source_type = 'cron_fetch'
  UNION SELECT 'tiktok', p.video_id
  FROM given g JOIN tiktok_post_clients l ON l.client_id = g.client_id
    AND l.created_at >= g.day_start - interval '1 day'
  JOIN tiktok_post p USING (video_id)
  WHERE p.source_type = 'cron_fetch'
    AND p.created_at >= cicero_time(p.created_at, g.day_start)
    AND p.created_at < cicero_time(p.created_at, g.day_end)
), missing AS (
  INSERT INTO client_content AS k (client_id, platform, content_id, missing_since, seen_at)
  SELECT given.client_id, d.platform, d.content_id, given.slot, given.now FROM of_day d, given
  WHERE d.platform = ANY(CAST(:complete AS text[]))
    AND d.content_id <> ALL(CAST(:seen AS varchar[]))
  ON CONFLICT (client_id, platform, content_id) DO UPDATE
    SET missing_since = coalesce(k.missing_since, EXCLUDED.missing_since)
    WHERE NOT k.kept AND k.owned IS NOT FALSE
  RETURNING platform, content_id, missing_since
)
SELECT platform, content_id, m.missing_since
FROM of_day LEFT JOIN missing m USING (platform, content_id) ORDER BY platform, content_id

-- name: end_fetch(slot, client_id, now, results, api_calls, api_requests, sql_round_trips, seconds)!
-- What the fetch came to, and what it cost.
UPDATE client_run SET fetched_at = :now, fetch_result = CAST(:results AS jsonb),
  api_calls = CAST(:api_calls AS jsonb), api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id

-- name: correct(slot, client_id, results, api_calls, api_requests, sql_round_trips, seconds)!
-- What removals came to, which are decided after the posts are stored, and what they cost.
UPDATE client_run SET fetch_result = CAST(:results AS jsonb),
  api_calls = CAST(:api_calls AS jsonb), api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id
