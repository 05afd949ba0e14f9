import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { parseEnvironment } from '../src/config/config.service';
import { type DatabaseServer, openDatabase } from '../src/database/open-database';
import { Permission, union } from '../src/permissions/compute-permissions';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import { ClientState, type GuildLists, type GuildState } from './support/client-state';
import { describeOnce } from './support/once';
import { ownDatabase } from './support/own-database';
import { describeWithRedis, TestRedis } from './support/redis';

const MAIN = resolve(__dirname, '../dist/main.js');
const START_MS = 60_000;
// A node is taken for gone ten seconds after its last sign of life.
const REPAIRED_WITHIN_MS = 45_000;
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2);

interface Node {
  readonly process: ChildProcess;
  readonly url: string;
}

interface Account {
  readonly id: string;
  readonly token: string;
}

interface Place {
  readonly guildId: string;
  readonly trackId: string;
  /** A message that is pinned and reacted to. */
  readonly messageId: string;
  readonly code: string;
}

interface People {
  readonly owner: Account;
  readonly members: readonly Account[];
  /** They come and go. */
  readonly strangers: readonly Account[];
  /** Who is banned, and not any more. */
  readonly outcast: Account;
}

type Json = Record<string, unknown> & { readonly id: string };

describeOnce(
  'a node that is killed between a write and its event',
  () => {
    let dataDir: string;
    let redis: TestRedis;
    let database: DatabaseServer;
    let nodes: Node[];
    beforeAll(async () => {
      Logger.overrideLogger(false);
      dataDir = mkdtempSync(join(tmpdir(), 'derailed-killed-'));
      redis = await TestRedis.start();
      database = await openDatabase(
        parseEnvironment({ DATA_DIR: dataDir, MONGODB_URI: ownDatabase(process.env['MONGODB_URI']) }),
      );
      nodes = await Promise.all([start(), start()]);
    }, 2 * START_MS);
    afterAll(async () => {
      for (const { process: node } of nodes) node.kill('SIGKILL');
      await database.stop();
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const start = async (): Promise<Node> => {
      const settings = {
        PORT: '0',
        MONGODB_URI: database.uri,
        REDIS_URL: redis.url,
        REDIS_PREFIX: 'derailed:',
        RATE_LIMITS: 'off',
        GATEWAY_BUCKET: '0/1',
        LOG_LEVEL: 'warn',
      };
      const child = spawn(process.execPath, [MAIN], { cwd: dataDir, env: { ...process.env, ...settings } });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text: Buffer) => (output += text.toString()));
      const urlOf = (): string | undefined => /API\s+(http:\S+)\/api\/v1/.exec(output)?.[1];
      await eventually(() => urlOf() !== undefined || child.exitCode !== null, START_MS);
      const url = urlOf();
      if (!url) throw new Error(`The node did not start: ${output}`);
      return { process: child, url };
    };
    const ask = async <Body = Json>(
      url: string,
      method: string,
      path: string,
      token?: string,
      body?: unknown,
    ): Promise<Body> => {
      const headers = {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return (answer.status === 204 ? {} : await answer.json()) as Body;
    };
    let accounts = 0;
    const register = async (url: string): Promise<Account> => {
      const username = `u${(accounts += 1)}`;
      const { token, user } = await ask<{ token: string; user: Json }>(url, 'POST', '/auth/register', undefined, {
        username,
        email: `${username}@example.org`,
        password: 'correct horse',
      });
      return { id: user.id, token };
    };

    /** Runs concurrent requests on a node until the node is killed. Each loop changes objects of its own kind. */
    const change = (
      url: string,
      { guildId, trackId, messageId, code }: Place,
      { owner, members, strangers, outcast }: People,
    ): Promise<unknown> => {
      const as =
        (account: Account) =>
        (method: string, path: string, body?: unknown): Promise<Json> =>
          ask(url, method, path, account.token, body);
      const act = as(owner);
      const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)]!;
      const forever = async (step: (n: number) => Promise<unknown>): Promise<void> => {
        for (let n = 0; ; n += 1) await step(n);
      };
      return Promise.allSettled([
        ...members.map((member) =>
          forever(async (n) => {
            const { id } = await as(member)('POST', `/tracks/${trackId}/messages`, { content: `${n}` });
            if (n % 3 === 0)
              await as(member)('PATCH', `/tracks/${trackId}/messages/${id}`, { content: `${n}, changed` });
            if (n % 5 === 0) await as(member)('DELETE', `/tracks/${trackId}/messages/${id}`);
          }),
        ),
        forever(async (n) => {
          const { id } = await act('POST', `/guilds/${guildId}/roles`, { name: `r${n}` });
          await act('PATCH', `/guilds/${guildId}/roles/${id}`, { name: `role ${n}`, allow: '1' });
          await act('PATCH', `/guilds/${guildId}/roles`, [{ id, position: 2 }]);
          if (n % 2) await act('DELETE', `/guilds/${guildId}/roles/${id}`);
        }),
        forever(async (n) => {
          const { id } = await act('POST', `/guilds/${guildId}/tracks`, { name: `t${n}`, type: 'text' });
          await act('PATCH', `/tracks/${id}`, { name: `track ${n}`, topic: 'trains' });
          await act('PUT', `/tracks/${id}/overwrites/${pick(members).id}`, {
            type: 'member',
            allow: '0',
            deny: '1024',
          });
          if (n % 2) await act('DELETE', `/tracks/${id}`);
        }),
        forever((n) => act('PATCH', `/guilds/${guildId}`, { name: `Engines ${n}` })),
        forever((n) => act('PATCH', `/guilds/${guildId}/members/${pick(members).id}`, { nick: `nick ${n}` })),
        ...members.map((member) =>
          forever((n) =>
            as(member)(
              n % 2 ? 'DELETE' : 'PUT',
              `/tracks/${trackId}/messages/${messageId}/reactions/${encodeURIComponent('👍')}/@me`,
            ),
          ),
        ),
        forever((n) => act(n % 2 ? 'DELETE' : 'PUT', `/tracks/${trackId}/pins/${messageId}`)),
        forever((n) =>
          n % 2
            ? act('DELETE', `/guilds/${guildId}/bans/${outcast.id}`)
            : act('PUT', `/guilds/${guildId}/bans/${outcast.id}`, { reason: `${n}` }),
        ),
        forever(async (n) => {
          const invite = await act('POST', `/tracks/${trackId}/invites`, {});
          if (n % 2) await act('DELETE', `/invites/${invite['code'] as string}`);
        }),
        ...strangers.map((stranger) =>
          forever(async (n) => {
            await as(stranger)('POST', `/invites/${code}`);
            await (n % 2
              ? as(stranger)('DELETE', `/users/@me/guilds/${guildId}`)
              : act('DELETE', `/guilds/${guildId}/members/${stranger.id}`));
          }),
        ),
      ]);
    };

    /** What is read of a guild. */
    const lists = async (url: string, { guildId, trackId }: Place, { token }: Account): Promise<GuildLists> => {
      const get = <Body>(path: string): Promise<Body> => ask<Body>(url, 'GET', path, token);
      const messages: Json[] = [];
      for (let before = ''; ;) {
        const page = await get<Json[]>(`/tracks/${trackId}/messages?limit=100${before}`);
        messages.push(...page);
        if (page.length < 100) break;
        before = `&before=${page.at(-1)!.id}`;
      }
      const [members, bans, invites, pinned] = await Promise.all([
        get<Json[]>(`/guilds/${guildId}/members?limit=100`),
        get<Json[]>(`/guilds/${guildId}/bans`),
        get<Json[]>(`/guilds/${guildId}/invites`),
        get<Json[]>(`/tracks/${trackId}/pins`),
      ]);
      return {
        members,
        messages,
        bans,
        inviteCodes: invites.map((invite) => invite['code']),
        pinnedIds: pinned.map(({ id }) => id),
      };
    };

    /** The guild as a new client receives it. */
    const read = async (url: string, place: Place, viewer: Account): Promise<GuildState> => {
      const client = new Client(url, { token: viewer.token });
      await client.ready;
      const state = new ClientState(client, place.guildId, await lists(url, place, viewer)).now();
      client.close();
      return state;
    };

    it(
      'leaves no change unpublished: another node publishes it',
      async () => {
        const sent: string[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          const [victim, survivor] = [nodes[round % 2]!, nodes[(round + 1) % 2]!];
          const [owner, viewer, outcast, ...others] = (await Promise.all(
            Array.from({ length: 9 }, () => register(survivor.url)),
          )) as [Account, Account, Account, ...Account[]];
          const [members, strangers] = [others.slice(0, 3), others.slice(3)];
          const { id: guildId } = await ask(survivor.url, 'POST', '/guilds', owner.token, { name: 'Engines' });
          const trackId = (await ask<Json[]>(survivor.url, 'GET', `/guilds/${guildId}/tracks`, owner.token))[1]!.id;
          const { code } = await ask<{ code: string }>(
            survivor.url,
            'POST',
            `/tracks/${trackId}/invites`,
            owner.token,
            {},
          );
          for (const { token } of [viewer, ...members]) await ask(survivor.url, 'POST', `/invites/${code}`, token);
          const { id: messageId } = await ask(survivor.url, 'POST', `/tracks/${trackId}/messages`, owner.token, {
            content: 'like and subscribe',
          });
          const { id: roleId } = await ask(survivor.url, 'POST', `/guilds/${guildId}/roles`, owner.token, {
            name: 'watch',
            allow: String(union(Permission.BanMembers, Permission.ModifyGuild)),
          });
          await ask(survivor.url, 'PUT', `/guilds/${guildId}/members/${viewer.id}/roles/${roleId}`, owner.token);

          const place: Place = { guildId, trackId, messageId, code };
          const client = new Client(survivor.url, { token: viewer.token });
          await client.ready;
          const folded = new ClientState(client, guildId, await lists(survivor.url, place, viewer));
          const changing = change(victim.url, place, { owner, members, strangers, outcast });
          const killAfter = 20 + Math.floor(Math.random() * 100);
          await eventually(() => folded.heard > killAfter, START_MS);
          const exited = once(victim.process, 'exit');
          victim.process.kill('SIGKILL');
          await Promise.all([exited, changing]);

          const existing = folded.now();
          // Until then the survivor may use cached data, since the last changes were not published.
          await eventually(async () => {
            const metrics = await fetch(`${survivor.url}/metrics`).then((answer) => answer.text());
            return metrics.includes('derailed_nodes_living 1');
          }, REPAIRED_WITHIN_MS);
          await eventually(
            async () => isDeepStrictEqual(folded.now(), await read(survivor.url, place, viewer)),
            REPAIRED_WITHIN_MS,
          ).catch(() => undefined);
          expect(folded.now()).toEqual(await read(survivor.url, place, viewer));
          const hadUnpublished = !isDeepStrictEqual(existing, folded.now());
          expect(folded.createdTwice).toEqual([]);
          expect(client.received('CLOSING')).toEqual([]);
          client.close();
          sent.push(
            hadUnpublished
              ? `${folded.heard} events, then unpublished changes`
              : `${folded.heard} events, all published`,
          );
          if (round + 1 < ROUNDS) nodes[round % 2] = await start();
        }
        process.stdout.write(`killed ${ROUNDS} times: ${sent.join('; ')}\n`);
      },
      ROUNDS * (2 * REPAIRED_WITHIN_MS + START_MS),
    );
  },
  describeWithRedis,
);
