-- name: recent(most)
-- The newest messages of this service, for the host's page; without their texts.
SELECT outbox_id, client_id, session, group_id AS chat, kind, status, attempt_count AS attempt,
  created_at, sent_at, next_attempt_at, expires_at, error_message
FROM wa_notification_outbox WHERE session IS NOT NULL
ORDER BY outbox_id DESC LIMIT :most

-- name: open_cases(most)
-- Messages that wait for a person's decision, with their texts; oldest first, so that a new one
-- does not move the others on the page.
SELECT outbox_id, client_id, session, group_id AS chat, kind, status, attempt_count AS attempt,
  created_at, last_attempt_at, expires_at, error_message, message AS text
FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
ORDER BY outbox_id LIMIT :most

-- name: counts()
-- How many messages are in each state; ended ones only of the last day.
SELECT status, count(*) AS messages FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('pending', 'processing', 'retrying')
GROUP BY status
UNION ALL
SELECT status, count(*) FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
GROUP BY status
UNION ALL
SELECT status, count(*) FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('sent', 'expired', 'superseded', 'cancelled')
  AND updated_at > now() - interval '1 day'
GROUP BY status

-- name: sent_since(session, since)
SELECT sent_at FROM wa_notification_outbox
WHERE session = :session AND status = 'sent' AND sent_at > :since
