SELECT session FROM hearth.shard WHERE key = $1
