// tus-js-client, unmodified, against a running Nova: whole, in pieces, in parallel (concatenation), broken off and resumed, terminated.
// Run by ctest: node tus_client_flow_test.mjs PATH_OF_NOVA
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as tus from "tus-js-client";
import { with_nova } from "./tus_nova.mjs";

async function run(base, headers) {
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

await with_nova(process.argv[2], {}, run);
console.log("tus-js-client: six uploads and a termination");
