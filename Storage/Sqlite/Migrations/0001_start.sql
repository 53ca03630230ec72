CREATE TABLE job (
    id           TEXT    NOT NULL PRIMARY KEY,
    shard        TEXT    NOT NULL,
    function     TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    parameters   TEXT    NOT NULL,
    lenient      INTEGER NOT NULL CHECK (lenient IN (0, 1)),
    input        BLOB    NOT NULL,
    accepted_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX job_shard ON job (shard, id);

CREATE TABLE job_attempt (
    id         TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('Started', 'Returned')),
    PRIMARY KEY (id, attempt)
) WITHOUT ROWID;

CREATE TABLE job_end (
    id           TEXT    NOT NULL PRIMARY KEY,
    state        TEXT    NOT NULL CHECK (state IN ('Succeeded', 'Failed')),
    result       BLOB    NOT NULL,
    content_type TEXT,
    error        TEXT,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    CHECK ((state = 'Failed') = (error IS NOT NULL))
) WITHOUT ROWID;

CREATE TABLE job_key (
    hash        TEXT    NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL,
    body_hash   TEXT    NOT NULL,
    accepted_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE grain_state (
    grain   TEXT NOT NULL,
    name    TEXT NOT NULL,
    payload BLOB NOT NULL,
    etag    TEXT NOT NULL,
    PRIMARY KEY (grain, name)
) WITHOUT ROWID;
