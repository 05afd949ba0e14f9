import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const {
  ViewTrack,
  CreateMessage,
  ManageRoles,
  KickMembers,
  BanMembers,
  TimeoutMembers,
  ChangeNickname,
  CreateInvites,
  ModifyGuild,
} = Permission;
const ROUNDS = 8;
const HOUR_MS = 3_600_000;

interface Member {
  readonly role_ids: readonly string[];
}

// Repeated concurrent requests: in any order, no user ends up with more permissions than allowed. With several
// nodes each request of a pair goes to another one.
describe('two concurrent requests', () => {
  let world: World;
  let guild: GuildWorld;
  let owner: Person;
  let mo: Person;
  let friend: Person;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: {
        gagged: { deny: CreateMessage },
        kicker: { allow: KickMembers },
        plain: {},
        manager: { allow: ManageRoles | BanMembers | KickMembers },
        boss: {},
      },
      members: { mo: ['gagged', 'kicker', 'plain'], friend: ['manager'] },
    });
    owner = guild.owner;
    mo = guild.members['mo']!;
    friend = guild.members['friend']!;
  });

  const roles = (...names: string[]): string[] => names.map((name) => guild.roles[name]!);
  const member = async ({ id }: Person): Promise<Member | undefined> => {
    const { status, body } = await owner.get(`/guilds/${guild.id}/members/${id}`);
    return status === 200 ? of<Member>(body) : undefined;
  };
  const ownerId = async (person: Person): Promise<string> =>
    of<{ owner_id: string }>((await person.get(`/guilds/${guild.id}`)).body).owner_id;
  const rounds = async (run: () => Promise<void>): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) await run();
  };

  it('keep no role that was taken while its holder set all current roles', () =>
    rounds(async () => {
      await owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { role_ids: roles('gagged', 'kicker', 'plain') });
      const writes = [1, 2, 3].map(() =>
        mo.patch(`/guilds/${guild.id}/members/${mo.id}`, { role_ids: roles('gagged', 'kicker', 'plain') }),
      );
      const [taken] = await Promise.all([
        owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['kicker']}`),
        ...writes,
      ]);
      expect(taken.status).toBe(200);
      expect((await member(mo))!.role_ids).not.toContain(guild.roles['kicker']);
    }));

  it('lose no role that denies permissions while other roles are given and dropped', () =>
    rounds(async () => {
      await owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { role_ids: roles('kicker', 'plain') });
      const drop = (name: string): Promise<{ status: number }> =>
        mo.patch(`/guilds/${guild.id}/members/${mo.id}`, {
          role_ids: roles('kicker', 'plain').filter((id) => id !== guild.roles[name]),
        });
      const [given] = await Promise.all([
        owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['gagged']}`),
        drop('kicker'),
        drop('plain'),
      ]);
      expect(given.status).toBe(200);
      expect((await member(mo))!.role_ids).toContain(guild.roles['gagged']);
    }));

  it('add no member who is banned while accepting an invite', () =>
    rounds(async () => {
      await owner.delete(`/guilds/${guild.id}/bans/${mo.id}`);
      const [banned] = await Promise.all([
        friend.put(`/guilds/${guild.id}/bans/${mo.id}`, {}),
        mo.post(`/invites/${guild.invite}`),
        mo.post(`/invites/${guild.invite}`),
      ]);
      expect(banned.status).toBe(200);
      expect(await member(mo)).toBeUndefined();
      expect((await mo.get(`/guilds/${guild.id}`)).status).toBe(404);
    }));

  it('remove no member who rises above the actor', () =>
    rounds(async () => {
      const out = [
        () => friend.delete(`/guilds/${guild.id}/members/${mo.id}`),
        () => friend.put(`/guilds/${guild.id}/bans/${mo.id}`, {}),
      ];
      for (const go of out) {
        await owner.delete(`/guilds/${guild.id}/bans/${mo.id}`);
        await mo.post(`/invites/${guild.invite}`);
        const [thrown, lifted] = await Promise.all([
          go(),
          owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['boss']}`),
        ]);
        expect([
          [200, 404],
          [204, 404],
          [403, 200],
        ]).toContainEqual([thrown.status, lifted.status]);
        const [now, banned] = [await member(mo), await owner.get(`/guilds/${guild.id}/bans/${mo.id}`)];
        expect([now !== undefined, banned.status === 200]).toEqual([lifted.status === 200, thrown.status === 200]);
        if (now) await owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['boss']}`);
      }
    }));

  it('leave a member who is kicked while accepting an invite without former permissions', () =>
    rounds(async () => {
      await mo.post(`/invites/${guild.invite}`);
      await owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['kicker']}`);
      const [kicked] = await Promise.all([
        friend.delete(`/guilds/${guild.id}/members/${mo.id}`),
        mo.post(`/invites/${guild.invite}`),
      ]);
      expect(kicked.status).toBe(204);
      expect((await member(mo))?.role_ids ?? []).not.toContain(guild.roles['kicker']);
    }));

  it('leave a guild with an owner who is a member, also if the new owner leaves or is removed during the transfer', () =>
    rounds(async () => {
      const away = [
        () => mo.delete(`/users/@me/guilds/${guild.id}`),
        () => friend.delete(`/guilds/${guild.id}/members/${mo.id}`),
        () => friend.put(`/guilds/${guild.id}/bans/${mo.id}`, {}),
      ];
      for (const go of away) {
        await owner.delete(`/guilds/${guild.id}/bans/${mo.id}`);
        await mo.post(`/invites/${guild.invite}`);
        await Promise.all([owner.patch(`/guilds/${guild.id}`, { owner_id: mo.id }), go()]);
        const now = await ownerId(owner);
        expect([owner.id, mo.id]).toContain(now);
        expect((await owner.get(`/guilds/${guild.id}/members/${now}`)).status).toBe(200);
        if (now === mo.id) expect((await mo.patch(`/guilds/${guild.id}`, { owner_id: owner.id })).status).toBe(200);
      }
    }));

  it('transfer a guild to at most one of two users', () =>
    rounds(async () => {
      const given = await Promise.all(
        [mo, friend].map(({ id }) => owner.patch(`/guilds/${guild.id}`, { owner_id: id })),
      );
      expect(given.map(({ status }) => status).sort()).toEqual([200, 403]);
      const heir = (await ownerId(owner)) === mo.id ? mo : friend;
      expect((await heir.patch(`/guilds/${guild.id}`, { owner_id: owner.id })).status).toBe(200);
    }));

  it('leave nothing of a role that is deleted while it is given, also if another role with its name is created', () =>
    rounds(async () => {
      const make = async (): Promise<string> =>
        of<{ id: string }>(
          (await owner.post(`/guilds/${guild.id}/roles`, { name: 'boss', allow: String(ModifyGuild) })).body,
        ).id;
      const role = await make();
      await Promise.all([
        owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${role}`),
        owner.delete(`/guilds/${guild.id}/roles/${role}`),
      ]);
      await make();
      expect((await mo.patch(`/guilds/${guild.id}`, { name: 'mine' })).status).toBe(403);
      expect(of<{ names: string[] }>((await mo.get(`/guilds/${guild.id}/permissions/@me`)).body).names).not.toContain(
        'MODIFY_GUILD',
      );
    }));

  it('move no role above another one that concurrently denies what the actor lacks', () =>
    rounds(async () => {
      const make = async (allow: bigint): Promise<string> =>
        of<{ id: string }>((await owner.post(`/guilds/${guild.id}/roles`, { name: 'r', allow: String(allow) })).body)
          .id;
      const [deny, allow] = [await make(0n), await make(TimeoutMembers)];
      await owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { role_ids: [deny, allow] });
      const [edited] = await Promise.all([
        owner.patch(`/guilds/${guild.id}/roles/${deny}`, { deny: String(TimeoutMembers), position: 3 }),
        friend.patch(`/guilds/${guild.id}/roles`, [{ id: allow, position: 3 }]),
      ]);
      expect(edited.status).toBe(200);
      const order = of<{ id: string }[]>((await owner.get(`/guilds/${guild.id}/roles`)).body).map(({ id }) => id);
      const mayTimeOut = of<{ names: string[] }>(
        (await mo.get(`/guilds/${guild.id}/permissions/@me`)).body,
      ).names.includes('TIMEOUT_MEMBERS');
      expect([order.indexOf(deny) > order.indexOf(allow), mayTimeOut]).toEqual([true, false]);
      for (const id of [deny, allow]) await owner.delete(`/guilds/${guild.id}/roles/${id}`);
    }));
});

