-- name: last_hour(client_id)
SELECT last_notified_slot FROM wa_notification_scheduler_state WHERE client_id = :client_id

-- name: untold(client_id, chats, wib_day)
-- The day's changes of the client that a chat has not been told, or (in_unsent_list) only by a
-- task list that has not left yet.
SELECT chats.chat, c.change_id, c.platform, c.content_id, c.kind, c.posted_at, c.caption,
       t.change_id IS NOT NULL AS in_unsent_list
FROM content_change c CROSS JOIN unnest(CAST(:chats AS text[])) AS chats (chat)
LEFT JOIN change_told t ON t.change_id = c.change_id AND t.chat = chats.chat
LEFT JOIN wa_notification_outbox o ON o.outbox_id = t.outbox_id
WHERE c.client_id = :client_id AND c.wib_day = :wib_day
  AND (t.change_id IS NULL OR (o.kind = 'task_list' AND o.status IN ('pending', 'retrying')))
ORDER BY chats.chat, c.change_id
