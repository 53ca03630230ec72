// JSON schemas as a table that a person can read.

const schemaDepthMax = 4, schemaRowsMax = 100;

function resolve(schema, root) {
  for (let hops = 0; hops < 8 && typeof schema?.$ref === 'string' && schema.$ref.startsWith('#'); hops++)
    schema = schema.$ref.slice(1).split('/').slice(1).reduce((at, key) => at?.[decodeURIComponent(key)], root);
  return schema;
}

function typeText(given, root, depth = 0) {
  const schema = resolve(given, root);
  if (typeof schema !== 'object' || schema === null || depth > schemaDepthMax) return 'anything';
  if (Array.isArray(schema.enum)) return schema.enum.map(value => JSON.stringify(value)).join(' or ');
  const any = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(any)) return any.map(one => typeText(one, root, depth + 1)).join(' or ');
  const types = [schema.type ?? []].flat().map(type =>
    type === 'array' ? `list of ${typeText(schema.items, root, depth + 1)}` : type === 'string' && schema.format ? schema.format : type);
  return types.length === 0 ? 'anything' : types.join(' or ');
}

/** What a schema says beyond the type, in words. */
function rulesText(schema) {
  const rules = {
    minimum: 'at least', maximum: 'at most', exclusiveMinimum: 'above', exclusiveMaximum: 'below', minLength: 'length at least',
    maxLength: 'length at most', minItems: 'items at least', maxItems: 'items at most', pattern: 'pattern', default: 'default',
  };
  return [schema.description, ...Object.entries(rules).filter(([key]) => key in schema).map(([key, words]) =>
    `${words} ${typeof schema[key] === 'object' ? JSON.stringify(schema[key]) : schema[key]}`)].filter(Boolean).join('; ');
}

/** The members of a schema, nested ones with their whole path: `address.street`, `items[].name`. */
function membersOf(given, root, prefix = '', depth = 0, rows = []) {
  let schema = resolve(given, root);
  if (schema?.items && schema.items !== true) {
    prefix = prefix.replace(/\.$/, '') + '[].';
    schema = resolve(schema.items, root);
  }
  for (const [name, of] of Object.entries(schema?.properties ?? {})) {
    if (rows.length >= schemaRowsMax) break;
    const member = resolve(of, root);
    rows.push({
      path: prefix + name,
      type: typeText(of, root),
      required: schema.required?.includes(name) ?? false,
      rules: typeof member === 'object' && member !== null ? rulesText({ ...member, description: of.description ?? member.description }) : '',
    });
    if (depth < schemaDepthMax) membersOf(member, root, `${prefix}${name}.`, depth + 1, rows);
  }
  return rows;
}

/** The same form for a path of a problem document: `$.items[3].name` is `items[].name`. */
const memberPath = field => field.replace(/^\$\.?/, '').replace(/\[\d+\]/g, '[]');

function schemaView(schema) {
  const rows = membersOf(schema, schema);
  const cell = (...content) => el('td', null, ...content);
  const hasRules = rows.some(row => row.rules);
  const table = rows.length === 0
    ? el('p', { className: 'quiet' }, `Any shape: ${typeText(schema, schema)}.`)
    : el('div', { className: 'scroll' }, el('table', null,
      el('thead', null, el('tr', null, ...['Member', 'Type', ...hasRules ? ['Rules'] : []].map(name => el('th', { scope: 'col' }, name)))),
      el('tbody', null, ...rows.map(row => {
        const tr = el('tr', null,
          cell(el('code', null, row.path), row.required ? null : el('span', { className: 'quiet' }, ' optional')),
          cell(row.type),
          hasRules && cell(row.rules));
        tr.dataset.path = row.path;
        return tr;
      }))));
  const raw = typeof schema === 'object' && el('details', null,
    el('summary', null, 'JSON schema'), el('pre', { tabIndex: 0 }, JSON.stringify(schema, null, 2)));
  return el('div', { className: 'schema' }, table, raw);
}
