import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NodeProcess } from './support/node-process';
import { describeOnce } from './support/once';
import { ownDatabase } from './support/own-database';
import { describeWithRedis, TestRedis } from './support/redis';
import { openDatabase } from '../src/database/open-database';
import { parseEnvironment } from '../src/config/config.service';

const SHIM = resolve(__dirname, 'support/shifted-clock.js');
const MINUTE_MS = 60_000;
const PASSWORD = 'a long enough passphrase 47';

interface Session {
  readonly token: string;
  readonly user: { readonly id: string };
}
type Ask = <Body>(method: string, path: string, body?: object, token?: string) => Promise<Body>;

const askAt =
  (node: NodeProcess): Ask =>
  async <Body>(method: string, path: string, body?: object, token?: string) => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const response = await fetch(`${node.url}/api/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Body;
  };

const register = (ask: Ask, username: string): Promise<Session> =>
  ask('POST', '/auth/register', { username, email: `${username}@example.org`, password: PASSWORD });

/** Two members of a guild, and its text track. */
async function guildWithTwo(ask: Ask): Promise<{ ada: Session; mo: Session; track: string }> {
  const [ada, mo] = [await register(ask, 'ada'), await register(ask, 'mo')];
  const guild = await ask<{ id: string }>('POST', '/guilds', { name: 'Clocks' }, ada.token);
  const tracks = await ask<{ id: string; type: string }[]>('GET', `/guilds/${guild.id}/tracks`, undefined, ada.token);
  const track = tracks.find(({ type }) => type === 'text')!.id;
  const { code } = await ask<{ code: string }>('POST', `/tracks/${track}/invites`, {}, ada.token);
  await ask('POST', `/invites/${code}`, undefined, mo.token);
  return { ada, mo, track };
}

const send = (ask: Ask, { token }: Session, track: string, content: string): Promise<{ id: string }> =>
  ask('POST', `/tracks/${track}/messages`, { content }, token);
const contents = async (ask: Ask, { token }: Session, track: string): Promise<string[]> =>
  (await ask<{ content: string }[]>('GET', `/tracks/${track}/messages`, undefined, token))
    .map(({ content }) => content)
    .toReversed();
const unread = async (ask: Ask, { token }: Session, track: string): Promise<number | undefined> =>
  (await ask<{ track_id: string; unread_count: number }[]>('GET', '/users/@me/read-states', undefined, token)).find(
    ({ track_id }) => track_id === track,
  )?.unread_count;

const shifted = (shift: Record<string, string>): Record<string, string> => ({
  NODE_OPTIONS: `--require ${SHIM}`,
  RATE_LIMITS: 'off',
  ...shift,
});

describeOnce('a node whose clock is behind', () => {
  let dataDir: string;
  const nodes: NodeProcess[] = [];
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'derailed-clock-'))));
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = async (settings: Record<string, string>): Promise<NodeProcess> => {
    const node = await NodeProcess.start({ DATA_DIR: dataDir, MONGODB_URI: '', REDIS_URL: '', ...settings });
    nodes.push(node);
    return node;
  };

  it.each([5 * MINUTE_MS, 120 * MINUTE_MS])(
    'sorts new messages above stored ones, counts them as unread and logs a warning, %i ms behind at startup',
    async (behindMs) => {
      const first = await start(shifted({ CLOCK_SHIFT_MS: '0' }));
      const { ada, mo, track } = await guildWithTwo(askAt(first));
      const last = await send(askAt(first), ada, track, 'before');
      await askAt(first)('PUT', `/tracks/${track}/read-state`, { message_id: last.id }, mo.token);
      await first.stop();
      const second = await start(shifted({ CLOCK_SHIFT_MS: String(-behindMs) }));
      expect(second.output).toMatch(/clock of this node is \d+ s behind/);
      const ask = askAt(second);
      for (const content of ['one', 'two', 'three']) await send(ask, ada, track, content);
      expect(await contents(ask, mo, track)).toEqual(['before', 'one', 'two', 'three']);
      expect(await unread(ask, mo, track)).toBe(3);
    },
  );

  it('sorts messages in the order in which they were sent if the clock jumps while the node runs', async () => {
    const file = join(dataDir, 'shift');
    writeFileSync(file, '0');
    const node = await start(shifted({ CLOCK_SHIFT_FILE: file }));
    const ask = askAt(node);
    const { ada, mo, track } = await guildWithTwo(ask);
    const sent: string[] = [];
    for (const minutes of [0, -120, 5, -5, 0]) {
      writeFileSync(file, String(minutes * MINUTE_MS));
      sent.push(`${minutes}`);
      await send(ask, ada, track, sent.at(-1)!);
    }
    expect(await contents(ask, mo, track)).toEqual(sent);
    expect(await unread(ask, mo, track)).toBe(sent.length);
    expect(node.output).toMatch(/clock of this node is \d+ s behind/);
  });
});

describeWithRedis('two nodes with different clocks', () => {
  it('sort messages in the order in which they were sent', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'derailed-clocks-'));
    const redis = await TestRedis.start();
    const database = await openDatabase(
      parseEnvironment({ DATA_DIR: dataDir, MONGODB_URI: ownDatabase(process.env['MONGODB_URI']) }),
    );
    const settings = { MONGODB_URI: database.uri, REDIS_URL: redis.url, DATA_DIR: dataDir };
    const started = await Promise.all(
      [0, -120].map((minutes) =>
        NodeProcess.start({ ...settings, ...shifted({ CLOCK_SHIFT_MS: String(minutes * MINUTE_MS) }) }),
      ),
    );
    try {
      const [right, behind] = started.map(askAt) as [Ask, Ask];
      const { ada, mo, track } = await guildWithTwo(right);
      const sent = Array.from({ length: 10 }, (_, index) => String(index));
      for (const [index, content] of sent.entries())
        await send(index % 2 ? behind : right, index % 3 ? ada : mo, track, content);
      expect(await contents(behind, mo, track)).toEqual(sent);
    } finally {
      await Promise.all(started.map((node) => node.stop()));
      await database.stop();
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
