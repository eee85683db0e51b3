-- name: begin(slot, client_id, wib_day, day_start, day_end, now, note_links)
-- A client's run of a slot with all that the stage needs: the client's row, its posts of the day,
-- with those of yesterday that this slot found or reads once more (late), what its chats were told,
-- the day's changes, and for each platform the day's last slot whose fetch was complete
-- (feeds_read_at). Link reports, and manual posts written by other software, are first added to the
-- ledger if they have come in since (note_links). Without a run, run_slot is NULL.
WITH given AS MATERIALIZED (
  SELECT CAST(:slot AS timestamptz) AS slot, CAST(:client_id AS varchar) AS client_id,
    CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now,
    CAST(:day_start AS timestamptz) AS day_start, CAST(:day_end AS timestamptz) AS day_end
), posts AS MATERIALIZED (
  SELECT d.platform, d.content_id, d.late, p.caption, p.like_count, p.comment_count,
    p.source_type, p.created_at, coalesce(p.stored, 0) AS stored
  FROM given g, cicero_scope(g.client_id, g.slot, g.wib_day, g.day_start, g.day_end) AS d
  JOIN cicero_posts() p USING (platform, content_id) WHERE p.created_at IS NOT NULL
), changes AS (
  SELECT c.* FROM given g
  JOIN content_change c ON c.client_id = g.client_id AND c.wib_day = g.wib_day
  UNION ALL SELECT n.* FROM given g, (
    SELECT jsonb_agg(jsonb_build_object('platform', platform, 'content_id', content_id)) AS posts
    FROM posts WHERE source_type = 'manual_input' AND NOT late
      AND created_at <= CAST(:now AS timestamptz)) AS manual,
    cicero_note_manual(g.client_id, g.slot, g.wib_day, g.now, manual.posts) AS n
  WHERE CAST(:note_links AS boolean) AND manual.posts IS NOT NULL
  UNION ALL SELECT n.* FROM given g, cicero_note_reports(g.client_id, g.slot, g.wib_day, g.now,
    g.day_start, ARRAY(SELECT content_id FROM posts WHERE NOT late)) AS n
  WHERE CAST(:note_links AS boolean)
)
SELECT r.slot AS run_slot, r.fetch_result, r.finished_at, r.engagement_result, r.api_calls,
  to_jsonb(c) AS client, s.last_notified_slot,
  (SELECT o.plan FROM slot_run o WHERE o.slot = g.slot) AS plan,
  (SELECT coalesce(jsonb_object_agg(read.platform, read.at), '{}') FROM (
     SELECT f.key AS platform, max(e.slot) AS at
     FROM client_run e, jsonb_each(e.fetch_result) AS f
     WHERE e.client_id = g.client_id AND e.slot >= g.day_start AND e.slot <= g.slot
       AND f.value ->> 'verdict' = 'complete'
     GROUP BY f.key) AS read) AS feeds_read_at,
  (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
     'shown', coalesce(k.seen_slot = g.slot, false), 'last', to_jsonb(last),
     'shared', EXISTS (SELECT 1 FROM cicero_links() l WHERE l.platform = p.platform
       AND l.content_id = p.content_id AND l.client_id <> c.client_id),
     'read_now', EXISTS (SELECT 1 FROM coverage v WHERE v.platform = p.platform
       AND v.content_id = p.content_id AND v.slot = g.slot AND v.ended NOT IN ('error', 'no_time')))
     ORDER BY p.created_at, p.content_id), '[]')
   FROM posts p LEFT JOIN client_content k ON k.client_id = c.client_id
     AND k.platform = p.platform AND k.content_id = p.content_id
   LEFT JOIN cicero_last_read(p.platform, p.content_id, c.client_id, g.slot) AS last ON true
  ) AS posts,
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

-- name: store_reads(slot, client_id, before, now, users, unchanged, left, window_start, window_end)
-- Takes its locks, then the client's run, and stores what a refresh has read: names, their snapshot
-- of the half hour, and the result of each read. Returns no row if another worker was first
-- (before: the run's engagement_result as this one found it).
-- users: JSON array of {platform, content_id, usernames} with what table coverage keeps of the
-- read: names sorted, distinct and in the form that readers join on, null if no page was read.
-- Stored names are only added to. The result is also that of the post's other clients which have a
-- run of the slot and no result of their own. unchanged: the ids of posts that did not have to be
-- read; what is stored of them is also this half hour's snapshot. left: the ids of posts that were
-- left to other clients; a result that there is by now is taken over.
WITH locked AS MATERIALIZED (
  SELECT 1 FROM cicero_lock(CAST(:client_id AS text), CAST(:unchanged AS varchar[])
    || CAST(:left AS varchar[]) || ARRAY(SELECT CAST(u ->> 'content_id' AS varchar)
      FROM jsonb_array_elements(CAST(:users AS jsonb)) AS u))
), run AS MATERIALIZED (
  SELECT r.slot, r.client_id, CAST(:now AS timestamptz) AS now FROM locked, client_run r
  WHERE r.slot = :slot AND r.client_id = :client_id AND r.finished_at IS NULL
    AND r.engagement_result IS NOT DISTINCT FROM CAST(:before AS jsonb)
  FOR UPDATE OF r
), stored AS MATERIALIZED (
  SELECT cicero_store_people(CAST(:users AS jsonb), CAST(:unchanged AS varchar[]),
    CAST(:window_start AS timestamptz), CAST(:window_end AS timestamptz), run.now) FROM run
), covered AS MATERIALIZED (
  SELECT cicero_cover(run.client_id, run.slot, run.now, CAST(:users AS jsonb),
    CAST(:left AS varchar[])) FROM run
)
SELECT count(*) AS runs FROM stored, covered HAVING count(*) > 0

-- name: end_run(slot, client_id, now, engagement, finished, outcome, error_kind, api_calls, api_requests, sql_round_trips, seconds)
-- The result of the refresh and its cost. finished: no continuation follows; the last run of a slot
-- to end closes the slot, and closed_seconds then says how long it was open.
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
