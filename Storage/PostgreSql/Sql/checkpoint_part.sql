INSERT INTO hearth.shard_checkpoint (shard, number, part, ids, checksum) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
