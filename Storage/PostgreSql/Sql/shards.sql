SELECT id, key, epoch, owner FROM hearth.shard ORDER BY id
