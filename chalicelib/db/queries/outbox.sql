-- name: add(messages, now)
-- Writes messages once per idempotency key, and what each of them tells. Later parts of a message
-- (first_key) are written only by the statement that writes its first one.
-- messages: JSON array of {client_id, chat, session, kind, slot, text, key, expires_at, changes,
-- first_key, attachment}. tells_all is false if a chat was already told one of the message's changes.
WITH given AS (
  SELECT * FROM ROWS FROM (jsonb_to_recordset(CAST(:messages AS jsonb)) AS (client_id varchar,
    chat varchar, session text, kind text, slot timestamptz, text text, key varchar,
    expires_at timestamptz, changes jsonb, first_key varchar, attachment jsonb))
    WITH ORDINALITY AS m (client_id, chat, session, kind, slot, text, key, expires_at, changes,
      first_key, attachment, position)
), firsts AS (
  INSERT INTO wa_notification_outbox (client_id, group_id, session, kind, slot, message,
    idempotency_key, expires_at, next_attempt_at, status, attempt_count, max_attempts,
    created_at, updated_at, change_ids, attachment)
  SELECT client_id, chat, session, kind, slot, text, key, expires_at, :now, 'pending', 0, 5,
    :now, :now, ARRAY(SELECT CAST(id AS bigint) FROM jsonb_array_elements_text(changes) AS id),
    CASE jsonb_typeof(attachment) WHEN 'object' THEN attachment END
  FROM given WHERE first_key IS NULL
  ORDER BY position
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING outbox_id, idempotency_key
), later AS (
  INSERT INTO wa_notification_outbox (client_id, group_id, session, kind, slot, message,
    idempotency_key, expires_at, next_attempt_at, status, attempt_count, max_attempts,
    created_at, updated_at, change_ids, attachment)
  SELECT client_id, chat, session, kind, slot, text, key, expires_at, :now, 'pending', 0, 5,
    :now, :now, ARRAY(SELECT CAST(id AS bigint) FROM jsonb_array_elements_text(changes) AS id),
    CASE jsonb_typeof(attachment) WHEN 'object' THEN attachment END
  FROM given JOIN firsts ON firsts.idempotency_key = given.first_key
  ORDER BY position
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING outbox_id, idempotency_key
), added AS (
  SELECT * FROM firsts UNION ALL SELECT * FROM later
), told AS (
  INSERT INTO change_told (change_id, chat, outbox_id)
  SELECT CAST(change AS bigint), g.chat, a.outbox_id
  FROM added a JOIN given g ON g.key = a.idempotency_key
  CROSS JOIN jsonb_array_elements_text(g.changes) AS change
  ON CONFLICT DO NOTHING
  RETURNING outbox_id
)
SELECT a.outbox_id, g.session, g.chat, g.key,
  (SELECT count(*) FROM told t WHERE t.outbox_id = a.outbox_id) = jsonb_array_length(g.changes)
    AS tells_all
FROM added a JOIN given g ON g.key = a.idempotency_key ORDER BY a.outbox_id

-- name: unpublished_of(slot, client_id)
-- What a client's run and the closing of the slot have written that may not have been sent.
SELECT outbox_id, session, group_id AS chat, idempotency_key AS key FROM wa_notification_outbox
WHERE slot = :slot AND (client_id = :client_id OR client_id IS NULL) AND session IS NOT NULL
  AND status = 'pending' AND published_at IS NULL
ORDER BY outbox_id

-- name: states(day_start, day_end)
-- How many messages of the day's slots are in each state.
SELECT status, count(*) AS messages FROM wa_notification_outbox
WHERE slot >= :day_start AND slot < :day_end AND session IS NOT NULL
GROUP BY status

-- name: left_behind(unpublished_before, published_before, now)
-- Messages that a crash left before they were published, or that the queue lost. The wait doubles
-- each time: after a day without a host the queue holds a handful of copies of each. It counts from
-- when the message was due or last tried; other software's triggers may set updated_at at any time.
SELECT outbox_id, session, group_id AS chat, idempotency_key AS key FROM wa_notification_outbox
WHERE session IS NOT NULL AND status IN ('pending', 'processing', 'retrying')
  AND ((published_at IS NULL AND created_at <= :unpublished_before)
       OR (published_at <= :published_before AND next_attempt_at <= :published_before
           AND published_at - greatest(next_attempt_at, last_attempt_at)
             <= CAST(:now AS timestamptz) - published_at))
ORDER BY outbox_id LIMIT 500

-- name: mark_published(ids, now)!
WITH held AS MATERIALIZED (
  SELECT outbox_id FROM wa_notification_outbox WHERE outbox_id = ANY(CAST(:ids AS bigint[]))
  ORDER BY outbox_id FOR NO KEY UPDATE
)
UPDATE wa_notification_outbox o SET published_at = :now FROM held
WHERE o.outbox_id = held.outbox_id

