// Validates an AsyncAPI document against the specification's own schema and resolves its references. Run by ctest.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { check_examples } from './examples.mjs';

const specification = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');
const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: false, unicodeRegExp: false });
addFormats(ajv);
const fits = ajv.compile(specification);
if (!fits(document)) {
  console.error(JSON.stringify(fits.errors, null, 2));
  process.exit(1);
}
for (const [, path] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g))
  if (path.split('/').reduce((node, key) => node?.[key], document) === undefined) {
    console.error(`dangling reference to ${path}`);
    process.exit(1);
  }
check_examples(document);
console.log(`valid AsyncAPI ${document.asyncapi}, ${Object.keys(document.operations).length} operations`);
