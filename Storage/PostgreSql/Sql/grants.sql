-- What a silo's role needs: rows are inserted and read; only shards, checkpoints, notes, grains' state, silos and schedules are ever changed by it.
GRANT USAGE ON SCHEMA hearth TO :role;
GRANT SELECT ON ALL TABLES IN SCHEMA hearth TO :role;
GRANT INSERT ON hearth.job, hearth.job_end, hearth.job_attempt, hearth.job_note, hearth.job_key, hearth.job_lease, hearth.inbox TO :role;
GRANT UPDATE ON hearth.job_note TO :role;
GRANT INSERT, UPDATE ON hearth.shard TO :role;
GRANT INSERT, DELETE ON hearth.shard_checkpoint TO :role;
GRANT INSERT, DELETE ON hearth.permit TO :role;
GRANT INSERT, UPDATE, DELETE ON hearth.grain_state TO :role;
GRANT INSERT, UPDATE, DELETE ON hearth.silo TO :role;
GRANT INSERT, UPDATE, DELETE ON hearth.schedule, hearth.schedule_run TO :role;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hearth TO :role;
