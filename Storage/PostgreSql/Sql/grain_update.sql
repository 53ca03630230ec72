UPDATE hearth.grain_state SET payload = $3, etag = $4, updated_at = clock_timestamp() WHERE grain = $1 AND name = $2 AND etag = $5
