SELECT id, name, slot, revision, version, definition, state, next_at
FROM hearth.schedule
WHERE next_at <= $2 AND slot = ANY ($1::int[])
ORDER BY next_at
LIMIT $3
