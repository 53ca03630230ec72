-- What has no row in job yet. All that is below the snapshot's xmin has ended, so nothing below it can still appear.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, i.xid::text::bigint, i.id, i.checksum, i.function, i.content_type, i.input,
    i.options, i.priority, i.due_at, i.expires_at, i.tags
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT * FROM hearth.inbox AS i
    WHERE i.shard = $1 AND i.xid >= $2::text::xid8
      AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = $1 AND j.id = i.id)
    ORDER BY i.xid, i.id
    LIMIT 10001) AS i ON true
