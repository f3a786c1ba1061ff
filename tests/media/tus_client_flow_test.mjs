// tus-js-client, unmodified, against a running Nova: whole, in pieces, in parallel (concatenation), broken off and resumed, terminated.
// Run by ctest: node tus_client_flow_test.mjs PATH_OF_NOVA
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tus from "tus-js-client";

const folder = await mkdtemp(join(tmpdir(), "nova-tus-"));
const nova = spawn(process.argv[2], ["serve", "--port", "0", "--data", folder],
                   { stdio: ["ignore", "pipe", "ignore"] });
const ended = new Promise((resolve) => nova.on("exit", resolve));

async function address() {
  let text = "";
  for await (const piece of nova.stdout) {
    text += piece;
    const ready = /nova ready: (\S+)/.exec(text);
    if (ready) return ready[1];
  }
  throw new Error("nova ended before it was ready");
}

async function run(base) {
  const answer = await fetch(`${base}/v1/auth/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: "ann@example.org", handle: "ann_tus", password: "correct horse battery staple" }),
  });
  assert.equal(answer.status, 201);
  const headers = { Authorization: `Bearer ${(await answer.json()).access_token}` };
  const file = randomBytes(3_000_000).map((b) => 0x80 | (b & 0x3f));

  /// Ends with the answer to the last request.
  const send = (options, begin = (u) => u.start()) =>
    new Promise((resolve, reject) => {
      const upload = new tus.Upload(file, {
        endpoint: `${base}/v1/uploads`,
        headers,
        retryDelays: [0, 100],
        metadata: { filename: "noise.bin", filetype: "application/octet-stream", purpose: "message" },
        onError: reject,
        onSuccess: ({ lastResponse }) => resolve({ upload, lastResponse }),
        ...options,
      });
      begin(upload, resolve);
    });
  const check = async ({ upload, lastResponse }) => {
    const head = await fetch(upload.url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
    const id = lastResponse.getHeader("Upload-Media-Id") ?? head.headers.get("Upload-Media-Id");
    assert.equal(head.headers.get("Upload-Media-Id"), id);
    const got = await fetch(`${base}/v1/media/${id}/content`, { headers });
    assert.equal(got.status, 200);
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(file));
  };

  await check(await send({}));
  await check(await send({ chunkSize: 700_000 }));
  await check(await send({ uploadDataDuringCreation: true }));
  await check(await send({ parallelUploads: 3 }));

  // Broken off after the first piece, and resumed by another object from the address alone.
  const broken = await send({
    chunkSize: 700_000,
    onChunkComplete() { this.breakOff(); },
  }, (upload, resolve) => {
    upload.options.breakOff = () => upload.abort().then(() => resolve({ upload }));
    upload.start();
  });
  const offsets = [];
  await check(await send({
    uploadUrl: broken.upload.url,
    onProgress: (sent) => offsets.push(sent),
  }));
  assert.ok(offsets[0] >= 700_000, "an upload that is resumed goes on where it was");

  const dropped = await send({ chunkSize: 700_000, onChunkComplete() { this.breakOff(); } }, (upload, resolve) => {
    upload.options.breakOff = () => upload.abort(true).then(() => resolve({ upload }));
    upload.start();
  });
  const gone = await fetch(dropped.upload.url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  assert.equal(gone.status, 404);
}

try {
  await run(await address());
  console.log("tus-js-client: six uploads and a termination");
} finally {
  nova.kill("SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
}
