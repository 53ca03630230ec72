SELECT key FROM hearth.shard WHERE id = $1
