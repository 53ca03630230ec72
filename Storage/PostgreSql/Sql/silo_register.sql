INSERT INTO hearth.silo (id, name, pools, roles, host, port, certificate, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
