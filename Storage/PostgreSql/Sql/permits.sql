SELECT scope, at, count, kept_until FROM hearth.permit WHERE shard = $1 AND kept_until > $2
