SELECT tick, cause, outcome, at, job, key, detail FROM hearth.schedule_run WHERE schedule = $1 AND key = $2
