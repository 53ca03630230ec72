-- As list_jobs, of those that have ended in some state.
SELECT e.id,
    e.state = $8::smallint
    AND ($7::text IS NULL OR strpos(e.error, $7) > 0 OR strpos(e.error_type, $7) > 0) IS TRUE
    AND (($5::text IS NULL AND $6::text IS NULL) OR EXISTS (
        SELECT FROM hearth.job AS j
        WHERE j.shard = s.shard AND j.id = e.id AND ($5::text IS NULL OR j.function = $5) AND ($6::text IS NULL OR $6 = ANY (j.tags))))
FROM unnest($1::int[]) AS s (shard)
CROSS JOIN LATERAL (
    SELECT id, state, error, error_type FROM hearth.job_end WHERE shard = s.shard AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT $2) AS e
