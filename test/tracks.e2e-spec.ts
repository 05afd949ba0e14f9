import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewTrack, CreateMessage, ManageRoles, ModifyTrack, CreateTrack, KickMembers, Administrator } = Permission;

interface Track {
  readonly id: string;
  readonly name: string;
  readonly position: number;
  readonly parent_id: string | null;
}

describe('tracks', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const create = async ({ id, owner }: GuildWorld, fields: object): Promise<Track> =>
    of<Track>((await owner.post(`/guilds/${id}/tracks`, fields)).body);
  const list = async ({ id }: GuildWorld, who: Person): Promise<Track[]> =>
    of<Track[]>((await who.get(`/guilds/${id}/tracks`)).body);
  const deny = (guild: GuildWorld, track: string, id: string, bits: bigint): Promise<{ status: number }> =>
    guild.owner.put(`/tracks/${track}/overwrites/${id}`, { type: 'role', allow: '0', deny: String(bits) });

  it('are created at the end of their category, changed and deleted', async () => {
    const guild = await world.guild();
    const one = await create(guild, { name: 'one', parent_id: guild.category });
    expect(one).toMatchObject({ parent_id: guild.category, position: 2, type: 'text', topic: '' });
    expect(
      (await guild.owner.patch(`/tracks/${one.id}`, { name: 'uno', topic: 'first', position: 1 })).body,
    ).toMatchObject({ name: 'uno', topic: 'first', position: 1 });
    expect((await list(guild, guild.owner)).map(({ name }) => name)).toEqual(['Talk', 'uno', 'general']);
    expect((await guild.owner.delete(`/tracks/${one.id}`)).status).toBe(204);
    expect((await guild.owner.get(`/tracks/${one.id}`)).body).toMatchObject({ code: 'TRACK_NOT_FOUND' });
  });

  it('move in any number, also between categories, with one write and one event', async () => {
    const guild = await world.guild();
    const other = await create(guild, { name: 'other', type: 'category' });
    const one = await create(guild, { name: 'one' });
    const client = await guild.owner.connect();
    await list(guild, guild.owner);
    const commands = world.recordCommands();
    const moved = await guild.owner.patch(`/guilds/${guild.id}/tracks`, [
      { id: one.id, parent_id: other.id },
      { id: guild.track, parent_id: other.id, position: 1 },
      { id: other.id, position: 1 },
    ]);
    commands.stop();
    expect(of<Track[]>(moved.body).map(({ name, parent_id }) => [name, parent_id])).toEqual([
      ['other', null],
      ['general', other.id],
      ['one', other.id],
      ['Talk', null],
    ]);
    expect(commands.writes.map(({ name, collection }) => `${name} ${collection}`)).toEqual([
      'update guilds',
      'insert audit_entries',
    ]);
    await world.settle();
    expect(client.received('TRACKS_REORDER')).toHaveLength(1);
    client.close();
  });

  it('leave their category with null, and keep the position of a deleted category', async () => {
    const guild = await world.guild();
    await create(guild, { name: 'last' });
    await guild.owner.delete(`/tracks/${guild.category}`);
    expect((await list(guild, guild.owner)).map(({ name, parent_id }) => [name, parent_id])).toEqual([
      ['general', null],
      ['last', null],
    ]);
  });

  it('reject parents that are no category of the guild, and nothing moves', async () => {
    const guild = await world.guild();
    const foreign = await world.guild();
    const second = await create(guild, { name: 'c', type: 'category' });
    for (const parent_id of [guild.track, foreign.category, '42']) {
      expect((await guild.owner.patch(`/tracks/${guild.track}`, { parent_id })).body).toMatchObject({
        code: 'TRACK_PARENT_INVALID',
      });
    }
    expect((await guild.owner.patch(`/tracks/${second.id}`, { parent_id: guild.category })).body).toMatchObject({
      code: 'TRACK_PARENT_INVALID',
    });
    expect((await list(guild, guild.owner)).map(({ name }) => name)).toEqual(['Talk', 'general', 'c']);
  });

  it('are limited to 50 in a category, also for concurrent creations', async () => {
    const guild = await world.guild();
    const answers = await Promise.all(
      Array.from({ length: 55 }, (_, index) =>
        guild.owner.post(`/guilds/${guild.id}/tracks`, { name: `t${index}`, parent_id: guild.category }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(49);
    expect(answers.find(({ status }) => status !== 201)?.body).toMatchObject({ code: 'CATEGORY_FULL', limit: 50 });
    expect((await list(guild, guild.owner)).filter(({ parent_id }) => parent_id === guild.category)).toHaveLength(50);
  });

  it('that the user may not view are not found', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: ['guest'] } });
    const mo = guild.members['mo']!;
    const { id: message } = of<{ id: string }>(
      (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'secret' })).body,
    );
    await deny(guild, guild.track, guild.roles['guest']!, ViewTrack);
    expect((await list(guild, mo)).map(({ name }) => name)).toEqual(['Talk']);
    const missing = (await mo.get('/tracks/4242')).body;
    for (const path of [
      `/tracks/${guild.track}`,
      `/tracks/${guild.track}/messages`,
      `/tracks/${guild.track}/messages/${message}`,
    ]) {
      const { request_id: _request, ...hidden } = (await mo.get(path)).body as unknown as Record<string, unknown>;
      const { request_id: _other, ...absent } = missing as unknown as Record<string, unknown>;
      expect(hidden).toEqual(absent);
    }
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).body).toMatchObject({
      code: 'TRACK_NOT_FOUND',
    });
    expect((await mo.post(`/tracks/${guild.track}/invites`, {})).body).toMatchObject({ code: 'TRACK_NOT_FOUND' });
    expect((await mo.get(`/guilds/${guild.id}/permissions/@me?track_id=${guild.track}`)).body).toMatchObject({
      code: 'TRACK_NOT_FOUND',
    });
  });

  it('keep their position when another member moves tracks around those hidden from that member', async () => {
    const guild = await world.guild({ roles: { mover: { allow: ModifyTrack } }, members: { mo: ['mover'] } });
    const [hidden, a, b] = await Promise.all(
      ['hidden', 'a', 'b'].map((name) => create(guild, { name, parent_id: guild.category })),
    );
    await guild.owner.patch(
      `/guilds/${guild.id}/tracks`,
      [guild.track, hidden!.id, a!.id, b!.id].map((id, index) => ({ id, position: index + 1 })),
    );
    await deny(guild, hidden!.id, guild.id, ViewTrack);
    expect((await guild.members['mo']!.patch(`/guilds/${guild.id}/tracks`, [{ id: b!.id, position: 1 }])).status).toBe(
      200,
    );
    expect((await list(guild, guild.owner)).map(({ name }) => name)).toEqual(['Talk', 'b', 'hidden', 'general', 'a']);
    expect(
      (await guild.members['mo']!.patch(`/guilds/${guild.id}/tracks`, [{ id: hidden!.id, position: 1 }])).body,
    ).toMatchObject({ code: 'TRACK_NOT_FOUND' });
  });

  it('inherit their category bit by bit, until inheritance is turned off', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const say = async (): Promise<number> =>
      (await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status;
    await deny(guild, guild.category, guild.id, CreateMessage);
    expect(await say()).toBe(403);
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.id}`, {
      type: 'role',
      allow: String(CreateMessage),
      deny: '0',
    });
    expect(await say()).toBe(201);
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${guild.id}`);
    expect(await say()).toBe(403);
    await guild.owner.patch(`/tracks/${guild.track}`, { inherits: false });
    expect(await say()).toBe(201);
  });

  it('apply the overwrite of a member after those of the roles', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: ['guest'] } });
    const mo = guild.members['mo']!;
    await deny(guild, guild.track, guild.roles['guest']!, CreateMessage);
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(403);
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: String(CreateMessage),
      deny: '0',
    });
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(201);
  });

  it('accept overwrites only for permissions of the actor in the track, and never ADMINISTRATOR', async () => {
    const guild = await world.guild({ roles: { manager: { allow: ManageRoles } }, members: { mo: ['manager'] } });
    const mo = guild.members['mo']!;
    const put = (id: string, allow: bigint, denied = 0n, type = 'role'): Promise<{ body: unknown }> =>
      mo.put(`/tracks/${guild.track}/overwrites/${id}`, { type, allow: String(allow), deny: String(denied) });
    expect((await put(mo.id, KickMembers, 0n, 'member')).body).toMatchObject({
      code: 'PERMISSIONS_NOT_HELD',
      permissions: ['KICK_MEMBERS'],
    });
    expect((await put(guild.id, 0n, KickMembers)).body).toMatchObject({ code: 'PERMISSIONS_NOT_HELD' });
    expect(
      (
        await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.id}`, {
          type: 'role',
          allow: String(Administrator),
          deny: '0',
        })
      ).body,
    ).toMatchObject({ code: 'OVERWRITE_ADMINISTRATOR' });
    expect((await put(guild.id, CreateMessage, CreateMessage)).body).toMatchObject({ code: 'PERMISSIONS_OVERLAP' });
    expect((await put('4242', CreateMessage)).body).toMatchObject({ code: 'OVERWRITE_NOT_FOUND' });
    expect((await put(guild.id, 0n, CreateMessage)).body).toMatchObject({
      overwrites: [{ id: guild.id, deny: String(CreateMessage) }],
    });
  });

  it('cannot be moved to a category that grants the actor more permissions', async () => {
    const guild = await world.guild({
      roles: { mover: { allow: ModifyTrack | CreateTrack } },
      members: { mo: ['mover'] },
    });
    const generous = await create(guild, { name: 'generous', type: 'category' });
    await guild.owner.put(`/tracks/${generous.id}/overwrites/${guild.roles['mover']}`, {
      type: 'role',
      allow: String(ManageRoles),
      deny: '0',
    });
    const moved = await guild.members['mo']!.patch(`/tracks/${guild.track}`, { parent_id: generous.id });
    expect(moved.body).toMatchObject({ code: 'PERMISSIONS_NOT_HELD', permissions: ['MANAGE_ROLES'] });
  });
});

describe('the explanation', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('names the step that decided each bit', async () => {
    const guild = await world.guild({ roles: { muted: { deny: CreateMessage } }, members: { mo: ['muted'] } });
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.roles['muted']}`, {
      type: 'role',
      allow: String(CreateMessage),
      deny: '0',
    });
    const asked = async (query: string): Promise<Record<string, unknown>> => {
      const { bits } = of<{ bits: { permission: string; granted: boolean; decided_by: unknown }[] }>(
        (await guild.members['mo']!.get(`/guilds/${guild.id}/permissions/@me?explain=true${query}`)).body,
      );
      return Object.fromEntries(
        bits.map(({ permission, granted, decided_by }) => [permission, { granted, decided_by }]),
      );
    };
    expect(await asked('')).toMatchObject({
      CREATE_MESSAGE: { granted: false, decided_by: { kind: 'role', role_id: guild.roles['muted'] } },
      VIEW_TRACK: { granted: true, decided_by: { kind: 'role', role_id: guild.id } },
      KICK_MEMBERS: { granted: false, decided_by: { kind: 'default' } },
    });
    expect(await asked(`&track_id=${guild.track}`)).toMatchObject({
      CREATE_MESSAGE: {
        granted: true,
        decided_by: { kind: 'overwrite', place: 'track', type: 'role', id: guild.roles['muted'] },
      },
    });
    const others = `/guilds/${guild.id}/members/${guild.members['mo']!.id}/permissions`;
    expect((await guild.owner.get(others)).body).toMatchObject({ permissions: expect.any(String) as unknown });
    expect((await guild.members['mo']!.get(others)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
  });
});
