UPDATE hearth.silo SET status = 3, ended_at = clock_timestamp() WHERE id = $1 AND status <= 2
