INSERT INTO hearth.job_key (id, shard, kind, count, hash, body_hash)
SELECT r.id, r.shard, r.kind, r.count, r.hash, r.body_hash
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::smallint[]) AS kind,
    unnest($6::int[]) AS count,
    unnest($7::bytea[]) AS hash,
    unnest($8::bytea[]) AS body_hash) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
