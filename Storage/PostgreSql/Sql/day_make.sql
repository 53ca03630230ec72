SELECT hearth.day_make(($1::timestamp)::date)
