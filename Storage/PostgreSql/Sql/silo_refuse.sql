UPDATE hearth.silo SET refused_by = refused_by || $2::text
WHERE id = $1 AND id <> $2 AND status <= 2 AND NOT refused_by @> ARRAY[$2::text]
    AND EXISTS (SELECT FROM hearth.silo AS voter WHERE voter.id = $2 AND voter.status <= 2)
