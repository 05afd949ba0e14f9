import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './support/eventually';
import { describeOnce } from './support/once';

// Each round kills a process and starts another. KILL_ROUNDS sets the number of rounds.
jest.setTimeout(240_000);

const MAIN = resolve(__dirname, '../dist/main.js');
const START_MS = 60_000;

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  readonly output: () => string;
}

interface Answered {
  readonly status: number;
  readonly body: { readonly id: string };
}

describeOnce('the process', () => {
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'derailed-process-'))));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });

  const launch = (settings: Record<string, string> = {}): { child: ChildProcess; output: () => string } => {
    const { MONGODB_URI: _ours, ...environment } = process.env;
    const child = spawn(process.execPath, [MAIN], {
      cwd: dataDir,
      env: { ...environment, PORT: '0', DATA_DIR: dataDir, RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...settings },
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    return { child, output: () => output };
  };
  const start = async (settings?: Record<string, string>): Promise<Running> => {
    const { child, output } = launch(settings);
    const urlOf = (): string | undefined => /API\s+(http:\S+)\/api\/v1/.exec(output())?.[1];
    await eventually(() => urlOf() !== undefined || child.exitCode !== null, START_MS);
    const url = urlOf();
    if (!url) throw new Error(`The process did not start: ${output()}`);
    return { process: child, url, output };
  };
  const account = (name: string): string =>
    JSON.stringify({ username: name, email: `${name}@example.org`, password: 'correct horse' });
  const register = async (url: string, name: string): Promise<number> =>
    (
      await fetch(`${url}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: account(name),
      })
    ).status;
  /** A registration that the process has begun with. @returns what sends the rest of it, and waits for the answer */
  const begin = async (url: string, name: string): Promise<() => Promise<number>> => {
    const body = account(name);
    const begun = request(`${url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
    });
    begun.flushHeaders();
    await once(begun, 'continue');
    return async () => {
      begun.end(body);
      const [{ statusCode }] = (await once(begun, 'response')) as [IncomingMessage];
      return statusCode!;
    };
  };
  const end = async (running: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    const exited = once(running.process, 'exit');
    running.process.kill(signal);
    return ((await exited) as [number | null])[0];
  };

  it('prints its addresses, stops on SIGTERM and finds all data after a restart', async () => {
    const first = await start();
    expect(first.output()).toContain(`${first.url}/docs`);
    expect(first.output()).toContain(dataDir);
    expect(await register(first.url, 'ada')).toBe(201);
    expect(await end(first, 'SIGTERM')).toBe(0);
    const second = await start();
    expect(await register(second.url, 'ada')).toBe(409);
    expect(await end(second, 'SIGTERM')).toBe(0);
  });

  it('answers requests in flight before it stops', async () => {
    const running = await start();
    const begun = await Promise.all(Array.from({ length: 8 }, (_, index) => begin(running.url, `late${index}`)));
    const code = end(running, 'SIGTERM');
    expect(await Promise.all(begun.map((finish) => finish()))).toEqual(new Array(8).fill(201));
    expect(await code).toBe(0);
    const again = await start();
    expect(await register(again.url, 'late7')).toBe(409);
  });

  it('keeps every acknowledged write when it is killed', async () => {
    for (let round = 0; round < 3; round += 1) {
      const running = await start();
      const acknowledged: string[] = [];
      const writing = Array.from({ length: 6 }, async (_, index) => {
        for (let n = 0; ; n += 1) {
          const name = `r${round}.w${index}.n${n}`;
          if ((await register(running.url, name)) === 201) acknowledged.push(name);
        }
      }).map((task) => task.catch(() => undefined));
      await eventually(() => acknowledged.length > 15 * round, START_MS);
      await end(running, 'SIGKILL');
      await Promise.all(writing);
      const again = await start();
      const taken = await Promise.all(acknowledged.map((name) => register(again.url, name)));
      expect(taken.filter((status) => status !== 409)).toEqual([]);
      await end(again, 'SIGKILL');
    }
  });

  it('leaves either the old or the new order when it is killed while roles and tracks move', async () => {
    const rounds = Number(process.env['KILL_ROUNDS'] ?? 4);
    let running = await start();
    const ask = async (method: string, path: string, token: string, body?: unknown): Promise<Answered> => {
      const answer = await fetch(`${running.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as never };
    };
    const { token } = (await (
      await fetch(`${running.url}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'ada', email: 'ada@example.org', password: 'correct horse' }),
      })
    ).json()) as { token: string };
    const { id } = (await ask('POST', '/guilds', token, { name: 'Engines' })).body;
    for (let created = 0; created < 12; created += 1) {
      await ask('POST', `/guilds/${id}/roles`, token, { name: `r${created}` });
      await ask('POST', `/guilds/${id}/tracks`, token, { name: `t${created}` });
    }
    const idsOf = ({ body }: Answered): string[] => (body as unknown as { id: string }[]).map((each) => each.id);

    let [killedAmidst, made] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const expected = await Promise.all(
        ['roles', 'tracks'].map(async (kind) => ({
          path: `/guilds/${id}/${kind}`,
          old: idsOf(await ask('GET', `/guilds/${id}/${kind}`, token)),
          next: undefined as string[] | undefined,
        })),
      );
      const madeBefore = made;
      const moving = expected.map(async (state) => {
        // The last of them goes to the front of those that can be moved, again and again.
        for (const first = state.path.endsWith('roles') ? 1 : 2; ; made += 1) {
          const last = state.old.at(-1)!;
          state.next = [...state.old.slice(0, first), last, ...state.old.slice(first, -1)];
          const moved = await ask('PATCH', state.path, token, [{ id: last, position: 2 }]);
          expect(idsOf(moved)).toEqual(state.next);
          state.old = state.next;
        }
      });
      const ended = Promise.allSettled(moving);
      const killAfter = madeBefore + Math.floor(Math.random() * 40);
      await eventually(() => made > killAfter, START_MS);
      await end(running, 'SIGKILL');
      // The connection was lost before an answer came, or within one.
      for (const outcome of await ended)
        expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/fetch failed|terminated/);
      running = await start();
      for (const { path, old, next } of expected) {
        const found = idsOf(await ask('GET', path, token));
        if (found.join() !== old.join()) killedAmidst += 1;
        expect([old, next]).toContainEqual(found);
      }
    }
    process.stdout.write(
      `killed ${rounds} times while ${made} moves were made, ${killedAmidst} times after a move that was never acknowledged\n`,
    );
  });

  it('rejects a second process on the same data', async () => {
    await start();
    const { child, output } = launch();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(output()).toContain(dataDir);
  });

  it('does not start with an invalid setting, and names it', async () => {
    const { child, output } = launch({ PORT: 'abc', GATEWAY_BUCKET: 'many' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(output()).toMatch(/PORT.*GATEWAY_BUCKET/s);
  });
});
