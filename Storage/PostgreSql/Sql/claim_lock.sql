SELECT owner, epoch FROM hearth.shard WHERE key = $1 FOR UPDATE
