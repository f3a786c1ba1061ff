// Three nodes on loopback that are one Nova, as `config/up --nodes 3` starts them, to be killed and started again; used by
// web_nodes_flow_test.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { slowdown } from './browser_run.ts';
import { expect_soon } from './soon.ts';

const count = 3;
const ready_limit_ms = 60_000 * slowdown;
const stop_limit_ms = 30_000 * slowdown;
// serve_nodes ends with its last node. The job that reads our pipe lets it live on when all that it started were killed.
const script = `exec 3>&1; source config/build/steps.bash; source config/build/nodes.bash
cat <&0 > /dev/null & serve_nodes "$@"`;

function listening(port: number): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

// A port after which, 100, 200 and 300 further on too, one is free for each node.
async function free_ports(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const wanted = [0, 100, 200, 300].flatMap((hundred) => Array.from({ length: count + 1 }, (_, i) => first + hundred + i));
    const held = await Promise.all(wanted.map(listening));
    await Promise.all(held.map((server) => new Promise((closed) => { if (server) server.close(closed); else closed(null); })));
    if (held.every((server) => server !== null)) return first;
  }
}

function is_alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

export class NovaNodes {
  private readonly folder_ = mkdtempSync(join(tmpdir(), 'nova-web-nodes-'));
  private readonly root_: string;
  private readonly binary_: string;
  private readonly settings_: Record<string, string>;
  private nodes_: ChildProcess | null = null;
  private port_ = 0;
  private stopping_ = false;
  private readonly pids_ = new Map<number, number>();
  private readonly log_: string[] = [];

  // `root`: the source's folder. Settings by their environment names.
  constructor(root: string, binary: string, settings: Record<string, string>) {
    this.root_ = root;
    this.binary_ = binary;
    this.settings_ = settings;
    // PostgreSQL runs as a user of its own when we are root.
    chmodSync(this.folder_, 0o755);
  }

  // Of node 1 or node 2.
  gateway(node: number): string { return `http://127.0.0.1:${this.port_ + node - 1}`; }

  // Resolves when both gateways are ready.
  async start(): Promise<void> {
    this.port_ = await free_ports();
    const nodes = spawn('bash', ['-euo', 'pipefail', '-c', script, 'nodes', String(count), String(this.port_), this.data_, this.binary_], {
      cwd: this.root_, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...this.settings_ },
    });
    this.nodes_ = nodes;
    nodes.stdout!.resume();
    createInterface({ input: nodes.stderr! }).on('line', (line) => {
      const started = /node(\d) is process (\d+),/.exec(line);
      if (started) this.pids_.set(Number(started[1]), Number(started[2]));
      this.keep_(line);
    });
    for (const node of [1, 2, 3]) await this.ready(node);
  }

  // Until the node says that it is ready to serve.
  ready(node: number): Promise<unknown> { return this.is_200_(`http://127.0.0.1:${this.port_ + 200 + node}/readyz`); }

  // Until that gateway answers with 200.
  answers(node: number, path: string): Promise<unknown> { return this.is_200_(this.gateway(node) + path); }

  private is_200_(address: string): Promise<unknown> {
    return expect_soon(address, async () => {
      if (this.nodes_!.exitCode !== null) throw new Error('the nodes have ended');
      return fetch(address).then((answer) => answer.status, () => 0);
    }, 200, ready_limit_ms);
  }

  // kill -9. Resolves with a function that starts the node again, as it was started.
  async kill(node: number): Promise<() => Promise<void>> {
    const pid = this.pids_.get(node)!;
    const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    process.kill(pid, 'SIGKILL');
    await expect_soon(`node${node} is gone`, async () => is_alive(pid), false);
    return async () => {
      this.start_again_(node, program!, args, Date.now() + ready_limit_ms);
      await this.ready(node);
    };
  }

  // As a service manager: a node that could not start, as on a database too busy to answer, is started again within the limit.
  private start_again_(node: number, program: string, args: string[], until: number): void {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...this.settings_ } });
    createInterface({ input: child.stderr! }).on('line', (line) => this.keep_(line));
    this.pids_.set(node, child.pid!);
    child.once('exit', (code) => { if (code && !this.stopping_ && Date.now() < until) this.start_again_(node, program, args, until); });
  }

  async stop(): Promise<void> {
    this.stopping_ = true;
    const nodes = this.nodes_!;
    const ended = new Promise<void>((resolve) => {
      if (nodes.exitCode === null && nodes.signalCode === null) nodes.once('exit', () => resolve());
      else resolve();
    });
    for (const pid of this.pids_.values()) end(pid, 'SIGTERM');
    nodes.stdin!.end();
    nodes.kill('SIGTERM');
    const timer = setTimeout(() => nodes.kill('SIGKILL'), stop_limit_ms);
    await ended;
    clearTimeout(timer);
    for (const pid of this.pids_.values()) end(pid, 'SIGKILL');
    const file = join(this.data_, 'postgres/data/postmaster.pid');
    if (existsSync(file)) end(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGQUIT');
    rmSync(this.folder_, { recursive: true, force: true });
  }

  // The last lines that the nodes logged.
  log(): string { return this.log_.join('\n'); }

  private get data_(): string { return join(this.folder_, 'nodes'); }

  private keep_(line: string): void {
    this.log_.push(line);
    if (this.log_.length > 200) this.log_.shift();
  }
}
