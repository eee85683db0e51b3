-- name: give_up(slot, client_id, expires_at, outcome, error_kind, now)
-- Ends a run that will not be worked on any more; returns no row if it had already ended, or was
-- restarted by a job with another expiry.
UPDATE client_run SET finished_at = :now, outcome = :outcome, error_kind = :error_kind
WHERE slot = :slot AND client_id = :client_id AND expires_at = :expires_at
  AND finished_at IS NULL
RETURNING client_id

-- name: prune(before, batch)
WITH old AS MATERIALIZED (
  SELECT slot, client_id FROM client_run WHERE slot < :before LIMIT :batch
  FOR UPDATE SKIP LOCKED
)
DELETE FROM client_run r USING old WHERE r.slot = old.slot AND r.client_id = old.client_id
RETURNING r.client_id

-- name: prune_slots(before, batch)
WITH old AS MATERIALIZED (
  SELECT slot FROM slot_run s WHERE s.slot < :before
    AND NOT EXISTS (SELECT 1 FROM client_run r WHERE r.slot = s.slot)
  LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM slot_run s USING old WHERE s.slot = old.slot
RETURNING s.slot
