SELECT id FROM hearth.job_end WHERE shard = $1 AND id BETWEEN $2 AND $3
