-- For the rest of the transaction: rows are read in the order of their key, which is the only sensible way here. Partitions that have not
-- been analyzed yet would make the planner sort all of a shard for each chunk.
SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)
