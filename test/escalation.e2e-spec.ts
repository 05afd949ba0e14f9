import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { type GuildWorld, World } from './support/world';

const { ViewTrack, CreateMessage, ManageRoles, ModifyTrack, CreateTrack, KickMembers, BanMembers, AddReactions } =
  Permission;
const HOUR_MS = 3_600_000;

interface Member {
  readonly role_ids: readonly string[];
  readonly timed_out_until: string | null;
}

interface Track {
  readonly id: string;
  readonly name: string;
  readonly position: number;
  readonly parent_id: string | null;
}

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

const overwrite = (guild: GuildWorld, track: string, id: string, allow: bigint, deny: bigint): Promise<unknown> =>
  guild.owner.put(`/tracks/${track}/overwrites/${id}`, { type: 'role', allow: String(allow), deny: String(deny) });

describe('leaving and rejoining', () => {
  const back = async (guild: GuildWorld, name: string): Promise<Member> => {
    await guild.members[name]!.post(`/invites/${guild.invite}`);
    return of<Member>((await guild.owner.get(`/guilds/${guild.id}/members/${guild.members[name]!.id}`)).body);
  };

  it('restores roles that deny, in the guild or in a track, and no others', async () => {
    const guild = await world.guild({
      roles: { gagged: { deny: CreateMessage }, kicker: { allow: KickMembers }, banned: {}, plain: {} },
      members: { mo: ['gagged', 'kicker', 'banned', 'plain'] },
    });
    await overwrite(guild, guild.track, guild.roles['banned']!, 0n, AddReactions);
    await overwrite(guild, guild.track, guild.roles['plain']!, AddReactions, 0n);
    expect((await guild.members['mo']!.delete(`/users/@me/guilds/${guild.id}`)).status).toBe(204);
    const { role_ids } = await back(guild, 'mo');
    expect([...role_ids].sort()).toEqual([guild.roles['gagged'], guild.roles['banned']].sort());
    expect((await guild.members['mo']!.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(403);
  });

  it('ends no timeout, also after a kick', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const mo = guild.members['mo']!;
    await guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { timed_out_until: until });
    expect((await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}`)).status).toBe(204);
    expect((await back(guild, 'mo')).timed_out_until).toBe(until);
    await guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { timed_out_until: null });
    await mo.delete(`/users/@me/guilds/${guild.id}`);
    expect((await back(guild, 'mo')).timed_out_until).toBeNull();
  });

  it('does not change for a member whom a friend bans and unbans', async () => {
    const guild = await world.guild({
      roles: { gagged: { deny: CreateMessage }, friend: { allow: BanMembers } },
      members: { mo: ['gagged'], friend: ['friend'] },
    });
    const mo = guild.members['mo']!;
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    await guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { timed_out_until: until });
    // The second ban finds no member, and must keep the stored state of the former member.
    for (let n = 0; n < 2; n += 1)
      expect((await guild.members['friend']!.put(`/guilds/${guild.id}/bans/${mo.id}`, {})).status).toBe(200);
    expect((await guild.members['friend']!.delete(`/guilds/${guild.id}/bans/${mo.id}`)).status).toBe(204);
    expect(await back(guild, 'mo')).toMatchObject({ role_ids: [guild.roles['gagged']], timed_out_until: until });
  });

  it('restores no role that was deleted in the meantime', async () => {
    const guild = await world.guild({ roles: { gagged: { deny: CreateMessage } }, members: { mo: ['gagged'] } });
    await guild.members['mo']!.delete(`/users/@me/guilds/${guild.id}`);
    await guild.owner.delete(`/guilds/${guild.id}/roles/${guild.roles['gagged']}`);
    expect((await back(guild, 'mo')).role_ids).toEqual([]);
  });
});

describe('@everyone', () => {
  it('cannot be edited by a member without a role above it', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.id}`, { allow: String(ManageRoles | ViewTrack) });
    expect(
      (await guild.members['mo']!.patch(`/guilds/${guild.id}/roles/${guild.id}`, { name: 'all of us' })).body,
    ).toMatchObject({ code: 'ROLE_OUT_OF_REACH' });
  });
});

