SELECT id, number, kind, attempt, at, text FROM hearth.job_note WHERE shard = $1 AND id = $2 AND number = $3
