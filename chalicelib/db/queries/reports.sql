-- name: client_groups(slot)
-- Where the messages of a slot's clients go.
SELECT c.client_id, c.client_group FROM client_run r JOIN clients c USING (client_id)
WHERE r.slot = :slot ORDER BY c.client_id

-- name: undelivered(slot, now)
-- Groups' messages that ended as dead letters, or uncertain, since another slot was closed last.
SELECT outbox_id, client_id, status FROM wa_notification_outbox
WHERE session IS NOT NULL AND kind IN ('task_list', 'changes')
  AND status IN ('dead_letter', 'uncertain') AND updated_at < :now
  AND updated_at >= coalesce(
    (SELECT max(closed_at) FROM slot_run WHERE status = 'closed' AND slot <> :slot),
    CAST(:now AS timestamptz) - interval '1 day')
ORDER BY outbox_id
