-- name: record_action(at, actor, action, target, result)!
INSERT INTO operator_action (at, actor, action, target, result)
VALUES (:at, :actor, :action, :target, :result)

-- name: actions(like, most, skipped)
-- The newest actions in the window first, with how many match in all.
SELECT action_id, at, actor, action, target, result, count(*) OVER () AS total
FROM operator_action
WHERE actor ILIKE :like OR action ILIKE :like OR target ILIKE :like
ORDER BY action_id DESC LIMIT :most OFFSET :skipped

-- name: reports(slot)
-- The texts of a slot's report, part by part, as its first reader gets them.
SELECT message AS text FROM wa_notification_outbox
WHERE slot = :slot AND kind = 'admin_report' AND group_id = (
  SELECT group_id FROM wa_notification_outbox
  WHERE slot = :slot AND kind = 'admin_report' ORDER BY outbox_id LIMIT 1)
ORDER BY outbox_id
