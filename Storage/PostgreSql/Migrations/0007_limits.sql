-- Starts that owners of shards have allowed themselves, in blocks. Rows are only added; those that do not matter any more are deleted.
CREATE TABLE hearth.permit (
    scope      uuid        NOT NULL,
    at         timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    shard      int         NOT NULL,
    count      int         NOT NULL,
    PRIMARY KEY (shard, scope, at, count)
);
CREATE INDEX ON hearth.permit (kept_until);

-- Whoever may insert notes is a silo's role.
DO $$
DECLARE
    r regrole;
BEGIN
    FOR r IN
        SELECT DISTINCT a.grantee::regrole
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.oid = 'hearth.job_note'::regclass AND a.privilege_type = 'INSERT' AND a.grantee <> 0
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON hearth.permit TO %s', r);
    END LOOP;
END $$;
