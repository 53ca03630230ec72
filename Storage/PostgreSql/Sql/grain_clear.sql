DELETE FROM hearth.grain_state WHERE grain = $1 AND name = $2 AND etag = $3
