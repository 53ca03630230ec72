SELECT id, function, priority, due_at, expires_at FROM hearth.job WHERE shard = $1 AND id > $2 ORDER BY id LIMIT 5000
