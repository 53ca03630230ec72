-- No run is made before its tick, so the index by tick finds all that were made before a time.
DELETE FROM hearth.schedule_run WHERE (schedule, tick, cause) IN (
    SELECT schedule, tick, cause FROM hearth.schedule_run WHERE tick < $1 AND at < $1 ORDER BY tick LIMIT 10000)
