-- name: introduce(name)
-- Names the connection, so that another host can see who holds a lock, and lets the server notice
-- within seconds that this machine is gone.
SELECT set_config('application_name', :name, false),
  set_config('tcp_keepalives_idle', '3', false),
  set_config('tcp_keepalives_interval', '1', false),
  set_config('tcp_keepalives_count', '3', false)

-- name: take(key)
-- The lock lasts as long as the connection, beyond this transaction.
SELECT pg_try_advisory_lock(CAST(:key AS bigint)) AS taken

-- name: held(keys)
-- How many of the locks this connection holds: none if it leads to a read-only server, which after
-- a failover is not the one that others take locks from.
SELECT count(*) AS held FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = pg_backend_pid()
  AND current_setting('transaction_read_only') = 'off'
  AND (CAST(classid AS bigint) << 32 | CAST(objid AS bigint)) = ANY(CAST(:keys AS bigint[]))

-- name: owner(key)
-- The name of the connection that holds the lock.
SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (CAST(l.classid AS bigint) << 32 | CAST(l.objid AS bigint)) = CAST(:key AS bigint)
