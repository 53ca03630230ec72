SELECT id, function, priority, due_at, expires_at,
    CASE WHEN strpos(options::text, '"key"') > 0 THEN options::text END
FROM hearth.job WHERE shard = $1 AND id > $2 ORDER BY id LIMIT 5000
