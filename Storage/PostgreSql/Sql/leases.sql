-- The bounds let partitions be left out, which an array alone does not.
SELECT DISTINCT ON (id) id, attempt, number, started_at, until, worker FROM hearth.job_lease
WHERE shard = $1 AND id = ANY ($2) AND id BETWEEN $3 AND $4 ORDER BY id, attempt DESC, number DESC
