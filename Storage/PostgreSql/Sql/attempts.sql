SELECT id, attempt, kind, at, started_at, retry_at, error, error_type FROM hearth.job_attempt
WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4 ORDER BY id, attempt, kind
