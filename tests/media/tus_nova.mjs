// A Nova of its own with an account, for the tests of tus-js-client. Used by tus_*_flow_test.mjs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/// Starts the program, gives its address and the account's headers to `run`, and ends it.
export async function with_nova(program, settings, run) {
  const folder = await mkdtemp(join(tmpdir(), "nova-tus-"));
  const nova = spawn(program, ["serve", "--port", "0", "--data", folder],
                     { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, ...settings } });
  const ended = new Promise((resolve) => nova.on("exit", resolve));
  try {
    const base = await address(nova);
    await run(base, await registered(base));
  } finally {
    nova.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function address(nova) {
  let text = "";
  for await (const piece of nova.stdout) {
    text += piece;
    const ready = /nova ready: (\S+)/.exec(text);
    if (ready) return ready[1];
  }
  throw new Error("nova ended before it was ready");
}

async function registered(base) {
  const answer = await fetch(`${base}/v1/auth/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: "ann@example.org", handle: "ann_tus", password: "correct horse battery staple" }),
  });
  assert.equal(answer.status, 201);
  return { Authorization: `Bearer ${(await answer.json()).access_token}` };
}
