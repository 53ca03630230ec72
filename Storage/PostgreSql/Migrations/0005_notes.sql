-- A note takes the place of the one with its number: what a run saved last, and the logs of the last attempts. So whoever may insert notes may change them.
DO $$
DECLARE
    r regrole;
BEGIN
    FOR r IN
        SELECT DISTINCT a.grantee::regrole
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.oid = 'hearth.job_note'::regclass AND a.privilege_type = 'INSERT' AND a.grantee <> 0
    LOOP
        EXECUTE format('GRANT UPDATE ON hearth.job_note TO %s', r);
    END LOOP;
END $$;
COMMENT ON COLUMN hearth.job_note.kind IS '1 progress, 2 log, 3 detail.';
