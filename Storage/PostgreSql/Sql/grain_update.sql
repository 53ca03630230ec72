UPDATE hearth.grain_state SET payload = $3, etag = $4 WHERE grain = $1 AND name = $2 AND etag = $5
