-- One statement for each schedule: its row, if the revision is still that; the runs that it makes, where the tick has no job yet; and the jobs of the
-- runs that are stored. Who comes second finds another revision, or a run, and posts nothing.
WITH moved AS (
    UPDATE hearth.schedule
    SET revision = revision + 1, version = version + $6::int, state = $3, next_at = $4, definition = coalesce($5, definition)
    WHERE id = $1 AND revision = $2
    RETURNING id),
ran AS (
    INSERT INTO hearth.schedule_run AS s (schedule, tick, cause, outcome, at, job, key, detail)
    SELECT m.id, r.tick, r.cause, r.outcome, r.at, r.job, r.key, r.detail
    FROM moved AS m, (SELECT
        unnest($7::timestamptz[]) AS tick,
        unnest($8::smallint[]) AS cause,
        unnest($9::smallint[]) AS outcome,
        unnest($10::timestamptz[]) AS at,
        unnest($11::uuid[]) AS job,
        unnest($12::text[]) AS key,
        unnest($13::text[]) AS detail) AS r
    ON CONFLICT (schedule, tick, cause) DO UPDATE
    SET outcome = excluded.outcome, at = excluded.at, job = excluded.job, detail = excluded.detail
    WHERE s.job IS NULL
    RETURNING s.job),
posted AS (
    INSERT INTO hearth.inbox (id, shard, checksum, function, content_type, input, due_at, expires_at, priority, options, tags)
    SELECT r.id, r.shard, r.checksum, r.function, r.content_type, r.input, r.due_at, r.expires_at, r.priority, r.options::json, r.tags::text[]
    FROM (SELECT
        unnest($14::uuid[]) AS id,
        unnest($15::int[]) AS shard,
        unnest($16::int[]) AS checksum,
        unnest($17::text[]) AS function,
        unnest($18::text[]) AS content_type,
        unnest($19::bytea[]) AS input,
        unnest($20::timestamptz[]) AS due_at,
        unnest($21::timestamptz[]) AS expires_at,
        unnest($22::smallint[]) AS priority,
        unnest($23::text[]) AS options,
        unnest($24::text[]) AS tags) AS r
    WHERE r.id IN (SELECT job FROM ran)
    RETURNING id, shard),
told AS (SELECT pg_notify('hearth_inbox', p.shard::text) FROM (SELECT DISTINCT shard FROM posted) AS p)
SELECT (SELECT count(*) FROM moved), coalesce((SELECT array_agg(id) FROM posted), '{}'), (SELECT count(*) FROM told)
