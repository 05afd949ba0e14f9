import { Permission, union } from '../src/permissions/compute-permissions';
import { openApi } from '../src/openapi/openapi';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { AddReactions, CreateMessage, KickMembers, ManageRoles, ModifyTrack, PinMessages, ViewTrack } = Permission;

interface Difference {
  readonly gained: string;
  readonly lost: string;
}

interface Impact {
  readonly member_count: number;
  readonly group_count: number;
  readonly groups: readonly {
    readonly role_ids: readonly string[];
    readonly member_count: number;
    readonly user_ids: readonly string[];
    readonly guild: Difference;
    readonly tracks: readonly (Difference & { readonly track_id: string })[];
  }[];
}

const NONE = { gained: '0', lost: '0' };
const gained = (...sets: bigint[]): Difference => ({
  gained: String(sets.reduce((all, set) => all | set, 0n)),
  lost: '0',
});
const lost = (...sets: bigint[]): Difference => ({
  gained: '0',
  lost: String(sets.reduce((all, set) => all | set, 0n)),
});

describe('a dry run', () => {
  let world: World;
  let guild: GuildWorld;
  let owner: Person;

  beforeEach(async () => {
    world = await World.start();
    guild = await world.guild({
      roles: {
        quiet: { deny: CreateMessage },
        talker: { allow: CreateMessage },
        keeper: { allow: union(ManageRoles, ModifyTrack, KickMembers, PinMessages) },
      },
      members: { ann: ['quiet'], bo: ['quiet'], cy: ['quiet', 'talker'], di: [], kay: ['keeper'] },
    });
    owner = guild.owner;
  });
  afterEach(() => world.stop());

  const id = (name: string): string => guild.members[name]!.id;
  const role = (name: string): string => guild.roles[name]!;
  const ask = async (asked: Promise<{ status: number; body: unknown }>): Promise<Impact> => {
    const { status, body } = await asked;
    expect({ status, body }).toMatchObject({ status: 200 });
    return of<Impact>(body);
  };

  it('of an edited role returns the permissions gained and lost by each role set, and changes nothing', async () => {
    const before = [await owner.get(`/guilds/${guild.id}/roles`), await owner.get(`/guilds/${guild.id}`)].map(
      ({ body }) => body,
    );
    const commands = world.recordCommands();
    const impact = await ask(
      owner.patch(`/guilds/${guild.id}/roles/${role('quiet')}?dry_run=true`, { deny: '0', allow: String(PinMessages) }),
    );
    commands.stop();

    expect(commands.writes).toEqual([]);
    expect(impact).toMatchObject({ member_count: 3, group_count: 2 });
    expect(impact.groups).toEqual([
      {
        role_ids: [role('quiet')],
        member_count: 2,
        user_ids: [id('ann'), id('bo')].sort(byNumber),
        guild: gained(CreateMessage, PinMessages),
        tracks: [guild.category, guild.track].map((track_id) => ({ track_id, ...gained(CreateMessage, PinMessages) })),
      },
      {
        role_ids: expect.arrayContaining([role('quiet'), role('talker')]),
        member_count: 1,
        user_ids: [id('cy')],
        guild: gained(PinMessages),
        tracks: expect.any(Array),
      },
    ]);
    expect(
      [await owner.get(`/guilds/${guild.id}/roles`), await owner.get(`/guilds/${guild.id}`)].map(({ body }) => body),
    ).toEqual(before);
  });

  it('is answered by every documented route with `dry_run` without a write', async () => {
    const track = `/tracks/${guild.track}`;
    const overwrite = `${track}/overwrites/${role('quiet')}`;
    const put = { type: 'role', allow: '0', deny: String(ViewTrack) };
    expect((await owner.put(overwrite, put)).status).toBe(200);
    const requests: Record<string, Parameters<World['ask']>> = {
      'patch /guilds/{guild_id}/roles': ['patch', `/guilds/${guild.id}/roles`, [{ id: role('talker'), position: 2 }]],
      'patch /guilds/{guild_id}/roles/{role_id}': [
        'patch',
        `/guilds/${guild.id}/roles/${role('quiet')}`,
        { name: 'x' },
      ],
      'patch /guilds/{guild_id}/tracks': [
        'patch',
        `/guilds/${guild.id}/tracks`,
        [{ id: guild.track, parent_id: null }],
      ],
      'patch /tracks/{track_id}': ['patch', track, { name: 'x', parent_id: null }],
      'put /tracks/{track_id}/overwrites/{id}': ['put', overwrite, { ...put, deny: '0' }],
      'delete /tracks/{track_id}/overwrites/{id}': ['delete', overwrite],
    };
    const documented = Object.entries(openApi(world.app).paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, { parameters?: { name: string }[] }>)
        .filter(([, { parameters = [] }]) => parameters.some(({ name }) => name === 'dry_run'))
        .map(([method]) => `${method} ${path.replace('/api/v1', '')}`),
    );
    expect(Object.keys(requests).sort()).toEqual(documented.sort());
    for (const [route, [method, path, body]] of Object.entries(requests)) {
      const commands = world.recordCommands();
      const answer = await world.ask(method, `${path}?dry_run=true`, body, { authorization: `Bearer ${owner.token}` });
      commands.stop();
      expect({ route, status: answer.status, ...answer.body }).toMatchObject({
        route,
        status: 200,
        groups: expect.any(Array) as unknown,
      });
      expect([route, commands.writes]).toEqual([route, []]);
    }
  });

  it('of a reordering contains only members who have both roles', async () => {
    const impact = await ask(
      owner.patch(`/guilds/${guild.id}/roles?dry_run=true`, [{ id: role('talker'), position: 2 }]),
    );
    expect(impact.groups).toMatchObject([{ member_count: 1, user_ids: [id('cy')], guild: lost(CreateMessage) }]);
  });

  it('of an overwrite contains the track, and the tracks that inherit the overwrite', async () => {
    const impact = await ask(
      owner.put(`/tracks/${guild.category}/overwrites/${role('talker')}?dry_run=true`, {
        type: 'role',
        allow: '0',
        deny: String(ViewTrack),
      }),
    );
    const everything = CreateMessage | AddReactions;
    expect(impact).toMatchObject({ member_count: 1, groups: [{ user_ids: [id('cy')], guild: NONE }] });
    expect(impact.groups[0]!.tracks.map(({ track_id }) => track_id)).toEqual([guild.category, guild.track]);
    expect(BigInt(impact.groups[0]!.tracks[1]!.lost) & everything).toBe(everything);
    expect(of<{ overwrites: unknown[] }>((await owner.get(`/tracks/${guild.category}`)).body).overwrites).toEqual([]);
  });

  it('evaluates members with individual overwrites one by one, and counts them in no group', async () => {
    await owner.put(`/tracks/${guild.track}/overwrites/${id('ann')}`, {
      type: 'member',
      allow: String(CreateMessage),
      deny: '0',
    });
    const impact = await ask(owner.patch(`/guilds/${guild.id}/roles/${role('quiet')}?dry_run=true`, { deny: '0' }));
    expect(
      impact.groups.map(({ user_ids, member_count, tracks }) => ({
        user_ids,
        member_count,
        tracks: tracks.map(({ track_id }) => track_id),
      })),
    ).toEqual([
      { user_ids: [id('bo')], member_count: 1, tracks: [guild.category, guild.track] },
      { user_ids: [id('ann')], member_count: 1, tracks: [guild.category] },
    ]);

    const without = await ask(owner.delete(`/tracks/${guild.track}/overwrites/${id('ann')}?dry_run=true`));
    expect(without.groups).toEqual([
      {
        role_ids: [role('quiet')],
        member_count: 1,
        user_ids: [id('ann')],
        guild: NONE,
        tracks: [{ track_id: guild.track, ...lost(CreateMessage) }],
      },
    ]);
    expect((await owner.delete(`/tracks/${guild.track}/overwrites/${id('ann')}`)).status).toBe(204);
  });

  it('of a move to another category contains what the track inherits there', async () => {
    const quiet = of<{ id: string }>(
      (
        await owner.post(`/guilds/${guild.id}/tracks`, {
          name: 'Quiet',
          type: 'category',
          overwrites: [{ id: guild.id, type: 'role', allow: '0', deny: String(CreateMessage) }],
        })
      ).body,
    ).id;
    const moves = [{ id: guild.track, parent_id: quiet }];
    const impact = await ask(owner.patch(`/guilds/${guild.id}/tracks?dry_run=true`, moves));
    expect(
      impact.groups
        .map(({ user_ids }) => user_ids)
        .flat()
        .sort(),
    ).toEqual(['cy', 'di', 'kay'].map(id).sort());
    for (const { guild: inGuild, tracks } of impact.groups) {
      expect(inGuild).toEqual(NONE);
      expect(tracks.map(({ track_id }) => track_id)).toEqual([guild.track]);
    }
    expect(await ask(owner.patch(`/tracks/${guild.track}?dry_run=true`, { parent_id: quiet }))).toEqual(impact);
  });

  it('is rejected like the change itself, and contains no tracks that the actor cannot see', async () => {
    const kay = guild.members['kay']!;
    const hidden = of<{ id: string }>(
      (
        await owner.post(`/guilds/${guild.id}/tracks`, {
          name: 'hidden',
          overwrites: [{ id: role('keeper'), type: 'role', allow: '0', deny: String(ViewTrack) }],
        })
      ).body,
    ).id;
    expect(
      (await kay.patch(`/guilds/${guild.id}/roles/${role('keeper')}?dry_run=true`, { name: 'x' })).body,
    ).toMatchObject({ code: 'ROLE_OUT_OF_REACH' });
    expect((await kay.patch(`/tracks/${hidden}?dry_run=true`, { name: 'x' })).status).toBe(404);
    const impact = await ask(
      kay.patch(`/guilds/${guild.id}/roles/${role('talker')}?dry_run=true`, {
        allow: String(union(CreateMessage, PinMessages)),
      }),
    );
    expect(impact.groups.flatMap(({ tracks }) => tracks.map(({ track_id }) => track_id))).toEqual([
      guild.category,
      guild.track,
    ]);
  });

  it('includes members who join, leave and change, and roles that are deleted', async () => {
    const impactOnTalkers = (): Promise<Impact> =>
      ask(
        owner.patch(`/guilds/${guild.id}/roles/${role('talker')}?dry_run=true`, {
          allow: String(union(CreateMessage, PinMessages)),
        }),
      );
    await owner.put(`/guilds/${guild.id}/members/${id('di')}/roles/${role('talker')}`);
    expect(await impactOnTalkers()).toMatchObject({ member_count: 2, group_count: 2 });
    await owner.delete(`/guilds/${guild.id}/roles/${role('quiet')}`);
    expect(await impactOnTalkers()).toMatchObject({
      member_count: 2,
      group_count: 1,
      groups: [{ role_ids: [role('talker')], user_ids: [id('cy'), id('di')].sort(byNumber) }],
    });
    await guild.members['di']!.delete(`/users/@me/guilds/${guild.id}`);
    await owner.delete(`/guilds/${guild.id}/members/${id('cy')}/roles/${role('talker')}`);
    expect(await impactOnTalkers()).toEqual({ member_count: 0, group_count: 0, groups: [] });
  });

  it('costs as much for many members as for few', async () => {
    const cost = async (): Promise<number> => {
      const commands = world.recordCommands();
      await ask(owner.patch(`/guilds/${guild.id}/roles/${guild.id}?dry_run=true`, { allow: '0' }));
      commands.stop();
      return commands.all.length;
    };
    const few = await cost();
    for (const name of ['x', 'y', 'z']) await (await world.person(name)).post(`/invites/${guild.invite}`);
    expect(await cost()).toBe(few);
  });
});

const byNumber = (a: string, b: string): number => (BigInt(a) < BigInt(b) ? -1 : 1);
