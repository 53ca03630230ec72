-- Leases of workers outside, and their renewals: rows are only added, the newest of an attempt counts. The table was not used before, so this
-- changes no row.
ALTER TABLE hearth.job_lease ADD COLUMN started_at timestamptz NOT NULL;
ALTER TABLE hearth.job_lease DROP CONSTRAINT job_lease_pkey;
ALTER TABLE hearth.job_lease ADD PRIMARY KEY (shard, id, attempt, number);
