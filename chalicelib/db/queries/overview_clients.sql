-- name: all()
SELECT c.*, c.client_status IS TRUE AS active FROM clients c ORDER BY c.client_id

-- name: one(client_id)
-- Ids compare trimmed and case-insensitive; an exact match wins.
SELECT c.*, c.client_status IS TRUE AS active FROM clients c
WHERE lower(btrim(c.client_id)) = lower(btrim(:client_id))
ORDER BY c.client_id = :client_id DESC LIMIT 1

-- name: feeds(client_id, since)
-- For each active client (or the one given) and platform, the newest slot since `since` whose fetch
-- was complete.
SELECT c.client_id, p.platform, f.slot, f.fetched_at
FROM clients c CROSS JOIN cicero_platforms() p CROSS JOIN LATERAL (
  SELECT r.slot, r.fetched_at FROM client_run r
  WHERE r.client_id = c.client_id AND r.slot >= :since
    AND r.fetch_result #>> ARRAY[p.platform, 'verdict'] = 'complete'
  ORDER BY r.slot DESC LIMIT 1) AS f
WHERE CASE WHEN CAST(:client_id AS varchar) IS NULL THEN c.client_status
  ELSE c.client_id = :client_id END

-- name: last_runs(client_id)
-- The last run of each active client (or of the one given) that has ended, and its last success.
SELECT c.client_id, e.slot, e.outcome, e.error_kind, e.finished_at, e.fetch_result,
  e.engagement_result, s.finished_at AS succeeded_at
FROM clients c
LEFT JOIN LATERAL (
  SELECT r.slot, r.outcome, r.error_kind, r.finished_at, r.fetch_result, r.engagement_result
  FROM client_run r WHERE r.client_id = c.client_id AND r.finished_at IS NOT NULL
  ORDER BY r.slot DESC LIMIT 1) AS e ON true
LEFT JOIN LATERAL (
  SELECT r.finished_at FROM client_run r
  WHERE r.client_id = c.client_id AND r.outcome = 'done'
  ORDER BY r.finished_at DESC LIMIT 1) AS s ON true
WHERE CASE WHEN CAST(:client_id AS varchar) IS NULL THEN c.client_status
  ELSE c.client_id = :client_id END

-- name: runs_of_day(client_id, day_start, day_end)
SELECT client_id, count(*) AS runs, count(*) FILTER (WHERE outcome <> 'done') AS failed,
  sum(api_requests) AS api_requests
FROM client_run WHERE slot >= :day_start AND slot < :day_end
  AND (CAST(:client_id AS varchar) IS NULL OR client_id = :client_id)
GROUP BY client_id

-- name: coverage(client_id, day_start, day_end)
-- For each active client: its posts of the day, how many of their lists were ever read, completely
-- at the last read, and the smallest share.
SELECT c.client_id, count(*) AS posts, count(v.slot) AS lists,
  count(*) FILTER (WHERE v.complete) AS complete, min(v.share) AS least
FROM clients c CROSS JOIN LATERAL cicero_posts_of_day(c.client_id,
  CAST(:day_start AS timestamptz), CAST(:day_end AS timestamptz)) AS d
LEFT JOIN LATERAL (
  SELECT e.slot, e.complete, e.share FROM coverage e
  WHERE e.platform = d.platform AND e.content_id = d.content_id AND e.client_id = c.client_id
  ORDER BY e.slot DESC LIMIT 1) AS v ON true
WHERE CASE WHEN CAST(:client_id AS varchar) IS NULL THEN c.client_status
  ELSE c.client_id = :client_id END
GROUP BY c.client_id

-- name: last_messages(client_id)
-- The newest message of each active client, or of the one given.
SELECT c.client_id, m.outbox_id, m.kind, m.status, m.created_at, m.sent_at
FROM clients c CROSS JOIN LATERAL (
  SELECT o.outbox_id, o.kind, o.status, o.created_at, o.sent_at FROM wa_notification_outbox o
  WHERE o.client_id = c.client_id AND o.session IS NOT NULL
  ORDER BY o.outbox_id DESC LIMIT 1) AS m
WHERE CASE WHEN CAST(:client_id AS varchar) IS NULL THEN c.client_status
  ELSE c.client_id = :client_id END

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
