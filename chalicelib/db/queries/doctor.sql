-- name: encrypted()
-- Whether this connection is encrypted; NULL where the server does not say.
SELECT (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted

-- name: waiting()
-- The oldest message that waits to be sent, and how many wait for a person's decision.
SELECT (SELECT min(created_at) FROM wa_notification_outbox
    WHERE session IS NOT NULL AND status IN ('pending', 'processing', 'retrying')
      AND next_attempt_at <= now()) AS oldest,
  (SELECT count(*) FROM wa_notification_outbox
    WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')) AS undecided
