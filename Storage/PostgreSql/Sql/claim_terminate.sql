-- Ends the sessions of the former owner that the marked claim waits for; nobody else's.
SELECT count(pg_terminate_backend(b.pid))
FROM pg_stat_activity AS w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocker (pid)
JOIN pg_stat_activity AS b ON b.pid = blocker.pid
WHERE w.application_name = $1 AND w.datname = current_database()
  AND b.application_name = (SELECT session FROM hearth.shard WHERE key = $2)
