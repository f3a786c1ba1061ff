// A real `nova serve` in a folder of its own, to be killed and started again; used by web_flow_test.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ready_limit_ms = 60_000;
const stop_limit_ms = 20_000;

export class NovaProcess {
  readonly data: string;
  private readonly folder_: string;
  private readonly binary_: string;
  private readonly settings_: Record<string, string>;
  private child_: ChildProcess | null = null;
  private log_: string[] = [];
  private port_ = 0;

  // Settings by their environment names: NOVA_GATEWAY__WEB_ROOT.
  constructor(binary: string, settings: Record<string, string>) {
    this.binary_ = binary;
    this.settings_ = settings;
    this.folder_ = mkdtempSync(join(tmpdir(), 'nova-web-'));
    // The embedded PostgreSQL runs as a user of its own when we are root.
    chmodSync(this.folder_, 0o755);
    this.data = join(this.folder_, 'data');
  }

  get origin(): string { return `http://127.0.0.1:${this.port_}`; }

  // Resolves with the ready line's address; a restart comes back on the same port.
  async start(): Promise<void> {
    const child = spawn(this.binary_, ['serve', '--port', String(this.port_), '--data', this.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.settings_ },
    });
    this.child_ = child;
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.log_.push(line);
      if (this.log_.length > 200) this.log_.shift();
    });
    this.port_ = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nova was not ready in time')), ready_limit_ms);
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const port = /^nova ready: http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
        if (!port) return;
        clearTimeout(timer);
        resolve(Number(port));
      });
      child.once('error', reject);
      child.once('exit', (code) => { clearTimeout(timer); reject(new Error(`nova ended with ${code}`)); });
    });
  }

  // kill -9: nothing is flushed, nobody is told.
  async kill(): Promise<void> {
    await this.end_('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end_('SIGTERM');
    this.stop_database_();
    rmSync(this.folder_, { recursive: true, force: true });
  }

  // The last lines that nova logged.
  log(): string { return this.log_.join('\n'); }

  private async end_(signal: NodeJS.Signals): Promise<void> {
    const child = this.child_;
    this.child_ = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stop_limit_ms);
    await ended;
    clearTimeout(timer);
  }

  // What a killed nova left running in our own folder.
  private stop_database_(): void {
    if (!existsSync(this.data)) return;
    for (const entry of ['', ...readdirSync(this.data)]) {
      const file = join(this.data, entry, 'postmaster.pid');
      if (!existsSync(file)) continue;
      const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
      try {
        if (pid > 1) process.kill(pid, 'SIGQUIT');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
