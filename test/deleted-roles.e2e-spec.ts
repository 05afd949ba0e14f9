import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../src/database/database.module';
import type { MemberDocument } from '../src/members/member.schema';
import { Permission } from '../src/permissions/compute-permissions';
import type { UserDocument } from '../src/users/user.schema';
import type { TrackDocument } from '../src/tracks/track.schema';
import { of } from './support/answer';
import type { Client } from './support/client';
import { ClientState } from './support/client-state';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { PausableProxy } from './support/pausable-proxy';
import type { Person } from './support/person';
import type { GuildWorld, World } from './support/world';

const { CreateMessage, ViewTrack } = Permission;

interface Track {
  readonly id: string;
  readonly overwrites: readonly { readonly id: string }[];
}

describe('a role that is deleted while it is referenced', () => {
  let held: HeldWorld;
  let world: World;
  let wire: PausableProxy;
  let guild: GuildWorld;
  let mo: Person;
  let client: Client;
  beforeAll(async () => {
    held = await startHeldWorld();
    ({ world, wire } = held);
  });
  afterAll(() => held.stop());
  beforeEach(async () => {
    guild = await world.guild({ roles: { gone: { deny: CreateMessage }, kept: {} }, members: { mo: [] } });
    mo = guild.members['mo']!;
    client = await guild.owner.connect();
  });
  afterEach(() => client.close());

  const role = (): string => guild.roles['gone']!;
  const path = (rest: string): string => `/guilds/${guild.id}${rest}`;
  const deleteRole = async (): Promise<void> =>
    expect((await guild.owner.delete(path(`/roles/${role()}`))).status).toBe(204);
  const rolesOf = async (who: Person): Promise<unknown> =>
    of<{ role_ids: string[] }>((await guild.owner.get(path(`/members/${who.id}`))).body).role_ids;
  const storedRolesOf = async (who: Person): Promise<readonly bigint[] | undefined> => {
    const members: Model<MemberDocument> = world.app.get(getModelToken(MODELS.member));
    return (
      await members.findOne({ guild_id: BigInt(guild.id), user_id: BigInt(who.id) }).lean<MemberDocument | null>()
    )?.role_ids;
  };
  const lastRolesSent = (): unknown =>
    client.events
      .filter(({ name, data }) => name.startsWith('MEMBER_') && of<{ user_id: string }>(data).user_id === mo.id)
      .at(-1)?.data['role_ids'];
  const overwriteIds = async (): Promise<string[]> =>
    of<Track[]>((await guild.owner.get(path('/tracks'))).body).flatMap(({ overwrites }) =>
      overwrites.map(({ id }) => id),
    );
  const storedOverwriteIds = async (): Promise<string[]> => {
    const tracks: Model<TrackDocument> = world.app.get(getModelToken(MODELS.track));
    const stored = await tracks.find({ guild_id: BigInt(guild.id) }).lean<TrackDocument[]>();
    return stored.flatMap(({ overwrites }) => overwrites.map(({ id }) => String(id)));
  };
  const put = (id: string, type = 'role') =>
    guild.owner.put(`/tracks/${guild.track}/overwrites/${id}`, { type, allow: '0', deny: String(CreateMessage) });

  it.each<[string, () => Promise<{ status: number }>]>([
    ['PUT of the role', () => guild.owner.put(path(`/members/${mo.id}/roles/${role()}`))],
    [
      'PATCH of the member',
      () => guild.owner.patch(path(`/members/${mo.id}`), { role_ids: [role(), guild.roles['kept']] }),
    ],
  ])('is not left on a member by a concurrent %s', async (_, grant) => {
    const writing = wire.hold('findAndModify', 'members');
    const granted = grant();
    await writing.arrived;
    await deleteRole();
    writing.release();
    expect((await granted).status).toBe(200);
    await world.settle();
    expect(await rolesOf(mo)).not.toContain(role());
    expect(await storedRolesOf(mo)).not.toContain(BigInt(role()));
    expect(lastRolesSent()).not.toContain(role());
  });

  it('is not left on a member who rejoins with it at the same moment', async () => {
    await guild.owner.put(path(`/members/${mo.id}/roles/${role()}`));
    await mo.delete(`/users/@me/guilds/${guild.id}`);
    const inserting = wire.hold('insert', 'members');
    const joined = mo.post(`/invites/${guild.invite}`);
    await inserting.arrived;
    await deleteRole();
    inserting.release();
    expect((await joined).body).toMatchObject({ role_ids: [] });
    await world.settle();
    expect(await storedRolesOf(mo)).toEqual([]);
    expect(lastRolesSent()).toEqual([]);
  });

  it('is not restored to a former member', async () => {
    await guild.owner.put(path(`/members/${mo.id}/roles/${role()}`));
    await mo.delete(`/users/@me/guilds/${guild.id}`);
    await deleteRole();
    expect((await mo.post(`/invites/${guild.invite}`)).body).toMatchObject({ role_ids: [] });
  });

  it('leaves no overwrite that is written at the same moment', async () => {
    const writing = wire.hold('update', 'tracks');
    const written = put(role());
    await writing.arrived;
    const deleted = deleteRole();
    writing.release();
    await Promise.all([written, deleted]);
    await world.settle();
    expect(await overwriteIds()).toEqual([]);
    expect(await storedOverwriteIds()).toEqual([]);
    expect((await put(role())).body).toMatchObject({ code: 'OVERWRITE_NOT_FOUND' });
  });

  it('leaves no overwrite in REST responses, READY and events before the stored overwrites are deleted', async () => {
    await put(role());
    await put(mo.id, 'member');
    const sweeping = wire.hold('update', 'tracks');
    const deleted = deleteRole();
    await sweeping.arrived;
    const [stored, listed, fresh] = [await storedOverwriteIds(), await overwriteIds(), await guild.owner.connect()];
    const written = await put(guild.roles['kept']!);
    sweeping.release();
    await deleted;
    expect(stored).toContain(role());
    expect(listed).toEqual([mo.id]);
    expect(
      of<{ guilds: { tracks: Track[] }[] }>(fresh.received('READY')[0]).guilds[0]!.tracks.flatMap(({ overwrites }) =>
        overwrites.map(({ id }) => id),
      ),
    ).toEqual([mo.id]);
    fresh.close();
    expect(written.status).toBe(200);
    expect(await overwriteIds()).toEqual([mo.id, guild.roles['kept']]);
    expect(await storedOverwriteIds()).toEqual([mo.id, guild.roles['kept']]);
  });

  it('leaves clients with the overwrites that REST responds with', async () => {
    await put(role());
    await guild.owner.put(`/tracks/${guild.category}/overwrites/${role()}`, {
      type: 'role',
      allow: '0',
      deny: String(ViewTrack),
    });
    await guild.owner.put(`/tracks/${guild.category}/overwrites/${guild.roles['kept']}`, {
      type: 'role',
      allow: '0',
      deny: String(ViewTrack),
    });
    await deleteRole();
    await client.next('ROLE_DELETE');
    const rest = of<Track[]>((await guild.owner.get(path('/tracks'))).body).map(({ id, overwrites }) => [
      id,
      overwrites,
    ]);
    const existing = new ClientState(client, guild.id).now().tracks as readonly Track[];
    expect(existing.map(({ id, overwrites }) => [id, overwrites]).sort()).toEqual(rest.sort());
  });

  it.each([
    ['insert', 'members'],
    ['find', 'departures'],
  ] as const)(
    'leaves neither a membership nor a counted guild if the guild is deleted before the %s of a join in %s',
    async (command, collection) => {
      const eve = await world.person('eve');
      const waiting = wire.hold(command, collection);
      const joined = eve.post(`/invites/${guild.invite}`);
      await waiting.arrived;
      const deleted = guild.owner.delete(path(''));
      await client.next('GUILD_DELETE');
      if (collection === 'members') expect((await deleted).status).toBe(204);
      waiting.release();
      expect((await joined).body).toMatchObject({ code: 'GUILD_NOT_FOUND' });
      await deleted;
      const users: Model<UserDocument> = world.app.get(getModelToken(MODELS.user));
      expect((await users.findById(BigInt(eve.id)).lean<UserDocument>())?.guild_ids).toEqual([]);
      expect(await storedRolesOf(eve)).toBeUndefined();
    },
  );
});
