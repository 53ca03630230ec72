// What came back: a result, a problem or a job, shown as text and never more of it than a page can bear.

const shownBytesMax = 64 * 1024, prettyBytesMax = 256 * 1024, imageBytesMax = 2 * 1024 * 1024;

const isTextual = type => /^text\/|[/+](json|xml|yaml|javascript|csv|sql)$/.test(type);
const extensions = {
  'application/json': '.json', 'application/xml': '.xml', 'text/plain': '.txt', 'text/csv': '.csv', 'text/html': '.html', 'image/png': '.png',
  'image/jpeg': '.jpg', 'image/gif': '.gif', 'image/webp': '.webp', 'application/pdf': '.pdf', 'application/gzip': '.gz', 'application/zip': '.zip',
};
const extensionOf = type => extensions[type] ?? '.bin';

/** The first bytes as text, or null where they are none: invalid UTF-8, or control characters. */
async function textOf(blob, bytesMax) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await blob.slice(0, bytesMax).arrayBuffer(), { stream: blob.size > bytesMax });
    return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

function downloadLink(name, answer) {
  const link = el('a', { className: 'button small', download: fileNameOf(name) + extensionOf(answer.contentType) },
    `Download ${bytesText(answer.body.size)}`);
  link.href = URL.createObjectURL(answer.body);
  return link;
}

/** The body: JSON indented, other text as it is, pictures as pictures, the rest to download. */
async function bodyView(name, { body, contentType }) {
  const link = downloadLink(name, { body, contentType });
  if (/^image\/(png|jpeg|gif|webp)$/.test(contentType) && body.size <= imageBytesMax)
    return el('div', { className: 'body' }, el('img', { src: await dataUrl(body), alt: 'The result, a picture' }), link);
  let text = await textOf(body, prettyBytesMax);
  if (text === null) return el('div', { className: 'body' }, el('p', { className: 'quiet' }, 'Binary data, not shown.'), link);
  if (/[/+]json$/.test(contentType) && body.size <= prettyBytesMax) {
    try {
      text = prettyJson(text);
    } catch {
      // Said to be JSON and is not, or too deep: as it came.
    }
  }
  const whole = body.size <= prettyBytesMax && text.length <= shownBytesMax;
  const pre = el('pre', { tabIndex: 0, id: 'body' }, text.slice(0, shownBytesMax));
  return el('div', { className: 'body' }, pre, whole ? null : el('p', { className: 'quiet' }, `The first ${bytesText(shownBytesMax)} of it.`),
    el('div', { className: 'row' }, isTextual(contentType) && whole && copyButton(pre), link));
}

const factsLine = answer => [
  answer.contentType, answer.seconds === undefined ? null : secondsText(answer.seconds), bytesText(answer.body.size),
  answer.age === null || answer.age === undefined ? null : `from the cache, ${answer.age} s old`,
].filter(Boolean).join(' · ');

/** An answer that is a success. */
async function resultView(name, answer) {
  return [
    el('p', { className: 'status good' }, el('strong', null, `${answer.status} ${answer.reason}`.trim()), ' ', el('span', null, factsLine(answer))),
    answer.body.size === 0 ? el('p', { className: 'quiet' }, 'Done, with nothing to show.') : await bodyView(name, answer),
  ];
}

/** An answer that is an error, as a sentence with what it points at. */
function problemView(answer, problem, jump) {
  const field = problem?.field;
  const show = field && jump(field);
  return [
    el('p', { className: 'status bad' },
      el('strong', null, answer ? `${answer.status} ${problem?.title ?? answer.reason}`.trim() : problem.title),
      answer && ' ', answer && el('span', null, factsLine(answer))),
    el('div', { className: 'problem', id: 'problem' },
      el('p', null, problem?.detail ?? 'The answer says no more than that.'),
      field && el('p', null, 'Field: ', el('code', { id: 'problem-field' }, field), ' ', show),
      problem?.traceId && el('p', { className: 'quiet' }, 'Trace ', el('code', null, problem.traceId))),
  ];
}

const timeText = time => new Date(time).toLocaleTimeString('en-GB');

/** Where a job stands. */
function jobView(id, job, trouble) {
  const fact = (label, value) => value && el('div', null, el('dt', null, label), el('dd', null, value));
  const mood = !job || !job.endedAt ? 'busy' : job.state === 'succeeded' ? 'good' : 'bad';
  return el('div', { className: 'job' },
    el('p', { className: 'status ' + mood }, el('strong', null, 'Job ', el('span', { id: 'job-state' }, job?.state ?? 'submitted')), ' ',
      el('code', { id: 'job-id' }, id)),
    trouble && el('p', { className: 'problem' }, `${trouble} Trying again; the job is kept.`),
    job && el('dl', { className: 'facts' },
      fact('Accepted', timeText(job.acceptedAt)),
      fact('Started', job.startedAt && timeText(job.startedAt)),
      fact('Attempt', job.attempt > 1 && String(job.attempt)),
      fact('Next attempt', job.state === 'retrying' && job.dueAt && timeText(job.dueAt)),
      fact('Last error', !job.endedAt && job.error),
      fact('Ended', job.endedAt && timeText(job.endedAt)),
      fact('Took', job.endedAt && secondsText((new Date(job.endedAt) - new Date(job.acceptedAt)) / 1000))));
}
