INSERT INTO hearth.schedule (id, name, slot, revision, version, next_at, state, definition)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO NOTHING
