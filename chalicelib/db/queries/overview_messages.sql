-- name: newest(before, most)
-- The newest messages of this service, before an outbox_id; without their texts, as all of these.
SELECT outbox_id, client_id, group_id AS chat, kind, status, slot, created_at, sent_at,
  expires_at, next_attempt_at, attempt_count, max_attempts, error_message
FROM wa_notification_outbox
WHERE session IS NOT NULL AND outbox_id < :before
ORDER BY outbox_id DESC LIMIT :most

-- name: of_status(status, before, most)
-- The same in this state: one at a time, so that the planner knows how rare it is.
SELECT outbox_id, client_id, group_id AS chat, kind, status, slot, created_at, sent_at,
  expires_at, next_attempt_at, attempt_count, max_attempts, error_message
FROM wa_notification_outbox
WHERE session IS NOT NULL AND status = CAST(:status AS varchar) AND outbox_id < :before
ORDER BY outbox_id DESC LIMIT :most

-- name: of_clients(clients, statuses, before, most)
-- The same for these clients; statuses: NULL for all.
SELECT m.* FROM unnest(CAST(:clients AS varchar[])) AS wanted (client_id) CROSS JOIN LATERAL (
  SELECT outbox_id, o.client_id, group_id AS chat, kind, status, slot, created_at, sent_at,
    expires_at, next_attempt_at, attempt_count, max_attempts, error_message
  FROM wa_notification_outbox o
  WHERE o.session IS NOT NULL AND o.client_id = wanted.client_id AND o.outbox_id < :before
    AND (CAST(:statuses AS varchar[]) IS NULL OR o.status = ANY(CAST(:statuses AS varchar[])))
  ORDER BY o.outbox_id DESC LIMIT :most) AS m
ORDER BY m.outbox_id DESC LIMIT :most

-- name: with_text(text, statuses, before, among)
-- Those of the newest `among` before an outbox_id whose text holds these words, upper and lower
-- case alike.
WITH looked_at AS MATERIALIZED (
  SELECT outbox_id, client_id, group_id AS chat, kind, status, slot, created_at, sent_at,
    expires_at, next_attempt_at, attempt_count, max_attempts, error_message, message
  FROM wa_notification_outbox
  WHERE session IS NOT NULL AND outbox_id < :before
  ORDER BY outbox_id DESC LIMIT :among
)
SELECT outbox_id, client_id, chat, kind, status, slot, created_at, sent_at, expires_at,
  next_attempt_at, attempt_count, max_attempts, error_message
FROM looked_at
WHERE strpos(lower(message), lower(:text)) > 0
  AND (CAST(:statuses AS varchar[]) IS NULL OR status = ANY(CAST(:statuses AS varchar[])))
ORDER BY outbox_id DESC

-- name: searched_to(before, among)
-- How many messages a search looks at, and the oldest of them.
SELECT min(outbox_id) AS outbox_id, count(*) AS messages FROM (
  SELECT outbox_id FROM wa_notification_outbox
  WHERE session IS NOT NULL AND outbox_id < :before
  ORDER BY outbox_id DESC LIMIT :among) AS looked_at

-- name: ended_since(since)
-- How many messages ended in each way since then.
SELECT status, count(*) AS messages FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('sent', 'expired', 'superseded', 'cancelled')
  AND updated_at >= :since
GROUP BY status

-- name: waiting()
-- How many messages are in each state that is not over, and since when the oldest has been due.
SELECT status, count(*) AS messages, min(next_attempt_at) AS due FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('pending', 'processing', 'retrying')
GROUP BY status
UNION ALL
SELECT status, count(*), min(last_attempt_at) FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
GROUP BY status

-- name: clients_named(term, most)
-- Clients whose id or name holds these words, upper and lower case alike.
SELECT client_id FROM clients
WHERE strpos(lower(client_id), lower(:term)) > 0 OR strpos(lower(nama), lower(:term)) > 0
ORDER BY client_id LIMIT :most
