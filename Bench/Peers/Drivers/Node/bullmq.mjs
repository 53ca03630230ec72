// On Redis, or on the PostgreSQL backend that it ships.
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { config, run } from './phases.mjs';

const QUEUE = 'bench';
const backend = config.postgres ? createPostgresBackend : undefined;
const connection = pool => config.postgres
  ? { connectionString: config.postgres, max: pool, migrate: true }
  : { host: '127.0.0.1', port: config.redis, maxRetriesPerRequest: null };

async function open(pool) {
  const queue = new Queue(QUEUE, { connection: connection(pool) }, backend);
  queue.on('error', e => console.error('queue', e.message));
  await queue.waitUntilReady();
  return queue;
}

run('bullmq', async () => {
  const { variant } = config;
  const queue = await open(variant.pool ?? 10);
  const look = await open(1);
  const waiting = c => (c.wait ?? c.waiting ?? 0) + (c.active ?? 0) + (c.delayed ?? 0) + (c.prioritized ?? 0) + (c.paused ?? 0);
  return {
    submit: data => queue.add('j', data),
    submitMany: jobs => queue.addBulk(jobs.map(data => ({ name: 'j', data }))),
    async work(onJob) {
      const { concurrency } = variant;
      const worker = new Worker(QUEUE, async job => onJob(job.data.i), { connection: connection(Math.min(concurrency, 80)), concurrency }, backend);
      worker.on('error', e => console.error('worker', e.message));
      return () => worker.close();
    },
    isDrained: async () => waiting(await look.getJobCounts('wait', 'active')) === 0,
    async counts() {
      const c = await look.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'paused', 'failed', 'completed');
      return { pending: waiting(c), ended: c.completed, failed: c.failed };
    },
    close: () => queue.close(),
  };
});
