-- Schedules, and what became of their ticks. A tick changes its schedule's row on the condition of its revision, in the transaction that puts the
-- job into the inbox; the key of schedule_run is what no tick can have twice.
CREATE TABLE hearth.schedule (
    id         uuid        PRIMARY KEY,
    name       text        COLLATE "C" NOT NULL UNIQUE CHECK (name <> ''),
    slot       int         NOT NULL,
    revision   bigint      NOT NULL,
    version    bigint      NOT NULL,
    next_at    timestamptz,
    state      bytea       NOT NULL,
    definition bytea       NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX schedule_next ON hearth.schedule (next_at) WHERE next_at IS NOT NULL;
COMMENT ON COLUMN hearth.schedule.next_at IS 'When its owner looks at it; null: paused, or it has no tick any more.';

CREATE TABLE hearth.schedule_run (
    schedule uuid        NOT NULL REFERENCES hearth.schedule ON DELETE CASCADE,
    tick     timestamptz NOT NULL,
    cause    smallint    NOT NULL CHECK (cause BETWEEN 1 AND 2),
    outcome  smallint    NOT NULL CHECK (outcome BETWEEN 1 AND 4),
    at       timestamptz NOT NULL,
    job      uuid        CHECK ((job IS NULL) = (outcome <> 1)),
    key      text,
    detail   text,
    PRIMARY KEY (schedule, tick, cause)
);
CREATE UNIQUE INDEX schedule_run_key ON hearth.schedule_run (schedule, key) WHERE key IS NOT NULL;
CREATE INDEX schedule_run_tick ON hearth.schedule_run (tick);

-- Whoever may change grains' state is a silo's role.
DO $$
DECLARE
    r regrole;
BEGIN
    FOR r IN
        SELECT DISTINCT a.grantee::regrole
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.oid = 'hearth.grain_state'::regclass AND a.privilege_type = 'UPDATE' AND a.grantee <> 0
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON hearth.schedule, hearth.schedule_run TO %s', r);
    END LOOP;
END $$;
