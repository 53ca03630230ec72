-- Schedules, and what became of their ticks. A tick changes its schedule's row on the condition of its revision, in the transaction that puts the
-- job into the inbox; the key of schedule_run is what no tick can have twice. Payloads stay the last columns.
CREATE TABLE schedule (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    slot       INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    next_at    INTEGER,
    state      BLOB    NOT NULL,
    definition BLOB    NOT NULL
);

CREATE INDEX schedule_next ON schedule (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE schedule_run (
    schedule TEXT    NOT NULL,
    tick     INTEGER NOT NULL,
    cause    INTEGER NOT NULL CHECK (cause BETWEEN 1 AND 2),
    outcome  INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 4),
    at       INTEGER NOT NULL,
    job      BLOB    CHECK ((job IS NULL) = (outcome <> 1)),
    key      TEXT,
    detail   TEXT,
    PRIMARY KEY (schedule, tick, cause)
) WITHOUT ROWID;

CREATE UNIQUE INDEX schedule_run_key ON schedule_run (schedule, key) WHERE key IS NOT NULL;
CREATE INDEX schedule_run_tick ON schedule_run (tick);
