-- name: known(posts)
-- The names that are stored of these posts, without marks: posts is a JSON array of
-- {platform, content_id}.
SELECT p.platform, p.content_id,
  coalesce((SELECT jsonb_agg(name) FROM cicero_names(p.platform, p.content_id) AS name), '[]')
    AS names
FROM jsonb_to_recordset(CAST(:posts AS jsonb)) AS p (platform text, content_id varchar)

-- name: proofs()
SELECT host, platform, lists, names_new, names_first, refuted_at FROM list_order

-- name: note(seen, now)!
-- Adds what reads have shown: a JSON array of {host, platform, lists, names_new,
-- names_first, refuted}.
INSERT INTO list_order AS o (host, platform, lists, names_new, names_first, since, refuted_at)
SELECT host, platform, lists, names_new, names_first, :now,
  CASE WHEN refuted THEN CAST(:now AS timestamptz) END
FROM jsonb_to_recordset(CAST(:seen AS jsonb))
  AS s (host text, platform text, lists integer, names_new bigint, names_first bigint,
    refuted boolean)
ORDER BY host, platform
ON CONFLICT (host, platform) DO UPDATE SET lists = o.lists + EXCLUDED.lists,
  names_new = o.names_new + EXCLUDED.names_new,
  names_first = o.names_first + EXCLUDED.names_first,
  refuted_at = coalesce(o.refuted_at, EXCLUDED.refuted_at)
