WITH over AS (
    SELECT shard, scope, at, count FROM hearth.permit WHERE kept_until <= $1 ORDER BY kept_until LIMIT 1000),
gone AS (
    DELETE FROM hearth.permit AS p USING over AS o
    WHERE p.shard = o.shard AND p.scope = o.scope AND p.at = o.at AND p.count = o.count
    RETURNING 1)
SELECT count(*)::int FROM gone
