// What a person gives a function: parameters, the input, the notation of the answer, and how to run it.

const notationNames = { 'application/json': 'JSON', 'application/xml': 'XML', 'text/plain': 'Text' };
const fileNameOf = name => name.replace(/[^\w.-]/g, '_');

/** A select, or a text field, for each declared parameter. */
function parameterFields(parameters) {
  return parameters.map(parameter => {
    const id = 'parameter-' + parameter.name;
    const unset = el('option', { value: '', textContent: '(not given)' });
    const field = parameter.values
      ? el('select', { id }, parameter.default === null && unset, ...parameter.values.map(value => el('option', { value }, value)))
      : el('input', { id, type: 'text', maxLength: 256, placeholder: parameter.default === null ? '(not given)' : '', autocomplete: 'off' });
    field.value = parameter.default ?? '';
    field.dataset.path = parameter.name;
    const hint = parameter.description && el('p', { className: 'quiet', id: id + '-hint' }, parameter.description);
    if (hint) field.setAttribute('aria-describedby', hint.id);
    return { parameter, field, row: el('div', { className: 'field' }, el('label', { for: id }, el('code', null, parameter.name)), field, hint) };
  });
}

/** The editor of the input: its element, and read() for what it holds now: { contentType, body, file }. */
function inputEditor(fn, changed) {
  const { kind, contentTypes, example, bytesMax } = fn.input;
  if (kind === 'none') return { element: el('p', { className: 'quiet' }, 'It takes no input.'), read: () => ({}) };

  const raw = kind === 'bytes' || kind === 'stream';
  const sample = example === null ? '' : typeof example === 'string' && kind !== 'json' ? example : JSON.stringify(example, null, 2);
  const text = el('textarea', { id: 'input', value: sample, rows: 5, spellcheck: false, autocomplete: 'off' });
  text.setAttribute('aria-describedby', 'input-hint');
  text.addEventListener('input', () => {
    text.removeAttribute('aria-invalid');
    changed();
  });
  const hint = el('p', { className: 'quiet', id: 'input-hint' }, `At most ${bytesText(bytesMax)}. Ctrl+Enter runs it.`);
  const reset = el('button', { type: 'button', className: 'small', textContent: 'Example', title: 'Put the example back', hidden: sample === '' });
  const head = label => el('div', { className: 'head' }, el('label', { for: 'input' }, label), reset);
  reset.addEventListener('click', () => {
    text.value = sample;
    if (raw) clear();
    changed();
  });
  if (!raw) {
    const contentType = kind === 'text' ? 'text/plain' : 'application/json';
    return {
      element: el('div', { className: 'field' }, head(kind === 'text' ? 'Input, a text' : 'Input, as JSON'), text, hint),
      read: () => ({ contentType, body: text.value }),
      text,
    };
  }

  const file = el('input', { id: 'file', type: 'file' });
  const remove = el('button', { type: 'button', className: 'small', textContent: 'Remove', hidden: true });
  const type = contentTypes.length > 0
    ? el('select', { id: 'type' }, ...contentTypes.map(value => el('option', { value }, value)))
    : el('input', { id: 'type', type: 'text', value: 'application/octet-stream', spellcheck: false, autocomplete: 'off' });
  const chosen = () => {
    const given = file.files[0]?.type;
    if (given && (contentTypes.length === 0 || contentTypes.includes(given))) type.value = given;
    text.disabled = remove.hidden = file.files.length > 0;
    remove.hidden = file.files.length === 0;
    changed();
  };
  const clear = () => {
    file.value = '';
    chosen();
  };
  file.addEventListener('change', chosen);
  remove.addEventListener('click', clear);
  type.addEventListener('input', changed);
  return {
    element: el('div', { className: 'group' },
      el('div', { className: 'field' }, el('label', { for: 'file' }, 'Input, a file'), el('div', { className: 'row' }, file, remove)),
      el('div', { className: 'field' }, head('or a text'), text, hint),
      el('div', { className: 'field' }, el('label', { for: 'type' }, 'Its media type'), type)),
    read: () => ({ contentType: type.value.trim(), body: file.files[0] ?? text.value, file: file.files[0]?.name }),
    text,
  };
}

/** A group of radio buttons; where there is one option only, what it is. */
function choice(name, legend, options, changed) {
  if (options.length === 1) {
    const [[value, label]] = options;
    return { element: el('div', null, el('p', { className: 'legend' }, legend), el('p', null, label)), read: () => value };
  }
  const group = el('fieldset', null, el('legend', null, legend), ...options.map(([value, label], i) => el('label', null,
    el('input', { type: 'radio', name, value, checked: i === 0 }), ' ', label)));
  group.addEventListener('change', changed);
  return { element: group, read: () => group.querySelector(':checked')?.value };
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a command, a part a line. */
function curlOf(fn, request, needsKey) {
  const parts = [`curl ${quoted(url(request.path))}`];
  if (needsKey) parts.push('-H "Authorization: Bearer $HEARTH_KEY"');
  for (const [name, value] of Object.entries(request.headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (request.file) parts.push(`--data-binary ${quoted('@' + request.file)}`);
  else if (request.body === undefined) parts.push('-X POST');
  else parts.push(`--data-raw ${quoted(request.body)}`);
  if (!request.isJob && request.wanted && !isTextual(request.wanted)) parts.push(`-o ${quoted(fileNameOf(fn.name) + extensionOf(request.wanted))}`);
  return parts.join(' \\\n  ');
}
