SELECT c.version, clock_timestamp(), s.id, s.name, s.pools, s.roles, s.host, s.port, s.certificate, s.version, s.status, s.running, s.waiting, s.http,
    s.started_at, s.renewed_at, s.steady_since, s.refused_by
FROM hearth.cluster AS c
LEFT JOIN hearth.silo AS s ON s.status <= 2
ORDER BY s.name COLLATE "C"
