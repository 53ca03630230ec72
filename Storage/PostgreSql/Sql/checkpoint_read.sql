SELECT ids, checksum FROM hearth.shard_checkpoint WHERE shard = $1 AND number = $2 AND part = $3
