SELECT id, attempt, kind, retry_at FROM hearth.job_attempt WHERE shard = $1 AND id BETWEEN $2 AND $3 ORDER BY id, attempt, kind
