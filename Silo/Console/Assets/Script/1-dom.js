// Elements and texts. Whatever comes from a function reaches the page as text: there is no markup from strings anywhere.

const byId = id => document.getElementById(id);

/** An element with properties (those with a dash as attributes) and children; what is null or false is left out. */
function el(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined) continue;
    if (key.includes('-') || key === 'for' || key === 'role' || key === 'list') element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const number = new Intl.NumberFormat('en');

function bytesText(count) {
  if (count < 1024) return count === 1 ? '1 byte' : `${count} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = count, unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[unit]}`;
}

function secondsText(seconds) {
  if (seconds < 0.0995) return `${Number((seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0))} ms`;
  if (seconds < 120) return `${Number(seconds.toFixed(seconds < 10 ? 2 : 0))} s`;
  if (seconds < 3600) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

const jsonDepthMax = 100;

/**
 * Indents JSON and shows \u escapes as their characters. Numbers stay as they are: a browser would round those that it cannot hold.
 * Throws where it is not JSON.
 */
function prettyJson(text) {
  JSON.parse(text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
  const line = () => '\n' + '  '.repeat(depth);
  let out = '', depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i], next = tokens[i + 1];
    if (token === '{' || token === '[') {
      if (next === '}' || next === ']') {
        out += token + next;
        i++;
      } else {
        if (++depth > jsonDepthMax) throw new RangeError('Too deep to indent.');
        out += token + line();
      }
    } else if (token === '}' || token === ']') {
      depth--;
      out += line() + token;
    } else {
      out += token === ',' ? token + line() : token === ':' ? ': ' : token[0] === '"' ? JSON.stringify(JSON.parse(token)) : token;
    }
  }
  return out;
}

/** A button that copies a text, or selects it where a browser does not let pages copy. */
function copyButton(source) {
  const button = el('button', { type: 'button', className: 'small', textContent: 'Copy' });
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
  return button;
}
