import {
  CacheVersions,
  guildVersionKey,
  memberVersionKey,
  rolesVersionKey,
  tracksVersionKey,
  userVersionKey,
} from '../src/cache/cache-versions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

describe('the database commands of a request', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let forgotten = 1_000_000;
  // Each node remembers for itself.
  beforeAll(async () => (world = await World.start({}, 1)));
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
  // As ten seconds would.
  const forget = async (): Promise<void> => {
    const cacheVersions = world.app.get(CacheVersions);
    const id = BigInt(guild.id);
    forgotten += 1;
    await Promise.all([
      cacheVersions.bump([
        rolesVersionKey(id),
        tracksVersionKey(id),
        memberVersionKey(id, BigInt(mo.id)),
        userVersionKey(BigInt(mo.id)),
      ]),
      cacheVersions.raiseTo(guildVersionKey(id), forgotten),
    ]);
    // The account is loaded again at once, so that it does not expire during a measurement. Two nodes take turns.
    for (let node = 0; node < 2; node += 1) await mo.get('/users/@me');
  };

  it('are none for a role list if everything is cached', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    expect(await cost(() => mo.get(`/guilds/${guild.id}/roles`))).toEqual([]);
  });

  it('read member, guild and roles at the same time if nothing is cached', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    await forget();
    const commands = world.recordCommands();
    await mo.get(`/guilds/${guild.id}/roles`);
    commands.stop();
    expect(commands.all.map(({ collection }) => collection).sort()).toEqual(['guilds', 'members', 'roles']);
    expect(new Set(commands.all.map(({ answersBefore }) => answersBefore)).size).toBe(1);
  });

  it('are the same in a guild that has more roles and tracks than a batch of the driver', async () => {
    for (let created = 0; created < 110; created += 10) {
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          guild.owner.post(`/guilds/${guild.id}/roles`, { name: `r${created + index}` }),
        ),
      );
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          guild.owner.post(`/guilds/${guild.id}/tracks`, { name: `t${created + index}` }),
        ),
      );
    }
    await mo.get(`/tracks/${guild.track}`);
    await forget();
    expect(await cost(() => mo.get(`/tracks/${guild.track}`))).toEqual([
      'find guilds',
      'find members',
      'find roles',
      'find tracks',
    ]);
    await guild.owner.get(`/tracks/${guild.track}`);
    expect(
      await cost(() => guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.category, position: 100 }])),
    ).toEqual(['insert audit_entries', 'update guilds']);
  });

  it('include one more read for a track, whatever its category', async () => {
    await mo.get(`/tracks/${guild.track}`);
    await forget();
    expect(await cost(() => mo.get(`/tracks/${guild.track}`))).toEqual([
      'find guilds',
      'find members',
      'find roles',
      'find tracks',
    ]);
    expect(await cost(() => mo.get(`/tracks/${guild.track}`))).toEqual([]);
  });

  it('are one write for a new order, beside its audit entry, and two for a message', async () => {
    await guild.owner.get(`/guilds/${guild.id}/roles`);
    await mo.post(`/tracks/${guild.track}/messages`, { content: 'warm' });
    expect(await cost(() => mo.post(`/tracks/${guild.track}/messages`, { content: 'x' }))).toEqual([
      'insert messages',
      'update positions',
    ]);
    const calling = `<@${guild.owner.id}> <@&${guild.roles['a']}> @everyone`;
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'warm' });
    expect(
      await cost(() => guild.owner.post(`/tracks/${guild.track}/messages`, { content: calling, nonce: 'n' })),
    ).toEqual(['insert messages', 'update positions']);
    expect(
      await cost(() => guild.owner.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['a'], position: 3 }])),
    ).toEqual(['insert audit_entries', 'update guilds']);
    expect(
      await cost(() => guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.track, parent_id: null }])),
    ).toEqual(['insert audit_entries', 'update guilds']);
    // What is made is written, and the guild decides that it exists; what is deleted is gone with the guild's write, and the rest is sweeping.
    expect(await cost(() => guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'new', position: 2 }))).toEqual([
      'insert audit_entries',
      'insert roles',
      'update guilds',
    ]);
    expect(await cost(() => guild.owner.delete(`/guilds/${guild.id}/roles/${guild.roles['a']}`))).toEqual([
      'delete roles',
      'find roles',
      'insert audit_entries',
      'update guilds',
      'update members',
      'update tracks',
    ]);
  });

  it('are one read for read states, one more if something is unread, and three commands to move a read marker', async () => {
    const readStates = () => mo.get('/users/@me/read-states');
    const { id } = (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: `<@${mo.id}>` }))
      .body as unknown as { id: string };
    await mo.get(`/tracks/${guild.track}`);
    await readStates();
    expect(await cost(readStates)).toEqual(['find members', 'find messages', 'find positions']);
    expect(await cost(() => mo.put(`/tracks/${guild.track}/read-state`, { message_id: id }))).toEqual([
      'find positions',
      'find positions',
      'findAndModify positions',
    ]);
    expect(await cost(readStates)).toEqual(['find members', 'find positions']);
  });

  it('are shared by concurrent requests for the same data', async () => {
    await mo.get(`/guilds/${guild.id}/roles`);
    await forget();
    expect(
      await cost(() => Promise.all(Array.from({ length: 10 }, () => mo.get(`/guilds/${guild.id}/roles`)))),
    ).toEqual(['find guilds', 'find members', 'find roles']);
  });
});

