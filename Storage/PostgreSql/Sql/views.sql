SELECT j.id, j.function, j.priority, j.due_at, j.expires_at, j.options, j.tags,
    e.state, e.attempt, e.started_at, e.ended_at, e.error, e.error_type, e.content_type
FROM hearth.job AS j
LEFT JOIN hearth.job_end AS e ON e.shard = $1 AND e.id = j.id AND e.id BETWEEN $3 AND $4
WHERE j.shard = $1 AND j.id = ANY ($2) AND j.id BETWEEN $3 AND $4
