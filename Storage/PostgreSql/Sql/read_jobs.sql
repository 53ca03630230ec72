SELECT id, checksum, function, content_type, input, options, priority, due_at, expires_at, tags
FROM hearth.job WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4
