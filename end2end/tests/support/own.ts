// A console of the test's own on the same cluster, which can be killed: it serves no webhook and has a history of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';

export class OwnConsole {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Starts one, on a free port that it keeps. */
  static async start(): Promise<OwnConsole> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const own = new OwnConsole(mkdtempSync(join(tmpdir(), 'sidestep-e2e-')), port);
    await own.go();
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process (again), and waits until it knows the cluster. */
  async go(): Promise<void> {
    const { SIDESTEP_BIN: binary, SIDESTEP_SANDBOX: sandbox } = process.env;
    if (!binary || !sandbox) throw new Error('SIDESTEP_BIN and SIDESTEP_SANDBOX name the console and the sandbox');
    this.child = spawn(
      binary,
      [
        'serve',
        ...['--site', join(__dirname, '../../../target/site')],
        ...['--kubeconfig', join(sandbox, 'kubeconfigs/admin.yaml')],
        ...['--listen', `127.0.0.1:${this.port}`],
        ...['--database', `sqlite://${join(this.folder, 'console.db')}`],
      ],
      { stdio: 'ignore' },
    );
    const ready = async () => (await fetch(`${this.url}/readyz`).catch(() => undefined))?.ok ?? false;
    await expect.poll(ready, { timeout: 60_000 }).toBe(true);
  }

  /** Ends the process at once, as a lost machine would. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
