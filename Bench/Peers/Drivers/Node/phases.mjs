// The phases, the same for every peer; one process measures one phase on a store that is empty.
//   node PEER.mjs PHASE '{"jobs":…, "postgres":"postgres://…" or "redis":PORT, "variant":{…}}'
// The last line on the output is the result; a run in which a job is missing, failed or ran twice has none.
//
// A peer is a function that prepares its schema and returns
//   submit(payload), submitMany(payloads)   resolve when the jobs are acknowledged
//   work(onJob)                             starts workers; resolves to a function that stops them
//   isDrained()                             whether the store has nothing left to do
//   counts()                                what the store holds: { pending, ended, failed }; works after close
//   close()
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';

const CALL_JOBS = 1000;
const CALLERS = 64;
const PER_SECOND = 200;
const PATIENCE_MS = 120_000;

const [phase, text] = process.argv.slice(2);
export const config = { variant: {}, ...JSON.parse(text ?? '{}') };
/** Looks into the store beside the peer. */
export const store = config.postgres ? new pg.Pool({ connectionString: config.postgres, max: 1 }) : null;

// Ends with the program that started it.
process.stdin.resume().on('end', () => process.exit(3));

const payload = i => ({ i, kind: 'invoice.send', customer: 'c-0000042', email: 'someone@example.com', pad: 'xxxxxxxxxxxx' });
const sleep = ms => new Promise(done => setTimeout(done, ms));
const clock = (from = performance.now()) => () => (performance.now() - from) / 1000;

/** `callers` loops, each awaiting its call before the next. */
async function calls(callers, count, call) {
  let next = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (next < count) await call(next++);
  }));
}

function submitRange(peer, first, count) {
  return calls(config.variant.width ?? 1, Math.ceil(count / CALL_JOBS), call => {
    const from = first + call * CALL_JOBS, to = Math.min(first + count, from + CALL_JOBS);
    return peer.submitMany(Array.from({ length: to - from }, (_, k) => payload(from + k)));
  });
}

/** When each job started first; 0: not yet. */
const startedAt = new Float64Array(2 * config.jobs + 10_000);
let ran = 0, repeats = 0;
function onJob(i) {
  if (startedAt[i]) {
    repeats++;
    return;
  }
  startedAt[i] = performance.now();
  ran++;
}

async function drained(peer, jobs) {
  const until = performance.now() + PATIENCE_MS;
  while (ran < jobs || !await peer.isDrained()) {
    if (performance.now() > until) throw new Error(`${ran} of ${jobs} jobs ran within ${PATIENCE_MS / 1000} s`);
    await sleep(1);
  }
}

/** What was loaded before the clock starts is not the measurement's to tidy up. */
async function settle() {
  await store?.query('VACUUM (ANALYZE)');
  await store?.query('CHECKPOINT');
}

const phases = {
  async A(peer, jobs) {
    const warmUp = CALLERS * 4;
    await calls(CALLERS, warmUp, k => peer.submit(payload(k)));
    const seconds = clock();
    await calls(CALLERS, jobs, k => peer.submit(payload(warmUp + k)));
    return { seconds: seconds(), pending: warmUp + jobs };
  },

  async B(peer, jobs) {
    const warmUp = (config.variant.width ?? 1) * 2 * CALL_JOBS;
    await submitRange(peer, 0, warmUp);
    const seconds = clock();
    await submitRange(peer, warmUp, jobs);
    return { seconds: seconds(), pending: warmUp + jobs };
  },

  async C(peer, jobs) {
    const warmUp = Math.ceil(jobs / 10);
    await submitRange(peer, 0, warmUp);
    await (await worked(peer, warmUp))();
    await submitRange(peer, warmUp, jobs);
    await settle();
    const seconds = clock();
    const stop = await worked(peer, warmUp + jobs);
    const took = seconds();
    await stop();
    return { seconds: took, ended: warmUp + jobs };
  },

  async D(peer, jobs) {
    const stop = await peer.work(onJob);
    await submitRange(peer, 0, CALL_JOBS);
    await drained(peer, CALL_JOBS);
    await sleep(200);
    const seconds = clock();
    await Promise.all([submitRange(peer, CALL_JOBS, jobs), drained(peer, CALL_JOBS + jobs)]);
    const took = seconds();
    await stop();
    return { seconds: took, ended: CALL_JOBS + jobs };
  },

  async E(peer, jobs) {
    const all = PER_SECOND + jobs, sent = [], acknowledged = [], open = [];
    const stop = await peer.work(onJob);
    await sleep(1500);
    const first = performance.now(), seconds = clock();
    for (let i = 0; i < all; i++) {
      const wait = first + i * 1000 / PER_SECOND - performance.now();
      if (wait > 0) await sleep(wait);
      sent[i] = performance.now();
      open.push(peer.submit(payload(i)).then(() => { acknowledged[i] = performance.now(); }));
    }
    await Promise.all(open);
    await drained(peer, all);
    const took = seconds();
    await stop();
    // The first second warms up.
    const timed = Array.from({ length: jobs }, (_, k) => PER_SECOND + k);
    return {
      seconds: took, ended: all,
      acknowledged: quantiles(timed.map(i => acknowledged[i] - sent[i])),
      started: quantiles(timed.map(i => startedAt[i] - sent[i])),
    };
  },
};

async function worked(peer, jobs) {
  const stop = await peer.work(onJob);
  await drained(peer, jobs);
  return stop;
}

function quantiles(waits) {
  waits.sort((a, b) => a - b);
  const at = share => waits[Math.min(waits.length - 1, Math.ceil(share * waits.length) - 1)];
  return { p50: at(0.5), p99: at(0.99), max: waits.at(-1) };
}

/** The server may count a little later than it commits. */
async function verify(peer, { pending = 0, ended = 0 }) {
  const until = performance.now() + 5_000;
  for (;;) {
    const found = await peer.counts();
    if (found.pending === pending && found.ended === ended && found.failed === 0 && repeats === 0 && ran === ended) return;
    if (performance.now() > until) {
      throw new Error(`${pending} jobs should wait and ${ended} have ended; the store has ${JSON.stringify(found)}, ${ran} ran, ${repeats} again`);
    }
    await sleep(50);
  }
}

function versionOf(name) {
  const main = createRequire(import.meta.url).resolve(name);
  const folder = main.slice(0, main.lastIndexOf(path.join('node_modules', name)));
  return JSON.parse(fs.readFileSync(path.join(folder, 'node_modules', name, 'package.json'))).version;
}

/** Runs the phase that the command line names, and ends the process. */
export async function run(name, connect) {
  try {
    const peer = await connect(phase);
    await settle();
    const result = await phases[phase](peer, config.jobs);
    await peer.close();
    await verify(peer, result);
    fs.writeSync(1, JSON.stringify({ ...result, version: versionOf(name) }) + '\n');
    process.exit(0);
  } catch (e) {
    console.error(e);
    process.exit(1);
  }
}
