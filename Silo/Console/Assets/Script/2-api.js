// The requests that the page makes, all to the silo that it came from.

const base = location.origin + location.pathname.replace(/[^/]*$/, '');
const url = path => base + path.replace(/^\//, '');

class Unreachable extends Error {}

/** Fetches; a connection that fails becomes Unreachable, an abort stays one. */
async function send(path, options) {
  try {
    return await fetch(url(path), { cache: 'no-store', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Unreachable('The silo did not answer: it may have stopped, or the connection broke off.');
  }
}

async function getJson(path, signal) {
  const response = await send(path, { headers: { Accept: 'application/json' }, signal });
  return { ok: response.ok, status: response.status, document: await response.json() };
}

/** Sends a request and keeps the whole answer, with how long it took. */
async function exchange(path, options) {
  const start = performance.now();
  const response = await send(path, options);
  let body;
  try {
    body = await response.blob();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Unreachable('The answer broke off: the function failed while it was writing, or the connection was lost.');
  }
  return {
    status: response.status,
    reason: response.statusText,
    contentType: (response.headers.get('Content-Type') ?? '').split(';')[0].trim(),
    age: response.headers.get('Age'),
    seconds: (performance.now() - start) / 1000,
    body,
  };
}

/** The problem document in an answer (RFC 9457, either notation), or null. */
async function problemIn(answer) {
  if (!/^application\/problem\+/.test(answer.contentType)) return null;
  const text = await answer.body.text();
  if (answer.contentType.endsWith('+json')) return JSON.parse(text);
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement;
  return Object.fromEntries([...root.children].filter(e => e.children.length === 0).map(e => [e.localName, e.textContent]));
}

/** Follows a job until it ended; survives a silo that restarts meanwhile. Returns null if there is no such job. */
async function followJob(id, signal, show) {
  // The silo answers when a job has ended, not when it starts: until it runs, ask often.
  let wait = '0s';
  for (;;) {
    const start = performance.now();
    try {
      const { status, document } = await getJson(`v1/jobs/${id}?wait=${wait}`, signal);
      if (status === 404) return null;
      if (status === 200) {
        show(document, null);
        wait = document.state === 'running' ? '20s' : '1s';
        if (document.endedAt) return document;
      } else {
        show(null, document.detail ?? document.title);
      }
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      show(null, error.message);
    }
    const spent = performance.now() - start;
    await new Promise(resolve => setTimeout(resolve, Math.max(0, 500 - spent)));
    signal.throwIfAborted();
  }
}
