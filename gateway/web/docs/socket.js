// The WebSocket reference: draws this server's /asyncapi.json, calls first, then pushes.
const reference = document.getElementById('reference');

function element(name, text = '', ...inside) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...inside);
  return made;
}

function type_of(schema) {
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') return `${type_of(schema.items)}[]`;
  if (schema.anyOf) return schema.anyOf.map(type_of).join(' | ');
  if (schema.additionalProperties) return `{ id: ${type_of(schema.additionalProperties)} }`;
  return [schema.type].flat().join(' | ') + (schema.format ? ` (${schema.format})` : '');
}

function fields(document_, schema) {
  const named = schema?.$ref ? document_.components.schemas[schema.$ref.split('/').pop()] : schema;
  const list = Object.entries(named?.properties ?? {});
  if (list.length === 0) return element('p', 'No fields.');
  const rows = list.map(([name, field]) =>
    element('tr', '', element('td', '', element('code', name)),
      element('td', type_of(field) + (named.required?.includes(name) ? ', required' : '')),
      element('td', field.description ?? '')));
  return element('table', '', element('tbody', '', ...rows));
}

function example(message) {
  return element('pre', '', element('code', JSON.stringify(message.examples[0].payload, null, 2)));
}

function section(document_, name, operation) {
  const message = (key) => document_.components.messages[key];
  const out = element('section', '', element('h3', operation.messages[0].$ref.split('/').pop().replace(/^push\./, '')),
    element('p', operation.description ?? operation.summary ?? ''));
  out.id = name;
  const sent = message(operation.messages[0].$ref.split('/').pop());
  out.append(element('h4', 'params'), fields(document_, sent.payload.properties.params), example(sent));
  if (operation.reply) {
    const answer = message(operation.reply.messages[0].$ref.split('/').pop());
    out.append(element('h4', 'result'), fields(document_, answer.payload.properties.result), example(answer));
  }
  return out;
}

const document_ = await (await fetch('/asyncapi.json')).json();
const operations = Object.entries(document_.operations);
const group = (title, action) =>
  element('div', '', element('h2', title),
    ...operations.filter(([, o]) => o.action === action).map(([name, o]) => section(document_, name, o)));
const schemas = Object.entries(document_.components.schemas).map(([name, schema]) =>
  element('section', '', element('h3', name), element('p', schema.description ?? ''), fields(document_, schema)));
reference.append(element('p', document_.info.description), group('Calls', 'receive'), group('Pushes', 'send'),
  element('div', '', element('h2', 'Objects'), ...schemas));
