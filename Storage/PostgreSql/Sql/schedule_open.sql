-- A job is in the inbox from its submission on, in job once its shard has read it, and in job_end when it has ended.
SELECT a.id
FROM (SELECT unnest($1::uuid[]) AS id, unnest($2::int[]) AS shard) AS a
WHERE NOT EXISTS (SELECT FROM hearth.job_end AS e WHERE e.shard = a.shard AND e.id = a.id)
  AND (EXISTS (SELECT FROM hearth.job AS j WHERE j.shard = a.shard AND j.id = a.id)
       OR EXISTS (SELECT FROM hearth.inbox AS i WHERE i.shard = a.shard AND i.id = a.id))
