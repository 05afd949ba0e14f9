import { Logger } from '@nestjs/common';
import { Permission } from '../src/permissions/algebra';
import { describeWithRedis, TestRedis } from './support/redis';
import { type Answer, of, World } from './support/world';

describeWithRedis('two nodes', () => {
  let redis: TestRedis;
  let world: World;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
    world = await World.start({ REDIS_URL: redis.url, RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '30/2' }, 2);
  });
  afterAll(async () => {
    await world.stop();
    await redis.stop();
  });

  const health = (): Promise<Answer> => world.ask('get', '/health/ready');

  // Requests go to the nodes in turn, so one node makes each change and the other is asked.
  it('see each other’s permission changes with the very next request', async () => {
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

  it('refuse a token from the moment on that the other has revoked it', async () => {
    const ada = await world.person('ada');
    for (let n = 0; n < 2; n += 1) expect((await ada.get('/users/@me')).status).toBe(200);
    await ada.post('/auth/logout');
    expect((await ada.get('/users/@me')).status).toBe(401);
  });

  it('count a user’s requests together', async () => {
    const ada = await world.person('ada');
    const answers = await Promise.all(Array.from({ length: 40 }, () => ada.get('/users/@me')));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(30);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(10);
  });

  it('go on without Redis, tell that it is away, and still believe nothing that is no longer true', async () => {
    const guild = await world.guild({ roles: { guest: { deny: Permission.ViewTrack } }, members: { mo: [] } });
    const mo = guild.members['mo']!;
    expect((await health()).body).toEqual({ status: 'ok', redis: 'up' });
    await redis.stop();
    const startedAt = performance.now();
    for (let n = 0; n < 3; n += 1) {
      expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(200);
      expect((await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`)).status).toBe(200);
      expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(404);
      expect((await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`)).status).toBe(200);
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await health()).toMatchObject({ status: 200, body: { status: 'ok', redis: 'away' } });
    for (const url of world.urls) expect(await fetch(`${url}/metrics`).then((answer) => answer.text())).toContain('derailed_redis_up 0');
    // Each node counts by itself then, and lets nobody through without counting.
    const answers = await Promise.all(Array.from({ length: 80 }, () => mo.get('/users/@me')));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(20);
    await redis.start();
    while (of<{ redis: string }>((await health()).body).redis !== 'up') await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await world.guild()).id).toBeDefined();
  });
});
