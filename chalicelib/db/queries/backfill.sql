-- name: not_missed(first, last, last_slot, fetch_from, since)
-- The clients' days that need no filling in: filled in completely, or at any rate since a moment
-- (`filled`); or ended by their own slots, the last fetch and the day's last refresh without any
-- error (`ran`). first, last: WIB days; last_slot, fetch_from: times of the day's last slot, and
-- from which a fetch shows nearly all of the day.
SELECT client_id, wib_day, 'filled' AS why FROM backfill
WHERE wib_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
  AND (complete OR done_at >= CAST(:since AS timestamptz))
UNION ALL
SELECT r.client_id, CAST(r.slot AT TIME ZONE 'Asia/Jakarta' AS date), 'ran'
FROM client_run r
WHERE r.outcome = 'done' AND r.slot >= CAST(:first AS date)
  AND r.slot < CAST(:last AS date) + 1
  AND CAST(r.slot AT TIME ZONE 'Asia/Jakarta' AS time) = CAST(:last_slot AS time)
  AND EXISTS (
    SELECT 1 FROM client_run f WHERE f.client_id = r.client_id AND f.outcome = 'done'
      AND f.fetched_at IS NOT NULL AND f.slot <= r.slot
      AND f.slot >= CAST(r.slot AT TIME ZONE 'Asia/Jakarta' AS date) + CAST(:fetch_from AS time))

-- name: accounts(client_id)
-- The accounts that were looked up for a client.
SELECT platform, handle, account_id FROM cicero_accounts(CAST(:client_id AS varchar))

-- name: kept_call(client_id, call, since)
SELECT CAST(answer AS text) AS answer FROM backfill_call
WHERE client_id = :client_id AND call = :call AND read_at >= :since

-- name: keep_call(client_id, call, answer, now)!
INSERT INTO backfill_call (client_id, call, answer, read_at)
VALUES (:client_id, :call, CAST(:answer AS jsonb), :now)
ON CONFLICT (client_id, call) DO UPDATE SET answer = EXCLUDED.answer, read_at = EXCLUDED.read_at

-- name: forget_calls(client_id)!
DELETE FROM backfill_call WHERE client_id = :client_id

-- name: store_posts(client_id, now, posts)
-- Takes its locks, then stores posts of earlier days with their links, and no ledger rows: nobody
-- is told. Returns how many were new to the client, and which had been removed and are back.
-- posts: as posts.store takes them.
WITH locked AS MATERIALIZED (
  SELECT 1 FROM cicero_lock(CAST(:client_id AS text), ARRAY(SELECT
    CAST(p ->> 'content_id' AS varchar) FROM jsonb_array_elements(CAST(:posts AS jsonb)) AS p))
), linked AS MATERIALIZED (
  SELECT l.* FROM locked, cicero_store_posts(CAST(:client_id AS varchar), CAST(:posts AS jsonb),
    CAST(:now AS timestamptz)) AS l
), known AS (
  INSERT INTO client_content (client_id, platform, content_id, owned, seen_at)
  SELECT :client_id, i.platform, i.content_id, i.owned, CAST(:now AS timestamptz)
  FROM locked, jsonb_to_recordset(CAST(:posts AS jsonb)) AS i (
    platform text, content_id varchar, owned boolean)
  ORDER BY i.content_id
  ON CONFLICT (client_id, platform, content_id) DO UPDATE
    SET owned = EXCLUDED.owned, seen_at = EXCLUDED.seen_at, missing_since = NULL
)
SELECT count(*) AS new, coalesce(array_agg(content_id) FILTER (WHERE archived), '{}') AS returned
FROM linked

-- name: tasks(client_id, day_start, day_end)
-- The client's posts of the day, each as engagement.begin has them, with how it was last read.
SELECT to_jsonb(t) AS task FROM (
  SELECT d.platform, d.content_id, false AS late, false AS shown, p.caption, p.like_count,
    p.comment_count, p.source_type, p.created_at, coalesce(p.stored, 0) AS stored,
    false AS shared, false AS read_now,
    (SELECT to_jsonb(v) FROM (
       SELECT c.slot, c.count, c.ended, c.complete, c.tries, false AS confirmed FROM coverage c
       WHERE c.platform = d.platform AND c.content_id = d.content_id
         AND c.client_id = :client_id ORDER BY c.slot DESC LIMIT 1) AS v) AS last
  FROM cicero_posts_of_day(CAST(:client_id AS varchar), CAST(:day_start AS timestamptz),
    CAST(:day_end AS timestamptz)) AS d
  JOIN cicero_posts() p USING (platform, content_id) ORDER BY p.created_at, d.content_id) AS t

-- name: store_people(client_id, slot, now, users)
-- Takes its locks, then merges the names that were read into what is stored, without a snapshot,
-- and notes the result of each read under the day's last slot. users: as engagement.store_reads
-- takes them.
WITH locked AS MATERIALIZED (
  SELECT 1 FROM cicero_lock(CAST(:client_id AS text), ARRAY(SELECT
    CAST(u ->> 'content_id' AS varchar) FROM jsonb_array_elements(CAST(:users AS jsonb)) AS u))
), stored AS MATERIALIZED (
  SELECT cicero_store_people(CAST(:users AS jsonb), '{}', NULL, NULL, CAST(:now AS timestamptz))
  FROM locked
)
INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, comments, count,
  total, pages, ended, share, complete, tries)
SELECT platform, content_id, :client_id, CAST(:slot AS timestamptz), CAST(:now AS timestamptz),
  names, comments, count, total, pages, ended, share, complete, tries
FROM stored, jsonb_to_recordset(CAST(:users AS jsonb)) AS u (platform text, content_id varchar,
  names integer, comments integer, count integer, total integer, pages integer, ended text,
  share real, complete boolean, tries integer)
ORDER BY content_id
ON CONFLICT (platform, content_id, client_id, slot) DO UPDATE SET
  read_at = EXCLUDED.read_at, names = EXCLUDED.names, comments = EXCLUDED.comments,
  count = EXCLUDED.count, total = EXCLUDED.total, pages = EXCLUDED.pages,
  ended = EXCLUDED.ended, share = EXCLUDED.share, complete = EXCLUDED.complete,
  tries = EXCLUDED.tries
RETURNING content_id

-- name: end_day(client_id, wib_day, complete, result, now)!
INSERT INTO backfill (client_id, wib_day, done_at, complete, result)
VALUES (:client_id, :wib_day, :now, :complete, CAST(:result AS jsonb))
ON CONFLICT (client_id, wib_day) DO UPDATE SET
  done_at = EXCLUDED.done_at, complete = EXCLUDED.complete, result = EXCLUDED.result

-- name: prune(before, batch)
WITH old AS MATERIALIZED (
  SELECT client_id, wib_day FROM backfill WHERE done_at < :before
  LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM backfill b USING old WHERE b.client_id = old.client_id AND b.wib_day = old.wib_day
RETURNING b.client_id

-- name: prune_calls(before, batch)
WITH old AS MATERIALIZED (
  SELECT client_id, call FROM backfill_call WHERE read_at < :before
  LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM backfill_call c USING old WHERE c.client_id = old.client_id AND c.call = old.call
RETURNING c.client_id
