INSERT INTO hearth.job_note (id, shard, number, attempt, kind, at, text)
SELECT r.id, r.shard, r.number, r.attempt, r.kind, r.at, r.text
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS number,
    unnest($6::int[]) AS attempt,
    unnest($7::smallint[]) AS kind,
    unnest($8::timestamptz[]) AS at,
    unnest($9::text[]) AS text) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
