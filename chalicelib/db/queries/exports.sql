-- name: posts(day)
-- The posts of a WIB day, one row per client that has the post, with how the newest read of
-- its list ended.
SELECT CAST(o.created_at AT TIME ZONE 'Asia/Jakarta' AS date) AS day, l.client_id,
  c.nama AS client_name, l.platform, l.content_id, o.created_at AS posted_at, o.source_type,
  o.caption, o.like_count, o.comment_count, o.stored AS names, v.share, v.complete, v.ended,
  v.read_at
FROM cicero_posts() o
JOIN cicero_links() l USING (platform, content_id)
LEFT JOIN clients c ON c.client_id = l.client_id
LEFT JOIN LATERAL (
  SELECT e.share, e.complete, e.ended, e.read_at FROM coverage e
  WHERE e.platform = l.platform AND e.content_id = l.content_id AND e.client_id = l.client_id
  ORDER BY e.slot DESC LIMIT 1) AS v ON true
WHERE o.created_at >= CAST(:day AS date) AND o.created_at < CAST(:day AS date) + 1
ORDER BY o.created_at, l.platform, l.content_id, l.client_id

-- name: engagement(day)
-- Who has engaged with the posts of a WIB day: one row per client, post and person. complete:
-- whether the newest read of the list showed all of them; NULL if nothing says so.
WITH of_day AS MATERIALIZED (
  SELECT o.created_at, l.client_id, l.platform, l.content_id, v.complete, v.read_at
  FROM cicero_posts() o
  JOIN cicero_links() l USING (platform, content_id)
  LEFT JOIN LATERAL (
    SELECT e.complete, e.read_at FROM coverage e
    WHERE e.platform = l.platform AND e.content_id = l.content_id AND e.client_id = l.client_id
    ORDER BY e.slot DESC LIMIT 1) AS v ON true
  WHERE o.created_at >= CAST(:day AS date) AND o.created_at < CAST(:day AS date) + 1
)
SELECT CAST(d.created_at AT TIME ZONE 'Asia/Jakarta' AS date) AS day, d.client_id, d.platform,
  d.content_id, n.name AS username, d.complete, d.read_at
FROM of_day d CROSS JOIN LATERAL cicero_names(d.platform, d.content_id) AS n (name)
ORDER BY d.created_at, d.platform, d.content_id, d.client_id, n.name

-- name: runs(day)
-- The clients' runs in the slots of a WIB day.
SELECT CAST(r.slot AT TIME ZONE 'Asia/Jakarta' AS date) AS day, r.slot, r.client_id,
  c.nama AS client_name, r.trigger, r.outcome, r.error_kind, r.fetch_posts, r.finished_at,
  f.verdicts, f.posts_new, f.posts_removed, e.lists_read, e.names_read, r.api_requests, r.seconds
FROM client_run r
LEFT JOIN clients c USING (client_id)
CROSS JOIN LATERAL (
  SELECT string_agg(key || ': ' || (value ->> 'verdict'), ', ' ORDER BY key) AS verdicts,
    sum(CAST(value ->> 'new' AS integer)) AS posts_new,
    sum(CAST(value ->> 'removed' AS integer)) AS posts_removed
  FROM jsonb_each(coalesce(r.fetch_result, '{}'))) AS f
CROSS JOIN LATERAL (
  SELECT sum(CAST(value ->> 'posts' AS integer)) AS lists_read,
    sum(CAST(value ->> 'users' AS integer)) AS names_read
  FROM jsonb_each(coalesce(r.engagement_result, '{}'))) AS e
WHERE r.slot >= CAST(:day AS date) AND r.slot < CAST(:day AS date) + 1
ORDER BY r.slot, r.client_id
