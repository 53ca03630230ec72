INSERT INTO hearth.job_end (id, shard, checksum, state, attempt, started_at, ended_at, content_type, result, error, error_type)
SELECT r.id, r.shard, r.checksum, r.state, r.attempt, r.started_at, r.ended_at, r.content_type, r.result, r.error, r.error_type
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS checksum,
    unnest($6::smallint[]) AS state,
    unnest($7::int[]) AS attempt,
    unnest($8::timestamptz[]) AS started_at,
    unnest($9::timestamptz[]) AS ended_at,
    unnest($10::text[]) AS content_type,
    unnest($11::bytea[]) AS result,
    unnest($12::text[]) AS error,
    unnest($13::text[]) AS error_type) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
