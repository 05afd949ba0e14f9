import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeOnce } from './support/once';
import { RawSocket } from './support/raw-socket';

// Thousands of connections open and close.
jest.setTimeout(240_000);

const USERS = 10;
const AT_ONCE = 40;
const WARM_UP = 1_000;
const CONNECTIONS = 5_000;

interface Figures {
  readonly heapBytes: number;
  readonly timers: number;
  readonly objects: Record<string, number>;
}

describeOnce('thousands of connections that open and close', () => {
  let node: ChildProcess;
  let dataDir: string;
  let url: string;
  let tokens: string[];
  let guildId: string;
  let trackId: string;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'derailed-memory-'));
    const { MONGODB_URI: _other, ...environment } = process.env;
    const settings = {
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      RATE_LIMITS: 'off',
      HTTP_CONNECTIONS: '0',
      HTTP_CONNECTIONS_PER_ADDRESS: '0',
      GATEWAY_SOCKETS_PER_ADDRESS: '0',
      GATEWAY_SOCKETS_PER_USER: '0',
      GATEWAY_ADDRESS_CONNECTIONS: '1000000/1',
      GATEWAY_BUCKET: '1000000/1',
    };
    node = fork(resolve(__dirname, 'support/measured-node.js'), {
      execArgv: ['--expose-gc'],
      env: { ...environment, ...settings },
    });
    ({ url } = await answer<{ url: string }>());
    const people = await Promise.all(
      Array.from({ length: USERS }, (_, n) =>
        ask<{ token: string }>('POST', '/auth/register', '', {
          username: `user${n}`,
          email: `user${n}@example.org`,
          password: 'correct horse',
        }),
      ),
    );
    tokens = people.map(({ token }) => token);
    const owner = tokens[0]!;
    ({ id: guildId } = await ask<{ id: string }>('POST', '/guilds', owner, { name: 'Busy' }));
    trackId = (await ask<{ id: string }[]>('GET', `/guilds/${guildId}/tracks`, owner))[1]!.id;
    const { code } = await ask<{ code: string }>('POST', `/tracks/${trackId}/invites`, owner, {});
    for (const token of tokens.slice(1)) await ask('POST', `/invites/${code}`, token);
  });
  afterAll(async () => {
    node.send('stop');
    await once(node, 'exit');
    rmSync(dataDir, { recursive: true, force: true });
  });

  const answer = async <Message>(): Promise<Message> => ((await once(node, 'message')) as [Message])[0];
  const ask = async <Body>(method: string, path: string, token: string, body?: object): Promise<Body> =>
    (
      await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
    ).json() as Promise<Body>;
  const measure = (): Promise<Figures> => {
    node.send('measure');
    return answer<Figures>();
  };

  // Some leave politely, some just go; some say something first, some are thrown off.
  const visit = async (n: number): Promise<void> => {
    const socket = await RawSocket.enter(url, tokens[n % USERS]!);
    if (n % 3 === 0) {
      socket.send(`42/gateway,0["typing.start",{"track_id":"${trackId}"}]`);
      await socket.has('43/gateway,0');
    }
    if (n % 5 === 0) {
      socket.send(`42/gateway,1["guild.subscribe",{"guild_id":"${guildId}"${n % 2 ? ',"members":[0,9]' : ''}}]`);
      // Some don't wait for the answer.
      if (n % 4 < 2) await socket.has('43/gateway,1');
    }
    if (n % 10 === 0) socket.send('42/gateway,["nonsense"]');
    if (n % 4 === 0) socket.send('41/gateway,');
    socket.close();
    await socket.gone;
  };
  const connect = async (count: number): Promise<void> => {
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < count) await visit(next++);
      }),
    );
  };

  it('leave no objects in memory', async () => {
    await connect(WARM_UP);
    const before = await measure();
    const startedAt = Date.now();
    await connect(CONNECTIONS);
    const seconds = (Date.now() - startedAt) / 1_000;
    const after = await measure();
    const growth = after.heapBytes / before.heapBytes - 1;
    if (process.env['HEAP_FIGURES'])
      writeFileSync(
        process.env['HEAP_FIGURES'],
        `${JSON.stringify({ connections: CONNECTIONS, seconds, before, after, growth })}\n`,
      );
    expect(growth).toBeLessThan(0.05);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
    // Nest compares each socket with the one before, and so keeps the last.
    expect(after.objects).toMatchObject({ VisibilityGroup: 0, GuildSockets: 0, GuildMemberList: 0 });
    for (const name of ['Socket', 'Connection', 'WebSocket'])
      expect([name, after.objects[name]! <= 2]).toEqual([name, true]);
  });
});
