-- Holds the shards' rows until the commit, so that no epoch is raised in between.
SELECT id, epoch, clock_timestamp() FROM hearth.shard WHERE id = ANY ($1) ORDER BY id FOR SHARE
