import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { eventually } from './eventually';

const START_MS = 20_000;
// Below the ephemeral ports of the system, one of which could take the port of a stopped server.
const [LOWEST_PORT, HIGHEST_PORT] = [10_000, 32_000];

/** Returns whether a Redis can be started here. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Describes tests that start a Redis server. They are skipped, with a message, where there is no redis-server. */
export function describeWithRedis(name: string, run: () => void): void {
  const quietly = (): void => {
    // Starting a Redis server, losing it and reconnecting to it take longer than the limit of unit specs.
    jest.setTimeout(60_000);
    beforeAll(() => Logger.overrideLogger(false));
    run();
  };
  if (hasRedis) describe(name, quietly);
  else describe.skip(`${name} (skipped: there is no redis-server here)`, run);
}

/** A Redis of the test's own. */
export class TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly dir: string,
  ) {}

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), mkdtempSync(join(tmpdir(), 'derailed-redis-')));
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again on the same port, unless it runs: empty, unless it was stopped to be started again. */
  async start(): Promise<void> {
    if (this.child) return;
    mkdirSync(this.dir, { recursive: true });
    const child = spawn('redis-server', [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.dir,
      '--save',
      '',
      '--appendonly',
      'no',
      '--shutdown-on-sigterm',
      'save',
    ]);
    this.child = child;
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const isReady = (): boolean => output.includes('Ready to accept connections');
    await eventually(() => isReady() || child.exitCode !== null, START_MS).catch(() => undefined);
    if (!isReady()) throw new Error(`redis-server did not start: ${output}`);
  }

  /** Ends it at once; what it knew is gone. */
  async stop(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Ends it at once; started again, it knows what it had saved. */
  crash(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Ends it so that it knows everything when it is started again. */
  stopKeeping(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Makes it stop answering without closing anything. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
