-- name: people(client_id, by_role)
-- The active people of a client, with the accounts that were entered for each, in any form. They
-- come as one array of JSON texts: thousands of rows take the driver longer than the server.
-- by_role: those whose role names the client, wherever they serve; if nobody has that role, or if
-- not by_role, those whose client_id it is.
WITH of_role AS MATERIALIZED (
  SELECT user_id FROM cicero_people_with_role(CAST(:client_id AS text)) AS user_id
  WHERE CAST(:by_role AS boolean)
), people AS MATERIALIZED (
  SELECT u.user_id, u.nama AS name, u.title, u.divisi AS division, u.jabatan AS position,
    u.client_id AS unit_id, c.nama AS unit, coalesce(u.exception, false) AS excused
  FROM "user" u LEFT JOIN clients c ON c.client_id = u.client_id
  WHERE u.status IS NOT FALSE AND CASE WHEN EXISTS (SELECT FROM of_role)
    THEN u.user_id IN (SELECT user_id FROM of_role)
    ELSE u.client_id = CAST(:client_id AS varchar) END
), entered AS (
  SELECT h.user_id,
    json_agg(json_build_array(h.platform, h.username) ORDER BY h.place) AS accounts
  FROM cicero_handles(ARRAY(SELECT user_id FROM people)) AS h GROUP BY h.user_id
)
SELECT coalesce(json_agg(CAST(to_json(one) AS text)), '[]') AS people FROM (
  SELECT p.*, coalesce(e.accounts, '[]') AS accounts
  FROM people p LEFT JOIN entered e USING (user_id)
) AS one

-- name: posts(client_id, first_day, last_day, range_start, range_end, at)
-- The client's posts of these days, with the newest read of each one's list, whoever's run made it.
-- wib_day: the day that a post was given to the client for; NULL: its own. at: as that slot knew
-- them, if not NULL.
WITH given AS MATERIALIZED (
  SELECT CAST(:client_id AS varchar) AS client_id, CAST(:at AS timestamptz) AS at,
    CAST(:first_day AS date) AS first_day, CAST(:last_day AS date) AS last_day,
    CAST(:range_start AS timestamptz) AS range_start, CAST(:range_end AS timestamptz) AS range_end
), of_days AS (
  SELECT d.platform, d.content_id, CAST(NULL AS date) AS wib_day
  FROM given g, cicero_posts_of_day(g.client_id, g.range_start, g.range_end) AS d
  UNION SELECT k.platform, k.content_id, k.task_day
  FROM given g JOIN client_content k ON k.client_id = g.client_id
    AND k.task_day BETWEEN g.first_day AND g.last_day
  UNION SELECT c.platform, c.content_id, c.wib_day
  FROM given g JOIN content_change c ON c.client_id = g.client_id AND c.kind = 'new'
    AND c.wib_day BETWEEN g.first_day AND g.last_day
  JOIN cicero_links() l ON l.platform = c.platform AND l.content_id = c.content_id
    AND l.client_id = c.client_id
)
SELECT p.platform, p.content_id, d.wib_day, p.created_at AS posted_at, p.caption,
  v.slot AS read_slot, v.read_at, v.complete, v.ended, v.names AS read_names, v.share
FROM given g, of_days d
JOIN cicero_posts() p ON p.platform = d.platform AND p.content_id = d.content_id
LEFT JOIN LATERAL (
  SELECT c.* FROM given g, coverage c
  WHERE c.platform = p.platform AND c.content_id = p.content_id
    AND (g.at IS NULL OR c.slot <= g.at)
  ORDER BY c.slot DESC, c.complete DESC, c.read_at DESC LIMIT 1
) AS v ON true
WHERE p.created_at IS NOT NULL AND (g.at IS NULL OR v.slot IS NOT NULL OR EXISTS (
  SELECT 1 FROM content_change n
  WHERE n.client_id = g.client_id AND n.platform = p.platform AND n.content_id = p.content_id
    AND n.kind IN ('new', 'late') AND n.slot <= g.at))