describe('a category that the actor cannot see', () => {
  const hiddenCategory = async (): Promise<GuildWorld> => {
    const guild = await world.guild({
      roles: { builder: { allow: CreateTrack | ModifyTrack } },
      members: { mo: ['builder'] },
    });
    await overwrite(guild, guild.category, guild.id, 0n, ViewTrack);
    await overwrite(guild, guild.track, guild.id, ViewTrack, 0n);
    return guild;
  };
  const list = async (guild: GuildWorld): Promise<Track[]> =>
    of<Track[]>((await guild.members['mo']!.get(`/guilds/${guild.id}/tracks`)).body);

  it('cannot be given a track, and is answered like one that does not exist', async () => {
    const guild = await hiddenCategory();
    const attempt = async (parent_id: string): Promise<unknown> => {
      const { request_id: _request, ...body } = (
        await guild.members['mo']!.post(`/guilds/${guild.id}/tracks`, { name: 'x', parent_id })
      ).body as unknown as Record<string, unknown>;
      return body;
    };
    expect(await attempt(guild.category)).toMatchObject({ code: 'TRACK_PARENT_INVALID' });
    expect(await attempt(guild.category)).toEqual(await attempt('4242'));
  });

  it('is not named by its tracks: not in lists, in a track, in events and in numbers', async () => {
    const guild = await hiddenCategory();
    const client = await guild.members['mo']!.connect();
    await guild.owner.patch(`/tracks/${guild.track}`, { topic: 'new' });
    await client.next('TRACK_UPDATE');
    await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'last' });
    await client.next('TRACK_CREATE');
    await guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.category, position: 2 }]);
    await world.settle();
    expect(await list(guild)).toMatchObject([
      { name: 'last', position: 1, parent_id: null },
      { name: 'general', position: 2, parent_id: null },
    ]);
    expect((await guild.members['mo']!.get(`/tracks/${guild.track}`)).body).toMatchObject({
      parent_id: null,
      position: 2,
    });
    expect(JSON.stringify(client.events)).not.toContain(guild.category);
    expect(client.received('TRACK_UPDATE')).toMatchObject([{ topic: 'new', parent_id: null, position: 1 }]);
    expect(client.received('TRACK_CREATE')).toMatchObject([{ name: 'last', position: 2 }]);
    client.close();
  });

  it('is named by its tracks for members who can see it', async () => {
    const guild = await hiddenCategory();
    const client = await guild.members['mo']!.connect();
    await overwrite(guild, guild.category, guild.roles['builder']!, ViewTrack, 0n);
    await world.settle();
    expect(client.received('TRACK_CREATE')).toMatchObject([{ id: guild.category }]);
    expect(client.received('TRACKS_REORDER')).toMatchObject([
      {
        layout: [
          { id: guild.category, parent_id: null },
          { id: guild.track, parent_id: guild.category },
        ],
      },
    ]);
    client.close();
  });

  it('rejects new tracks of members whom it denies MANAGE_TRACKS', async () => {
    const guild = await world.guild({ roles: { builder: { allow: CreateTrack } }, members: { mo: ['builder'] } });
    await overwrite(guild, guild.category, guild.roles['builder']!, 0n, CreateTrack);
    expect(
      (await guild.members['mo']!.post(`/guilds/${guild.id}/tracks`, { name: 'x', parent_id: guild.category })).body,
    ).toMatchObject({ code: 'PERMISSIONS_MISSING' });
  });
});

describe('a member who is demoted while requests wait', () => {
  it('gets every later request rejected, and earlier ones checked with the new permissions', async () => {
    const guild = await world.guild({
      roles: { target: {}, manager: { allow: ManageRoles } },
      members: { mo: ['manager'], low: [] },
    });
    const mo = guild.members['mo']!;
    const give = (): Promise<{ status: number }> =>
      mo.put(`/guilds/${guild.id}/members/${guild.members['low']!.id}/roles/${guild.roles['target']}`);
    const [demotion, ...attempts] = await Promise.all([
      guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['manager']}`),
      ...Array.from({ length: 20 }, give),
    ]);
    expect(demotion.status).toBe(200);
    for (const { status } of attempts) expect([200, 403]).toContain(status);
    expect((await give()).status).toBe(403);
  });
});
