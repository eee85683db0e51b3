-- name: begin(slot, client_id, wib_day, day_start, day_end, now, note_links)
-- A client's run of a slot with all that the stage needs: the client's row, its posts of the day
-- with the late ones of this slot, what its chats were told, the day's changes, and of each platform
-- the day's last slot whose fetch was complete (feeds_read_at). Link reports, and manual posts that
-- other software wrote, are put into the ledger first where they came in since (note_links).
-- Without a run: run_slot is NULL.
WITH given AS MATERIALIZED (
  SELECT CAST(:slot AS timestamptz) AS slot, CAST(:client_id AS varchar) AS client_id,
    CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now,
    CAST(:day_start AS timestamptz) AS day_start, CAST(:day_end AS timestamptz) AS day_end,
    CAST(:day_start AS timestamptz) AT TIME ZONE 'Asia/Jakarta' AS local_start,
    CAST(:day_end AS timestamptz) AT TIME ZONE 'Asia/Jakarta' AS local_end
), of_day AS ( -- by link (old ones may have no time), by the owner of a post, by the word of a person,
  -- or late in this slot
  SELECT 'instagram' AS platform, l.shortcode AS content_id, false AS late
  FROM given g JOIN insta_post_clients l ON l.client_id = g.client_id
    AND (l.created_at >= g.local_start - interval '1 day' OR l.created_at IS NULL)
  JOIN insta_post p ON p.shortcode = l.shortcode
    AND p.created_at >= g.local_start AND p.created_at < g.local_end
  UNION SELECT 'instagram', p.shortcode, false
  FROM given g JOIN insta_post p ON p.client_id = g.client_id
    AND p.created_at >= g.local_start AND p.created_at < g.local_end
  LEFT JOIN insta_post_clients l ON l.shortcode = p.shortcode AND l.client_id = p.client_id
  WHERE p.source_type = 'manual_input' OR l.shortcode IS NOT NULL
  UNION SELECT 'tiktok', l.video_id, false
  FROM given g JOIN tiktok_post_clients l ON l.client_id = g.client_id
    AND l.created_at >= g.day_start - interval '1 day'
  JOIN tiktok_post p ON p.video_id = l.video_id
    AND p.created_at >= cicero_time(p.created_at, g.day_start)
    AND p.created_at < cicero_time(p.created_at, g.day_end)
  UNION SELECT 'tiktok', p.video_id, false
  FROM given g JOIN tiktok_post p ON p.client_id = g.client_id AND p.source_type = 'manual_input'
    AND p.created_at >= cicero_time(p.created_at, g.day_start)
    AND p.created_at < cicero_time(p.created_at, g.day_end)
  UNION SELECT k.platform, k.content_id, false
  FROM given g JOIN client_content k ON k.client_id = g.client_id AND k.task_day = g.wib_day
  UNION SELECT c.platform, c.content_id, true
  FROM given g JOIN content_change c ON c.client_id = g.client_id AND c.wib_day = g.wib_day
    AND c.slot = g.slot AND c.kind = 'late'
), posts AS MATERIALIZED (
  SELECT d.platform, d.content_id, d.late, p.caption, p.like_count, p.comment_count,
    p.source_type, p.created_at AT TIME ZONE 'Asia/Jakarta' AS created_at,
    (SELECT jsonb_array_length(e.likes) FROM insta_like e
     WHERE e.shortcode = d.content_id AND jsonb_typeof(e.likes) = 'array') AS stored
  FROM of_day d JOIN insta_post p ON d.platform = 'instagram' AND p.shortcode = d.content_id
    AND p.created_at IS NOT NULL
  UNION ALL
  SELECT d.platform, d.content_id, d.late, p.caption, p.like_count, p.comment_count,
    p.source_type, cicero_moment(p.created_at),
    (SELECT jsonb_array_length(e.comments) FROM tiktok_comment e
     WHERE e.video_id = d.content_id AND jsonb_typeof(e.comments) = 'array')
  FROM of_day d JOIN tiktok_post p ON d.platform = 'tiktok' AND p.video_id = d.content_id
    AND p.created_at IS NOT NULL
), manual AS MATERIALIZED ( -- own ones, there by now, without a word in the ledger
  SELECT p.platform, p.content_id, g.client_id, g.wib_day, g.slot, g.now, p.caption,
    coalesce((SELECT cicero_moment(i.original_created_at) FROM insta_post i
       WHERE p.platform = 'instagram' AND i.shortcode = p.content_id),
      (SELECT cicero_moment(v.original_created_at) FROM tiktok_post v
       WHERE p.platform = 'tiktok' AND v.video_id = p.content_id), p.created_at) AS posted_at,
    EXISTS (SELECT 1 FROM insta_post_clients l WHERE p.platform = 'instagram'
        AND l.shortcode = p.content_id AND l.client_id = g.client_id)
      OR EXISTS (SELECT 1 FROM tiktok_post_clients l WHERE p.platform = 'tiktok'
        AND l.video_id = p.content_id AND l.client_id = g.client_id) AS linked
  FROM given g
  JOIN client_run run ON run.slot = g.slot AND run.client_id = g.client_id
    AND run.finished_at IS NULL
  JOIN clients c ON c.client_id = g.client_id
  JOIN posts p ON p.source_type = 'manual_input' AND NOT p.late AND p.created_at <= g.now
    AND CASE p.platform WHEN 'instagram' THEN c.client_insta_status IS NOT FALSE
      AND btrim(c.client_insta) <> '' ELSE c.client_tiktok_status IS NOT FALSE
      AND btrim(c.client_tiktok) <> '' END
  WHERE CAST(:note_links AS boolean) AND NOT EXISTS (SELECT 1 FROM content_change e
    WHERE e.client_id = g.client_id AND e.wib_day = g.wib_day AND e.kind IN ('new', 'late')
      AND e.platform = p.platform AND e.content_id = p.content_id)
    AND NOT EXISTS (SELECT 1 FROM client_content k WHERE k.client_id = g.client_id
      AND k.platform = p.platform AND k.content_id = p.content_id AND k.noted_on = g.wib_day)
), instagram_linked AS ( -- a link makes news once: here, or where a fetch meets the post
  INSERT INTO insta_post_clients (shortcode, client_id, created_at)
  SELECT content_id, client_id, now AT TIME ZONE 'Asia/Jakarta' FROM manual
  WHERE platform = 'instagram' AND NOT linked ORDER BY content_id
  ON CONFLICT (shortcode, client_id) DO NOTHING
  RETURNING shortcode
), tiktok_linked AS (
  INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
  SELECT content_id, client_id, now FROM manual
  WHERE platform = 'tiktok' AND NOT linked ORDER BY content_id
  ON CONFLICT (video_id, client_id) DO NOTHING
  RETURNING video_id
), first_noted AS ( -- of runs that overlap one gets the row
  INSERT INTO client_content AS k (client_id, platform, content_id, noted_on, seen_at)
  SELECT client_id, platform, content_id, wib_day, now FROM manual
  WHERE linked OR CASE platform
    WHEN 'instagram' THEN content_id IN (SELECT shortcode FROM instagram_linked)
    ELSE content_id IN (SELECT video_id FROM tiktok_linked) END
  ORDER BY content_id
  ON CONFLICT (client_id, platform, content_id) DO UPDATE SET noted_on = EXCLUDED.noted_on
    WHERE k.noted_on IS DISTINCT FROM EXCLUDED.noted_on
  RETURNING platform, content_id
), noted AS (
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at)
  SELECT m.platform, m.content_id, m.client_id, 'new', m.slot, m.wib_day, m.posted_at, m.caption,
    m.now
  FROM first_noted JOIN manual m USING (platform, content_id)
  ORDER BY m.posted_at, m.content_id
  RETURNING change_id, platform, content_id, kind, posted_at, caption, detail
), reported AS (
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at, detail)
  SELECT 'instagram', r.shortcode, g.client_id, 'link', g.slot, g.wib_day, p.created_at,
    p.caption, g.now, jsonb_build_object('user_id', r.user_id, 'name', u.nama, 'links',
      to_jsonb(array_remove(ARRAY[nullif(r.instagram_link, ''), nullif(r.facebook_link, ''),
        nullif(r.twitter_link, ''), nullif(r.tiktok_link, ''), nullif(r.youtube_link, '')], NULL)))
  FROM given g
  JOIN client_run run ON run.slot = g.slot AND run.client_id = g.client_id
    AND run.finished_at IS NULL
  JOIN clients c ON c.client_id = g.client_id AND c.client_amplify_status IS NOT FALSE
  JOIN posts p ON p.platform = 'instagram' AND NOT p.late
  JOIN link_report r ON r.shortcode = p.content_id AND r.created_at >= g.local_start
  LEFT JOIN "user" u ON u.user_id = r.user_id
  WHERE CAST(:note_links AS boolean) AND NOT EXISTS (SELECT 1 FROM content_change e
    WHERE e.client_id = g.client_id AND e.wib_day = g.wib_day AND e.kind = 'link'
      AND e.content_id = r.shortcode AND e.detail ->> 'user_id' = r.user_id)
  ORDER BY r.created_at, r.user_id, r.shortcode
  ON CONFLICT DO NOTHING -- an overlapping run was first
  RETURNING change_id, platform, content_id, kind, posted_at, caption, detail
), changes AS (
  SELECT c.change_id, c.platform, c.content_id, c.kind, c.posted_at, c.caption, c.detail
  FROM given g JOIN content_change c ON c.client_id = g.client_id AND c.wib_day = g.wib_day
  UNION ALL SELECT * FROM noted
  UNION ALL SELECT * FROM reported
)
SELECT r.slot AS run_slot, r.fetch_result, r.fetched_at, r.finished_at, r.engagement_result, r.api_calls,
  c.client_id, c.nama, c.client_type, c.client_status, c.client_insta, c.client_insta_status,
  c.client_tiktok, c.client_tiktok_status, c.tiktok_secuid, c.client_group, s.last_notified_slot,
  (SELECT coalesce(jsonb_object_agg(read.platform, read.at), '{}') FROM (
     SELECT f.key AS platform, max(e.slot) AS at
     FROM client_run e, jsonb_each(e.fetch_result) AS f
     WHERE e.client_id = g.client_id AND e.slot >= g.day_start AND e.slot <= g.slot
       AND f.value ->> 'verdict' = 'complete'
     GROUP BY f.key) AS read) AS feeds_read_at,
  (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('stored', coalesce(p.stored, 0),
     'shown', coalesce(k.seen_slot = g.slot, false), 'last', to_jsonb(last))
     ORDER BY p.created_at, p.content_id), '[]')
   FROM posts p LEFT JOIN client_content k ON k.client_id = c.client_id
     AND k.platform = p.platform AND k.content_id = p.content_id
   LEFT JOIN LATERAL (
     SELECT v.slot, v.count, v.ended, v.complete, v.tries FROM coverage v
     WHERE v.platform = p.platform AND v.content_id = p.content_id AND v.client_id = c.client_id
       AND v.slot < g.slot
     ORDER BY v.slot DESC LIMIT 1) AS last ON true) AS posts,
  (SELECT coalesce(jsonb_agg(to_jsonb(h) || jsonb_build_object('told', (
     SELECT coalesce(jsonb_object_agg(t.chat, o.kind = 'task_list'
       AND o.status IN ('pending', 'retrying')), '{}')
     FROM change_told t JOIN wa_notification_outbox o USING (outbox_id)
     WHERE t.change_id = h.change_id)) ORDER BY h.change_id), '[]')
   FROM changes h) AS changes
