-- $3 the lease, $4 the age from which refused connections count, $5 the largest gap. The conditions on the silo itself are judged on its row
-- as it is when it is locked, so a renewal in the last moment counts.
UPDATE hearth.silo AS s SET status = 4, ended_at = clock_timestamp()
WHERE s.id = $1 AND s.id <> $2 AND s.status <= 2
    AND EXISTS (
        SELECT FROM hearth.silo AS judge
        WHERE judge.id = $2 AND judge.status <= 2 AND judge.steady_since <= clock_timestamp() - $3
            AND judge.renewed_at BETWEEN clock_timestamp() - $5 AND clock_timestamp() + $5)
    AND (
        s.renewed_at NOT BETWEEN clock_timestamp() - $3 AND clock_timestamp() + $3
        OR (s.renewed_at NOT BETWEEN clock_timestamp() - $4 AND clock_timestamp() + $4
            AND (SELECT count(*) FROM hearth.silo AS o WHERE o.status <= 2 AND o.id <> s.id AND o.id = ANY (s.refused_by))
                >= least(2, (SELECT count(*) FROM hearth.silo AS o WHERE o.status <= 2 AND o.id <> s.id))))
