import { PgBoss } from 'pg-boss';
import { config, run, store } from './phases.mjs';

const QUEUE = 'bench';

run('pg-boss', async phase => {
  const { variant } = config;
  const works = phase !== 'A' && phase !== 'B';
  const boss = new PgBoss({ connectionString: config.postgres, schedule: false, max: variant.pool ?? 10, useListenNotify: !!variant.notify && works });
  boss.on('error', e => console.error('pg-boss', e.message));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: !!variant.notify });
  const one = async text => (await store.query(text)).rows[0];
  return {
    submit: data => boss.send(QUEUE, data),
    submitMany: jobs => boss.insert(QUEUE, jobs.map(data => ({ data }))),
    async work(onJob) {
      await boss.work(
        QUEUE,
        { batchSize: variant.batchSize ?? 1, localConcurrency: variant.localConcurrency ?? 1, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
        async jobs => { for (const job of jobs) onJob(job.data.i); });
      return () => boss.offWork(QUEUE);
    },
    isDrained: async () => (await one(`SELECT NOT EXISTS (SELECT FROM pgboss.job WHERE name = '${QUEUE}' AND state < 'completed') AS yes`)).yes,
    counts: () => one(`
      SELECT count(*) FILTER (WHERE state < 'completed')::int AS pending, count(*) FILTER (WHERE state = 'completed')::int AS ended,
        count(*) FILTER (WHERE state > 'completed')::int AS failed
      FROM pgboss.job WHERE name = '${QUEUE}'`),
    close: () => boss.stop({ graceful: true, timeout: 5000 }),
  };
});
