-- name: replace_lists(client_id, now, hour, counts, tells)
-- Notes that the hour's list is written, and supersedes the client's lists that have not been sent
-- yet: what the new one tells no longer belongs to them. Returns no row if another run has noted
-- this hour, or a later one: then decide again.
-- counts: JSON object, how many posts of each platform the list holds; the columns of two of them
-- are shared with other software. tells: JSON array of {change_id, chat}.
WITH noted AS (
  INSERT INTO wa_notification_scheduler_state AS s (client_id, last_notified_slot,
    last_notified_at, last_ig_count, last_tiktok_count)
  SELECT CAST(:client_id AS text), CAST(:hour AS text), CAST(:now AS timestamptz),
    coalesce(c.instagram, 0), coalesce(c.tiktok, 0)
  FROM jsonb_to_record(CAST(:counts AS jsonb)) AS c (instagram integer, tiktok integer)
  ON CONFLICT (client_id) DO UPDATE SET last_notified_slot = EXCLUDED.last_notified_slot,
    last_notified_at = EXCLUDED.last_notified_at, last_ig_count = EXCLUDED.last_ig_count,
    last_tiktok_count = EXCLUDED.last_tiktok_count
    WHERE s.last_notified_slot IS NULL OR s.last_notified_slot < EXCLUDED.last_notified_slot
  RETURNING s.client_id
), waiting AS MATERIALIZED (
  SELECT o.outbox_id FROM noted JOIN wa_notification_outbox o USING (client_id)
  WHERE o.session IS NOT NULL -- by the client's index: || keeps those on all lists, all unsent, away
    AND o.kind || '' = 'task_list' AND o.status || '' IN ('pending', 'retrying')
  ORDER BY o.outbox_id FOR UPDATE OF o
), superseded AS (
  UPDATE wa_notification_outbox o SET status = 'superseded', updated_at = CAST(:now AS timestamptz)
  FROM waiting WHERE o.outbox_id = waiting.outbox_id
  RETURNING o.outbox_id
), given_back AS (
  DELETE FROM change_told t
  USING superseded s, jsonb_to_recordset(CAST(:tells AS jsonb)) AS n (change_id bigint, chat varchar)
  WHERE t.outbox_id = s.outbox_id AND t.change_id = n.change_id AND t.chat = n.chat
)
SELECT client_id FROM noted
