-- name: note_new(platform, content_id, client_id, slot, wib_day, posted_at, caption, now)!
-- A ledger row for a post that a person added.
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
VALUES (:platform, :content_id, :client_id, 'new', :slot, :wib_day, :posted_at, :caption, :now)

-- name: archived(content_id)
-- The newest archived copy of a post that was not restored yet.
SELECT archive_id, platform, content_id, client_id, archived_at FROM content_archive
WHERE content_id = :content_id AND restored_at IS NULL
ORDER BY archive_id DESC LIMIT 1 FOR UPDATE

-- name: restore(archive_id, now)
-- Puts an archived post's rows back as they were, and takes back removals nobody was told of.
WITH archived AS (
  UPDATE content_archive SET restored_at = :now WHERE archive_id = :archive_id
  RETURNING platform, content_id, client_id, rows
), untold AS (
  DELETE FROM content_change c USING archived a
  WHERE c.platform = a.platform AND c.content_id = a.content_id AND c.client_id = a.client_id
    AND c.kind = 'removed'
    AND NOT EXISTS (SELECT 1 FROM change_told t WHERE t.change_id = c.change_id)
)
SELECT cicero_put_back(
  CASE platform WHEN 'instagram' THEN 'insta_post' ELSE 'tiktok_post' END, rows)
FROM archived
