// tus-js-client, unmodified, in Chromium on a page of another origin: preflights, pieces, a page that is loaded anew and goes on where
// it was, parts, termination. Run by ctest: node tus_browser_flow_test.mjs PATH_OF_NOVA
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { with_nova } from "./tus_nova.mjs";

const LIMIT_MS = 30_000 * Number(process.env.NOVA_SLOWDOWN ?? 1);
const client = await readFile("node_modules/tus-js-client/dist/tus.js");
const page_text = '<!doctype html><title>Uploads</title><script src="/tus.js"></script>';

/// Runs in the page. The file is the same each time. `breaks`: abort after the first piece; `ends`: and terminate.
function send({ base, headers, breaks = false, ends = false, ...options }) {
  const file = new File([new Uint8Array(3_000_000).map((_, i) => (i * 7919) >> 3)], "noise.bin",
                        { type: "application/octet-stream", lastModified: 0 });
  return new Promise((resolve, reject) => {
    const offsets = [];
    const upload = new globalThis.tus.Upload(file, {
      endpoint: `${base}/v1/uploads`,
      headers,
      retryDelays: [0, 100],
      metadata: { filename: file.name, filetype: file.type, purpose: "message" },
      onError: reject,
      onProgress: (sent) => offsets.push(sent),
      onChunkComplete: () => breaks && upload.abort(ends).then(() => resolve({ url: upload.url })),
      onSuccess: async ({ lastResponse }) => {
        const id = lastResponse.getHeader("Upload-Media-Id");
        const got = await fetch(`${base}/v1/media/${id}/content`, { headers });
        const [bytes, wanted] = [new Uint8Array(await got.arrayBuffer()), new Uint8Array(await file.arrayBuffer())];
        resolve({ equal: bytes.length === wanted.length && bytes.every((b, i) => b === wanted[i]), first: offsets[0] });
      },
      ...options,
    });
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length > 0) upload.resumeFromPreviousUpload(earlier[0]);
      upload.start();
    });
  });
}

async function run(base, headers, browser, origin) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const failures = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  page.on("console", (line) => line.type() === "error" && failures.push(line.text()));
  await page.goto(origin);
  const sent = (options) => page.evaluate(send, { base, headers, removeFingerprintOnSuccess: true, ...options });

  assert.equal((await sent({})).equal, true);
  assert.equal((await sent({ chunkSize: 700_000 })).equal, true);
  assert.equal((await sent({ uploadDataDuringCreation: true })).equal, true);
  assert.equal((await sent({ parallelUploads: 3 })).equal, true);

  await sent({ chunkSize: 700_000, breaks: true });
  await page.reload();  // the client finds the upload in the browser's storage
  const resumed = await sent({});
  assert.equal(resumed.equal, true);
  assert.ok(resumed.first >= 700_000, "an upload that is resumed goes on where it was");

  const { url } = await sent({ chunkSize: 700_000, breaks: true, ends: true });
  assert.deepEqual(failures, []);
  const gone = await fetch(url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  assert.equal(gone.status, 404);
}

const pages = createServer((request, answer) => {
  const script = request.url === "/tus.js";
  answer.writeHead(200, { "Content-Type": script ? "text/javascript" : "text/html" });
  answer.end(script ? client : page_text);
}).listen(0, "127.0.0.1");
await once(pages, "listening");
const origin = `http://127.0.0.1:${pages.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.NOVA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"],
});
try {
  await with_nova(process.argv[2], { NOVA_GATEWAY__ALLOWED_ORIGINS: origin },
                  (base, headers) => run(base, headers, browser, origin));
  console.log("tus-js-client in Chromium: six uploads and a termination");
} finally {
  await browser.close();
  pages.close();
}
