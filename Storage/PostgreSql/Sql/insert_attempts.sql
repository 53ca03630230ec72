INSERT INTO hearth.job_attempt (id, shard, attempt, kind, at, started_at, retry_at, error, error_type)
SELECT r.id, r.shard, r.attempt, r.kind, r.at, r.started_at, r.retry_at, r.error, r.error_type
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS attempt,
    unnest($6::smallint[]) AS kind,
    unnest($7::timestamptz[]) AS at,
    unnest($8::timestamptz[]) AS started_at,
    unnest($9::timestamptz[]) AS retry_at,
    unnest($10::text[]) AS error,
    unnest($11::text[]) AS error_type) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
