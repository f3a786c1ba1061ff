// Every example of a document fits the schema beside it. Used by openapi_test.mjs and asyncapi_test.mjs.
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export function check_examples(document) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addFormat('int64', true);
  ajv.addFormat('int32', true);
  ajv.addFormat('binary', true);
  ajv.addSchema(document, 'document');
  let checked = 0;
  const check = (schema, value, where) => {
    const fits = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')));
    if (!fits(value)) {
      console.error(`${where}: ${JSON.stringify(value)} does not fit:`, ajv.errorsText(fits.errors));
      process.exitCode = 1;
    }
    ++checked;
  };
  const walk = (node, where) => {
    if (node === null || typeof node !== 'object') return;
    if (node.schema && 'example' in node) check(node.schema, node.example, where);
    if (node.schema && node.examples && !Array.isArray(node.examples))
      for (const [name, { value }] of Object.entries(node.examples)) check(node.schema, value, `${where}/${name}`);
    if (node.payload && Array.isArray(node.examples))
      for (const { payload } of node.examples) if (payload) check(node.payload, payload, where);
    if (node.type && Array.isArray(node.examples)) for (const value of node.examples) check(node, value, where);
    for (const [name, inner] of Object.entries(node)) if (!name.startsWith('example')) walk(inner, `${where}/${name}`);
  };
  walk(document, '#');
  if (process.exitCode) process.exit();
  console.log(`${checked} examples fit their schemas`);
}
