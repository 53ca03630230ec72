// The page: what is served, the health of the silo, and the address, which says what is open: #/primes or #/primes/job/ID.

const pathOf = (name, job) => `#/${encodeURIComponent(name)}${job ? '/job/' + encodeURIComponent(job) : ''}`;
const refreshMs = 10_000;
const page = { needsKey: false, refresh };
let functions = [], panel = null, panelKey = null, listKey = null;

function addressed() {
  try {
    const [, name, job] = /^#\/([^/]+)(?:\/job\/([^/]+))?$/.exec(location.hash) ?? [];
    return { name: name === undefined ? null : decodeURIComponent(name), job: job === undefined ? null : decodeURIComponent(job) };
  } catch {
    return { name: null, job: null };
  }
}

/** What a function is, without what changes while it runs. */
const identityOf = fn => JSON.stringify({ ...fn, inUse: 0, usage: null });
const metaText = fn => [
  `v${fn.version}`, fn.source, secondsText(fn.timeoutSeconds), `${number.format(fn.inUse)}/${number.format(fn.concurrency)} running`,
  `${number.format(fn.usage.succeeded)} done`, fn.usage.failed > 0 && `${number.format(fn.usage.failed)} failed`,
].filter(Boolean).join(' · ');

function showList() {
  const key = JSON.stringify(functions.map(identityOf));
  if (key !== listKey) {
    listKey = key;
    byId('list').replaceChildren(...functions.map(fn => {
      const item = el('li', null, el('a', { href: pathOf(fn.name) },
        el('strong', null, fn.name), el('span', { className: 'text' }, fn.description ?? ''), el('span', { className: 'meta' })));
      item.dataset.name = fn.name;
      return item;
    }));
  }
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const { name } = addressed();
  let found = 0;
  for (const [i, item] of [...byId('list').children].entries()) {
    const fn = functions[i];
    const text = `${fn.name} ${fn.description ?? ''} ${fn.source}`.toLowerCase();
    item.hidden = !words.every(word => text.includes(word));
    if (!item.hidden) found++;
    item.querySelector('.meta').textContent = metaText(fn);
    const link = item.firstElementChild;
    if (fn.name === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  byId('count').textContent = found === functions.length ? `(${found})` : `(${found} of ${functions.length})`;
}

function welcome() {
  const example = el('pre', { tabIndex: 0 }, functions.some(fn => fn.name === 'primes')
    ? `curl '${url('v1/functions/primes/call')}' \\\n  -H 'Content-Type: application/json' -d '{"upTo": 1000000}'`
    : `curl '${url('v1/functions')}'`);
  const point = (title, text) => el('li', null, el('strong', null, title), ' ', text);
  return el('article', { className: 'welcome' },
    el('h2', { id: 'title', tabIndex: -1 }, functions.length === 0 ? 'Nothing is served yet' : 'Pick a function to try it'),
    el('ul', { className: 'points' },
      point('A call', 'answers at once, in the notation that you ask for.'),
      point('A durable job', 'is stored before it is acknowledged, runs even if the silo dies in between, and keeps its result for you.'),
      point('A function of your own', 'is a .NET method, or an executable with a manifest in the functions folder.')),
    el('section', { className: 'card' }, el('div', { className: 'head' }, el('h3', null, 'Without a browser'), copyButton(example)), example));
}

function missing(name) {
  return el('article', null,
    el('a', { href: '#/', className: 'back' }, '← All functions'),
    el('h2', { id: 'title', tabIndex: -1 }, 'Not served'), el('p', null, 'No function ', el('code', null, name), ' is served now.'));
}

/** Shows what the address names; what a person has typed stays as long as the function is the same. */
function showPanel(moveFocus) {
  const { name, job } = addressed();
  const fn = functions.find(f => f.name === name);
  const key = fn ? identityOf(fn) : `none ${name} ${functions.length}`;
  document.body.classList.toggle('selected', name !== null);
  document.title = name === null ? 'Hearth' : `${name} – Hearth`;
  const isNew = key !== panelKey;
  if (isNew) {
    panel?.close();
    panelKey = key;
    panel = fn ? openPanel(fn, page) : null;
    byId('panel').replaceChildren(panel?.element ?? (name === null ? welcome() : missing(name)));
  }
  panel?.update(fn, page.needsKey);
  if (isNew || moveFocus) panel?.showJob(job);
  if (moveFocus && isNew) {
    byId('title').focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function showHealth(status, reasons) {
  const words = { ready: 'Ready', degraded: 'Degraded', unready: 'Not ready', unreachable: 'Not reachable' };
  byId('health').textContent = words[status] ?? status;
  byId('health').dataset.state = status;
  byId('reasons').hidden = reasons.length === 0;
  byId('reasons').querySelector('ul').replaceChildren(...reasons.map(reason => el('li', null, reason)));
}

async function refresh() {
  try {
    const [health, list] = await Promise.all([getJson('health/ready'), getJson('v1/functions')]);
    if (!list.ok) throw new Error(list.document.detail ?? list.document.title);
    functions = list.document.functions;
    showHealth(health.document.status ?? 'unready', [...new Set([...health.document.reasons ?? [], ...list.document.mistakes])]);
    showList();
    showPanel(false);
  } catch (error) {
    showHealth('unreachable', [error.message]);
  }
}

/** Where a key is asked for, the browser has sent it by itself; a command has to name it. */
async function findKey() {
  const response = await send('health/ready', { credentials: 'omit' });
  page.needsKey = response.status === 401;
}

async function keepFresh() {
  for (;;) {
    await new Promise(done => setTimeout(done, refreshMs));
    if (document.visibilityState === 'visible') await refresh();
  }
}

function go() {
  showList();
  showPanel(true);
}

byId('search').addEventListener('input', showList);
byId('skip').addEventListener('click', event => {
  event.preventDefault();
  byId('panel').focus();
});
addEventListener('hashchange', go);
await findKey().catch(() => null);
await refresh();
keepFresh();
