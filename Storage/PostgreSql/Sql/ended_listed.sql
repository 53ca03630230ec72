SELECT id FROM hearth.job_end WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4
