SELECT id, checksum, state, attempt, started_at, ended_at, content_type, error, error_type, result
FROM hearth.job_end WHERE shard = $1 AND id = $2
