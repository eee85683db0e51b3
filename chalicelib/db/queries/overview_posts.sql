-- name: of_day(client_id, day_start, day_end, wib_day, platform, term, standing, most, skipped)
-- The day's posts of all clients, or of one: by their time, or by the day that a person gave; with
-- what the last read of each post's list found, and since when fetches have lacked it. term: part
-- of a caption, of a post's id or of a client's; standing: of the last read. Every row says how
-- many there are of each standing, whatever was asked for; without any match one row says only
-- that.
WITH of_day AS MATERIALIZED (
  SELECT d.platform, d.content_id, d.client_id
  FROM cicero_posts_between(CAST(:day_start AS timestamptz), CAST(:day_end AS timestamptz)) AS d
  WHERE CAST(:client_id AS varchar) IS NULL OR d.client_id = :client_id
  UNION
  SELECT k.platform, k.content_id, k.client_id FROM client_content k
  WHERE k.task_day = :wib_day AND (CAST(:client_id AS varchar) IS NULL OR k.client_id = :client_id)
), read AS MATERIALIZED (
  SELECT d.*, p.created_at, v.slot AS read_slot, v.read_at, v.share, v.complete, v.ended, v.names,
    CASE WHEN v.slot IS NULL THEN 'never' WHEN v.complete THEN 'verified' ELSE 'unverified' END
      AS standing
  FROM of_day d JOIN cicero_posts() p ON p.platform = d.platform AND p.content_id = d.content_id
  LEFT JOIN LATERAL (
    SELECT e.slot, e.read_at, e.share, e.complete, e.ended, e.names FROM coverage e
    WHERE e.platform = d.platform AND e.content_id = d.content_id AND e.client_id = d.client_id
    ORDER BY e.slot DESC LIMIT 1) AS v ON true
  WHERE (CAST(:platform AS text) IS NULL OR d.platform = :platform)
    AND (CAST(:term AS text) = '' OR strpos(lower(p.caption), :term) > 0
      OR strpos(lower(d.content_id), :term) > 0 OR strpos(lower(d.client_id), :term) > 0)
), counted AS (
  SELECT jsonb_object_agg(standing, posts) AS counts FROM (
    SELECT standing, count(*) AS posts FROM read GROUP BY standing) AS s
), page AS MATERIALIZED (
  SELECT * FROM read WHERE CAST(:standing AS text) IS NULL OR standing = :standing
  ORDER BY created_at DESC, content_id, client_id LIMIT :most OFFSET :skipped
)
SELECT counted.counts, page.client_id, page.platform, page.content_id, p.caption, page.created_at,
  p.source_type, p.like_count, p.comment_count, p.stored, k.missing_since, k.kept, k.seen_slot,
  page.read_slot, page.read_at, page.share, page.complete, page.ended, page.names
FROM counted LEFT JOIN page ON true
LEFT JOIN cicero_posts() p ON p.platform = page.platform AND p.content_id = page.content_id
LEFT JOIN client_content k ON k.client_id = page.client_id AND k.platform = page.platform
  AND k.content_id = page.content_id
ORDER BY page.created_at DESC, page.content_id, page.client_id

-- name: one(content_id)
-- A post that is stored, with its clients.
SELECT p.platform, p.content_id, p.caption, p.created_at, p.original_created_at, p.source_type,
  p.like_count, p.comment_count, p.stored,
  ARRAY(SELECT l.client_id FROM cicero_links() l WHERE l.platform = p.platform
    AND l.content_id = p.content_id ORDER BY l.client_id) AS clients
FROM cicero_posts() p WHERE p.content_id = CAST(:content_id AS varchar)

-- name: snapshots(platform, content_id)
SELECT window_end, names, captured_at
FROM cicero_snapshots(CAST(:platform AS text), CAST(:content_id AS varchar))

-- name: reads(platform, content_id)
-- Every read of the post's list, for any client.
SELECT client_id, slot, read_at, names, comments, count, total, pages, ended, share, complete
FROM coverage WHERE platform = :platform AND content_id = :content_id ORDER BY slot, client_id

-- name: changes(clients, platform, content_id)
-- What the ledger has about a post.
SELECT c.change_id, c.client_id, c.kind, c.slot, c.created_at, c.caption,
  (SELECT count(*) FROM change_told t WHERE t.change_id = c.change_id) AS told
FROM content_change c
WHERE c.client_id = ANY(CAST(:clients AS varchar[])) AND c.platform = :platform
  AND c.content_id = :content_id
ORDER BY c.change_id

-- name: archived(content_id, client_id, before, most)
-- What is in the archive and was not restored, newest first: all of it, of one post, or of one
-- client; before: an archive_id, for the next page.
SELECT a.archive_id, a.platform, a.content_id, a.client_id, a.slot, a.archived_at,
  a.rows ? p.post_table AS whole, a.rows -> p.post_table -> 0 ->> 'caption' AS caption
FROM content_archive a JOIN cicero_platforms() p ON p.platform = a.platform
WHERE a.restored_at IS NULL AND a.archive_id < :before
  AND (CAST(:content_id AS varchar) IS NULL OR a.content_id = :content_id)
  AND (CAST(:client_id AS varchar) IS NULL OR a.client_id = :client_id)
ORDER BY a.archive_id DESC LIMIT :most

-- name: held(since, until)
-- Posts that seemed to be gone and were kept, with whether fetches still lack them.
SELECT DISTINCT ON (c.slot, c.client_id, c.platform, c.content_id) c.client_id, c.platform,
  c.content_id, c.caption, c.slot, c.created_at, k.missing_since,
  k.client_id IS NOT NULL AS known
FROM content_change c
LEFT JOIN client_content k ON k.client_id = c.client_id AND k.platform = c.platform
  AND k.content_id = c.content_id
WHERE c.kind = 'held' AND c.slot >= :since AND c.slot < :until
ORDER BY c.slot DESC, c.client_id, c.platform, c.content_id

-- name: uncovered(day_start, day_end, most)
-- Lists of which less than 95 % was read in the day's last read of them, the smallest share first.
SELECT n.client_id, n.platform, n.content_id, n.slot, n.share, n.ended, n.tries,
  count(*) OVER () AS total
FROM (
  SELECT DISTINCT ON (v.platform, v.content_id, v.client_id) v.*
  FROM coverage v WHERE v.slot >= :day_start AND v.slot < :day_end AND NOT v.complete
  ORDER BY v.platform, v.content_id, v.client_id, v.slot DESC) AS n
WHERE n.share < 0.95 AND NOT EXISTS (
  SELECT 1 FROM coverage e WHERE e.platform = n.platform AND e.content_id = n.content_id
    AND e.client_id = n.client_id AND e.slot > n.slot)
ORDER BY n.share, n.client_id, n.content_id LIMIT :most
