import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../src/config/config.service';
import { type DatabaseServer, openDatabase } from '../src/database/open-database';
import { RedisConnection } from '../src/redis/redis-connection';
import { of } from './support/answer';
import { eventually } from './support/eventually';
import { PausableProxy } from './support/pausable-proxy';
import { NodeProcess } from './support/node-process';
import { describeOnce } from './support/once';
import { hasRedis, TestRedis } from './support/redis';

const ANSWER_MS = 5_000;
const REPAIRED_WITHIN_MS = 45_000;

interface Account {
  readonly token: string;
  readonly user: { readonly id: string };
}

describeOnce('a crash between a join and its check for a ban', () => {
  let dataDir: string;
  let database: DatabaseServer;
  let wire: PausableProxy;
  let redis: TestRedis | undefined;
  let connection: RedisConnection | undefined;
  let nodes: NodeProcess[];
  beforeEach(async () => {
    nodes = [];
    dataDir = mkdtempSync(join(tmpdir(), 'derailed-interrupted-'));
    database = await openDatabase(parseEnvironment({ DATA_DIR: dataDir }));
    wire = await PausableProxy.to(database.uri);
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await wire.close();
    await database.stop();
    connection?.close();
    connection = undefined;
    await redis?.stop();
    redis = undefined;
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = async (uri: string): Promise<NodeProcess> => {
    const node = await NodeProcess.start({
      MONGODB_URI: uri,
      DATA_DIR: dataDir,
      RATE_LIMITS: 'off',
      ...(redis && { REDIS_URL: redis.url }),
    });
    nodes.push(node);
    return node;
  };
  const ask = async (
    { url }: NodeProcess,
    method: string,
    path: string,
    token = '',
    body?: object,
  ): Promise<{ status: number; body: unknown }> => {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() };
  };
  const register = async (node: NodeProcess, username: string): Promise<Account> =>
    of<Account>(
      (
        await ask(node, 'POST', '/auth/register', '', {
          username,
          email: `${username}@example.org`,
          password: 'correct horse',
        })
      ).body,
    );

  /** Returns how many changes Redis knows to be in flight: of the ban, which is done, and of the join, which is not. */
  const countInFlight = async (): Promise<number> => {
    if (!redis) return 0;
    const { commands } = (connection ??= await RedisConnection.open(redis.url, 'derailed:'));
    const keys = await commands.keys('*:in-flight:*');
    return (await Promise.all(keys.map((key) => commands.hlen(key)))).reduce((sum, count) => sum + count, 0);
  };

  /** Kills a node after it has added a member, and before it checks whether the member is banned. */
  const interrupt = async (node: NodeProcess): Promise<{ ada: Account; eve: Account; guildId: string }> => {
    const [ada, eve] = [await register(node, 'ada'), await register(node, 'eve')];
    const { id: guildId } = of<{ id: string }>(
      (await ask(node, 'POST', '/guilds', ada.token, { name: 'Engines' })).body,
    );
    const [, track] = of<[unknown, { id: string }]>(
      (await ask(node, 'GET', `/guilds/${guildId}/tracks`, ada.token)).body,
    );
    const { code } = of<{ code: string }>((await ask(node, 'POST', `/tracks/${track.id}/invites`, ada.token, {})).body);
    const inserting = wire.hold('insert', 'members');
    const joined = ask(node, 'POST', `/invites/${code}`, eve.token).catch(() => undefined);
    await inserting.arrived;
    expect((await ask(node, 'PUT', `/guilds/${guildId}/bans/${eve.user.id}`, ada.token, {})).status).toBe(200);
    const looking = wire.hold('find', 'bans');
    inserting.release();
    await looking.arrived;
    expect((await ask(node, 'GET', `/guilds/${guildId}/members/${eve.user.id}`, ada.token)).status).toBe(200);
    await eventually(async () => expect(await countInFlight()).toBeLessThanOrEqual(1));
    await node.kill();
    await joined;
    return { ada, eve, guildId };
  };

  it('leaves no banned member after a restart', async () => {
    const { ada, eve, guildId } = await interrupt(await start(wire.uri));
    const node = await start(database.uri);
    expect((await ask(node, 'GET', `/guilds/${guildId}`, eve.token)).status).toBe(404);
    expect(of<unknown[]>((await ask(node, 'GET', `/guilds/${guildId}/members`, ada.token)).body)).toHaveLength(1);
  });

  (hasRedis ? it : it.skip)('leaves no banned member once another node has noticed the crash', async () => {
    redis = await TestRedis.start();
    const other = await start(database.uri);
    const { eve, guildId } = await interrupt(await start(wire.uri));
    await eventually(
      async () => expect((await ask(other, 'GET', `/guilds/${guildId}`, eve.token)).status).toBe(404),
      REPAIRED_WITHIN_MS,
    );
  });
});
