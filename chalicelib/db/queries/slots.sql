-- name: open(slot, status, trigger, reason, now)
-- Opens (or records) a slot once; returns no row if it was there already.
INSERT INTO slot_run (slot, status, trigger, reason, opened_at, closed_at)
VALUES (:slot, :status, :trigger, :reason, :now,
        CASE WHEN :status = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END)
ON CONFLICT (slot) DO NOTHING
RETURNING slot

-- name: reopen(slot, trigger, now)
-- Opens a slot that was skipped or missed after all; returns no row for any other.
UPDATE slot_run SET status = 'open', trigger = :trigger, reason = NULL, opened_at = :now,
  closed_at = NULL, started = clock_timestamp()
WHERE slot = :slot AND status IN ('skipped', 'missed')
RETURNING slot

-- name: full_read(slot, day_start)
-- Of each platform, the calls that reading every list of the day takes: as far as the posts go that
-- the last half hour has shown, or at most earlier today; and the same of the day before. The day's
-- first slot also shows yesterday's posts.
WITH shown AS (
  SELECT DISTINCT platform, content_id FROM client_content
  WHERE seen_slot >= CAST(:slot AS timestamptz) - interval '31 minutes' AND seen_slot < :slot
    AND seen_slot > (SELECT min(slot) FROM slot_run WHERE slot >= :day_start)
), pages AS (
  SELECT platform, sum(coalesce(nullif(last.pages, 0), 2)) AS calls
  FROM shown s LEFT JOIN LATERAL (
    SELECT v.pages FROM coverage v
    WHERE v.platform = s.platform AND v.content_id = s.content_id AND v.slot < :slot
      AND v.ended <> 'known'
    ORDER BY v.slot DESC LIMIT 1) AS last ON true
  GROUP BY platform
), earlier AS (
  SELECT p.key AS platform,
    max(CAST(p.value ->> 'today' AS integer)) FILTER (WHERE s.slot >= :day_start) AS today,
    max(CAST(p.value ->> 'today' AS integer)) FILTER (WHERE s.slot < :day_start) AS yesterday
  FROM slot_run s, jsonb_each(s.plan) AS p
  WHERE s.slot >= CAST(:day_start AS timestamptz) - interval '1 day' AND s.slot < :slot
  GROUP BY p.key
)
SELECT platform, CAST(greatest(pages.calls, e.today, 0) AS integer) AS today,
  coalesce(e.yesterday, 0) AS yesterday
FROM cicero_platforms() LEFT JOIN pages USING (platform) LEFT JOIN earlier e USING (platform)

-- name: set_plan(slot, plan)!
UPDATE slot_run SET plan = CAST(:plan AS jsonb) WHERE slot = :slot

-- name: get(slot)
SELECT slot, status, trigger, reason, opened_at, closed_at FROM slot_run WHERE slot = :slot

-- name: job_is_active(job_key)
-- The operators' off switch; a job without a row is on.
SELECT is_active FROM cron_job_config WHERE job_key = :job_key

-- name: active_clients()
SELECT * FROM clients WHERE client_status ORDER BY client_id

-- name: find_client(client_id)
-- Ids compare trimmed and case-insensitive; an exact match wins.
SELECT * FROM clients WHERE lower(btrim(client_id)) = lower(btrim(:client_id))
ORDER BY client_id = :client_id DESC LIMIT 1

-- name: add_clients(slot, trigger, clients)!
-- One run per client of the slot: clients is a JSON array of {client_id, fetch_posts, expires_at}.
INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at)
SELECT :slot, client_id, :trigger, fetch_posts, expires_at
FROM jsonb_to_recordset(CAST(:clients AS jsonb))
  AS c (client_id varchar, fetch_posts boolean, expires_at timestamptz)
ON CONFLICT (slot, client_id) DO NOTHING

-- name: restart_client(slot, client_id, trigger, fetch_posts, expires_at)!
-- A manual run starts over, whatever the result of the slot's own run was.
INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at)
VALUES (:slot, :client_id, :trigger, :fetch_posts, :expires_at)
ON CONFLICT (slot, client_id) DO UPDATE SET
  trigger = EXCLUDED.trigger, fetch_posts = EXCLUDED.fetch_posts,
  expires_at = EXCLUDED.expires_at, dispatched_at = NULL, fetch_result = NULL, fetched_at = NULL,
  engagement_result = NULL, finished_at = NULL, outcome = NULL, error_kind = NULL

-- name: undispatched(slot, skip, most)
-- Up to `most` of the runs whose job was not sent yet, after the first `skip`; the clients longest
-- without a success come first.
SELECT r.client_id, r.trigger, r.fetch_posts, r.expires_at
FROM client_run r
LEFT JOIN LATERAL (
  SELECT max(s.finished_at) AS at FROM client_run s
  WHERE s.client_id = r.client_id AND s.outcome = 'done' AND s.slot < r.slot
) AS success ON true
WHERE r.slot = :slot AND r.dispatched_at IS NULL AND r.finished_at IS NULL
ORDER BY success.at NULLS FIRST, r.client_id
OFFSET :skip LIMIT :most

