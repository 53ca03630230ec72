DELETE FROM hearth.silo WHERE ended_at < clock_timestamp() - $1
