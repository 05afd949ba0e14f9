import { request } from 'node:http';
import { Logger } from '@nestjs/common';
import { Permission } from '../src/permissions/compute-permissions';
import { RedisConnection } from '../src/redis/redis-connection';
import { type Answer, of } from './support/answer';
import type { Client } from './support/client';
import { eventually } from './support/eventually';
import { describeOnce } from './support/once';
import { describeWithRedis, TestRedis } from './support/redis';
import { World } from './support/world';

const UP_WITHIN_MS = 30_000;
const NOT_WAITED_MS = 30_000;

describeOnce(
  'two nodes',
  () => {
    let redis: TestRedis;
    let world: World;
    beforeAll(async () => {
      Logger.overrideLogger(false);
      redis = await TestRedis.start();
      world = await World.start(
        { REDIS_URL: redis.url, RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '30/60' },
        2,
      );
    });
    afterAll(async () => {
      await world.stop();
      await redis.stop();
    });

    const health = (): Promise<Answer> => world.ask('get', '/health/ready');

    // Requests go to the nodes in turn, so one node makes each change and the other is asked.
    it('apply permission changes of each other to the next request', async () => {
      const guild = await world.guild({ roles: { guest: { deny: Permission.ViewTrack } }, members: { mo: [] } });
      const mo = guild.members['mo']!;
      for (let n = 0; n < 5; n += 1) {
        expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(200);
        await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`);
        expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(404);
        await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`);
      }
      await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}`);
      expect((await mo.get(`/guilds/${guild.id}`)).status).toBe(404);
    });

    it('reject a token as soon as the other node has revoked it', async () => {
      const ada = await world.person('ada');
      for (let n = 0; n < 4; n += 1) expect((await ada.get('/users/@me')).status).toBe(200);
      await ada.post('/auth/logout');
      expect((await ada.get('/users/@me')).status).toBe(401);
    });

    it('count the requests of a user together', async () => {
      const ada = await world.person('ada');
      const answers = await Promise.all(Array.from({ length: 40 }, () => ada.get('/users/@me')));
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(30);
      expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(10);
    });

    it('register a mutation while it is in flight, and remove it, however it ends', async () => {
      const { commands } = world.app.get(RedisConnection);
      const noted = async (): Promise<number> =>
        Number(/cmdstat_hset:calls=(\d+)/.exec(await commands.info('commandstats'))?.[1] ?? 0);
      const countInFlight = async (): Promise<number> => {
        const keys = await commands.keys('*:in-flight:*');
        return (await Promise.all(keys.map((key) => commands.hlen(key)))).reduce((sum, count) => sum + count, 0);
      };
      const { id, owner, track, members } = await world.guild({ members: { mo: [] } });
      const client = await owner.connect();
      const before = await noted();
      expect((await owner.patch(`/guilds/${id}`, { name: 'Renamed' })).status).toBe(200);
      expect((await members['mo']!.patch(`/guilds/${id}`, { name: 'Refused' })).status).toBe(403);
      expect((await owner.patch(`/guilds/${id}`, { name: 5 })).status).toBe(400);
      expect((await client.say('message.create', { track_id: track, content: 'hello' }))['ok']).toBe(true);
      expect((await client.say('message.create', { track_id: track, content: 5 }))['ok']).toBe(false);
      expect((await noted()) - before).toBe(5);
      // A client disconnects during its request: verifying a password takes a while.
      const headers = { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' };
      const answered = jest.fn();
      const hungUp = request(`${world.url}/api/v1/users/@me`, { method: 'PATCH', headers }, answered).on(
        'error',
        () => undefined,
      );
      hungUp.end(JSON.stringify({ password: 'another horse battery', current_password: owner.password }));
      await eventually(async () => (await noted()) - before >= 6);
      hungUp.destroy();
      expect(answered).not.toHaveBeenCalled();
      await eventually(async () => expect(await countInFlight()).toBe(0));
      client.close();
    });

    describe('without Redis', () => {
      // However the spec ended: the next one begins with a Redis that every node has found.
      afterEach(async () => {
        await redis.start();
        for (const url of world.urls) await untilUp(url);
      });
      const untilUp = (url: string): Promise<void> =>
        eventually(
          async () =>
            expect(await fetch(`${url}/health/ready`).then((answer) => answer.json())).toMatchObject({ redis: 'up' }),
          UP_WITHIN_MS,
        );

      it('continue, report that Redis is down, and use no outdated data', async () => {
        const guild = await world.guild({ roles: { guest: { deny: Permission.ViewTrack } }, members: { mo: [] } });
        const mo = guild.members['mo']!;
        expect((await health()).body).toEqual({ status: 'ok', redis: 'up', events_waiting: 0, nodes: 2 });
        await redis.stop();
        const stoppedAt = Date.now();
        const startedAt = performance.now();
        for (let n = 0; n < 3; n += 1) {
          expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(200);
          expect(
            (await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`)).status,
          ).toBe(200);
          expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(404);
          expect(
            (await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`)).status,
          ).toBe(200);
        }
        // Slow on a busy machine; but if each change waited until the others have forgotten, it would be a minute.
        expect(performance.now() - startedAt).toBeLessThan(NOT_WAITED_MS);
        expect(await health()).toMatchObject({ status: 200, body: { status: 'ok', redis: 'away', nodes: 2 } });
        const { redis_away_since: since, events_waiting: waiting } = of<{
          redis_away_since: string;
          events_waiting: number;
        }>((await health()).body);
        expect(Math.abs(Date.parse(since) - stoppedAt)).toBeLessThan(NOT_WAITED_MS);
        expect(waiting).toBeGreaterThan(0);
        for (const url of world.urls) {
          const metrics = await fetch(`${url}/metrics`).then((answer) => answer.text());
          expect(metrics).toContain('derailed_redis_up 0');
          expect(metrics).toMatch(/^derailed_redis_away_seconds 0*[1-9.]/m);
          expect(metrics).toMatch(/^derailed_events_waiting \d+$/m);
          expect(metrics).toContain('derailed_nodes_living 2');
        }
        // Each node counts alone then, and admits no request without counting.
        const answers = await Promise.all(Array.from({ length: 80 }, () => mo.get('/users/@me')));
        expect(answers.some(({ status }) => status === 429)).toBe(true);
      });

      it('keep sockets, and deliver later events in the order in which each node wrote them', async () => {
        const { clients, say } = await conversation();
        await say(0);
        await redis.stopKeeping();
        for (let n = 1; n < 20; n += 1) await say(n);
        await redis.start();
        await say(20);
        for (const client of clients) {
          await client.next('MESSAGE_CREATE', ({ content }) => content === '20');
          await client.next('MESSAGE_CREATE', ({ content }) => content === '19');
          const heard = client
            .received('MESSAGE_CREATE')
            .map((message) => Number(of<{ content: string }>(message).content));
          const [evens, odds] = [0, 1].map((half) => heard.filter((n) => n % 2 === half));
          expect([evens, odds]).toEqual([
            Array.from({ length: 11 }, (_, n) => 2 * n),
            Array.from({ length: 10 }, (_, n) => 2 * n + 1),
          ]);
          expect(client.received('CLOSING')).toEqual([]);
          client.close();
        }
      });

      it('make every client identify again when Redis comes back without the published events', async () => {
        const { clients, say } = await conversation();
        await say(0);
        await Promise.all(clients.map((client) => client.next('MESSAGE_CREATE')));
        await redis.stop();
        await redis.start();
        for (const client of clients) {
          await client.closed();
          expect(client.received('CLOSING')).toMatchObject([
            { code: 4012, retry_after: expect.any(Number) as unknown },
          ]);
        }
      });

      /** Connects clients to both nodes, and returns a function that sends messages. */
      const conversation = async (): Promise<{ clients: Client[]; say: (n: number) => Promise<void> }> => {
        const guild = await world.guild({ members: { mo: [], eve: [] } });
        const clients = await Promise.all(
          world.urls.map((url, index) => guild.members[index ? 'mo' : 'eve']!.connect(undefined, url)),
        );
        const say = async (n: number): Promise<void> => {
          expect((await guild.owner.post(`/tracks/${guild.track}/messages`, { content: `${n}` })).status).toBe(201);
        };
        return { clients, say };
      };
    });
  },
  describeWithRedis,
);
