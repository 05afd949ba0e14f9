import { type GuildWorld, type Person, World } from './support/world';

describe('what a request costs the database', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({ roles: { a: {}, b: {} }, members: { mo: ['a'] } });
    mo = guild.members['mo']!;
  });

  const cost = async (run: () => Promise<unknown>): Promise<string[]> => {
    const commands = world.recordCommands();
    await run();
    commands.stop();
    return commands.all.map(({ name, collection }) => `${name} ${collection}`).sort();
  };
  const forget = async (): Promise<void> => void (await guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { nick: 'x' }), await guild.owner.patch(`/guilds/${guild.id}`, { name: 'x' }));

  it('is nothing for a role list when all is remembered', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    expect(await cost(() => mo.get(`/guilds/${guild.id}/roles`))).toEqual([]);
  });

  it('is member, guild and roles when nothing is, asked for at the same time', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    await forget();
    const commands = world.recordCommands();
    await mo.get(`/guilds/${guild.id}/roles`);
    commands.stop();
    expect(commands.all.map(({ collection }) => collection).sort()).toEqual(['guilds', 'members', 'roles']);
    const started = commands.all.map(({ startedAt }) => startedAt);
    expect(Math.max(...started) - Math.min(...started)).toBeLessThan(5);
  });

  it('is one more for a track, whatever its category', async () => {
    await mo.get(`/tracks/${guild.track}`);
    await forget();
    expect(await cost(() => mo.get(`/tracks/${guild.track}`))).toEqual(['find guilds', 'find members', 'find roles', 'find tracks']);
    expect(await cost(() => mo.get(`/tracks/${guild.track}`))).toEqual([]);
  });

  it('is one write for an order, and one for a message', async () => {
    await guild.owner.get(`/guilds/${guild.id}/roles`);
    await mo.post(`/tracks/${guild.track}/messages`, { content: 'warm' });
    expect(await cost(() => mo.post(`/tracks/${guild.track}/messages`, { content: 'x' }))).toEqual(['insert messages']);
    expect(await cost(() => guild.owner.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['a'], position: 3 }]))).toEqual(['update guilds']);
  });

  it('is shared by requests that ask for the same at the same time', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    await forget();
    expect(await cost(() => Promise.all(Array.from({ length: 10 }, () => mo.get(`/guilds/${guild.id}/roles`))))).toEqual(['find guilds', 'find members', 'find roles']);
  });
});
