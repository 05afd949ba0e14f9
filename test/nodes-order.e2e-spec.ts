import { Logger } from '@nestjs/common';
import { EventsService } from '../src/events/events.service';
import { of } from './support/answer';
import { ClientState } from './support/client-state';
import { describeWithRedis, TestRedis } from './support/redis';
import { World } from './support/world';

const ROUNDS = 6;
const AT_ONCE = 12;

describeWithRedis('concurrent changes of one guild through two nodes', () => {
  let redis: TestRedis;
  let world: World;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await TestRedis.start();
    world = await World.start({ REDIS_URL: redis.url }, 2);
  });
  afterAll(async () => {
    await world.stop();
    await redis.stop();
  });

  it('leave every client with the stored state, for any order of events', async () => {
    const guild = await world.guild({ roles: { a: {}, b: {}, c: {}, d: {} }, members: { mo: [] } });
    const { owner, id, track, category } = guild;
    const clients = await Promise.all(world.urls.map((url) => guild.members['mo']!.connect(undefined, url)));
    const roles = Object.values(guild.roles);
    const changes = (n: number): Promise<unknown>[] => [
      owner.patch(`/guilds/${id}/roles`, [{ id: roles[n % roles.length], position: 2 + ((n * 3) % roles.length) }]),
      owner.patch(`/guilds/${id}/roles/${roles[n % roles.length]}`, { name: `role ${n}` }),
      owner.patch(`/guilds/${id}`, { name: `guild ${n}` }),
      owner.patch(`/tracks/${track}`, { name: `track ${n}` }),
      owner.patch(`/guilds/${id}/tracks`, [{ id: track, parent_id: n % 2 ? null : category }]),
    ];
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => changes(round * AT_ONCE + n)).flat());
      await world.settle();
      const fresh = await guild.members['mo']!.connect();
      const now = new ClientState(fresh, id).now();
      for (const client of clients) expect(new ClientState(client, id).now()).toEqual(now);
      expect(now.roles.map((role) => of<{ id: string }>(role).id)).toEqual(
        of<{ id: string }[]>((await owner.get(`/guilds/${id}/roles`)).body).map((role) => role.id),
      );
      fresh.close();
    }
    for (const client of clients) client.close();
  });
});

describe('an event that is published late', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('contains the current state', async () => {
    const guild = await world.guild({ roles: { a: {}, b: {} } });
    const { owner, id, track } = guild;
    const client = await owner.connect();
    const late = ['GUILD_UPDATE', 'ROLES_REORDER', 'ROLE_UPDATE', 'TRACK_UPDATE', 'TRACKS_REORDER'] as const;
    const events: Record<string, unknown> = {};
    const change = async (name: string): Promise<void> => {
      await owner.patch(`/guilds/${id}/roles/${guild.roles['a']}`, { name, position: name === 'old' ? 3 : 2 });
      await owner.patch(`/guilds/${id}/tracks`, [{ id: track, parent_id: name === 'old' ? null : guild.category }]);
      await owner.patch(`/tracks/${track}`, { name });
      await owner.patch(`/guilds/${id}`, { name });
      await world.settle();
      for (const event of late) events[`${event} ${name}`] = client.received(event).at(-1);
    };
    await change('old');
    await change('new');
    client.clear();
    for (const event of late)
      await world.app
        .get(EventsService)
        .publish(event, { guildId: BigInt(id) }, revive(events[`${event} old`]) as never);
    await world.settle();
    for (const event of late) expect(client.received(event)).toEqual([events[`${event} new`]]);
    client.close();
  });
});

/** An event as it was before it travelled: ids are numbers. */
function revive(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data), (key, value: unknown) =>
    typeof value === 'string' && /^\d{15,19}$/.test(value) && key !== 'name' ? BigInt(value) : value,
  );
}
