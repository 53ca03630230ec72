INSERT INTO hearth.permit (scope, shard, at, count, kept_until)
SELECT r.scope, r.shard, r.at, r.count, r.kept_until
FROM (SELECT
    unnest($3::uuid[]) AS scope,
    unnest($4::int[]) AS shard,
    unnest($5::timestamptz[]) AS at,
    unnest($6::int[]) AS count,
    unnest($7::timestamptz[]) AS kept_until) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
