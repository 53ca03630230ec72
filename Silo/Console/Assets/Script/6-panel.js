// The panel of one function: what it is, a form to try it, and what came back.

const factsOf = fn => [
  ['Timeout', secondsText(fn.timeoutSeconds)],
  ['Running', `${number.format(fn.inUse)} of ${number.format(fn.concurrency)}`],
  ['Cached', fn.cacheSeconds === null ? null : `for ${secondsText(fn.cacheSeconds)}`],
  ['Succeeded', number.format(fn.usage.succeeded)],
  ['Failed', number.format(fn.usage.failed)],
  ['Timed out', fn.usage.timedOut && number.format(fn.usage.timedOut)],
  ['Cancelled', fn.usage.cancelled && number.format(fn.usage.cancelled)],
  ['Refused', fn.usage.refused && number.format(fn.usage.refused)],
  ['Took in', bytesText(fn.usage.bytesIn)],
  ['Gave out', bytesText(fn.usage.bytesOut)],
  ['Ran for', secondsText(fn.usage.runSeconds)],
].filter(([, value]) => value !== null && value !== 0);

const kindNames = { json: 'A JSON document', text: 'A text', bytes: 'Bytes', stream: 'A stream of bytes' };
const nothing = () => el('p', { className: 'quiet' }, 'Nothing yet: press Run.');

