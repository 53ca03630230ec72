SELECT payload, etag FROM hearth.grain_state WHERE grain = $1 AND name = $2
