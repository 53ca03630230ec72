UPDATE hearth.shard SET epoch = epoch + 1, owner = $2, session = $3 WHERE key = $1
RETURNING id, epoch, greatest(up_to, last_id), inbox_position, clock_timestamp()
