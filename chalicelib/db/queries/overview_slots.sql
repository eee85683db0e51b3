-- name: of_days(day_start, day_end)
-- The recorded slots from day_start to before day_end with their figures: as summed when they were
-- over, or, where summed_at is NULL, as they are now.
SELECT m.slot, m.status, m.trigger, m.reason, m.opened_at, m.closed_at, m.seconds, m.clients,
  m.done, m.failed, m.unfinished, m.api_requests, m.api_calls, m.client_seconds, m.posts_new,
  m.posts_removed, m.posts_held, m.messages, m.lists, m.lists_incomplete, m.summed_at
FROM slot_summary m
WHERE m.slot >= :day_start AND m.slot < :day_end AND NOT EXISTS (
  SELECT 1 FROM slot_run s WHERE s.slot = m.slot
    AND (s.status = 'open' OR s.closed_at > m.summed_at))
UNION ALL
SELECT s.slot, s.status, s.trigger, s.reason, s.opened_at, s.closed_at, s.seconds, t.*, NULL
FROM slot_run s CROSS JOIN LATERAL cicero_slot_totals(s.slot) AS t
WHERE s.slot >= :day_start AND s.slot < :day_end AND NOT EXISTS (
  SELECT 1 FROM slot_summary m WHERE m.slot = s.slot
    AND s.status <> 'open' AND s.closed_at <= m.summed_at)
ORDER BY slot

-- name: results(slot)
-- What came of each client in the slot, by id, as one JSON array, which is read faster.
SELECT coalesce(json_agg(json_build_object('client_id', r.client_id, 'nama', c.nama,
  'fetch_result', r.fetch_result, 'engagement_result', r.engagement_result, 'outcome', r.outcome,
  'error_kind', r.error_kind, 'api_requests', r.api_requests, 'seconds', r.seconds)
  ORDER BY r.client_id), '[]') AS clients
FROM client_run r LEFT JOIN clients c USING (client_id) WHERE r.slot = :slot

-- name: summarise(closed_before, now, batch)
-- Sums up to `batch` slots that are over and not summed since, the newest first; one that a person
-- runs again waits until that has ended or expired. Returns their slots.
INSERT INTO slot_summary (slot, status, trigger, reason, opened_at, closed_at, seconds, clients,
  done, failed, unfinished, api_requests, api_calls, client_seconds, posts_new, posts_removed,
  posts_held, messages, lists, lists_incomplete, summed_at)
SELECT s.slot, s.status, s.trigger, s.reason, s.opened_at, s.closed_at, s.seconds, t.*,
  CAST(:now AS timestamptz)
FROM (
  SELECT * FROM slot_run s
  WHERE s.status <> 'open' AND s.closed_at <= :closed_before
    AND NOT EXISTS (SELECT 1 FROM slot_summary m
      WHERE m.slot = s.slot AND m.summed_at >= s.closed_at)
    AND NOT EXISTS (SELECT 1 FROM client_run r
      WHERE r.slot = s.slot AND r.finished_at IS NULL AND r.expires_at > :now)
  ORDER BY s.slot DESC LIMIT :batch
) AS s CROSS JOIN LATERAL cicero_slot_totals(s.slot) AS t
ORDER BY s.slot
ON CONFLICT (slot) DO UPDATE SET status = EXCLUDED.status, trigger = EXCLUDED.trigger,
  reason = EXCLUDED.reason, opened_at = EXCLUDED.opened_at, closed_at = EXCLUDED.closed_at,
  seconds = EXCLUDED.seconds, clients = EXCLUDED.clients, done = EXCLUDED.done,
  failed = EXCLUDED.failed, unfinished = EXCLUDED.unfinished,
  api_requests = EXCLUDED.api_requests, api_calls = EXCLUDED.api_calls,
  client_seconds = EXCLUDED.client_seconds, posts_new = EXCLUDED.posts_new,
  posts_removed = EXCLUDED.posts_removed, posts_held = EXCLUDED.posts_held,
  messages = EXCLUDED.messages, lists = EXCLUDED.lists,
  lists_incomplete = EXCLUDED.lists_incomplete, summed_at = EXCLUDED.summed_at
RETURNING slot

-- name: forget_summary(slot)!
-- A person runs a client of the slot again: its figures change, and are summed again.
DELETE FROM slot_summary m WHERE m.slot = :slot
  AND EXISTS (SELECT 1 FROM slot_run s WHERE s.slot = m.slot)

-- name: by_day(day_start, day_end)
-- The figures of each WIB day, from the slots that were summed.
SELECT CAST(slot AS date) AS day, count(*) AS slots,
  count(*) FILTER (WHERE status = 'closed') AS closed,
  count(*) FILTER (WHERE status = 'skipped') AS skipped,
  count(*) FILTER (WHERE status = 'missed') AS missed,
  max(clients) AS clients, sum(done) AS done, sum(failed) AS failed,
  sum(unfinished) AS unfinished, sum(api_requests) AS api_requests,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE status = 'closed') AS median,
  max(seconds) AS longest, sum(posts_new) AS posts_new, sum(posts_removed) AS posts_removed,
  sum(messages) AS messages, sum(lists) AS lists, sum(lists_incomplete) AS lists_incomplete,
  max(summed_at) AS summed_at
FROM slot_summary WHERE slot >= :day_start AND slot < :day_end
GROUP BY CAST(slot AS date) ORDER BY day

-- name: not_summed(day_start, day_end)
-- How many slots are over but not in the figures yet.
SELECT count(*) AS slots FROM slot_run s
WHERE s.slot >= :day_start AND s.slot < :day_end AND s.status <> 'open' AND NOT EXISTS (
  SELECT 1 FROM slot_summary m WHERE m.slot = s.slot AND s.closed_at <= m.summed_at)

-- name: calls_by_slot(day_start, day_end)
-- Pairs of slot and requests by endpoint and outcome, as one JSON array; of slots that were summed.
SELECT coalesce(json_agg(json_build_array(slot, api_calls) ORDER BY slot), '[]') AS slots
FROM slot_summary WHERE slot >= :day_start AND slot < :day_end