function openPanel(fn, page) {
  let running = null, shownJob = null, needsKey = page.needsKey;
  const changed = () => { command.textContent = curlOf(fn, request(), needsKey); };

  const parameters = parameterFields(fn.parameters);
  for (const { field } of parameters) field.addEventListener('input', changed);
  const editor = inputEditor(fn, changed);
  const notations = fn.output.contentTypes;
  const notation = choice('notation', 'Answer as', notations.map(type => [type, notationNames[type] ?? type]), changed);
  const mode = choice('mode', 'How', [['call', 'Call now'], ['job', 'Run as durable job']], changed);
  const run = el('button', { type: 'submit', className: 'primary', textContent: 'Run', title: 'Ctrl+Enter' });
  const stop = el('button', { type: 'button', textContent: 'Stop', hidden: true });
  const summary = el('p', { className: 'offscreen', role: 'status', 'aria-live': 'polite' });
  const output = el('div', { id: 'output' });
  const command = el('pre', { id: 'curl', tabIndex: 0 });
  const facts = el('dl', { className: 'facts' });

  /** The request that the form stands for now. */
  function request() {
    const input = editor.read();
    const wanted = notation.read();
    const isJob = mode.read() === 'job';
    const query = new URLSearchParams(parameters.filter(p => p.field.value !== '').map(p => [p.parameter.name, p.field.value]));
    const headers = {};
    if (input.contentType) headers['Content-Type'] = input.contentType;
    // The first notation is what nobody has to ask for. Of a job, it is the result that is asked for in another one.
    if (isJob) headers.Prefer = 'respond-async';
    else if (wanted !== notations[0]) headers.Accept = wanted;
    return { path: fn.call + (query.size > 0 ? '?' + query : ''), headers, wanted, isJob, ...input };
  }

  function show(text, ...content) {
    for (const link of output.querySelectorAll('a[download]')) URL.revokeObjectURL(link.href);
    output.replaceChildren(...content.flat());
    if (text !== null) summary.textContent = text;
  }

  /** Where the answer is below or above what can be seen, as on a telephone, goes there. */
  function reveal() {
    const { top } = answerCard.getBoundingClientRect();
    if (top < 0 || top > innerHeight * 0.6) answerCard.scrollIntoView({ block: 'start' });
  }

  function unmark() {
    for (const marked of form.parentElement.querySelectorAll('.marked, [aria-invalid]')) {
      marked.classList.remove('marked');
      marked.removeAttribute('aria-invalid');
    }
  }

  /** Marks what a problem's field names; returns a button that goes there. */
  function mark(field) {
    const path = memberPath(field);
    const parameter = parameters.find(p => p.parameter.name === field);
    const target = parameter?.field ?? editor.text;
    target?.setAttribute('aria-invalid', 'true');
    if (!parameter)
      for (const row of inputSchema?.querySelectorAll('tr') ?? []) row.classList.toggle('marked', row.dataset.path === path);
    if (!target) return null;
    const button = el('button', { type: 'button', className: 'small', textContent: 'Show' });
    button.addEventListener('click', () => {
      target.focus();
      const name = JSON.stringify(path.split('.').at(-1).replace(/\[\]$/, ''));
      const at = parameter ? -1 : target.value.indexOf(name);
      if (at >= 0) target.setSelectionRange(at, at + name.length);
    });
    return button;
  }

  const showProblem = (answer, problem) => show(
    `${problem?.title ?? answer.status}: ${problem?.detail ?? ''}`, problemView(answer, problem, mark));

  async function showAnswer(answer, before = []) {
    const isGood = answer.status < 300;
    if (!isGood) showProblem(answer, await problemIn(answer));
    else show(`${answer.status} ${answer.reason}, ${factsLine(answer)}`, await resultView(fn.name, answer));
    output.prepend(...before);
  }

  function setIdle() {
    running = null;
    stop.textContent = 'Stop';
    [stop.hidden, run.disabled] = [true, false];
    output.removeAttribute('aria-busy');
  }

  /** Ends what is under way without a word about it. */
  function halt() {
    running?.abort();
    setIdle();
  }

  /** Runs an exchange with the silo; one at a time, and a newer one ends an older one. */
  async function busy(work) {
    running?.abort();
    const mine = running = new AbortController();
    [stop.hidden, run.disabled] = [false, true];
    output.setAttribute('aria-busy', 'true');
    unmark();
    try {
      await work(mine.signal);
    } catch (error) {
      if (mine !== running) return;
      const stopped = shownJob === null ? 'Stopped.' : 'No longer followed here; the job goes on.';
      if (error.name === 'AbortError') show(stopped, el('p', { className: 'status' }, stopped));
      else showProblem(null, { title: 'No answer', detail: error.message });
    } finally {
      if (mine === running) {
        setIdle();
        page.refresh();
      }
    }
  }

  async function call(signal) {
    const { path, headers, body, isJob } = request();
    const length = body?.size ?? new TextEncoder().encode(body ?? '').length;
    if (length > fn.input.bytesMax) {
      return showProblem(null, {
        title: 'Too large', detail: `The input has ${bytesText(length)}; ${fn.name} takes at most ${bytesText(fn.input.bytesMax)}.`,
      });
    }

    show('Running.', el('p', { className: 'status busy' }, isJob ? 'Submitting…' : 'Running…'));
    reveal();
    const answer = await exchange(path, { method: 'POST', headers, body, signal });
    if (!isJob || answer.status !== 202) return await showAnswer(answer);
    const { id } = JSON.parse(await answer.body.text());
    history.pushState(null, '', pathOf(fn.name, id));
    await follow(id, signal);
  }

  async function follow(id, signal) {
    shownJob = id;
    stop.textContent = 'Stop following';
    let last = null, said = null;
    show(`Job ${id} submitted.`, jobView(id, null, null));
    const ended = await followJob(id, signal, (job, trouble) => {
      last = job ?? last;
      show(last?.state === said ? null : `Job ${last?.state}.`, jobView(id, last, trouble));
      said = last?.state;
    });
    if (ended === null) return showProblem(null, { title: 'Unknown job', detail: `There is no job '${id}': it may have been removed.` });
    if (!ended.result)
      return show(`Job ${ended.state}.`, jobView(id, ended, null), el('p', { className: 'problem' }, ended.error ?? 'It has no result.'));
    const wanted = notation.read();
    const answer = await exchange(ended.result, { headers: { Accept: wanted ? `${wanted}, */*;q=0.1` : '*/*' }, signal });
    await showAnswer(answer, [jobView(id, ended, null)]);
  }

  const source = fn.source === 'code' ? 'code' : `manifest ${fn.source}`;
  const route = text => el('li', null, el('code', null, text));
  const inputSchema = fn.input.schema === null || fn.input.kind === 'text' ? null : schemaView(fn.input.schema);
  const outputSchema = fn.output.schema === null ? null : schemaView(fn.output.schema);
  const shape = (title, payload, view) => el('section', { className: 'card' }, el('h3', null, title),
    el('p', { className: 'quiet' }, payload.kind === 'none' ? 'None.'
      : `${kindNames[payload.kind] ?? payload.kind}: ${payload.contentTypes.join(' or ') || 'any media type'}; at most ${bytesText(payload.bytesMax)}`),
    view);

  const form = el('form', { className: 'card', 'aria-labelledby': 'try-title' },
    el('h3', { id: 'try-title' }, 'Try it'),
    parameters.map(p => p.row), editor.element,
    el('div', { className: 'choices' }, notations.length > 0 && notation.element, mode.element),
    el('div', { className: 'row' }, run, stop));
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (pathOf(fn.name) !== location.hash) history.pushState(null, '', pathOf(fn.name));
    shownJob = null;
    busy(call);
  });
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !run.disabled) form.requestSubmit();
  });
  stop.addEventListener('click', () => running?.abort());

  const answerCard = el('section', { className: 'card', 'aria-labelledby': 'answer-title' },
    el('h3', { id: 'answer-title' }, 'Answer'), summary, output);
  const element = el('article', null,
    el('a', { href: '#/', className: 'back' }, '← All functions'),
    el('h2', { id: 'title', tabIndex: -1 }, fn.name, ' ', el('span', { className: 'tag' }, 'version ', fn.version), ' ', el('span', { className: 'tag' }, source)),
    fn.description && el('p', { className: 'description' }, fn.description),
    el('ul', { className: 'routes', 'aria-label': 'Routes' }, route(`POST ${fn.call}`), fn.route && route(fn.route)),
    facts,
    el('div', { className: 'work' }, form, answerCard),
    el('section', { className: 'card' }, el('div', { className: 'head' }, el('h3', null, 'The same with curl'), copyButton(command)), command),
    el('div', { className: 'work' }, shape('Input', fn.input, inputSchema), shape('Output', fn.output, outputSchema)));

  const panel = {
    element,
    update(latest, key) {
      if (key !== needsKey) {
        needsKey = key;
        changed();
      }
      facts.replaceChildren(...factsOf(latest).map(([name, value]) => el('div', null, el('dt', null, name), el('dd', null, value))));
    },
    /** Shows a job, or nothing when there is none, as the address says. */
    showJob(id) {
      if (id === shownJob) return;
      halt();
      shownJob = id;
      if (id !== null) busy(signal => follow(id, signal));
      else show('', nothing());
    },
    close: halt,
  };
  show(null, nothing());
  changed();
  panel.update(fn, needsKey);
  return panel;
}
