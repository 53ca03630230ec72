SELECT id FROM hearth.shard WHERE key = $1
