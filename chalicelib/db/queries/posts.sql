-- name: begin(slot, client_id, day_start)
-- A client's run of a slot, the client's row, and, for each platform, what its verdict needs to
-- know: whether no fetch of the day has been complete yet (`first`), whether the client `had` posts
-- at all, and whether any posts before the day are `known`; also the account that was looked up, and the slot's plan.
SELECT r.fetch_result, r.fetched_at, r.finished_at, r.api_calls, to_jsonb(c) AS client,
  (SELECT s.plan FROM slot_run s WHERE s.slot = r.slot) AS plan,
  (SELECT jsonb_object_agg(p.platform, jsonb_build_object(
     'first', NOT EXISTS (
       SELECT 1 FROM client_run e WHERE e.client_id = r.client_id AND e.slot >= :day_start
         AND e.slot < r.slot AND e.fetch_result #>> ARRAY[p.platform, 'verdict'] = 'complete'),
     'had', EXISTS (
       SELECT 1 FROM cicero_links() l WHERE l.platform = p.platform AND l.client_id = r.client_id),
     'known', EXISTS (
       SELECT 1 FROM cicero_links() l JOIN cicero_posts() o USING (platform, content_id)
       WHERE l.platform = p.platform AND l.client_id = r.client_id
         AND o.created_at < CAST(:day_start AS timestamptz)),
     'account_handle', a.handle, 'account_id', a.account_id))
   FROM cicero_platforms() p LEFT JOIN cicero_accounts(r.client_id) a USING (platform)
  ) AS platforms
FROM client_run r JOIN clients c ON c.client_id = r.client_id
WHERE r.slot = :slot AND r.client_id = :client_id

-- name: store(slot, client_id, wib_day, now, posts)
-- Takes its locks (docs/architecture.md), then the client's run, and stores the posts that a fetch
-- found, with links and ledger. Returns no row if another worker was first; otherwise the news of
-- each platform, and which of the posts had been removed and are back. What others have committed
-- while it waited is seen only by functions, each of which takes a new snapshot, and by the run's
-- own lock.
-- posts: JSON array of posts of all platforms, each with `late` and `owned`; a platform's posts are
-- written by its cicero_store_<platform>.
WITH locked AS MATERIALIZED (
  SELECT 1 FROM cicero_lock(CAST(:client_id AS text), ARRAY(SELECT
    CAST(p ->> 'content_id' AS varchar) FROM jsonb_array_elements(CAST(:posts AS jsonb)) AS p))
), run AS MATERIALIZED (
  SELECT r.slot, r.client_id, CAST(:wib_day AS date) AS wib_day, CAST(:now AS timestamptz) AS now
  FROM locked, client_run r
  WHERE r.slot = :slot AND r.client_id = :client_id AND r.fetched_at IS NULL
    AND r.finished_at IS NULL
  FOR UPDATE OF r
), incoming AS MATERIALIZED (
  SELECT i.*, run.client_id FROM run, jsonb_to_recordset(CAST(:posts AS jsonb)) AS i (
    platform text, content_id varchar, caption text, posted_at timestamptz, late boolean,
    owned boolean)
), linked AS MATERIALIZED (
  SELECT l.* FROM run, cicero_store_posts(run.client_id, CAST(:posts AS jsonb), run.now) AS l
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
  ORDER BY i.content_id
  ON CONFLICT (client_id, platform, content_id) DO UPDATE
    SET owned = EXCLUDED.owned, seen_at = EXCLUDED.seen_at, seen_slot = EXCLUDED.seen_slot,
      missing_since = NULL
)
SELECT
  (SELECT coalesce(jsonb_object_agg(platform, posts), '{}') FROM (
     SELECT platform, count(*) AS posts FROM linked GROUP BY platform) AS counted) AS new,
  (SELECT coalesce(array_agg(content_id), '{}') FROM linked WHERE archived) AS returned
FROM run

-- name: note_missing(client_id, slot, now, day_start, day_end, seen, complete)
-- The client's stored posts of the day, with the slot since which fetches have lacked them. Those
-- that this one lacked are noted. seen: the ids of all posts that the feeds showed; complete: the
-- platforms whose fetch may conclude that a post is gone.
WITH of_day AS MATERIALIZED (
  SELECT d.platform, d.content_id
  FROM cicero_posts_of_day(CAST(:client_id AS varchar), CAST(:day_start AS timestamptz),
    CAST(:day_end AS timestamptz)) AS d
  WHERE d.source_type = 'cron_fetch'
), missing AS (
  INSERT INTO client_content AS k (client_id, platform, content_id, missing_since, seen_at)
  SELECT CAST(:client_id AS varchar), platform, content_id, CAST(:slot AS timestamptz),
    CAST(:now AS timestamptz)
  FROM of_day
  WHERE platform = ANY(CAST(:complete AS text[])) AND content_id <> ALL(CAST(:seen AS varchar[]))
  ON CONFLICT (client_id, platform, content_id) DO UPDATE
    SET missing_since = coalesce(k.missing_since, EXCLUDED.missing_since)
    WHERE NOT k.kept AND k.owned IS NOT FALSE
  RETURNING platform, content_id, missing_since
)
SELECT platform, content_id, m.missing_since
FROM of_day LEFT JOIN missing m USING (platform, content_id) ORDER BY platform, content_id

-- name: end_fetch(slot, client_id, now, results, api_calls, api_requests, sql_round_trips, seconds)!
-- The result of the fetch and its cost.
UPDATE client_run SET fetched_at = :now, fetch_result = CAST(:results AS jsonb),
  api_calls = CAST(:api_calls AS jsonb), api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id

-- name: correct(slot, client_id, results, api_calls, api_requests, sql_round_trips, seconds)!
-- The results of removals, which are decided after the posts are stored, and their cost.
UPDATE client_run SET fetch_result = CAST(:results AS jsonb),
  api_calls = CAST(:api_calls AS jsonb), api_requests = api_requests + :api_requests,
  sql_round_trips = sql_round_trips + :sql_round_trips, seconds = seconds + :seconds
WHERE slot = :slot AND client_id = :client_id
