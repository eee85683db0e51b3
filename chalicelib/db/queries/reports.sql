-- name: clients(slot)
-- What was typed in for the clients that are active, or have a run of the slot (`took_part`).
SELECT c.*, c.client_status IS TRUE AS active, r.slot IS NOT NULL AS took_part
FROM clients c LEFT JOIN client_run r ON r.client_id = c.client_id AND r.slot = :slot
WHERE c.client_status OR r.slot IS NOT NULL ORDER BY c.client_id

-- name: undelivered(slot, now)
-- Groups' messages that ended as dead letters, or uncertain, since another slot was last closed.
SELECT outbox_id, client_id, status FROM wa_notification_outbox
WHERE session IS NOT NULL AND kind IN ('task_list', 'changes', 'recap', 'correction')
  AND status IN ('dead_letter', 'uncertain') AND updated_at < :now
  AND updated_at >= coalesce(
    (SELECT max(closed_at) FROM slot_run WHERE status = 'closed' AND slot <> :slot),
    CAST(:now AS timestamptz) - interval '1 day')
ORDER BY outbox_id

-- name: uncovered(slot, day_start)
-- Posts of whose list less than 95 % was read in this slot, if no earlier read since yesterday said
-- so, or this one is in a lower tenth than all of those: a list at its cap loses a little each time. A
-- list of which an error left nothing is reported as such.
SELECT v.client_id, v.platform, v.content_id, v.share, v.ended,
  coalesce(v.comments, v.names) AS read, greatest(v.count, v.total) AS expected
FROM coverage v
WHERE v.slot = :slot AND v.share < 0.95 AND (v.pages > 0 OR v.ended <> 'error')
  AND floor(v.share * 10) < coalesce((
    SELECT min(floor(e.share * 10)) FROM coverage e
    WHERE e.platform = v.platform AND e.content_id = v.content_id AND e.client_id = v.client_id
      AND e.slot >= CAST(:day_start AS timestamptz) - interval '1 day' AND e.slot < :slot
      AND e.share < 0.95
      AND (e.pages > 0 OR e.ended <> 'error')), 10)
ORDER BY v.client_id, v.share, v.content_id

-- name: prune_coverage(before, batch)
WITH old AS MATERIALIZED (
  SELECT ctid FROM coverage WHERE slot < :before LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM coverage v USING old WHERE v.ctid = old.ctid
RETURNING v.content_id

-- name: lock_foretold(day)
-- Until the transaction ends, no other one tells of the day's shortages.
SELECT count(*) AS locked FROM pg_advisory_xact_lock(7243603, hashtext(CAST(:day AS text)))

-- name: foretold(slot, day_start, day_end)
-- A slot's plan, and which shortages the reports of its day have told of.
SELECT s.plan, ARRAY(
  SELECT unnest(e.foretold) FROM slot_run e WHERE e.slot >= :day_start AND e.slot < :day_end
) AS foretold
FROM slot_run s WHERE s.slot = :slot

-- name: note_foretold(slot, foretold)!
UPDATE slot_run SET foretold = foretold || CAST(:foretold AS text[]) WHERE slot = :slot