describe('a former or restricted member', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('who is kicked has no access over REST, the gateway and events, although the token is valid', async () => {
    const guild = await world.guild({
      roles: { manager: { allow: ManageRoles | KickMembers } },
      members: { mo: ['manager'] },
    });
    const mo = guild.members['mo']!;
    const client = await mo.connect();
    expect((await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}`)).status).toBe(204);
    await client.next('GUILD_DELETE');
    client.clear();
    for (const path of [
      `/guilds/${guild.id}`,
      `/guilds/${guild.id}/roles`,
      `/guilds/${guild.id}/tracks`,
      `/tracks/${guild.track}`,
      `/tracks/${guild.track}/messages`,
    ])
      expect((await mo.get(path)).status).toBe(404);
    expect(await client.say('message.create', { track_id: guild.track, content: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'TRACK_NOT_FOUND' },
    });
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'among us' });
    await world.settle();
    expect(client.events).toEqual([]);
    expect((await mo.get('/users/@me')).status).toBe(200);
    client.close();
  });

  it('who has management permissions and is timed out can only read, and cannot end the timeout', async () => {
    const guild = await world.guild({
      roles: {
        low: {},
        gagged: { deny: CreateMessage },
        manager: {
          allow: ManageRoles | KickMembers | BanMembers | TimeoutMembers | CreateInvites | ChangeNickname | ModifyGuild,
        },
      },
      members: { mo: ['gagged', 'manager'], eve: [] },
    });
    const [mo, eve] = [guild.members['mo']!, guild.members['eve']!];
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: String(CreateMessage),
      deny: '0',
    });
    const { id: message } = of<{ id: string }>(
      (await mo.post(`/tracks/${guild.track}/messages`, { content: 'before' })).body,
    );
    await guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, {
      timed_out_until: new Date(Date.now() + HOUR_MS).toISOString(),
    });
    const inGuild = `/guilds/${guild.id}`;
    const attempts = [
      mo.patch(`${inGuild}/roles/${guild.roles['low']}`, { name: 'x' }),
      mo.patch(`${inGuild}/roles`, [{ id: guild.roles['low'], position: 3 }]),
      mo.post(`${inGuild}/roles`, { name: 'x' }),
      mo.delete(`${inGuild}/roles/${guild.roles['low']}`),
      mo.put(`${inGuild}/members/${eve.id}/roles/${guild.roles['low']}`),
      mo.patch(`${inGuild}/members/${mo.id}`, { timed_out_until: null }),
      mo.patch(`${inGuild}/members/${mo.id}`, { role_ids: [guild.roles['manager']] }),
      mo.patch(`${inGuild}/members/@me`, { nick: 'x' }),
      mo.delete(`${inGuild}/members/${eve.id}`),
      mo.put(`${inGuild}/bans/${eve.id}`, {}),
      mo.patch(inGuild, { name: 'x' }),
      mo.post(`/tracks/${guild.track}/messages`, { content: 'x' }),
      mo.patch(`/tracks/${guild.track}/messages/${message}`, { content: 'I speak by editing' }),
      mo.post(`/tracks/${guild.track}/invites`, {}),
      mo.delete(`/tracks/${guild.track}/overwrites/${mo.id}`),
    ];
    expect((await Promise.all(attempts)).map(({ status }) => status)).toEqual(attempts.map(() => 403));
    expect((await mo.get(`/tracks/${guild.track}/messages`)).status).toBe(200);
    expect(
      of<{ role_ids: string[] }>((await guild.owner.get(`${inGuild}/members/${mo.id}`)).body).role_ids,
    ).toHaveLength(2);
  });

  it('who leaves loses the access of an individual overwrite, also after rejoining', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.id}`, {
      type: 'role',
      allow: '0',
      deny: String(ViewTrack),
    });
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: '0',
      deny: String(CreateMessage),
    });
    await mo.delete(`/users/@me/guilds/${guild.id}`);
    await mo.post(`/invites/${guild.invite}`);
    expect((await mo.get(`/tracks/${guild.track}`)).status).toBe(404);
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${guild.id}`);
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(403);
  });
});
