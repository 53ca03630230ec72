INSERT INTO hearth.job (id, shard, checksum, function, content_type, input, due_at, expires_at, priority, options, tags)
SELECT r.id, r.shard, r.checksum, r.function, r.content_type, r.input, r.due_at, r.expires_at, r.priority, r.options::json, r.tags::text[]
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS checksum,
    unnest($6::text[]) AS function,
    unnest($7::text[]) AS content_type,
    unnest($8::bytea[]) AS input,
    unnest($9::timestamptz[]) AS due_at,
    unnest($10::timestamptz[]) AS expires_at,
    unnest($11::smallint[]) AS priority,
    unnest($12::text[]) AS options,
    unnest($13::text[]) AS tags) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