-- name: mark_dispatched(slot, clients, now)!
WITH held AS MATERIALIZED (
  SELECT client_id FROM client_run
  WHERE slot = :slot AND client_id = ANY(CAST(:clients AS varchar[]))
  ORDER BY client_id FOR NO KEY UPDATE
)
UPDATE client_run r SET dispatched_at = :now FROM held
WHERE r.slot = :slot AND r.client_id = held.client_id

-- name: close(slot, now, overdue)
-- Closes an open slot whose clients have all finished, or one that is overdue; at most one caller
-- gets the row.
UPDATE slot_run SET status = 'closed', closed_at = :now, report_due = true,
  seconds = extract(epoch FROM clock_timestamp() - started)
WHERE slot = :slot AND status = 'open'
  AND (CAST(:overdue AS boolean)
       OR NOT EXISTS (SELECT 1 FROM client_run r WHERE r.slot = :slot AND r.finished_at IS NULL))
RETURNING slot

-- name: take_report(slot)
-- Lets the caller write what operators are told of a closed slot, in this transaction; returns no
-- row if another caller has.
UPDATE slot_run SET report_due = false WHERE slot = :slot AND report_due
RETURNING coalesce(seconds, 0) AS seconds

-- name: reports_due(closed_before)
-- Closed slots that operators were not told of.
SELECT slot FROM slot_run WHERE report_due AND closed_at <= :closed_before ORDER BY slot

-- name: last_ended(day_start)
-- The day's last slot that was closed, or will not be opened.
SELECT max(slot) AS slot FROM slot_run WHERE slot >= :day_start AND status <> 'open'

-- name: overdue(opened_before)
-- Open slots that should have finished by now.
SELECT slot FROM slot_run WHERE status = 'open' AND opened_at <= :opened_before ORDER BY slot

-- name: summary(slot)
-- The result of the slot, for the report and the command line.
SELECT count(*) AS clients,
       count(*) FILTER (WHERE outcome = 'done') AS done,
       count(*) FILTER (WHERE outcome <> 'done') AS failed,
       count(*) FILTER (WHERE finished_at IS NULL) AS unfinished,
       coalesce(sum(api_requests), 0) AS api_requests,
       coalesce(sum(sql_round_trips), 0) AS sql_round_trips,
       (SELECT count(*) FROM content_change c WHERE c.slot = :slot AND c.kind IN ('new', 'late'))
         AS posts_new,
       (SELECT count(*) FROM content_change c WHERE c.slot = :slot AND c.kind = 'removed')
         AS posts_removed,
       (SELECT count(*) FROM wa_notification_outbox o WHERE o.slot = :slot) AS messages_queued,
       (SELECT count(*) FROM wa_notification_outbox o WHERE o.slot = :slot AND o.status = 'sent')
         AS messages_sent,
       (SELECT count(*) FROM wa_notification_outbox o WHERE o.slot = :slot
          AND o.status IN ('pending', 'processing', 'retrying')) AS messages_waiting,
       (SELECT count(*) FROM coverage v WHERE v.slot = :slot AND v.share < 0.95) AS lists_incomplete
FROM client_run WHERE slot = :slot

-- name: client_results(slot)
SELECT r.client_id, c.nama, r.trigger, r.fetch_posts, r.fetch_result, r.engagement_result, r.outcome,
       r.error_kind, r.api_requests, r.sql_round_trips, r.seconds, r.finished_at
FROM client_run r LEFT JOIN clients c USING (client_id)
WHERE r.slot = :slot ORDER BY r.client_id

-- name: not_done(slot, now)
-- The active clients whose runs of the slot did not end as done, or will not end any more.
SELECT r.client_id FROM client_run r JOIN clients c USING (client_id)
WHERE r.slot = :slot AND c.client_status AND r.outcome IS DISTINCT FROM 'done'
  AND (r.finished_at IS NOT NULL OR r.expires_at <= :now)
ORDER BY r.client_id

-- name: unfinished_clients(slot)
SELECT client_id FROM client_run WHERE slot = :slot AND finished_at IS NULL ORDER BY client_id

-- name: known_slots(day_start, day_end)
SELECT slot FROM slot_run WHERE slot >= :day_start AND slot < :day_end

-- name: first()
-- The first slot this service ever knew of; NULL before its first start.
SELECT min(slot) AS slot FROM slot_run

-- name: with_undispatched(slot_from)
-- Open slots whose dispatch a crash cut short.
SELECT DISTINCT r.slot FROM client_run r JOIN slot_run s USING (slot)
WHERE s.status = 'open' AND r.finished_at IS NULL AND r.dispatched_at IS NULL
  AND r.slot >= :slot_from
ORDER BY r.slot
