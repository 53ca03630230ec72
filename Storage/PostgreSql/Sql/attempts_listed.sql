SELECT id, attempt, kind, retry_at FROM hearth.job_attempt
WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4 ORDER BY id, attempt, kind
