SELECT hearth.submit($1, $2, $3, $4, $5, $6, $7, $8::text::text[], $9::text::json, $10, $11)
