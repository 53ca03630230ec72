-- Those of the inbox that were stored after the checkpoint under older ids.
SELECT i.id
FROM hearth.inbox AS i
WHERE i.shard = $1 AND i.xid >= $2::text::xid8 AND i.id <= $3
  AND EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = $1 AND j.id = i.id)
