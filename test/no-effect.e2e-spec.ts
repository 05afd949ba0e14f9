import mongoose from 'mongoose';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ManageRoles, ModifyTrack, ModifyGuild, ModifyMemberNicknames, TimeoutMembers } = Permission;

type Method = 'put' | 'patch';

interface Route {
  readonly method: Method;
  readonly path: string;
}

/** The parts of a route's request that differ between routes. */
interface Request {
  readonly path: string;
  readonly body: unknown;
}

describe('a PUT or PATCH that repeats the current values', () => {
  let world: World;
  let guild: GuildWorld;
  let routes: Route[];
  let message: string;
  let client: Client;
  let database: mongoose.Connection;
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ roles: { low: {}, high: { allow: ManageRoles } }, members: { mo: ['low'], gone: [] } });
    message = of<{ id: string }>(
      (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'said' })).body,
    ).id;
    const { paths } = of<{ paths: Record<string, object> }>((await world.ask('get', '/docs/openapi.json')).body);
    routes = Object.entries(paths).flatMap(([path, item]) =>
      (Object.keys(item) as Method[])
        .filter((method) => method === 'put' || method === 'patch')
        .map((method) => ({ method, path: path.replace('/api/v1', '') })),
    );
    client = await guild.owner.connect();
    database = await mongoose.createConnection(world.databaseUri, { useBigInt64: true }).asPromise();
  });
  afterAll(async () => {
    client.close();
    await database.close();
    await world.stop();
  });

  const get = async <Body>(path: string): Promise<Body> => of<Body>((await guild.owner.get(path)).body);
  const role = (): string => guild.roles['low']!;
  const mo = (): Person => guild.members['mo']!;
  const without = (value: Record<string, unknown>, ...fields: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)));

  /** What each route is sent: the values that a read of the same object returns. A route that is missing here fails the test. */
  const requests: Record<string, () => Promise<Request>> = {
    'patch /users/@me': async () => ({
      path: '/users/@me',
      body: without(await get('/users/@me'), 'id', 'created_at', 'email'),
    }),
    'put /users/@me/presence': () => Promise.resolve({ path: '/users/@me/presence', body: { status: 'dnd' } }),
    'patch /guilds/{guild_id}': async () => ({
      path: `/guilds/${guild.id}`,
      body: without(await get(`/guilds/${guild.id}`), 'id', 'created_at', 'version'),
    }),
    'patch /guilds/{guild_id}/roles': async () => ({
      path: `/guilds/${guild.id}/roles`,
      body: (await get<{ id: string; position: number }[]>(`/guilds/${guild.id}/roles`)).map(({ id, position }) => ({
        id,
        position,
      })),
    }),
    'patch /guilds/{guild_id}/roles/{role_id}': async () => ({
      path: `/guilds/${guild.id}/roles/${role()}`,
      body: without(await get(`/guilds/${guild.id}/roles/${role()}`), 'id', 'guild_id'),
    }),
    'patch /guilds/{guild_id}/tracks': async () => ({
      path: `/guilds/${guild.id}/tracks`,
      body: (
        await get<{ id: string; position: number; parent_id: string | null; inherits: boolean }[]>(
          `/guilds/${guild.id}/tracks`,
        )
      ).map(({ id, position, parent_id, inherits }) => ({ id, position, parent_id, inherits })),
    }),
    'patch /tracks/{track_id}': async () => ({
      path: `/tracks/${guild.track}`,
      body: without(await get(`/tracks/${guild.track}`), 'id', 'guild_id', 'type', 'overwrites'),
    }),
    'put /tracks/{track_id}/overwrites/{id}': () =>
      Promise.resolve({
        path: `/tracks/${guild.track}/overwrites/${role()}`,
        body: { type: 'role', allow: '0', deny: '0' },
      }),
    'patch /tracks/{track_id}/messages/{message_id}': () =>
      Promise.resolve({ path: `/tracks/${guild.track}/messages/${message}`, body: { content: 'said' } }),
    'put /tracks/{track_id}/messages/{message_id}/reactions/{emoji}/@me': () =>
      Promise.resolve({
        path: `/tracks/${guild.track}/messages/${message}/reactions/${encodeURIComponent('👍')}/@me`,
        body: undefined,
      }),
    'put /tracks/{track_id}/pins/{message_id}': () =>
      Promise.resolve({ path: `/tracks/${guild.track}/pins/${message}`, body: undefined }),
    'put /tracks/{track_id}/read-state': () =>
      Promise.resolve({ path: `/tracks/${guild.track}/read-state`, body: { message_id: message } }),
    'patch /guilds/{guild_id}/members/@me': () =>
      Promise.resolve({ path: `/guilds/${guild.id}/members/@me`, body: { nick: null } }),
    'patch /guilds/{guild_id}/members/{user_id}': async () => ({
      path: `/guilds/${guild.id}/members/${mo().id}`,
      body: without(await get(`/guilds/${guild.id}/members/${mo().id}`), 'guild_id', 'user_id', 'joined_at'),
    }),
    'put /guilds/{guild_id}/members/{user_id}/roles/{role_id}': () =>
      Promise.resolve({ path: `/guilds/${guild.id}/members/${mo().id}/roles/${role()}`, body: undefined }),
    'put /guilds/{guild_id}/bans/{user_id}': () =>
      Promise.resolve({ path: `/guilds/${guild.id}/bans/${guild.members['gone']!.id}`, body: { reason: 'spam' } }),
  };

  /** Every document of the database, except those that time alone changes. */
  const documents = async (): Promise<Record<string, string>> => {
    const collections = (await database.listCollections())
      .map(({ name }) => name)
      .filter((name) => name !== 'sessions');
    const dumps = collections.map(
      async (name) =>
        [
          name,
          JSON.stringify(await database.collection(name).find().sort({ _id: 1 }).toArray(), (_, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          ),
        ] as const,
    );
    return Object.fromEntries(await Promise.all(dumps));
  };

  it('writes nothing, publishes nothing, records nothing and keeps the version, for every route', async () => {
    expect(routes.length).toBeGreaterThan(12);
    for (const { method, path } of routes) {
      const name = `${method} ${path}`;
      expect([name, name in requests]).toEqual([name, true]);
      const request = await requests[name]!();
      const send = () => guild.owner[method](request.path, request.body);
      const first = await send();
      expect([name, first.status < 300, first.body]).toMatchObject([name, true, {}]);
      await world.settle();
      const before = {
        documents: await documents(),
        guild: await get(`/guilds/${guild.id}`),
        log: await get(`/guilds/${guild.id}/audit-log`),
      };
      client.clear();
      const { status, headers } = await send();
      await world.settle();
      expect([name, status]).toEqual([name, first.status]);
      expect([name, client.events]).toEqual([name, []]);
      const after = {
        documents: await documents(),
        guild: await get(`/guilds/${guild.id}`),
        log: await get(`/guilds/${guild.id}/audit-log`),
      };
      expect([name, after]).toEqual([name, before]);
      if (headers['etag'] !== undefined && path.includes('guild_id'))
        expect(headers['etag']).toContain(String(of<{ version: number }>(after.guild).version));
    }
  });
});

