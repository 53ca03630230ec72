-- Fenced by the shard that posts; the rows and what wakes their shards are there if and only if the batch is committed.
WITH posted AS (
    INSERT INTO hearth.inbox (id, shard, checksum, function, content_type, input, due_at, expires_at, priority, options, tags)
    SELECT r.id, r.shard, r.checksum, r.function, r.content_type, r.input, r.due_at, r.expires_at, r.priority, r.options::json, r.tags::text[]
    FROM (SELECT
        unnest($3::int[]) AS poster,
        unnest($4::uuid[]) AS id,
        unnest($5::int[]) AS shard,
        unnest($6::int[]) AS checksum,
        unnest($7::text[]) AS function,
        unnest($8::text[]) AS content_type,
        unnest($9::bytea[]) AS input,
        unnest($10::timestamptz[]) AS due_at,
        unnest($11::timestamptz[]) AS expires_at,
        unnest($12::smallint[]) AS priority,
        unnest($13::text[]) AS options,
        unnest($14::text[]) AS tags) AS r
    WHERE r.poster <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
    RETURNING shard)
SELECT pg_notify('hearth_inbox', p.shard::text) FROM (SELECT DISTINCT shard FROM posted) AS p
