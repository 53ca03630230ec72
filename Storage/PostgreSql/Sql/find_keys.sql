SELECT DISTINCT ON (hash) hash, id, count, body_hash
FROM hearth.job_key WHERE shard = $1 AND kind = $2 AND hash = ANY ($3) AND id >= $4
ORDER BY hash, id DESC
