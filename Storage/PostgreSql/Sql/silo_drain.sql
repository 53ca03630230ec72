UPDATE hearth.silo SET status = 2 WHERE id = $1 AND status <= 2