FROM given g
JOIN clients c ON c.client_id = g.client_id
LEFT JOIN client_run r ON r.slot = g.slot AND r.client_id = g.client_id
LEFT JOIN wa_notification_scheduler_state s ON s.client_id = g.client_id

-- name: store_reads(slot, client_id, before, now, users, unchanged, window_start, window_end)
-- Takes the client's run and stores what a refresh has read: names, their snapshot of the half hour,
-- and what each read came to. No row comes back where another worker was first (before: the run's
-- engagement_result as this one found it).
-- users: JSON array of {platform, content_id, usernames} with what table coverage keeps of the read:
-- names sorted, distinct and in the form that readers join on, null where no page was read. What is
-- stored only grows. unchanged: the ids of posts that did not have to be read; what is stored of
-- them is a snapshot of this half hour as well.
WITH run AS MATERIALIZED (
  SELECT r.slot, r.client_id, CAST(:now AS timestamptz) AS now,
    CAST(:window_start AS timestamptz) AS window_start,
    CAST(:window_end AS timestamptz) AS window_end
  FROM client_run r
  WHERE r.slot = :slot AND r.client_id = :client_id AND r.finished_at IS NULL
    AND r.engagement_result IS NOT DISTINCT FROM CAST(:before AS jsonb)
  FOR UPDATE OF r
), read AS MATERIALIZED (
  SELECT u.*, run.client_id, run.now, run.window_start, run.window_end
  FROM run, jsonb_to_recordset(CAST(:users AS jsonb))
    AS u (platform text, content_id varchar, usernames jsonb, names integer, comments integer,
      count integer, total integer, pages integer, ended text, share real, complete boolean,
      tries integer)
  ORDER BY content_id
), likers AS (
  INSERT INTO insta_like (shortcode, likes, updated_at)
  SELECT content_id, usernames, now AT TIME ZONE 'Asia/Jakarta'
  FROM read WHERE platform = 'instagram' AND usernames IS NOT NULL
    AND EXISTS (SELECT 1 FROM insta_post p WHERE p.shortcode = content_id)
  ORDER BY content_id
  ON CONFLICT (shortcode) DO UPDATE SET updated_at = EXCLUDED.updated_at,
    likes = cicero_merge_usernames(insta_like.likes, EXCLUDED.likes, '')
  RETURNING shortcode, likes AS usernames
), commenters AS (
  INSERT INTO tiktok_comment (video_id, comments, updated_at)
  SELECT content_id, usernames, now AT TIME ZONE 'Asia/Jakarta'
  FROM read WHERE platform = 'tiktok' AND usernames IS NOT NULL
    AND EXISTS (SELECT 1 FROM tiktok_post p WHERE p.video_id = content_id)
  ORDER BY content_id
  ON CONFLICT (video_id) DO UPDATE SET updated_at = EXCLUDED.updated_at,
    comments = cicero_merge_usernames(tiktok_comment.comments, EXCLUDED.comments, '@')
  RETURNING video_id, comments AS usernames
), audited AS MATERIALIZED (
  SELECT cicero_snapshot('insta_like_audit', 'shortcode', shortcode, usernames,
    window_start, window_end, now) FROM likers, run
  UNION ALL
  SELECT cicero_snapshot('tiktok_comment_audit', 'video_id', video_id, usernames,
    window_start, window_end, now) FROM commenters, run
  UNION ALL
  SELECT cicero_snapshot('insta_like_audit', 'shortcode', shortcode, likes,
    window_start, window_end, now)
  FROM run, (SELECT shortcode, likes FROM insta_like
    WHERE shortcode = ANY(CAST(:unchanged AS varchar[])) ORDER BY 1 FOR UPDATE) AS unread
  UNION ALL
  SELECT cicero_snapshot('tiktok_comment_audit', 'video_id', video_id, comments,
    window_start, window_end, now)
  FROM run, (SELECT video_id, comments FROM tiktok_comment
    WHERE video_id = ANY(CAST(:unchanged AS varchar[])) ORDER BY 1 FOR UPDATE) AS unread
), covered AS (
  INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, comments, count,
    total, pages, ended, share, complete, tries)
  SELECT platform, content_id, read.client_id, run.slot, run.now, names, comments, count, total,
    pages, ended, share, complete, tries
  FROM read, run
  ON CONFLICT (platform, content_id, client_id, slot) DO UPDATE SET
    read_at = EXCLUDED.read_at, names = EXCLUDED.names, comments = EXCLUDED.comments,
    count = EXCLUDED.count, total = EXCLUDED.total, pages = EXCLUDED.pages,
    ended = EXCLUDED.ended, share = EXCLUDED.share, complete = EXCLUDED.complete,
    tries = EXCLUDED.tries
)
SELECT (SELECT count(*) FROM audited) AS snapshots FROM run

-- name: end_run(slot, client_id, now, engagement, finished, outcome, error_kind, api_calls, api_requests, sql_round_trips, seconds)
-- What the refresh came to and what it cost. finished: no continuation follows; the last run of a
-- slot that ends closes it, and closed_seconds then says how long it was open.
WITH ended AS (
  UPDATE client_run SET engagement_result = CAST(:engagement AS jsonb),
    finished_at = CASE WHEN CAST(:finished AS boolean) THEN CAST(:now AS timestamptz) END,
    outcome = :outcome, error_kind = :error_kind, api_calls = CAST(:api_calls AS jsonb),
    api_requests = api_requests + :api_requests,
    sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
  WHERE slot = :slot AND client_id = :client_id
  RETURNING slot, client_id, finished_at
)
SELECT CASE WHEN finished_at IS NOT NULL
  THEN cicero_close_slot(slot, client_id, finished_at) END AS closed_seconds
FROM ended