describe('the database commands of a connection', () => {
  it('are five at most until READY, for any number of guilds, and one if the account and the guilds are cached; then one for read states, and one more if something is unread', async () => {
    const world = await World.start({}, 1);
    const ada = await world.person('ada');
    for (let created = 0; created < 50; created += 10)
      await Promise.all(Array.from({ length: 10 }, (_, n) => ada.post('/guilds', { name: `Guild ${created + n}` })));
    const { token } = of<{ token: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    const connect = async (chosen: object = {}): Promise<string[]> => {
      const commands = world.recordCommands();
      const client = await ada.connect({ token, ...chosen });
      commands.stop();
      expect(of<{ guilds: unknown[] }>(client.received('READY')[0]).guilds).toHaveLength(50);
      client.close();
      return commands.all.map(({ name, collection }) => `${name} ${collection}`).sort();
    };
    // As ten seconds would.
    const cacheVersions = world.app.get(CacheVersions);
    for (const { id } of of<{ id: string }[]>((await ada.get('/users/@me/guilds')).body)) {
      await Promise.all([
        cacheVersions.bump([rolesVersionKey(BigInt(id)), tracksVersionKey(BigInt(id))]),
        cacheVersions.raiseTo(guildVersionKey(BigInt(id)), 1_000_000),
      ]);
    }
    await cacheVersions.bump([userVersionKey(BigInt(ada.id))]);
    expect(await connect({ intents: ['messages'] })).toEqual([
      'find guilds',
      'find members',
      'find roles',
      'find tracks',
      'find users',
    ]);
    expect(await connect({ intents: ['messages'] })).toEqual(['find members']);
    const forReadStates = async (): Promise<string[]> =>
      (await connect()).filter((command) => command !== 'find members');
    expect(await forReadStates()).toEqual(['find positions']);
    const [{ id: guildId }] = of<[{ id: string }]>((await ada.get('/users/@me/guilds')).body);
    const [, { id: trackId }] = of<[unknown, { id: string }]>((await ada.get(`/guilds/${guildId}/tracks`)).body);
    const { code } = of<{ code: string }>((await ada.post(`/tracks/${trackId}/invites`, {})).body);
    const eve = await world.person('eve');
    await eve.post(`/invites/${code}`);
    await eve.post(`/tracks/${trackId}/messages`, { content: `<@${ada.id}>` });
    expect(await forReadStates()).toEqual(['find messages', 'find positions']);
    await world.stop();
  });
});
