-- When a state was written last; states of a kind are listed in the order of their bytes, whatever the database's collation is.
ALTER TABLE hearth.grain_state
    ALTER COLUMN grain TYPE text COLLATE "C",
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp();
