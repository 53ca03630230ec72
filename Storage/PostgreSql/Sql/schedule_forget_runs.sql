DELETE FROM hearth.schedule_run WHERE (schedule, tick, cause) IN (
    SELECT schedule, tick, cause FROM hearth.schedule_run WHERE tick < $1 ORDER BY tick LIMIT 10000)
