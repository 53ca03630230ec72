SELECT tick, cause, outcome, at, job, key, detail
FROM hearth.schedule_run
WHERE schedule = $1 AND (tick, cause) < ($2, $3::smallint)
ORDER BY tick DESC, cause DESC
LIMIT $4
