-- Of notes in one place the last one given counts: a statement may not change a row twice.
INSERT INTO hearth.job_note (id, shard, number, attempt, kind, at, text)
SELECT DISTINCT ON (r.shard, r.id, r.number) r.id, r.shard, r.number, r.attempt, r.kind, r.at, r.text
FROM (SELECT
    unnest($3::uuid[]) AS id,
    unnest($4::int[]) AS shard,
    unnest($5::int[]) AS number,
    unnest($6::int[]) AS attempt,
    unnest($7::smallint[]) AS kind,
    unnest($8::timestamptz[]) AS at,
    unnest($9::text[]) AS text,
    generate_subscripts($3::uuid[], 1) AS place) AS r
WHERE r.shard <> ALL (ARRAY(SELECT w.shard FROM hearth.refused($1, $2) AS w (shard)))
ORDER BY r.shard, r.id, r.number, r.attempt DESC, r.place DESC
ON CONFLICT (shard, id, number) DO UPDATE SET attempt = excluded.attempt, kind = excluded.kind, at = excluded.at, text = excluded.text
WHERE job_note.attempt <= excluded.attempt
