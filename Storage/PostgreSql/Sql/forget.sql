SELECT after_shard, after_id FROM hearth.forget($1, $2, $3, $4, $5, $6)
