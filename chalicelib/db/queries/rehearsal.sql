-- name: posts(client_id, day_start, day_end)
-- The client's stored posts of the day, with their counts and how many names are stored of each.
SELECT platform, content_id, p.caption, p.like_count, p.comment_count, coalesce(p.stored, 0) AS names
FROM cicero_posts_of_day(CAST(:client_id AS varchar), CAST(:day_start AS timestamptz),
  CAST(:day_end AS timestamptz)) AS d
JOIN cicero_posts() p USING (platform, content_id) ORDER BY platform, content_id

-- name: newest()
-- The last ids that were given before a rehearsal.
SELECT (SELECT coalesce(max(change_id), 0) FROM content_change) AS change_id,
  (SELECT coalesce(max(outbox_id), 0) FROM wa_notification_outbox) AS outbox_id

-- name: changes(client_id, slot, after)
-- What a run has written into the ledger.
SELECT platform, content_id, kind FROM content_change
WHERE client_id = :client_id AND slot = :slot AND change_id > :after ORDER BY change_id

-- name: messages(client_id, slot, after)
-- What a run has written for its groups and for the operators.
SELECT kind, group_id AS chat, message AS text FROM wa_notification_outbox
WHERE slot = :slot AND outbox_id > :after AND (client_id = :client_id OR client_id IS NULL)
ORDER BY outbox_id
