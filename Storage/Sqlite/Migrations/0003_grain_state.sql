-- When a state was written last; states of a kind are listed by it. The payload stays the last column.

CREATE TABLE grain_state_3 (
    grain      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    etag       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    payload    BLOB    NOT NULL,
    PRIMARY KEY (grain, name)
) WITHOUT ROWID;

INSERT INTO grain_state_3 (grain, name, etag, updated_at, payload)
SELECT grain, name, etag, CAST(strftime('%s', 'now') AS INTEGER) * 1000000, payload FROM grain_state;

DROP TABLE grain_state;
ALTER TABLE grain_state_3 RENAME TO grain_state;
