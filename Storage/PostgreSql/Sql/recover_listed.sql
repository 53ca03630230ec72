-- The bounds let partitions be left out, which an array alone does not.
SELECT id, function, priority, due_at, expires_at,
    CASE WHEN strpos(options::text, '"key"') > 0 THEN options::text END
FROM hearth.job WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4
