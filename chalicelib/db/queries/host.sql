-- name: recent(most)
-- The newest messages of this service, for the host's page; without their texts.
SELECT outbox_id, client_id, session, group_id AS chat, kind, status, attempt_count AS attempt,
  created_at, sent_at, next_attempt_at, expires_at, error_message
FROM wa_notification_outbox WHERE session IS NOT NULL
ORDER BY outbox_id DESC LIMIT :most

-- name: open_cases(most)
-- Messages that wait for a person's decision, with their texts.
SELECT outbox_id, client_id, session, group_id AS chat, kind, status, attempt_count AS attempt,
  created_at, last_attempt_at, error_message, message AS text
FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
ORDER BY outbox_id DESC LIMIT :most

-- name: counts()
-- How many messages are in each state; finished ones of the last day only.
SELECT status, count(*) AS messages FROM wa_notification_outbox
WHERE session IS NOT NULL AND (status IN ('pending', 'processing', 'retrying', 'dead_letter',
  'uncertain') OR updated_at > now() - interval '1 day')
GROUP BY status

-- name: sent_since(session, since)
SELECT sent_at FROM wa_notification_outbox
WHERE session = :session AND status = 'sent' AND sent_at > :since

-- name: send_again(outbox_id, now, expires_at)
-- A person wants it sent after all. `key` is another one than before, for the FIFO queue drops
-- what it has seen within five minutes.
UPDATE wa_notification_outbox SET status = 'pending', attempt_count = 0, error_message = NULL,
  published_at = NULL, next_attempt_at = :now, expires_at = :expires_at, updated_at = :now
WHERE outbox_id = :outbox_id AND session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
RETURNING outbox_id, session, group_id AS chat,
  idempotency_key || ':again:' || CAST(extract(epoch FROM updated_at) AS bigint) AS key

-- name: drop(outbox_id, now)
-- A person gave it up. What a dead letter would have told is told by the next message of the day;
-- an uncertain one may have told it.
WITH dropped AS (
  UPDATE wa_notification_outbox SET status = 'expired', updated_at = :now,
    error_message = 'dropped by a person; ' || coalesce(error_message, '')
  WHERE outbox_id = :outbox_id AND session IS NOT NULL AND status IN ('dead_letter', 'uncertain')
  RETURNING outbox_id
), returned AS (
  DELETE FROM change_told t USING wa_notification_outbox m
  WHERE m.outbox_id = :outbox_id AND m.status = 'dead_letter' AND t.outbox_id = m.outbox_id
)
SELECT outbox_id FROM dropped
