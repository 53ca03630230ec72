INSERT INTO hearth.job_lease (id, shard, attempt, number, started_at, until, worker)
SELECT r.id, r.shard, r.attempt, r.number, r.started_at, r.until, r.worker
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS attempt,
    unnest($6::int[]) AS number,
    unnest($7::timestamptz[]) AS started_at,
    unnest($8::timestamptz[]) AS until,
    unnest($9::text[]) AS worker) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
