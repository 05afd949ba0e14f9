import { Logger } from '@nestjs/common';
import { Permission } from '../src/permissions/compute-permissions';
import { LossyProxy } from './support/lossy-proxy';
import type { Person } from './support/person';
import { describeWithRedis, TestRedis } from './support/redis';
import { World } from './support/world';

describeWithRedis('a node that has lost Redis alone', () => {
  let redis: TestRedis;
  let wire: LossyProxy;
  let world: World;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
    wire = await LossyProxy.to(redis.url);
    world = await World.start({ REDIS_URL: redis.url }, 2, [wire.url]);
  });
  afterEach(() => wire.mend());
  afterAll(async () => {
    await world.stop();
    await wire.close();
    await redis.stop();
  });

  const on = async (node: number, who: Person, method: string, path: string): Promise<number> =>
    (await fetch(`${world.urls[node]!}/api/v1${path}`, { method, headers: { authorization: `Bearer ${who.token}` } }))
      .status;

  it('answers no change of permissions, kick or logout before the other node knows it', async () => {
    const guild = await world.guild({
      roles: { guest: { deny: Permission.ViewTrack } },
      members: { mo: [], eve: [], kim: [] },
    });
    const { mo, eve, kim } = guild.members as Record<'mo' | 'eve' | 'kim', Person>;
    // The other remembers that they may.
    const look = (): Promise<number[]> =>
      Promise.all([mo, eve, kim].map((who) => on(1, who, 'GET', `/tracks/${guild.track}`)));
    for (let n = 0; n < 2; n += 1) expect(await look()).toEqual([200, 200, 200]);
    wire.cut();
    const changes = await Promise.all([
      on(0, guild.owner, 'PUT', `/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`),
      on(0, guild.owner, 'DELETE', `/guilds/${guild.id}/members/${eve.id}`),
      on(0, kim, 'POST', '/auth/logout'),
    ]);
    expect(changes.every((status) => status < 300)).toBe(true);
    expect(await look()).toEqual([404, 404, 401]);
  });
});
