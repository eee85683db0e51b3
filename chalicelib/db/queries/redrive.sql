-- name: listing(status, most, old)
-- The newest messages of this service, or of the one before it, all or of one status.
SELECT outbox_id, client_id, kind, status, attempt_count, slot, expires_at, sent_at,
  error_message
FROM wa_notification_outbox
WHERE (session IS NULL) = :old AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY outbox_id DESC LIMIT :most

-- name: show(outbox_id)
SELECT outbox_id, client_id, session, group_id AS chat, kind, status, slot, expires_at,
  attempt_count, max_attempts, next_attempt_at, last_attempt_at, published_at, sent_at,
  wa_message_id, error_message, idempotency_key AS key, change_ids, created_at, updated_at,
  attachment ->> 'name' AS file, message AS text
FROM wa_notification_outbox WHERE outbox_id = :outbox_id

-- name: lock_client(outbox_id)
-- Locks the message's client, so that no run of it writes meanwhile.
SELECT cicero_lock(client_id, '{}') FROM wa_notification_outbox WHERE outbox_id = :outbox_id

-- name: lock(outbox_id)
-- A message with what decides whether it may be sent again: whether its chat has a newer list,
-- and how many of its changes another message has told there since.
SELECT m.session, m.status, m.expires_at,
  m.kind = 'task_list' AND EXISTS (
    SELECT 1 FROM wa_notification_outbox newer
    WHERE newer.client_id = m.client_id AND newer.group_id = m.group_id
      AND newer.kind = 'task_list' AND newer.slot > m.slot
      AND newer.status NOT IN ('expired', 'superseded', 'cancelled')) AS newer_list,
  (SELECT count(*) FROM change_told t WHERE t.change_id = ANY(m.change_ids)
     AND t.chat = m.group_id AND t.outbox_id <> m.outbox_id) AS told_elsewhere
FROM wa_notification_outbox m WHERE m.outbox_id = :outbox_id FOR UPDATE OF m

-- name: redrive(outbox_id, expires_at, now)
-- Puts a message back to the start, with what it tells. Its key includes the time, because the
-- queue drops what it has seen within five minutes. told_meanwhile: how many of its changes another
-- message has told since the row was locked; if any, roll back.
WITH again AS (
  UPDATE wa_notification_outbox SET status = 'pending', attempt_count = 0, error_message = NULL,
    published_at = NULL, next_attempt_at = :now, expires_at = :expires_at, updated_at = :now
  WHERE outbox_id = :outbox_id
  RETURNING outbox_id, session, group_id, idempotency_key, change_ids
), told AS (
  INSERT INTO change_told (change_id, chat, outbox_id)
  SELECT c.change_id, a.group_id, a.outbox_id
  FROM again a JOIN content_change c ON c.change_id = ANY(a.change_ids)
  ON CONFLICT DO NOTHING
  RETURNING change_id
)
SELECT outbox_id, session, group_id AS chat,
  (SELECT count(*) FROM content_change c WHERE c.change_id = ANY(again.change_ids)
     AND NOT EXISTS (SELECT 1 FROM told WHERE told.change_id = c.change_id)
     AND NOT EXISTS (SELECT 1 FROM change_told t WHERE t.change_id = c.change_id
       AND t.chat = again.group_id AND t.outbox_id = again.outbox_id)) AS told_meanwhile,
  idempotency_key || ':again:' || CAST(extract(epoch FROM CAST(:now AS timestamptz)) AS text) AS key
FROM again

-- name: cancel(outbox_id, now)!
UPDATE wa_notification_outbox SET status = 'cancelled', updated_at = :now
WHERE outbox_id = :outbox_id

-- name: give_back(outbox_id)
-- The changes that a message which was never sent leaves to the next one.
DELETE FROM change_told WHERE outbox_id = :outbox_id RETURNING change_id
