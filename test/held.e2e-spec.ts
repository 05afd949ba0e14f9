import { eventually } from './support/eventually';
import { holdDispatch } from './support/held-dispatch';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { GuildWorld } from './support/world';

// The tests run in this order: the first of each pair ends like one that fails before it releases what it holds.
describe('what a test holds and does not release', () => {
  let held: HeldWorld;
  let guild: GuildWorld;
  let ended: readonly Promise<unknown>[];
  beforeAll(async () => {
    held = await startHeldWorld();
    guild = await held.world.guild();
  });
  afterAll(() => held.stop());

  const rename = (name: string) => guild.owner.patch(`/guilds/${guild.id}`, { name });

  it('holds a command, holds a command that is never sent, and makes a command fail', async () => {
    const updating = held.wire.hold('update', 'guilds');
    ended = [rename('held')];
    await updating.arrived;
    held.wire.hold('insert', 'messages');
    held.wire.fail('insert', 'roles');
  });

  it('does not affect the commands of the next test', async () => {
    expect(await Promise.all(ended)).toMatchObject([{ status: 200 }]);
    expect((await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(201);
    expect((await guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'x' })).status).toBe(201);
  });

  it('holds the dispatch of events', async () => {
    const client = await guild.owner.connect(undefined, held.world.urls[0]);
    holdDispatch(held.world.app);
    expect((await rename('not dispatched')).status).toBe(200);
    expect(client.received('GUILD_UPDATE')).toEqual([]);
    ended = [client.next('GUILD_UPDATE').finally(() => client.close())];
  });

  it('does not affect the dispatch of the next test', async () => {
    await Promise.all(ended);
    const client = await guild.owner.connect(undefined, held.world.urls[0]);
    await rename('dispatched');
    await eventually(() => expect(client.received('GUILD_UPDATE')).toHaveLength(1));
    client.close();
  });
});
