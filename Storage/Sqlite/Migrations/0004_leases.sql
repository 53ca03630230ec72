-- Leases of workers outside, and their renewals: rows are only added, the newest of an attempt counts. The table was not used before.
DROP TABLE job_lease;
CREATE TABLE job_lease (
    shard      INTEGER NOT NULL,
    id         BLOB    NOT NULL CHECK (length(id) = 16),
    attempt    INTEGER NOT NULL CHECK (attempt > 0),
    number     INTEGER NOT NULL CHECK (number > 0),
    started_at INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    worker     TEXT    NOT NULL,
    PRIMARY KEY (shard, id, attempt, number)
) WITHOUT ROWID;
