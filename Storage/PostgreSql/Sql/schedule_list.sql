SELECT id, name, slot, revision, version, definition, state, next_at FROM hearth.schedule WHERE name > $1 ORDER BY name LIMIT $2
