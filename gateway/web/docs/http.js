// The HTTP reference: redoc draws this server's /openapi.json. Search is off: its worker would need a blob: script.
const options = { disableSearch: true, hideDownloadButton: false, scrollYOffset: 'nav', nativeScrollbars: true };
window.Redoc.init('/openapi.json', options, document.getElementById('reference'));
