import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ManageRoles, KickMembers, CreateMessage, Administrator, DeleteMessages } = Permission;

describe('roles', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const namesIn = async ({ id }: GuildWorld, who: Person): Promise<string[]> =>
    of<{ name: string }[]>((await who.get(`/guilds/${id}/roles`)).body).map(({ name }) => name);

  it('are created at the lowest position, or at the requested one', async () => {
    const guild = await world.guild({ roles: { low: {}, high: {} } });
    await guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'new' });
    await guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'placed', position: 4 });
    expect(await namesIn(guild, guild.owner)).toEqual(['@everyone', 'new', 'low', 'placed', 'high']);
  });

  it('move with one write and one event, for any number of moves', async () => {
    const guild = await world.guild({ roles: { helper: {}, moderator: {}, admin: {} } });
    const client = await guild.owner.connect();
    await guild.owner.get(`/guilds/${guild.id}/roles`);
    const commands = world.recordCommands();
    const moved = await guild.owner.patch(`/guilds/${guild.id}/roles`, [
      { id: guild.roles['admin'], position: 2 },
      { id: guild.roles['helper'], position: 4 },
    ]);
    commands.stop();
    expect(moved.status).toBe(200);
    expect(await namesIn(guild, guild.owner)).toEqual(['@everyone', 'admin', 'moderator', 'helper']);
    expect(commands.writes.map(({ name, collection }) => `${name} ${collection}`)).toEqual([
      'update guilds',
      'insert audit_entries',
    ]);
    await world.settle();
    expect(client.received('ROLES_REORDER')).toEqual([
      {
        guild_id: guild.id,
        role_ids: [guild.id, guild.roles['admin'], guild.roles['moderator'], guild.roles['helper']],
      },
    ]);
    client.close();
  });

  it('cannot move to positions below 2 and beyond the last, twice, or to another guild, and nothing moves', async () => {
    const guild = await world.guild({ roles: { a: {}, b: {} } });
    const { a, b } = guild.roles;
    const move = (moves: unknown): Promise<{ body: unknown }> => guild.owner.patch(`/guilds/${guild.id}/roles`, moves);
    expect((await move([{ id: a, position: 1 }])).body).toMatchObject({ status: 400 });
    expect((await move([{ id: a, position: 4 }])).body).toMatchObject({ code: 'ROLE_POSITION_INVALID', limit: 3 });
    expect(
      (
        await move([
          { id: a, position: 2 },
          { id: b, position: 2 },
        ])
      ).body,
    ).toMatchObject({ code: 'ROLE_MOVE_DUPLICATE' });
    expect(
      (
        await move([
          { id: b, position: 2 },
          { id: '123', position: 3 },
        ])
      ).body,
    ).toMatchObject({ code: 'ROLE_NOT_FOUND' });
    expect((await move([{ id: guild.id, position: 2 }])).body).toMatchObject({ code: 'EVERYONE_ROLE_PROTECTED' });
    expect(await namesIn(guild, guild.owner)).toEqual(['@everyone', 'a', 'b']);
  });

  it('cannot move with an outdated If-Match', async () => {
    const guild = await world.guild({ roles: { a: {}, b: {} } });
    const { headers } = await guild.owner.get(`/guilds/${guild.id}`);
    await guild.owner.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['a'], position: 3 }]);
    const late = await guild.owner.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['a'], position: 2 }], {
      'if-match': headers['etag']!,
    });
    expect(late.body).toMatchObject({ status: 412, code: 'GUILD_VERSION_MISMATCH' });
    expect(await namesIn(guild, guild.owner)).toEqual(['@everyone', 'b', 'a']);
  });

  it('override lower roles in both directions', async () => {
    const guild = await world.guild({
      roles: { talker: { allow: CreateMessage }, muted: { deny: CreateMessage } },
      members: { mo: ['talker', 'muted'] },
    });
    const mo = guild.members['mo']!;
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'mh' })).status).toBe(403);
    await guild.owner.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['talker'], position: 3 }]);
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'hello' })).status).toBe(201);
  });

  it('are removed from members and overwrites when they are deleted', async () => {
    const guild = await world.guild({ roles: { helper: {} }, members: { mo: ['helper'] } });
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.roles['helper']}`, {
      type: 'role',
      allow: '0',
      deny: '0',
    });
    expect((await guild.owner.delete(`/guilds/${guild.id}/roles/${guild.roles['helper']}`)).status).toBe(204);
    expect((await guild.owner.get(`/guilds/${guild.id}/members/${guild.members['mo']!.id}`)).body).toMatchObject({
      role_ids: [],
    });
    expect((await guild.owner.get(`/guilds/${guild.id}/roles/${guild.roles['helper']}`)).body).toMatchObject({
      code: 'ROLE_NOT_FOUND',
    });
  });

  it('change the permissions of the next request of a demoted member', async () => {
    const guild = await world.guild({ roles: { mod: { allow: DeleteMessages } }, members: { mod: ['mod'] } });
    const mod = guild.members['mod']!;
    const messages = await Promise.all(
      [1, 2].map(
        async (n) =>
          of<{ id: string }>((await guild.owner.post(`/tracks/${guild.track}/messages`, { content: `${n}` })).body).id,
      ),
    );
    expect((await mod.delete(`/tracks/${guild.track}/messages/${messages[0]}`)).status).toBe(204);
    await guild.owner.delete(`/guilds/${guild.id}/members/${mod.id}/roles/${guild.roles['mod']}`);
    expect((await mod.delete(`/tracks/${guild.track}/messages/${messages[1]}`)).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
    });
  });
});

describe('a member with MANAGE_ROLES and nothing else', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: {
        kicker: { allow: KickMembers },
        gagged: { deny: DeleteMessages },
        plain: {},
        manager: { allow: ManageRoles },
        boss: { allow: Administrator },
      },
      members: { mo: ['manager'], low: ['plain'] },
    });
    mo = guild.members['mo']!;
  });

  const refused = async (attempt: Promise<{ body: unknown }>, code: string): Promise<void> => {
    const before = (await mo.get(`/guilds/${guild.id}/permissions/@me`)).body;
    expect((await attempt).body).toMatchObject({ code });
    expect((await mo.get(`/guilds/${guild.id}/permissions/@me`)).body).toEqual(before);
  };

  it('cannot give a role with more permissions than the actor has', async () => {
    await refused(
      mo.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['kicker']}`),
      'PERMISSIONS_NOT_HELD',
    );
    await refused(
      mo.put(`/guilds/${guild.id}/members/${guild.members['low']!.id}/roles/${guild.roles['kicker']}`),
      'PERMISSIONS_NOT_HELD',
    );
    await refused(mo.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['boss']}`), 'ROLE_OUT_OF_REACH');
    await refused(
      mo.patch(`/guilds/${guild.id}/members/${mo.id}`, { role_ids: [guild.roles['manager'], guild.roles['kicker']] }),
      'PERMISSIONS_NOT_HELD',
    );
  });

  it('cannot create a role with more permissions than the actor has', () =>
    refused(mo.post(`/guilds/${guild.id}/roles`, { name: 'x', allow: String(KickMembers) }), 'PERMISSIONS_NOT_HELD'));

  it('cannot add permissions to a role, nor remove a deny', async () => {
    await refused(
      mo.patch(`/guilds/${guild.id}/roles/${guild.roles['plain']}`, { allow: String(Administrator) }),
      'PERMISSIONS_NOT_HELD',
    );
    await refused(
      mo.patch(`/guilds/${guild.id}/roles/${guild.roles['gagged']}`, { deny: '0' }),
      'PERMISSIONS_NOT_HELD',
    );
    await refused(
      mo.patch(`/guilds/${guild.id}/roles/${guild.id}`, { allow: String(KickMembers) }),
      'PERMISSIONS_NOT_HELD',
    );
  });

  it('cannot delete a role that denies what the actor lacks, nor take it from a member', async () => {
    await guild.owner.put(`/guilds/${guild.id}/members/${guild.members['low']!.id}/roles/${guild.roles['gagged']}`);
    await refused(mo.delete(`/guilds/${guild.id}/roles/${guild.roles['gagged']}`), 'PERMISSIONS_NOT_HELD');
    await refused(
      mo.delete(`/guilds/${guild.id}/members/${guild.members['low']!.id}/roles/${guild.roles['gagged']}`),
      'PERMISSIONS_NOT_HELD',
    );
  });

  it('cannot drop an own role that denies permissions', async () => {
    await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['gagged']}`);
    await refused(
      mo.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['gagged']}`),
      'PERMISSIONS_NOT_HELD',
    );
  });

  it('can create a role at the lowest position, even if the own highest role is the lowest', async () => {
    const { id, owner, invite } = await world.guild({ roles: { low: { allow: ManageRoles } } });
    const ned = await world.person('ned');
    await ned.post(`/invites/${invite}`);
    await owner.patch(`/guilds/${id}/roles/${id}`, { allow: String(ManageRoles) });
    expect((await ned.post(`/guilds/${id}/roles`, { name: 'lower' })).body).toMatchObject({
      code: 'ROLE_OUT_OF_REACH',
    });
    const { body } = await owner.get(`/guilds/${id}/roles`);
    await owner.put(`/guilds/${id}/members/${ned.id}/roles/${of<{ id: string }[]>(body)[1]!.id}`);
    expect((await ned.post(`/guilds/${id}/roles`, { name: 'lower' })).body).toMatchObject({ position: 2 });
    expect((await ned.get(`/guilds/${id}/roles`)).body).toMatchObject([
      { name: '@everyone' },
      { name: 'lower' },
      { name: 'low' },
    ]);
  });

  it('cannot change roles at or above the own highest role, nor move a role there', async () => {
    await refused(mo.patch(`/guilds/${guild.id}/roles/${guild.roles['manager']}`, { name: 'x' }), 'ROLE_OUT_OF_REACH');
    await refused(
      mo.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['plain'], position: 5 }]),
      'ROLE_OUT_OF_REACH',
    );
    await refused(
      mo.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['boss'], position: 2 }]),
      'ROLE_OUT_OF_REACH',
    );
    await refused(mo.post(`/guilds/${guild.id}/roles`, { name: 'x', position: 5 }), 'ROLE_OUT_OF_REACH');
    await refused(mo.delete(`/guilds/${guild.id}/roles/${guild.roles['boss']}`), 'ROLE_OUT_OF_REACH');
  });

  it('cannot move an allow above a deny of what the actor lacks', async () => {
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['kicker']}`, { allow: String(DeleteMessages) });
    await refused(
      mo.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['kicker'], position: 3 }]),
      'PERMISSIONS_NOT_HELD',
    );
  });

  it('can create, order and give roles with no more permissions than the actor has', async () => {
    const { id } = of<{ id: string }>(
      (await mo.post(`/guilds/${guild.id}/roles`, { name: 'helper', allow: String(CreateMessage) })).body,
    );
    expect((await mo.patch(`/guilds/${guild.id}/roles`, [{ id, position: 5 }])).status).toBe(200);
    expect((await mo.put(`/guilds/${guild.id}/members/${guild.members['low']!.id}/roles/${id}`)).body).toMatchObject({
      role_ids: expect.arrayContaining([id]) as unknown,
    });
    expect((await mo.delete(`/guilds/${guild.id}/roles/${id}`)).status).toBe(204);
  });
});
