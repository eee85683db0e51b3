-- name: begin(slot, client_id, day_start)
-- A client's run of a slot, the client's row, and what its verdicts need to know.
SELECT r.trigger, r.fetch_posts, r.fetch_result, r.fetched_at, r.engagement_result, r.finished_at,
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
               WHERE l.client_id = r.client_id AND p.created_at < :day_start) AS known_tiktok
FROM client_run r JOIN clients c ON c.client_id = r.client_id
LEFT JOIN tiktok_account a ON a.client_id = r.client_id
WHERE r.slot = :slot AND r.client_id = :client_id

-- name: lock(slot, client_id)
-- One worker at a time writes a client's run; a second waits here, then sees what was done.
SELECT fetch_posts, fetch_result, fetched_at, finished_at, engagement_result, api_calls
FROM client_run
WHERE slot = :slot AND client_id = :client_id
FOR UPDATE

-- name: fetched(slot, client_id, fetch, now, api_calls, api_requests, sql_round_trips, seconds)!
UPDATE client_run SET fetch_result = CAST(:fetch AS jsonb), fetched_at = :now,
  api_calls = CAST(:api_calls AS jsonb), api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id

-- name: refreshed(slot, client_id, engagement, finished_at, outcome, error_kind, api_calls, api_requests, sql_round_trips, seconds)!
-- finished_at and outcome stay NULL where a continuation follows.
UPDATE client_run SET engagement_result = CAST(:engagement AS jsonb), finished_at = :finished_at,
  outcome = :outcome, error_kind = :error_kind, api_calls = CAST(:api_calls AS jsonb),
  api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id

-- name: give_up(slot, client_id, expires_at, outcome, error_kind, now)
-- Ends a run that will not be worked on any more; no row comes back if it had ended already, or
-- was started over by a job with another expiry.
UPDATE client_run SET finished_at = :now, outcome = :outcome, error_kind = :error_kind
WHERE slot = :slot AND client_id = :client_id AND expires_at = :expires_at
  AND finished_at IS NULL
RETURNING client_id

-- name: store_secuid(client_id, handle, secuid, now)!
-- Keeps an account's stable id on the client, and which handle it was asked for.
WITH account AS (
  INSERT INTO tiktok_account (client_id, handle, secuid, looked_up_at)
  VALUES (:client_id, :handle, :secuid, :now)
  ON CONFLICT (client_id) DO UPDATE
    SET handle = EXCLUDED.handle, secuid = EXCLUDED.secuid, looked_up_at = EXCLUDED.looked_up_at
)
UPDATE clients SET tiktok_secuid = :secuid
WHERE client_id = :client_id AND tiktok_secuid IS DISTINCT FROM :secuid

-- name: forget_missing(before, batch)
-- Posts once missing on a day that is over: they are nobody's task any more.
WITH old AS (SELECT ctid FROM content_missing WHERE first_slot < :before LIMIT :batch)
DELETE FROM content_missing m USING old WHERE m.ctid = old.ctid
RETURNING m.content_id

-- name: prune(before, batch)
WITH old AS (SELECT slot, client_id FROM client_run WHERE slot < :before LIMIT :batch)
DELETE FROM client_run r USING old WHERE r.slot = old.slot AND r.client_id = old.client_id
RETURNING r.client_id

-- name: prune_slots(before, batch)
DELETE FROM slot_run WHERE slot IN (
  SELECT slot FROM slot_run s WHERE s.slot < :before
    AND NOT EXISTS (SELECT 1 FROM client_run r WHERE r.slot = s.slot)
  LIMIT :batch)
RETURNING slot
