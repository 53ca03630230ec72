SELECT hearth.day_drop(($1::timestamp)::date, $2, $3, $4, $5)
