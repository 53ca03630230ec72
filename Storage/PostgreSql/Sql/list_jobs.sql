-- Some keys of each shard, backwards, and which of them match; the bound is on what is read, not on what matches.
SELECT j.id,
    ($5::text IS NULL OR j.function = $5)
    AND ($6::text IS NULL OR ($6 = ANY (j.tags)) IS TRUE)
    AND ($7::text IS NULL OR EXISTS (
        SELECT FROM hearth.job_end AS e
        WHERE e.shard = s.shard AND e.id = j.id AND (strpos(e.error, $7) > 0 OR strpos(e.error_type, $7) > 0)))
    AND $8::smallint = 0
FROM unnest($1::int[]) AS s (shard)
CROSS JOIN LATERAL (
    SELECT id, function, tags FROM hearth.job WHERE shard = s.shard AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT $2) AS j
