import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileShim } from './database/disk/shim';
import { describeOnce } from './support/once';

const MAIN = resolve(__dirname, '../dist/main.js');
const EIO = '5';
const ENOSPC = '28';

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly id: string;
  readonly token: string;
}

/** A server as its own process, whose disk fails while a file exists. Its only writable folder is DATA_DIR. */
class Server {
  private token = '';
  url = '';
  output = '';

  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    readonly exited: Promise<number | null>,
  ) {}

  static async start(dataDir: string, settings: Record<string, string> = {}): Promise<Server> {
    const environment = {
      ...process.env,
      TMPDIR: join(dataDir, 'missing'),
      PORT: '0',
      DATA_DIR: dataDir,
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'warn',
    };
    const child = spawn(process.execPath, [MAIN], { cwd: dataDir, env: { ...environment, ...settings } });
    const server = new Server(
      child,
      once(child, 'exit').then(([code]) => code as number | null),
    );
    const started = new Promise<void>((listening) => {
      const read = (text: Buffer): void => {
        server.output += text.toString();
        server.url = /API\s+(http:\S+\/api\/v1)/.exec(server.output)?.[1] ?? '';
        if (server.url) listening();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
    });
    await Promise.race([started, server.exited]);
    if (!server.url) throw new Error(`The server did not start: ${server.output}`);
    return server;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      ...(text ? (JSON.parse(text) as Answer) : { code: undefined, id: '', token: '' }),
      status: response.status,
    };
  }

  private async fetch(url: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(url, request);
    } catch (error) {
      throw new Error(`${request.method} ${url} failed; the server wrote: ${this.output}`, { cause: error });
    }
  }

  /** Creates an account, and uses it from here on. */
  async register(): Promise<void> {
    this.token = (
      await this.ask('POST', '/auth/register', {
        username: 'lena',
        email: 'lena@example.org',
        password: 'correct horse battery',
      })
    ).token;
  }

  async login(): Promise<void> {
    this.token = (
      await this.ask('POST', '/auth/login', { email: 'lena@example.org', password: 'correct horse battery' })
    ).token;
  }

  ready(): Promise<Answer> {
    return this.ask('GET', '/../../health/ready');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

const shim = compileShim();
afterAll(() => shim?.remove());

(shim ? describeOnce : describe.skip)('a server whose disk', () => {
  let dataDir: string;
  let broken: string;
  let server: Server | undefined;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'derailed-disk-'));
    broken = join(dataDir, 'broken');
  });
  afterEach(() => {
    server?.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = async (kind: string, error: string): Promise<Server> => {
    server = await Server.start(dataDir, {
      LD_PRELOAD: (shim as { path: string }).path,
      FAULT_KIND: kind,
      FAULT_ERROR: error,
      FAULT_WHILE: broken,
    });
    await server.register();
    return server;
  };

  it('is full answers writes with DISK_FULL and reads as before, is not ready, and recovers', async () => {
    const full = await start('write', ENOSPC);
    const guild = await full.ask('POST', '/guilds', { name: 'Engines' });
    expect(guild.status).toBe(201);
    expect((await full.ready()).status).toBe(200);

    writeFileSync(broken, '');
    expect(await full.ask('POST', '/guilds', { name: 'Wagons' })).toMatchObject({ status: 507, code: 'DISK_FULL' });
    expect((await full.ask('GET', `/guilds/${guild.id}`)).status).toBe(200);
    expect(await full.ready()).toMatchObject({ status: 507, code: 'DISK_FULL' });
    // LMDB writes this line. It may corrupt the memory of the process when one of its writes fails.
    expect(full.output).not.toContain('Write error');

    rmSync(broken);
    expect((await full.ready()).status).toBe(200);
    expect((await full.ask('POST', '/guilds', { name: 'Wagons' })).status).toBe(201);
  });

  it('fails in the middle of a commit exits within a second, and has every acknowledged write after a restart', async () => {
    const failing = await start('meta', EIO);
    const { id } = await failing.ask('POST', '/guilds', { name: 'Engines' });
    writeFileSync(broken, '');
    const since = Date.now();
    const refused = failing.ask('POST', '/guilds', { name: 'Wagons' }).catch(() => undefined);
    expect(await failing.exited).toBe(1);
    expect(Date.now() - since).toBeLessThan(1_000);
    expect((await refused)?.status ?? 503).toBeGreaterThanOrEqual(500);
    expect(failing.output).toContain("Derailed stops: The data file can't be trusted after a failure of the disk");

    rmSync(broken);
    server = await Server.start(dataDir);
    await server.login();
    expect((await server.ask('GET', `/guilds/${id}`)).status).toBe(200);
  });

  it('is writable in DATA_DIR only holds its files for the current user alone', async () => {
    await start('write', ENOSPC);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const file of ['derailed.mdb', 'derailed.mdb-lock', 'db.sock', 'in-use.mdb', 'in-use.mdb-lock'])
      expect({ file, mode: statSync(join(dataDir, file)).mode & 0o777 }).toEqual({ file, mode: 0o600 });
  });
});
