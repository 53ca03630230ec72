SELECT j.id FROM hearth.job AS j
WHERE j.shard = (SELECT id FROM hearth.shard WHERE key = $1)
ORDER BY j.id DESC LIMIT 1
