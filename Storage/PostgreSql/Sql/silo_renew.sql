-- One statement: Npgsql sends a batch's second one asynchronously, and a heartbeat must not wait for the thread pool. It reads the table as it
-- was when it began, so its own row comes from the renewal.
WITH renewed AS (
    UPDATE hearth.silo SET
        renewed_at = clock_timestamp(),
        steady_since = CASE WHEN renewed_at BETWEEN clock_timestamp() - $5 AND clock_timestamp() + $5 THEN steady_since ELSE clock_timestamp() END,
        refused_by = '{}', running = $2, waiting = $3, http = $4
    WHERE id = $1 AND status <= 2
    RETURNING id, running, waiting, http, renewed_at, steady_since, refused_by
)
SELECT c.version, clock_timestamp(), s.id, s.name, s.pools, s.roles, s.host, s.port, s.certificate, s.version, s.status,
    coalesce(r.running, s.running), coalesce(r.waiting, s.waiting), CASE WHEN r.id IS NULL THEN s.http ELSE r.http END,
    s.started_at, coalesce(r.renewed_at, s.renewed_at), coalesce(r.steady_since, s.steady_since), coalesce(r.refused_by, s.refused_by)
FROM hearth.cluster AS c
LEFT JOIN hearth.silo AS s ON s.status <= 2 AND (s.id <> $1 OR EXISTS (SELECT FROM renewed))
LEFT JOIN renewed AS r ON r.id = s.id
ORDER BY s.name COLLATE "C"
