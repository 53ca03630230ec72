DELETE FROM hearth.shard_checkpoint
WHERE shard = $1 AND number <> $2 AND EXISTS (SELECT FROM hearth.shard WHERE id = $1 AND checkpoint = $2)
