// Validates an OpenAPI document against the specification's own schema and resolves its references. Run by ctest.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { check_examples } from './examples.mjs';

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const validator = new Validator();
const result = await validator.validate(document);
if (!result.valid) {
  console.error(JSON.stringify(result.errors, null, 2));
  process.exit(1);
}
if (validator.version !== '3.1') {
  console.error(`expected OpenAPI 3.1, got ${validator.version}`);
  process.exit(1);
}
const text = JSON.stringify(document);
for (const [, name] of text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)) {
  const [group, key] = name.split('/');
  if (document.components[group]?.[key] === undefined) {
    console.error(`dangling reference to ${name}`);
    process.exit(1);
  }
}
const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1]);
if (new Set(ids).size !== ids.length) {
  console.error('an operationId stands twice');
  process.exit(1);
}
check_examples(document);
console.log(`valid OpenAPI ${validator.version}, ${ids.length} operations`);
