// How the page is built: plain files with hashed names, nothing inline, so that the gateway's strict CSP holds.
// NOVA_WEB_OUT is where they go (default dist/); NOVA_ORIGIN is the server that `npm run dev` talks to.
const nova = process.env.NOVA_ORIGIN ?? 'http://127.0.0.1:8080';

export default {
  build: {
    outDir: process.env.NOVA_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: { '/v1': { target: nova, ws: true } } },
};