describe('a list in which only some entries move', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: {
        one: {},
        two: {},
        mod: { allow: ManageRoles | ModifyMemberNicknames | TimeoutMembers | ModifyGuild },
        top: {},
      },
      members: { mo: ['mod'], high: ['top', 'one'] },
    });
    mo = guild.members['mo']!;
  });

  const roleList = async (): Promise<{ id: string; position: number }[]> =>
    of<{ id: string; position: number }[]>((await mo.get(`/guilds/${guild.id}/roles`)).body).map(
      ({ id, position }) => ({ id, position }),
    );
  const trackList = async (): Promise<{ id: string; position: number; parent_id: string | null }[]> =>
    of<{ id: string; position: number; parent_id: string | null }[]>(
      (await mo.get(`/guilds/${guild.id}/tracks`)).body,
    ).map(({ id, position, parent_id }) => ({ id, position, parent_id }));
  const newTrack = async (name: string, deny = 0n): Promise<string> =>
    of<{ id: string }>(
      (
        await guild.owner.post(`/guilds/${guild.id}/tracks`, {
          name,
          overwrites: [
            { id: guild.roles['mod'], type: 'role', allow: String(deny === 0n ? ModifyTrack : 0n), deny: String(deny) },
          ],
        })
      ).body,
    ).id;

  it('moves roles below the actor, although the list repeats @everyone and higher roles', async () => {
    const list = await roleList();
    const swapped = list.map(({ id, position }) => ({
      id,
      position: id === guild.roles['one'] ? 3 : id === guild.roles['two'] ? 2 : position,
    }));
    expect((await mo.patch(`/guilds/${guild.id}/roles`, swapped)).status).toBe(200);
    expect(new Map((await roleList()).map(({ id, position }) => [id, position]))).toEqual(
      new Map(swapped.map(({ id, position }) => [id, position])),
    );
  });

  it('is rejected when a role at or above the actor moves', async () => {
    const swapped = (await roleList()).map(({ id, position }) => ({
      id,
      position: id === guild.roles['mod'] ? 5 : id === guild.roles['top'] ? 4 : position,
    }));
    expect((await mo.patch(`/guilds/${guild.id}/roles`, swapped)).body).toMatchObject({ code: 'ROLE_OUT_OF_REACH' });
    const everyone = await mo.patch(`/guilds/${guild.id}/roles`, [{ id: guild.id, position: 2 }]);
    expect(everyone.body).toMatchObject({ code: 'EVERYONE_ROLE_PROTECTED' });
    expect((await mo.patch(`/guilds/${guild.id}/roles`, [{ id: guild.roles['one'], position: 1 }])).body).toMatchObject(
      { code: 'ROLE_POSITION_INVALID' },
    );
  });

  it('accepts the current values of a role above the actor, and nothing else', async () => {
    const { name, position } = of<{ name: string; position: number }>(
      (await mo.get(`/guilds/${guild.id}/roles/${guild.roles['top']}`)).body,
    );
    expect((await mo.patch(`/guilds/${guild.id}/roles/${guild.roles['top']}`, { name, position })).status).toBe(200);
    expect((await mo.patch(`/guilds/${guild.id}/roles/${guild.roles['top']}`, { name: 'lower' })).body).toMatchObject({
      code: 'ROLE_OUT_OF_REACH',
    });
  });

  it('accepts the current nick, roles and timeout of a member above the actor, and nothing else', async () => {
    const path = `/guilds/${guild.id}/members/${guild.members['high']!.id}`;
    const { nick, role_ids, timed_out_until } = of<{ nick: null; role_ids: string[]; timed_out_until: null }>(
      (await mo.get(path)).body,
    );
    expect((await mo.patch(path, { nick, role_ids: role_ids.toReversed(), timed_out_until })).status).toBe(200);
    expect((await mo.put(`${path}/roles/${guild.roles['top']}`)).status).toBe(200);
    for (const change of [{ nick: 'x' }, { role_ids: [] }, { role_ids: [...role_ids, guild.roles['two']] }])
      expect([change, (await mo.patch(path, change)).status]).toEqual([change, 403]);
  });

  it('moves roles of a member below, although the list repeats roles at or above the actor', async () => {
    await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['top']}`);
    const path = `/guilds/${guild.id}/members/${mo.id}`;
    const { role_ids } = of<{ role_ids: string[] }>((await mo.get(path)).body);
    expect((await mo.patch(path, { role_ids: [...role_ids, guild.roles['one']] })).status).toBe(200);
  });

  it('accepts the current owner from a member who is not the owner', async () => {
    expect((await mo.patch(`/guilds/${guild.id}`, { name: 'New name', owner_id: guild.owner.id })).status).toBe(200);
    expect((await mo.patch(`/guilds/${guild.id}`, { owner_id: mo.id })).body).toMatchObject({ code: 'OWNER_ONLY' });
  });

  it('moves tracks that the actor may modify around tracks that they may not', async () => {
    const [fixed, free] = [await newTrack('fixed', ModifyTrack), await newTrack('free')];
    const hidden = await newTrack('hidden', Permission.ViewTrack);
    const list = await trackList();
    expect(list.map(({ id }) => id)).not.toContain(hidden);
    const positions = new Map(list.map(({ id, position }) => [id, position]));
    const swapped = list.map((entry) => ({
      ...entry,
      position: entry.id === free ? positions.get(fixed)! : entry.id === fixed ? positions.get(free)! : entry.position,
    }));
    expect((await mo.patch(`/guilds/${guild.id}/tracks`, list)).status).toBe(200);
    expect((await mo.patch(`/guilds/${guild.id}/tracks`, swapped)).status).toBe(200);
    expect(new Map((await trackList()).map(({ id, position }) => [id, position]))).toEqual(
      new Map(swapped.map(({ id, position }) => [id, position])),
    );
    expect((await mo.patch(`/guilds/${guild.id}/tracks`, [{ id: fixed, position: 1 }])).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
    });
  });
});
