SELECT hearth.shard_number($1), clock_timestamp()
