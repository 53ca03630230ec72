INSERT INTO hearth.job (id, shard, checksum, function, content_type, input)
SELECT r.id, r.shard, r.checksum, r.function, r.content_type, r.input
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS checksum,
    unnest($6::text[]) AS function,
    unnest($7::text[]) AS content_type,
    unnest($8::bytea[]) AS input) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
