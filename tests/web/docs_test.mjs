// A: /docs is built whole and asks no foreign host: node docs_test.mjs GUIDES, in the folder of build.mjs. Run by ctest.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

rmSync('out', { recursive: true, force: true });
execFileSync('node', ['build.mjs'], {
  env: { ...process.env, NOVA_WEB_OUT: 'out', NOVA_GUIDES: process.argv[2] },
  stdio: 'inherit',
});
const files = Object.fromEntries(readdirSync('out/docs').map((name) => [name, readFileSync(`out/docs/${name}`, 'utf8')]));
assert.deepEqual(Object.keys(files).sort(), [
  'contract.html', 'docs.css', 'http.html', 'http.js', 'index.html', 'redoc.js', 'socket.html', 'socket.js',
]);
assert.match(files['index.html'], /session\.open/);
assert.match(files['contract.html'], /<table>/);
for (const [name, text] of Object.entries(files)) {
  assert.doesNotMatch(text, /(?:src|action)="https?:|url\(["']?https?:|<link[^>]*href="https?:|cdn\./, name);
  if (!name.endsWith('.html')) continue;
  assert.doesNotMatch(text, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/, `${name} has something inline`);
  for (const [, to] of text.matchAll(/(?:src|href)="(\/docs[^"]*)"/g))
    assert(to === '/docs' || to.slice('/docs/'.length) in files, `${name} names ${to}`);
}
console.log(`${Object.keys(files).length} files of /docs`);
