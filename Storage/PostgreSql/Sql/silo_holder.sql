SELECT id, host, port, http, renewed_at, clock_timestamp() - renewed_at
FROM hearth.silo
WHERE name = $1 AND status <= 2 AND id <> $2 AND NOT EXISTS (SELECT FROM hearth.silo AS own WHERE own.id = $2)
