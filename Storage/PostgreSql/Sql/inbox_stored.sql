SELECT i.id, i.checksum, i.function, i.content_type, i.input, i.options, i.priority, i.due_at, i.expires_at, i.tags
FROM hearth.inbox AS i
WHERE i.shard = $1 AND i.xid >= $2::text::xid8
  AND EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = $1 AND j.id = i.id)
  AND NOT EXISTS (SELECT FROM hearth.job_end AS e WHERE e.shard = $1 AND e.id = i.id)
ORDER BY i.xid, i.id
LIMIT $3
