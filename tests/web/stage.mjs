// Builds the page and compiles its tests in a copy of their sources: node stage.mjs SOURCE_ROOT STAGE [GENERATED_TYPES].
// Run by ctest as the set-up of the web tests; a second run does only what changed. The page ends in STAGE/page.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [source, stage, generated_types] = process.argv.slice(2);
const folders = ['gateway/web', 'tests/web'];
const left_out = new Set(['node_modules', 'dist', 'compiled']);
const page = join(stage, 'page');

function files_under(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (left_out.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files_under(path) : [path];
  });
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(relative(source, path)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

// True when the work named by `mark` was done for these contents before.
function is_done(mark, wanted) {
  return existsSync(mark) && readFileSync(mark, 'utf8') === wanted;
}

function copy(folder) {
  const to = join(stage, folder);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) if (!left_out.has(name)) rmSync(join(to, name), { recursive: true });
  for (const path of files_under(join(source, folder))) cpSync(path, join(stage, relative(source, path)));
  return to;
}

function run(program, args, cwd, environment = {}) {
  execFileSync(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...environment } });
}

function install(folder) {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const named = /"resolved": "(https?:.*)"/.exec(lock);
  if (named) throw new Error(`${folder}: the lock names a server, which each machine chooses for itself: ${named[1]}`);
  const mark = join(folder, 'node_modules', '.nova-lock-digest');
  const wanted = digest([join(folder, 'package-lock.json')]);
  if (is_done(mark, wanted)) return;
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  writeFileSync(mark, wanted);
}

// The gateway's policy allows neither inline scripts nor inline styles.
function check_page() {
  const html = readFileSync(join(page, 'index.html'), 'utf8');
  const inline = /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i.exec(html);
  if (inline) throw new Error(`index.html has something inline: ${inline[0]}`);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
    if (!existsSync(join(page, address))) throw new Error(`index.html names ${address}, which was not built`);
  }
}

// The types made from the .proto files, or nothing to compare with.
function take_generated_types(tests) {
  if (has_generated_types) cpSync(generated_types, join(tests, 'generated_types.ts'));
  else rmSync(join(tests, 'types_agree.ts'));
}

const has_generated_types = generated_types !== undefined && existsSync(generated_types);
const wanted = digest(folders.flatMap((folder) => files_under(join(source, folder)))
  .concat(has_generated_types ? [generated_types] : []));
const mark = join(stage, 'stage.done');
if (!is_done(mark, wanted)) {
  const [web, tests] = folders.map(copy);
  take_generated_types(tests);
  install(web);
  install(tests);
  run('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'], web, { NOVA_WEB_OUT: page });
  rmSync(join(tests, 'compiled'), { recursive: true, force: true });
  run('node', ['node_modules/typescript/bin/tsc'], tests);
  check_page();
  writeFileSync(mark, wanted);
}