-- name: expire(now)
-- Ends unsent messages that have expired, and gives their changes back. Rows that another
-- transaction holds are left to the next time.
WITH due AS MATERIALIZED (
  SELECT outbox_id FROM wa_notification_outbox
  WHERE session IS NOT NULL AND status IN ('pending', 'retrying') AND expires_at <= :now
  ORDER BY outbox_id FOR UPDATE SKIP LOCKED
), old AS (
  UPDATE wa_notification_outbox o SET status = 'expired', updated_at = :now FROM due
  WHERE o.outbox_id = due.outbox_id
  RETURNING o.outbox_id
), returned AS (
  DELETE FROM change_told t USING old WHERE t.outbox_id = old.outbox_id
)
SELECT outbox_id FROM old

-- name: claim(outbox_id, now)
-- Takes a message for sending: records the intent before anything is sent. Returns no row if it is
-- not to be sent (now): sent, over, or an older one of its chat is still waiting.
UPDATE wa_notification_outbox m
SET status = 'processing', attempt_count = attempt_count + 1, last_attempt_at = :now,
  send_started_at = :now, updated_at = :now
WHERE outbox_id = :outbox_id AND session IS NOT NULL AND status IN ('pending', 'retrying')
  AND (expires_at IS NULL OR expires_at > :now)
  AND NOT EXISTS (
    SELECT 1 FROM wa_notification_outbox older
    WHERE older.group_id = m.group_id AND older.session = m.session
      AND older.outbox_id < m.outbox_id
      AND older.status IN ('pending', 'processing', 'retrying')
      AND (older.expires_at IS NULL OR older.expires_at > :now))
RETURNING outbox_id, client_id, session, group_id AS chat, kind, message AS text,
  attempt_count AS attempt, max_attempts, idempotency_key AS key, send_started_at AS started,
  attachment

-- name: first_of_chat(outbox_id)
-- The oldest message that is not done in the chat of this one, before this one, and when it may be
-- tried: null if it is being sent.
SELECT older.outbox_id, CASE WHEN older.status <> 'processing'
    THEN least(older.next_attempt_at, older.expires_at) END AS due
FROM wa_notification_outbox m JOIN wa_notification_outbox older
  ON older.group_id = m.group_id AND older.session = m.session AND older.outbox_id < m.outbox_id
WHERE m.outbox_id = :outbox_id AND older.session IS NOT NULL
  AND older.status IN ('pending', 'processing', 'retrying')
ORDER BY older.outbox_id LIMIT 1

-- name: under_way(session)
SELECT outbox_id FROM wa_notification_outbox WHERE session = :session AND status = 'processing'
ORDER BY outbox_id

-- name: get(outbox_id)
SELECT outbox_id, client_id, session, group_id AS chat, kind, slot, message AS text, status,
  attempt_count AS attempt, max_attempts, idempotency_key AS key, expires_at, wa_message_id,
  error_message, sent_at, send_started_at AS started, attachment
FROM wa_notification_outbox WHERE outbox_id = :outbox_id

-- name: finish(outbox_id, started, status, wa_message_id, error, next_attempt_at, refund, now)
-- The result of the try that began at `started`, and of no later one. That it was sent is recorded
-- even if it has been marked uncertain meanwhile. refund: 1 if the try does not count.
UPDATE wa_notification_outbox SET status = CAST(:status AS varchar),
  wa_message_id = coalesce(:wa_message_id, wa_message_id), error_message = :error,
  attempt_count = attempt_count - CAST(:refund AS integer),
  next_attempt_at = coalesce(CAST(:next_attempt_at AS timestamptz), next_attempt_at),
  sent_at = CASE WHEN CAST(:status AS varchar) = 'sent' THEN CAST(:now AS timestamptz) ELSE sent_at END,
  updated_at = :now
WHERE outbox_id = :outbox_id AND send_started_at IS NOT DISTINCT FROM CAST(:started AS timestamptz)
  AND (status = 'processing'
       OR (status = 'uncertain' AND CAST(:status AS varchar) = 'sent'))
RETURNING outbox_id

-- name: prune(before, batch)
-- Deletes messages of this service that ended before `before`, and with them the marks of what they
-- told; a message that tells a change of a later day stays. Dead letters and uncertain ones wait
-- for a person; those of the service before this one are not ours to delete.
WITH old AS (
  SELECT o.outbox_id FROM wa_notification_outbox o
  WHERE o.session IS NOT NULL AND o.status IN ('sent', 'expired', 'superseded', 'cancelled')
    AND o.updated_at < :before
    AND NOT EXISTS (
      SELECT 1 FROM change_told t JOIN content_change c USING (change_id)
      WHERE t.outbox_id = o.outbox_id
        AND c.wib_day >= CAST(CAST(:before AS timestamptz) AS date))
  ORDER BY o.updated_at LIMIT :batch FOR UPDATE OF o SKIP LOCKED
)
DELETE FROM wa_notification_outbox WHERE outbox_id = ANY(ARRAY(SELECT outbox_id FROM old))
RETURNING outbox_id
