import { Logger, makeWorkerUtils, run as runWorkers, WorkerPreset } from 'graphile-worker';
import pg from 'pg';
import { config, run, store } from './phases.mjs';

const TASK = 'bench';
const connectionString = config.postgres;
const logger = new Logger(() => () => { }); // its own prints a line for each job

run('graphile-worker', async () => {
  const { variant } = config;
  const utils = await makeWorkerUtils({ connectionString, maxPoolSize: variant.pool ?? 10, logger });
  await utils.migrate();
  // The documented SQL function in place of one call of the library.
  const bulk = variant.bulkSql ? new pg.Pool({ connectionString, max: variant.pool ?? 10 }) : null;
  const one = async text => (await store.query(text)).rows[0];
  return {
    submit: payload => utils.addJob(TASK, payload),
    submitMany: jobs => bulk
      ? bulk.query({
        name: 'bulk',
        text: `SELECT count(*) FROM graphile_worker.add_jobs(array(
          SELECT json_populate_record(null::graphile_worker.job_spec, j) FROM json_array_elements($1::json) j))`,
        values: [JSON.stringify(jobs.map(payload => ({ identifier: TASK, payload })))],
      })
      : utils.addJobs(jobs.map(payload => ({ identifier: TASK, payload }))),
    async work(onJob) {
      const { concurrentJobs, localQueue, completeJobBatchDelay: delay } = variant;
      const runner = await runWorkers({
        preset: {
          extends: [WorkerPreset],
          worker: {
            connectionString, logger, concurrentJobs, maxPoolSize: variant.maxPoolSize ?? concurrentJobs + 2,
            ...(localQueue ? { localQueue } : {}),
            ...(delay === undefined ? {} : { completeJobBatchDelay: delay, failJobBatchDelay: delay }),
          },
        },
        noHandleSignals: true,
        parsedCronItems: [],
        taskList: { [TASK]: async payload => onJob(payload.i) },
      });
      return () => runner.stop();
    },
    isDrained: async () => (await one('SELECT NOT EXISTS (SELECT FROM graphile_worker._private_jobs) AS yes')).yes,
    // A job that has ended is a row that was deleted.
    counts: () => one(`
      SELECT count(*)::int AS pending, count(*) FILTER (WHERE last_error IS NOT NULL)::int AS failed,
        (SELECT n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'graphile_worker' AND relname = '_private_jobs')::int AS ended
      FROM graphile_worker._private_jobs`),
    async close() {
      await utils.release();
      await bulk?.end();
    },
  };
});
