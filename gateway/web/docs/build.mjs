// Builds /docs into static files: the guides as pages, the HTTP reference by redoc, the socket's by socket.js. Run by
// `npm run build`. NOVA_WEB_OUT: the page's folder (default ../dist); NOVA_GUIDES: the folder of the .md files.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { marked } from 'marked';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(process.env.NOVA_WEB_OUT ?? join(here, '../dist'), 'docs');
const guides = process.env.NOVA_GUIDES ?? join(here, '../../../config/guide');

const links = [
  ['/docs', 'Quick start'],
  ['/docs/contract.html', 'Client contract'],
  ['/docs/http.html', 'HTTP reference'],
  ['/docs/socket.html', 'WebSocket reference'],
];

function page(here_is, title, body, script = '') {
  const menu = links
    .map(([to, text]) => `<a href="${to}"${to === here_is ? ' aria-current="page"' : ''}>${text}</a>`)
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Nova</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<nav aria-label="Documentation">
${menu}
<a href="/openapi.json">openapi.json</a>
<a href="/asyncapi.json">asyncapi.json</a>
</nav>
<main>
${body}
</main>
${script}
</body>
</html>
`;
}

const guide = (name) => marked.parse(readFileSync(join(guides, name), 'utf8'));

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'index.html'), page('/docs', 'Quick start', guide('websocket_quick_start.md')));
writeFileSync(join(out, 'contract.html'), page('/docs/contract.html', 'Client contract', guide('client_contract.md')));
writeFileSync(
  join(out, 'http.html'),
  page('/docs/http.html', 'HTTP reference', '<div id="reference"></div>',
    '<script src="/docs/redoc.js"></script>\n<script src="/docs/http.js"></script>'));
writeFileSync(
  join(out, 'socket.html'),
  page('/docs/socket.html', 'WebSocket reference', '<h1>The WebSocket</h1>\n<div id="reference"></div>',
    '<script type="module" src="/docs/socket.js"></script>'));
for (const name of ['docs.css', 'http.js', 'socket.js']) copyFileSync(join(here, name), join(out, name));
const redoc = readFileSync(join(here, 'node_modules/redoc/bundles/redoc.standalone.js'), 'utf8');
// Its picture would come from a foreign host.
const own = redoc.replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,');
writeFileSync(join(out, 'redoc.js'), own.replace(/\n\/\/# sourceMappingURL=.*/, ''));
