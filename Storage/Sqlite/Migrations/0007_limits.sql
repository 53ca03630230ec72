-- Starts that owners of shards have allowed themselves, in blocks. Rows are only added; those that do not matter any more are deleted.
CREATE TABLE permit (
    shard      INTEGER NOT NULL,
    scope      BLOB    NOT NULL CHECK (length(scope) = 16),
    at         INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (shard, scope, at, count)
) WITHOUT ROWID;

CREATE INDEX permit_kept ON permit (kept_until);
