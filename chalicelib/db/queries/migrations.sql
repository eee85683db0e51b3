-- name: blockers(pid)
-- Which sessions a session waits for, and for what: a table that it wants to lock, or on which it
-- builds an index. Nothing of the others but what they are: no query's text.
SELECT coalesce(CAST(CAST(coalesce(l.relation, p.relid) AS regclass) AS text), l.locktype, '?')
    AS wanted,
  b.pid, coalesce(a.application_name, '') AS application, coalesce(a.state, '') AS state,
  CAST(extract(epoch FROM clock_timestamp() - a.xact_start) AS integer) AS seconds
FROM unnest(pg_blocking_pids(CAST(:pid AS integer))) AS b (pid)
LEFT JOIN pg_stat_activity a ON a.pid = b.pid
LEFT JOIN pg_stat_progress_create_index p ON p.pid = CAST(:pid AS integer)
LEFT JOIN pg_locks l ON l.pid = CAST(:pid AS integer) AND NOT l.granted
ORDER BY b.pid

-- name: runner(key)
-- The session that holds the lock of the migrations.
SELECT l.pid, coalesce(a.application_name, '') AS application, coalesce(a.state, '') AS state,
  CAST(extract(epoch FROM clock_timestamp() - a.backend_start) AS integer) AS seconds
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (CAST(l.classid AS bigint) << 32 | CAST(l.objid AS bigint)) = CAST(:key AS bigint)
