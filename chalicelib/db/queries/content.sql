-- name: lock(client_id, contents)
-- Comes first in every transaction that writes posts or rows that refer to them, with all that it
-- may write, except in transactions whose first statement takes the locks itself:
-- docs/architecture.md, "Locks".
-- contents: ids on any platform; client_id: NULL if a person asks for a post regardless of its
-- client.
SELECT cicero_lock(CAST(:client_id AS text), CAST(:contents AS varchar[]))

-- name: note_new(platform, content_id, client_id, slot, wib_day, posted_at, caption, now)!
-- A ledger row for a post that a person added.
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
VALUES (:platform, :content_id, :client_id, 'new', :slot, :wib_day, :posted_at, :caption, :now)

-- name: note_held(platform, contents, client_id, slot, wib_day, now)!
-- Ledger rows for posts that look gone but are too many to believe: once a day.
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT p.platform, p.content_id, CAST(:client_id AS varchar), 'held', :slot,
  CAST(:wib_day AS date), p.original_created_at, p.caption, :now
FROM cicero_posts() p
WHERE p.platform = CAST(:platform AS text) AND p.content_id = ANY(CAST(:contents AS varchar[]))
  AND NOT EXISTS (SELECT 1 FROM content_change c
    WHERE c.client_id = CAST(:client_id AS varchar) AND c.wib_day = CAST(:wib_day AS date)
      AND c.kind = 'held' AND c.platform = p.platform AND c.content_id = p.content_id)
ORDER BY p.content_id
ON CONFLICT DO NOTHING

-- name: restore(contents, client_id, slot, now)
-- Restores archived posts with every row that went with them, and takes back removals that nobody
-- was told of. client_id: the client whose fetch showed them again, with the slot of that fetch, in
-- which they then do not count as new; NULL if a person asks for all there is, and no fetch may
-- remove them again.
WITH given AS (
  SELECT CAST(:contents AS varchar[]) AS contents, CAST(:client_id AS varchar) AS client_id,
    CAST(:slot AS timestamptz) AS slot, CAST(:now AS timestamptz) AS now
), archived AS MATERIALIZED (
  UPDATE content_archive a SET restored_at = given.now FROM given, cicero_platforms() t
  WHERE a.content_id = ANY(given.contents) AND a.restored_at IS NULL AND t.platform = a.platform
    AND (given.client_id IS NULL OR a.client_id = given.client_id OR a.rows ? t.post_table)
  RETURNING a.archive_id, a.platform, a.content_id, a.client_id, a.rows, t.post_table
), untold AS (
  DELETE FROM content_change c USING archived a
  WHERE c.platform = a.platform AND c.content_id = a.content_id AND c.client_id = a.client_id
    AND c.kind = 'removed'
    AND NOT EXISTS (SELECT 1 FROM change_told t WHERE t.change_id = c.change_id)
  RETURNING c.platform, c.content_id, c.client_id
), no_news AS (
  DELETE FROM content_change c USING untold u, given
  WHERE c.platform = u.platform AND c.content_id = u.content_id AND c.client_id = given.client_id
    AND c.client_id = u.client_id AND c.slot = given.slot AND c.kind IN ('new', 'late')
), in_order AS MATERIALIZED ( -- a post before the links to it, the newest copy first
  SELECT * FROM archived
  ORDER BY NOT rows ? post_table, archive_id DESC
), kept AS (
  INSERT INTO client_content (client_id, platform, content_id, kept, seen_at)
  SELECT DISTINCT a.client_id, a.platform, a.content_id, true, given.now FROM archived a, given
  WHERE given.client_id IS NULL
  ON CONFLICT (client_id, platform, content_id) DO UPDATE SET kept = true, missing_since = NULL
)
SELECT platform, content_id, client_id, cicero_put_back(post_table, rows) FROM in_order

-- name: found(client_id, platform, contents)!
-- Posts that the client's feeds lacked but that still exist.
UPDATE client_content SET missing_since = NULL
WHERE client_id = :client_id AND platform = :platform
  AND content_id = ANY(CAST(:contents AS varchar[]))

-- name: still_missing(client_id, platform, contents, slot)
-- Those of the posts that have been missing since an earlier slot than this and that nobody keeps.
SELECT content_id FROM client_content
WHERE client_id = :client_id AND platform = :platform
  AND content_id = ANY(CAST(:contents AS varchar[])) AND missing_since < :slot
  AND NOT kept AND owned IS NOT FALSE
ORDER BY content_id FOR UPDATE

-- name: keep(client_id, platform, content_id, task_day, now)!
-- A person added this post: no fetch removes it. task_day: the day it is a task of, if that is not
-- its own.
INSERT INTO client_content (client_id, platform, content_id, kept, task_day, seen_at)
VALUES (:client_id, :platform, :content_id, true, :task_day, :now)
ON CONFLICT (client_id, platform, content_id) DO UPDATE
  SET kept = true, missing_since = NULL, seen_at = EXCLUDED.seen_at,
    task_day = coalesce(EXCLUDED.task_day, client_content.task_day)

-- name: forget(before, batch)
-- What is known of posts that no fetch has seen since.
WITH old AS MATERIALIZED (
  SELECT ctid FROM client_content WHERE seen_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM client_content k USING old WHERE k.ctid = old.ctid
RETURNING k.content_id
