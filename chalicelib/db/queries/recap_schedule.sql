-- name: active(day_start, now)
-- The schedules that are on, of active clients: with the client, the slots of the day so far that
-- its runs have finished and those still running, and the hours that were told.
SELECT to_jsonb(c) AS client, s.active, s.hours, s.recipients, s.chats, s.forms, s.changed_at,
  r.finished, r.running,
  ARRAY(SELECT t.due_at FROM recap_told t
    WHERE t.client_id = s.client_id AND t.due_at >= :day_start) AS told
FROM recap_schedule s JOIN clients c USING (client_id)
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(r.slot) FILTER (WHERE r.finished_at IS NOT NULL), '{}') AS finished,
    coalesce(array_agg(r.slot) FILTER (WHERE r.finished_at IS NULL), '{}') AS running
  FROM client_run r
  WHERE r.client_id = s.client_id AND r.slot >= :day_start AND r.slot <= :now
) AS r
WHERE s.active AND c.client_status
ORDER BY s.client_id

-- name: switched_on()
-- The schedules that are on, of active clients, with what the recipients' columns hold.
SELECT c.client_id, c.client_group, c.client_operator, c.client_super, s.active, s.hours,
  s.recipients, s.chats, s.forms, s.changed_at
FROM recap_schedule s JOIN clients c USING (client_id)
WHERE s.active AND c.client_status ORDER BY s.client_id

-- name: get(client_id)
SELECT active, hours, recipients, chats, forms, changed_at FROM recap_schedule
WHERE client_id = :client_id

-- name: set(client_id, active, hours, recipients, chats, forms, now)!
-- hours: array of texts like 15:20.
INSERT INTO recap_schedule (client_id, active, hours, recipients, chats, forms, changed_at)
VALUES (:client_id, :active, CAST(CAST(:hours AS text[]) AS time[]), CAST(:recipients AS text[]),
  :chats, CAST(:forms AS text[]), :now)
ON CONFLICT (client_id) DO UPDATE SET active = EXCLUDED.active, hours = EXCLUDED.hours,
  recipients = EXCLUDED.recipients, chats = EXCLUDED.chats, forms = EXCLUDED.forms,
  changed_at = EXCLUDED.changed_at

-- name: take(client_id, due_at, slot, keys, posts, said)
-- Records what is told at an hour; no row if it was recorded before.
INSERT INTO recap_told (client_id, due_at, slot, keys, posts, said)
VALUES (:client_id, :due_at, :slot, CAST(:keys AS text[]), CAST(:posts AS jsonb),
  CAST(:said AS jsonb))
ON CONFLICT DO NOTHING
RETURNING client_id

-- name: supersede(client_id, due_at, now)!
-- Ends the client's recaps of earlier hours, of the day before at most, that were not sent yet.
WITH older AS MATERIALIZED (
  SELECT o.outbox_id FROM recap_told t
  JOIN wa_notification_outbox o ON o.idempotency_key = ANY(t.keys)
    AND o.session IS NOT NULL AND o.status IN ('pending', 'retrying')
  WHERE t.client_id = :client_id AND t.due_at < CAST(:due_at AS timestamptz)
    AND t.due_at > CAST(:due_at AS timestamptz) - interval '1 day'
  ORDER BY o.outbox_id FOR UPDATE OF o
)
UPDATE wa_notification_outbox o SET status = 'superseded', updated_at = :now
FROM older WHERE o.outbox_id = older.outbox_id

-- name: prune(before, batch)
WITH old AS MATERIALIZED (
  SELECT client_id, due_at FROM recap_told WHERE due_at < :before
  ORDER BY due_at LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM recap_told t USING old WHERE t.client_id = old.client_id AND t.due_at = old.due_at
RETURNING t.client_id

-- name: uncorrected(day_start, day_end)
-- What was told on a day and has not been compared with later reads, the latest hour first, of
-- clients that have finished a slot since that day; with the chats that it reached, or may have.
SELECT t.client_id, t.due_at, t.slot, t.posts, t.said,
  ARRAY(SELECT DISTINCT o.group_id FROM wa_notification_outbox o
    WHERE o.idempotency_key = ANY(t.keys) AND o.status IN ('sent', 'uncertain')) AS chats
FROM recap_told t JOIN clients c ON c.client_id = t.client_id AND c.client_status
WHERE t.due_at >= :day_start AND t.due_at < :day_end AND t.corrected_at IS NULL
  AND EXISTS (SELECT 1 FROM client_run r WHERE r.client_id = t.client_id AND r.slot >= :day_end
    AND r.finished_at IS NOT NULL)
ORDER BY t.client_id, t.due_at DESC

-- name: corrected(client_id, hours, now)
-- No row if another process was first.
UPDATE recap_told SET corrected_at = :now
WHERE client_id = :client_id AND due_at = ANY(CAST(:hours AS timestamptz[]))
  AND corrected_at IS NULL
RETURNING due_at
