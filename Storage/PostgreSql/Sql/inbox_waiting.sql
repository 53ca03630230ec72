-- Shards that something waits for, and the oldest transaction of each. One row without a shard when there is none.
SELECT w.shard, w.oldest, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM (SELECT) AS one
LEFT JOIN (
    SELECT i.shard, min(i.xid::text::bigint) AS oldest
    FROM hearth.inbox AS i
    WHERE i.xid >= $1::text::xid8 AND NOT EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = i.shard AND j.id = i.id)
    GROUP BY i.shard) AS w ON true
