UPDATE hearth.shard SET owner = NULL WHERE id = $1 AND epoch = $2
