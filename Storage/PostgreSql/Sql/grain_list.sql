SELECT grain, length(payload), updated_at, etag FROM hearth.grain_state
WHERE grain >= $1 AND grain < $2 AND grain > $3 AND name = $4 ORDER BY grain LIMIT $5
