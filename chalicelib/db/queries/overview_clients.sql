-- name: lines(client_id, day_start, day_end, since)
-- Every client, or the one meant by client_id (trimmed, in upper or lower case; an exact match
-- wins), by id, each as a JSON object, with a record separator between them, which no JSON text
-- holds: its row; its last run that has ended; where that did not read every platform to its end,
-- each one's newest slot since `since` whose fetch did; if it was no success, when the last success
-- ended; its posts of the day with the last read of each one's list. Of inactive clients in a list
-- only the row. One value, because it is read faster.
WITH whole AS MATERIALIZED (
  SELECT jsonb_object_agg(p.platform, jsonb_build_object('verdict', 'complete')) AS results
  FROM cicero_platforms() p
), wanted AS MATERIALIZED (
  SELECT c.client_id, json_strip_nulls(row_to_json(c)) AS row,
    c.client_status IS TRUE OR CAST(:client_id AS text) IS NOT NULL AS shown
  FROM clients c
  WHERE CAST(:client_id AS text) IS NULL OR c.client_id = (
    SELECT n.client_id FROM clients n WHERE lower(btrim(n.client_id)) = lower(btrim(:client_id))
    ORDER BY n.client_id = :client_id DESC LIMIT 1)
), list_count AS (
  SELECT d.client_id, count(*) AS posts, count(v.slot) AS lists,
    count(*) FILTER (WHERE v.complete) AS complete, min(v.share) AS least
  FROM cicero_posts_between(CAST(:day_start AS timestamptz), CAST(:day_end AS timestamptz)) AS d
  LEFT JOIN LATERAL (
    SELECT e.slot, e.complete, e.share FROM coverage e
    WHERE e.platform = d.platform AND e.content_id = d.content_id AND e.client_id = d.client_id
    ORDER BY e.slot DESC LIMIT 1) AS v ON true
  WHERE CAST(:client_id AS text) IS NULL OR d.client_id = (SELECT client_id FROM wanted)
  GROUP BY d.client_id
)
SELECT coalesce(string_agg(CAST(json_build_object('client', w.row, 'feeds', CASE
    WHEN (last.fetch_result @> (SELECT results FROM whole)) IS NOT TRUE THEN coalesce((
      SELECT json_object_agg(p.platform, row_to_json(f)) FROM cicero_platforms() p
      CROSS JOIN LATERAL (
        SELECT r.slot, r.fetched_at FROM client_run r
        WHERE w.shown AND r.client_id = w.client_id AND r.slot >= :since
          AND r.fetch_result #>> ARRAY[p.platform, 'verdict'] = 'complete'
        ORDER BY r.slot DESC LIMIT 1) AS f), '{}') END,
  'last', CASE WHEN last.slot IS NOT NULL THEN json_build_object('slot', last.slot,
    'fetched_at', last.fetched_at, 'finished_at', last.finished_at, 'outcome', last.outcome,
    'error_kind', last.error_kind,
    'fetch_result', CASE WHEN last.outcome <> 'done' THEN last.fetch_result END,
    'engagement_result', CASE WHEN last.outcome <> 'done' THEN last.engagement_result END) END,
  'succeeded_at', success.at, 'lists', row_to_json(list_count)) AS text), chr(30)
  ORDER BY w.client_id), '') AS lines
FROM wanted w
LEFT JOIN LATERAL (
  SELECT r.* FROM client_run r
  WHERE w.shown AND r.client_id = w.client_id AND r.finished_at IS NOT NULL
  ORDER BY r.slot DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (
  SELECT r.finished_at AS at FROM client_run r
  WHERE w.shown AND last.outcome <> 'done' AND r.client_id = w.client_id AND r.outcome = 'done'
  ORDER BY r.finished_at DESC LIMIT 1) AS success ON true
LEFT JOIN list_count ON w.shown AND list_count.client_id = w.client_id

-- name: latest(clients, day_start, day_end)
-- Of each of these clients: its runs of the day, how many of them did not end as done, and its
-- newest message; as one JSON object by id.
SELECT coalesce(json_object_agg(w.client_id, json_build_object('runs', run.runs,
  'failed', run.failed, 'message', row_to_json(newest))), '{}') AS latest
FROM unnest(CAST(:clients AS varchar[])) AS w (client_id)
CROSS JOIN LATERAL (
  SELECT count(*) AS runs, count(*) FILTER (WHERE r.outcome <> 'done') AS failed
  FROM client_run r
  WHERE r.client_id = w.client_id AND r.slot >= :day_start AND r.slot < :day_end) AS run
LEFT JOIN LATERAL (
  SELECT o.outbox_id, o.kind, o.status, o.created_at, o.sent_at FROM wa_notification_outbox o
  WHERE o.client_id = w.client_id AND o.session IS NOT NULL
  ORDER BY o.outbox_id DESC LIMIT 1) AS newest ON true

-- name: runs_of(client_id, day_start, day_end)
SELECT slot, trigger, fetch_posts, expires_at, dispatched_at, fetch_result, fetched_at,
  engagement_result, finished_at, outcome, error_kind, api_requests, api_calls, seconds
FROM client_run WHERE client_id = :client_id AND slot >= :day_start AND slot < :day_end
ORDER BY slot

-- name: changes_of(client_id, wib_day)
SELECT change_id, platform, content_id, kind, slot, posted_at, caption, created_at,
  (SELECT count(*) FROM change_told t WHERE t.change_id = c.change_id) AS told
FROM content_change c WHERE c.client_id = :client_id AND c.wib_day = :wib_day
ORDER BY c.change_id

-- name: messages_of(client_id, day_start, day_end, most)
-- The client's newest messages of a day, oldest first; without their texts.
SELECT * FROM (
  SELECT outbox_id, group_id AS chat, kind, status, slot, created_at, sent_at, error_message
  FROM wa_notification_outbox
  WHERE client_id = :client_id AND session IS NOT NULL
    AND created_at >= :day_start AND created_at < :day_end
  ORDER BY outbox_id DESC LIMIT :most) AS newest
ORDER BY outbox_id
