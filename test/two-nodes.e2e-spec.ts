import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../src/config/config.service';
import { type DatabaseServer, openDatabase } from '../src/database/open-database';
import { eventually } from './support/eventually';
import { NodeProcess } from './support/node-process';
import { describeOnce } from './support/once';
import { describeWithRedis, TestRedis } from './support/redis';
import { RoamingClient } from './support/roaming-client';

const MESSAGES = 1_000;
const CLIENTS = 100;
const PEOPLE = 10;
const AT_ONCE = 4;
const ANSWER_MS = 5_000;
const RETRY_MS = 50;
const DELIVERED_WITHIN_MS = 60_000;

describeOnce(
  'two processes with a Redis',
  () => {
    // Three processes start, and the others detect that one is killed after ten seconds.
    jest.setTimeout(240_000);
    let redis: TestRedis;
    let database: DatabaseServer;
    let dataDir: string;
    let nodes: NodeProcess[];
    let clients: RoamingClient[];
    let tokens: string[];
    let trackId: string;

    beforeEach(async () => {
      dataDir = mkdtempSync(join(tmpdir(), 'derailed-nodes-'));
      [nodes, clients] = [[], []];
      redis = await TestRedis.start();
      database = await openDatabase(parseEnvironment({ DATA_DIR: dataDir }));
      await Promise.all([launch(), launch()]);
      const people = await Promise.all(
        Array.from({ length: PEOPLE }, (_, n) =>
          ask<{ token: string }>('POST', '/auth/register', '', {
            username: `user${n}`,
            email: `user${n}@example.org`,
            password: 'correct horse',
          }),
        ),
      );
      tokens = people.map(({ token }) => token);
      const owner = tokens[0]!;
      const { id } = await ask<{ id: string }>('POST', '/guilds', owner, { name: 'Busy' });
      trackId = (await ask<{ id: string }[]>('GET', `/guilds/${id}/tracks`, owner))[1]!.id;
      const { code } = await ask<{ code: string }>('POST', `/tracks/${trackId}/invites`, owner, {});
      for (const token of tokens.slice(1)) await ask('POST', `/invites/${code}`, token);
    });
    afterEach(async () => {
      for (const client of clients) client.close();
      await Promise.all(nodes.map((node) => node.kill()));
      await database.stop();
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const launch = async (): Promise<NodeProcess> => {
      const limits = {
        RATE_LIMITS: 'off',
        GATEWAY_BUCKET: '0/1',
        GATEWAY_SOCKETS_PER_USER: '0',
        HTTP_CONNECTIONS: '0',
        HTTP_CONNECTIONS_PER_ADDRESS: '0',
        GATEWAY_SOCKETS_PER_ADDRESS: '0',
        GATEWAY_ADDRESS_CONNECTIONS: '0/1',
      };
      const node = await NodeProcess.start({
        MONGODB_URI: database.uri,
        REDIS_URL: redis.url,
        DATA_DIR: dataDir,
        ...limits,
      });
      nodes.push(node);
      return node;
    };
    const ask = async <Body>(
      method: string,
      path: string,
      token: string,
      body?: object,
      url = nodes[0]!.url,
    ): Promise<Body> => {
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
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Body;
    };
    /** Sends a number as a message until a node acknowledges it, with one nonce, so that it is created once. @returns the number of attempts */
    const say = async (n: number, urls: () => readonly string[]): Promise<number> => {
      for (let attempt = 0; ; attempt += 1) {
        const all = urls();
        try {
          await ask(
            'POST',
            `/tracks/${trackId}/messages`,
            tokens[n % PEOPLE]!,
            { content: `${n}`, nonce: `n${n}` },
            all[(n + attempt) % all.length],
          );
          return attempt + 1;
        } catch (error) {
          if (attempt === 20) throw error;
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    };
    const connect = async (count: number, nextUrl: (n: number) => string): Promise<void> => {
      clients = Array.from({ length: count }, (_, n) => new RoamingClient(tokens[n % PEOPLE]!, () => nextUrl(n)));
      await eventually(() => clients.every(({ starts }) => starts === 1), DELIVERED_WITHIN_MS);
    };
    /** Sends one more number as a marker, and expects that every client received every number once, and all of them in the order of the event log. */
    const expectAll = async (count: number): Promise<void> => {
      await say(count, () => nodes.filter(({ isRunning }) => isRunning).map(({ url }) => url));
      await eventually(() => clients.every(({ numbers }) => numbers.includes(count)), DELIVERED_WITHIN_MS).catch(
        () => undefined,
      );
      const all = Array.from({ length: count + 1 }, (_, n) => n);
      const one = clients[0]!;
      expect(one.numbers.toSorted((a, b) => a - b)).toEqual(all);
      expect(one.places.filter((place, index) => index > 0 && BigInt(place) <= BigInt(one.places[index - 1]!))).toEqual(
        [],
      );
      const wrong = clients.filter(
        ({ numbers, places }) => numbers.join() !== one.numbers.join() || places.join() !== one.places.join(),
      );
      expect(
        wrong.map(({ numbers, starts, resumes, refusals }) => ({
          heard: numbers.length,
          missing: all.filter((n) => !numbers.includes(n)).slice(0, 5),
          starts,
          resumes,
          refusals,
        })),
      ).toEqual([]);
      expect(clients.every(({ starts }) => starts === 1)).toBe(true);
    };

    it(`lose, duplicate and reorder none of ${MESSAGES} messages to ${CLIENTS} clients while a process is killed and another starts`, async () => {
      const living = [...nodes];
      await connect(CLIENTS, (n) => living[n % living.length]!.url);
      const startedAt = Date.now();
      let [next, again] = [0, 0];
      const sayTheNext = async (): Promise<void> => {
        for (let n = next++; n < MESSAGES; n = next++) {
          if (n === MESSAGES / 4)
            void living
              .pop()!
              .kill()
              .then(() => launch())
              .then((node) => living.push(node));
          // Half of them move, as through a network that has broken down.
          if (n === (3 * MESSAGES) / 4) for (const client of clients.slice(CLIENTS / 2)) client.cut();
          if ((await say(n, () => living.map(({ url }) => url))) > 1) again += 1;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sayTheNext));
      const seconds = (Date.now() - startedAt) / 1_000;
      await expectAll(MESSAGES);
      const resumes = clients.reduce((sum, client) => sum + client.resumes, 0);
      process.stdout.write(
        `${CLIENTS} clients heard ${MESSAGES} messages each, said in ${seconds} s through both nodes, ${again} of them again; over ${resumes} resumes\n`,
      );
      expect(resumes).toBeGreaterThanOrEqual(CLIENTS);
    });

    it('hand over all clients when a process is asked to stop', async () => {
      const [count, said] = [40, 200];
      const living = [...nodes];
      await connect(count, (n) => living[n % living.length]!.url);
      let ended: Promise<void> | undefined;
      for (let n = 0; n < said; n += 1) {
        if (n === said / 2) ended = living.pop()!.stop();
        await say(n, () => living.map(({ url }) => url));
      }
      await ended;
      await expectAll(said);
      expect(clients.flatMap(({ closings }) => closings)).toEqual(Array.from({ length: count / 2 }, () => 4_010));
      expect(clients.map(({ resumes }) => resumes)).toEqual(Array.from({ length: count }, (_, n) => n % 2));
    });

    it('reconnect all clients at once, also after Redis was down', async () => {
      await connect(CLIENTS, (n) => nodes[n % 2]!.url);
      let n = 0;
      const sayMany = async (count: number): Promise<void> => {
        for (let said = 0; said < count; said += 1) await say(n++, () => [nodes[0]!.url]);
      };
      await sayMany(20);
      for (const client of clients) client.cut();
      await sayMany(20);
      await redis.stopKeeping();
      await sayMany(20);
      for (const client of clients.slice(0, CLIENTS / 2)) client.cut();
      await sayMany(20);
      await redis.start();
      await sayMany(20);
      await expectAll(n);
      expect(clients[0]!.numbers).toEqual(Array.from({ length: n + 1 }, (_, said) => said));
      expect(clients.every(({ resumes }) => resumes >= 1)).toBe(true);
    });
  },
  describeWithRedis,
);
