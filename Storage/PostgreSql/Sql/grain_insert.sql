INSERT INTO hearth.grain_state (grain, name, payload, etag) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