ORDER BY p.created_at, p.content_id

-- name: people_lists(posts, until)
-- The list that is stored of each post: see cicero_people_lists.
SELECT platform, content_id, people
FROM cicero_people_lists(CAST(:posts AS jsonb), CAST(:until AS timestamptz))

-- name: basis(client_id, range_start, until)
-- The last slot that refreshed the client's engagement, and for each platform the last one whose
-- fetch of the posts was complete. A run that expired or was given up has refreshed nothing.
SELECT max(r.slot) FILTER (WHERE r.finished_at IS NOT NULL AND r.engagement_result IS NOT NULL
    AND r.outcome IN ('done', 'failed')) AS data_at,
  (SELECT coalesce(jsonb_object_agg(f.platform, f.slot), '{}') FROM (
     SELECT e.key AS platform, max(c.slot) AS slot
     FROM client_run c, jsonb_each(c.fetch_result) AS e
     WHERE c.client_id = CAST(:client_id AS varchar) AND c.slot >= :range_start AND c.slot <= :until
       AND e.value ->> 'verdict' = 'complete'
     GROUP BY e.key) AS f) AS feeds
FROM client_run r
WHERE r.client_id = CAST(:client_id AS varchar) AND r.slot >= :range_start AND r.slot <= :until

-- name: units()
-- The active clients, by name.
SELECT * FROM clients WHERE client_status IS NOT FALSE ORDER BY nama, client_id

-- name: subordinates(client_id)
-- The units below a client: those that name it as their parent, and the org units of its region.
SELECT s.client_id, s.nama AS name FROM clients c
JOIN clients s ON s.client_id <> c.client_id AND s.client_status IS NOT FALSE
  AND (lower(btrim(s.parent_client_id)) = lower(btrim(c.client_id))
    OR (c.regional_id <> '' AND s.regional_id = c.regional_id
        AND lower(btrim(s.client_type)) = 'org'))
WHERE c.client_id = :client_id
ORDER BY s.nama, s.client_id

-- name: find_people(text, names)
-- The active people whose id or name this is, whatever its case (`named`), or of whom an account was
-- entered that contains one of the names, in lower case: `accounts` are those, as they were entered.
WITH entered AS (
  SELECT h.user_id, json_agg(json_build_array(h.platform, h.username)) AS accounts
  FROM cicero_handles(ARRAY(SELECT user_id FROM "user" WHERE status IS NOT FALSE)) AS h
  WHERE EXISTS (SELECT 1 FROM unnest(CAST(:names AS text[])) AS n
    WHERE position(n IN lower(h.username)) > 0)
  GROUP BY h.user_id
)
SELECT p.* FROM (
  SELECT u.user_id, u.client_id, coalesce(e.accounts, '[]') AS accounts,
    u.user_id = CAST(:text AS text) OR coalesce(lower(btrim(u.nama)) = lower(:text), false) AS named
  FROM "user" u LEFT JOIN entered e USING (user_id)
  WHERE u.status IS NOT FALSE
) AS p
WHERE p.named OR json_array_length(p.accounts) > 0
ORDER BY p.user_id

-- name: reads(posts)
-- Every read of these posts' lists that is still known, the oldest first. Of reads in one slot, the
-- best one.
SELECT DISTINCT ON (c.slot, c.platform, c.content_id) c.platform, c.content_id,
  c.slot AS read_slot, c.read_at, c.complete, c.ended, c.names AS read_names, c.share
FROM jsonb_to_recordset(CAST(:posts AS jsonb)) AS i (platform text, content_id varchar)
JOIN coverage c ON c.platform = i.platform AND c.content_id = i.content_id
ORDER BY c.slot, c.platform, c.content_id, c.complete DESC, c.read_at DESC

-- name: snapshots(posts, known)
-- In which half hours these posts' names were kept, and whether any known one was among them.
SELECT platform, content_id, window_end, named
FROM cicero_snapshots(CAST(:posts AS jsonb), CAST(:known AS jsonb))
