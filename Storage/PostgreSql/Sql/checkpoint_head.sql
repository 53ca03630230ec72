SELECT checkpoint, up_to, inbox_position, parts FROM hearth.shard WHERE id = $1
