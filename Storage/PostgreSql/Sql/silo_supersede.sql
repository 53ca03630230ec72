UPDATE hearth.silo SET status = 4, ended_at = clock_timestamp()
WHERE id = $1 AND name = $2 AND status <= 2 AND renewed_at NOT BETWEEN clock_timestamp() - $3 AND clock_timestamp() + $3
