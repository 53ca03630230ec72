-- Ids are 16 bytes, big-endian: byte order is id order. An id tells its shard. Times are microseconds since 1970.
-- Rows are kept in key order (WITHOUT ROWID), payloads last: reading what is before them touches no overflow page.

CREATE TABLE shard (
    number  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (number < 16777216),
    key     TEXT    NOT NULL UNIQUE,
    epoch   INTEGER NOT NULL CHECK (epoch > 0),
    owner   TEXT,
    -- The highest id among the jobs that were forgotten.
    last_id BLOB CHECK (length(last_id) = 16)
);

-- A checkpoint counts when all its chunks are there.
CREATE TABLE shard_checkpoint (
    shard          INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    chunk          INTEGER NOT NULL CHECK (chunk BETWEEN 1 AND chunks),
    chunks         INTEGER NOT NULL,
    up_to          BLOB    NOT NULL CHECK (length(up_to) = 16),
    inbox_position INTEGER NOT NULL,
    checksum       INTEGER NOT NULL,
    open           BLOB    NOT NULL CHECK (length(open) % 16 = 0),
    PRIMARY KEY (shard, number, chunk)
) WITHOUT ROWID;

CREATE TABLE job (
    shard        INTEGER NOT NULL,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    function     TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 5),
    due_at       INTEGER,
    expires_at   INTEGER,
    tags         TEXT,
    options      BLOB,
    checksum     INTEGER NOT NULL,
    input        BLOB    NOT NULL,
    PRIMARY KEY (shard, id)
) WITHOUT ROWID;

CREATE TABLE job_end (
    shard        INTEGER NOT NULL,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    state        INTEGER NOT NULL CHECK (state BETWEEN 5 AND 7),
    attempt      INTEGER NOT NULL CHECK (attempt >= 0),
    started_at   INTEGER,
    ended_at     INTEGER NOT NULL,
    content_type TEXT,
    error        TEXT,
    error_type   TEXT,
    checksum     INTEGER NOT NULL,
    result       BLOB    NOT NULL,
    PRIMARY KEY (shard, id),
    CHECK (state <> 5 OR error IS NULL),
    CHECK (state = 5 OR length(result) = 0)
) WITHOUT ROWID;

CREATE TABLE job_attempt (
    shard      INTEGER NOT NULL,
    id         BLOB    NOT NULL CHECK (length(id) = 16),
    attempt    INTEGER NOT NULL CHECK (attempt > 0),
    kind       INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    at         INTEGER NOT NULL,
    started_at INTEGER,
    retry_at   INTEGER,
    error      TEXT,
    error_type TEXT,
    PRIMARY KEY (shard, id, attempt, kind)
) WITHOUT ROWID;

CREATE TABLE job_note (
    shard   INTEGER NOT NULL,
    id      BLOB    NOT NULL CHECK (length(id) = 16),
    n       INTEGER NOT NULL CHECK (n > 0),
    kind    INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    at      INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    PRIMARY KEY (shard, id, n)
) WITHOUT ROWID;

CREATE TABLE job_key (
    shard     INTEGER NOT NULL,
    kind      INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    id        BLOB    NOT NULL CHECK (length(id) = 16),
    count     INTEGER NOT NULL CHECK (count > 0),
    body_hash BLOB    NOT NULL,
    PRIMARY KEY (shard, kind, hash, id)
) WITHOUT ROWID;

-- For forgetting old ones.
CREATE INDEX job_key_id ON job_key (shard, id);

CREATE TABLE job_lease (
    shard      INTEGER NOT NULL,
    id         BLOB    NOT NULL CHECK (length(id) = 16),
    n          INTEGER NOT NULL CHECK (n > 0),
    worker     TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (shard, id, n)
) WITHOUT ROWID;

-- AUTOINCREMENT: a position is never used again, or a reader could pass over a submission.
CREATE TABLE inbox (
    position     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    shard        INTEGER NOT NULL,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    function     TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 5),
    due_at       INTEGER,
    expires_at   INTEGER,
    tags         TEXT,
    options      BLOB,
    checksum     INTEGER NOT NULL,
    input        BLOB    NOT NULL,
    UNIQUE (shard, id)
);

CREATE INDEX inbox_shard ON inbox (shard, position);

CREATE TABLE grain_state (
    grain   TEXT NOT NULL,
    name    TEXT NOT NULL,
    payload BLOB NOT NULL,
    etag    TEXT NOT NULL,
    PRIMARY KEY (grain, name)
) WITHOUT ROWID;
