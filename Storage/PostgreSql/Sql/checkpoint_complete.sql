UPDATE hearth.shard SET checkpoint = $3, up_to = $4, inbox_position = $5, parts = $6 WHERE id = $1 AND epoch = $2
