import {
  CacheVersions,
  memberVersionKey,
  rolesVersionKey,
  tracksVersionKey,
  userVersionKey,
} from '../src/cache/cache-versions';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewTrack, ModifyGuild, ManageRoles, CreateTrack, ModifyTrack } = Permission;

const idOf = async (answer: Promise<{ body: unknown }>): Promise<string> => of<{ id: string }>((await answer).body).id;
const put = (
  owner: Person,
  track: string,
  id: string,
  says: { allow?: bigint; deny?: bigint; type?: string },
): Promise<unknown> =>
  owner.put(`/tracks/${track}/overwrites/${id}`, {
    type: says.type ?? 'role',
    allow: String(says.allow ?? 0n),
    deny: String(says.deny ?? 0n),
  });

describe('a track that appears or disappears', () => {
  let world: World;
  let guild: GuildWorld;
  let clients: Record<string, Client>;
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({
      roles: { shy: { deny: ViewTrack }, bold: { allow: ViewTrack } },
      members: { ann: ['shy'], bob: ['shy', 'bold'], cid: [] },
    });
    clients = {
      owner: await guild.owner.connect(),
      ...Object.fromEntries(
        await Promise.all(
          Object.entries(guild.members).map(async ([name, member]) => [name, await member.connect()] as const),
        ),
      ),
    };
  });
  afterAll(() => world.stop());

  const whoGot = (event: string): string[] =>
    Object.keys(clients).filter((name) => clients[name]!.received(event).some((data) => isAboutTrack(data)));
  const isAboutTrack = (data: unknown): boolean =>
    [of<{ id?: string }>(data).id, of<{ track_id?: string }>(data).track_id].includes(guild.track);

  // ann starts without the track, bob and cid with it; each step starts where the one before it ended.
  it('is announced to exactly the affected members, for any reason', async () => {
    const { owner, id, track, category, roles } = guild;
    const hidden = await idOf(
      owner.post(`/guilds/${id}/tracks`, {
        name: 'hidden',
        type: 'category',
        overwrites: [{ id, type: 'role', allow: '0', deny: String(ViewTrack) }],
      }),
    );
    const ann = guild.members['ann']!;
    const steps: [string, () => Promise<unknown>, 'TRACK_CREATE' | 'TRACK_DELETE' | null, string[]][] = [
      [
        'a role denies no more',
        () => owner.patch(`/guilds/${id}/roles/${roles['shy']}`, { deny: '0' }),
        'TRACK_CREATE',
        ['ann'],
      ],
      [
        'a role denies',
        () => owner.patch(`/guilds/${id}/roles/${roles['shy']}`, { deny: String(ViewTrack) }),
        'TRACK_DELETE',
        ['ann'],
      ],
      [
        'a role sinks',
        () => owner.patch(`/guilds/${id}/roles`, [{ id: roles['bold'], position: 2 }]),
        'TRACK_DELETE',
        ['bob'],
      ],
      [
        'a role rises',
        () => owner.patch(`/guilds/${id}/roles`, [{ id: roles['bold'], position: 3 }]),
        'TRACK_CREATE',
        ['bob'],
      ],
      [
        'a role is given',
        () => owner.put(`/guilds/${id}/members/${ann.id}/roles/${roles['bold']}`),
        'TRACK_CREATE',
        ['ann'],
      ],
      [
        'a role is taken',
        () => owner.delete(`/guilds/${id}/members/${ann.id}/roles/${roles['bold']}`),
        'TRACK_DELETE',
        ['ann'],
      ],
      [
        'an overwrite denies everybody',
        () => put(owner, track, id, { deny: ViewTrack }),
        'TRACK_DELETE',
        ['bob', 'cid'],
      ],
      [
        'an overwrite allows a role',
        () => put(owner, track, roles['bold']!, { allow: ViewTrack }),
        'TRACK_CREATE',
        ['bob'],
      ],
      [
        'an overwrite allows a member',
        () => put(owner, track, ann.id, { allow: ViewTrack, type: 'member' }),
        'TRACK_CREATE',
        ['ann'],
      ],
      [
        'an overwrite of a member goes',
        () => owner.delete(`/tracks/${track}/overwrites/${ann.id}`),
        'TRACK_DELETE',
        ['ann'],
      ],
      [
        'an overwrite of a role goes',
        () => owner.delete(`/tracks/${track}/overwrites/${roles['bold']}`),
        'TRACK_DELETE',
        ['bob'],
      ],
      [
        'an overwrite of everybody goes',
        () => owner.delete(`/tracks/${track}/overwrites/${id}`),
        'TRACK_CREATE',
        ['bob', 'cid'],
      ],
      [
        'it moves to a hidden category',
        () => owner.patch(`/guilds/${id}/tracks`, [{ id: track, parent_id: hidden }]),
        'TRACK_DELETE',
        ['bob', 'cid'],
      ],
      [
        'it inherits no more',
        () => owner.patch(`/guilds/${id}/tracks`, [{ id: track, inherits: false }]),
        'TRACK_CREATE',
        ['bob', 'cid'],
      ],
      ['it inherits', () => owner.patch(`/tracks/${track}`, { inherits: true }), 'TRACK_DELETE', ['bob', 'cid']],
      [
        'its category is opened',
        () => owner.delete(`/tracks/${hidden}/overwrites/${id}`),
        'TRACK_CREATE',
        ['bob', 'cid'],
      ],
      ['its category is closed', () => put(owner, hidden, id, { deny: ViewTrack }), 'TRACK_DELETE', ['bob', 'cid']],
      ['its category is deleted', () => owner.delete(`/tracks/${hidden}`), 'TRACK_CREATE', ['bob', 'cid']],
      [
        'it moves between categories that say the same',
        () => owner.patch(`/tracks/${track}`, { parent_id: category }),
        null,
        [],
      ],
      [
        'a role that shows it is deleted',
        () => owner.delete(`/guilds/${id}/roles/${roles['bold']}`),
        'TRACK_DELETE',
        ['bob'],
      ],
      [
        'a role that hides it is deleted',
        () => owner.delete(`/guilds/${id}/roles/${roles['shy']}`),
        'TRACK_CREATE',
        ['ann', 'bob'],
      ],
      ['somebody leaves', () => guild.members['cid']!.delete(`/users/@me/guilds/${id}`), null, []],
      ['it is deleted', () => owner.delete(`/tracks/${track}`), 'TRACK_DELETE', ['owner', 'ann', 'bob']],
    ];
    for (const [reason, change, event, names] of steps) {
      for (const client of Object.values(clients)) client.clear();
      expect([reason, of<{ status: number }>(await change()).status < 300]).toEqual([reason, true]);
      if (event) for (const name of names) await clients[name]!.next(event, isAboutTrack);
      await world.settle();
      expect([reason, whoGot('TRACK_CREATE'), whoGot('TRACK_DELETE')]).toEqual([
        reason,
        event === 'TRACK_CREATE' ? names : [],
        event === 'TRACK_DELETE' ? names : [],
      ]);
    }
    for (const client of Object.values(clients)) client.close();
  });
});

describe('a track that the user may not view', () => {
  const NOWHERE = '4242';
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let hidden: string;
  // Each node remembers for itself.
  beforeAll(async () => {
    world = await World.start({}, 1);
    guild = await world.guild({
      roles: { manager: { allow: ModifyGuild | ManageRoles | CreateTrack | ModifyTrack } },
      members: { mo: ['manager'] },
    });
    mo = guild.members['mo']!;
    hidden = await idOf(
      guild.owner.post(`/guilds/${guild.id}/tracks`, {
        name: 'hidden',
        overwrites: [{ id: guild.id, type: 'role', allow: '0', deny: String(ViewTrack) }],
      }),
    );
  });
  afterAll(() => world.stop());

  /** The part of a response that could reveal an object. */
  const seen = ({ status, body }: { status: number; body: unknown }): unknown => {
    const { request_id: _request, ...rest } = of<Record<string, unknown>>(body ?? {});
    return { status, body: rest };
  };

  it('is answered by every route like a track that does not exist', async () => {
    const { paths } = of<{ paths: Record<string, object> }>((await world.ask('get', '/docs/openapi.json')).body);
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      path.includes('{track_id}')
        ? Object.keys(methods).map((method) => [method, path.replace('/api/v1', '')] as const)
        : [],
    );
    expect(routes.length).toBeGreaterThan(10);
    for (const [method, path] of routes) {
      const ask = async (trackId: string): Promise<unknown> => {
        const filled = path.replace('{track_id}', trackId).replaceAll(/\{\w+\}/g, '1');
        return seen(
          await world.ask(method as 'get', filled, method === 'get' ? undefined : {}, {
            authorization: `Bearer ${mo.token}`,
          }),
        );
      };
      expect([method, path, await ask(hidden)]).toEqual([method, path, await ask(NOWHERE)]);
      expect(await ask(hidden)).toMatchObject({ status: 404, body: { code: 'TRACK_NOT_FOUND' } });
    }
  });

  it('is answered like a missing track wherever else it is named', async () => {
    const message = of<{ id: string }>(
      (await guild.owner.post(`/tracks/${hidden}/messages`, { content: 'secret' })).body,
    ).id;
    const attempts: [string, (id: string) => Promise<{ status: number; body: unknown }>][] = [
      ['permissions', (id) => mo.get(`/guilds/${guild.id}/permissions/@me?track_id=${id}&explain=true`)],
      [
        'permissions of others',
        (id) => mo.get(`/guilds/${guild.id}/members/${guild.owner.id}/permissions?track_id=${id}`),
      ],
      ['a new track’s category', (id) => mo.post(`/guilds/${guild.id}/tracks`, { name: 'x', parent_id: id })],
      ['a track’s category', (id) => mo.patch(`/tracks/${guild.track}`, { parent_id: id })],
      ['moves', (id) => mo.patch(`/guilds/${guild.id}/tracks`, [{ id, position: 1 }])],
      ['moves into it', (id) => mo.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.track, parent_id: id }])],
      ['a dry run', (id) => mo.patch(`/guilds/${guild.id}/tracks?dry_run=true`, [{ id, position: 1 }])],
      [
        'whom an overwrite is for',
        (id) => mo.put(`/tracks/${guild.track}/overwrites/${id}`, { type: 'role', allow: '0', deny: '0' }),
      ],
      [
        'a reply',
        (id) =>
          mo.post(`/tracks/${guild.track}/messages`, { content: 'x', reply_to_id: id === hidden ? message : NOWHERE }),
      ],
    ];
    const cleaned = (answer: { status: number; body: unknown }, id: string): string =>
      JSON.stringify(seen(answer)).replaceAll(id, 'ID');
    for (const [where, attempt] of attempts)
      expect([where, cleaned(await attempt(hidden), hidden)]).toEqual([
        where,
        cleaned(await attempt(NOWHERE), NOWHERE),
      ]);
    const client = await mo.connect();
    for (const name of ['message.create', 'typing.start']) {
      const say = (track_id: string): Promise<unknown> =>
        client.say(name, { track_id, ...(name === 'message.create' && { content: 'x' }) });
      expect(await say(hidden)).toEqual(await say(NOWHERE));
    }
    client.close();
  });

  it('costs as many database commands as a missing track, for every user and any cache', async () => {
    const eve = await world.person('eve');
    const cacheVersions = world.app.get(CacheVersions);
    const id = BigInt(guild.id);
    // As ten seconds would. The account is loaded again at once, so that it does not expire during a measurement.
    const forget = async (): Promise<void> => {
      await cacheVersions.bump([
        rolesVersionKey(id),
        tracksVersionKey(id),
        ...[mo, eve].flatMap((who) => [memberVersionKey(id, BigInt(who.id)), userVersionKey(BigInt(who.id))]),
      ]);
      // Two nodes take turns.
      for (const who of [mo, mo, eve, eve]) await who.get('/users/@me');
    };
    const cost = async (who: Person, method: string, path: string): Promise<number> => {
      const commands = world.recordCommands();
      const { status } = await world.ask(method as 'get', path, undefined, { authorization: `Bearer ${who.token}` });
      commands.stop();
      expect(status).toBe(404);
      return commands.all.length;
    };
    let nowhere = Number(NOWHERE);
    for (const who of [mo, eve]) {
      const warmths: [string, () => Promise<unknown>][] = [
        ['nothing', forget],
        ['the guild too', async () => Promise.all([forget(), guild.owner.get(`/guilds/${guild.id}/roles`)])],
        ['its tracks too', async () => Promise.all([forget(), guild.owner.get(`/tracks/${guild.track}`)])],
        [
          'the member too',
          async () => {
            await forget();
            await Promise.all([who.get(`/tracks/${guild.track}`), guild.owner.get(`/tracks/${guild.track}`)]);
          },
        ],
        [
          'the answer',
          async () => {
            await forget();
            await Promise.all([`/tracks/${hidden}`, `/tracks/${NOWHERE}`].map((path) => who.get(path)));
          },
        ],
      ];
      for (const [remembered, warm] of warmths) {
        for (const [method, path] of [
          ['get', ''],
          ['delete', ''],
          ['get', '/messages'],
          ['post', '/typing'],
        ] as const) {
          await warm();
          const missing = await cost(
            who,
            method,
            `/tracks/${remembered === 'the answer' ? NOWHERE : (nowhere += 1)}${path}`,
          );
          await warm();
          expect([remembered, method, path, await cost(who, method, `/tracks/${hidden}${path}`), missing]).toEqual([
            remembered,
            method,
            path,
            5,
            5,
          ]);
        }
      }
    }
  });

  it('costs as many in a guild without cached data, and in one that is deleted', async () => {
    const eve = await world.person('eve');
    const other = await world.guild();
    const cost = async (trackId: string): Promise<number> => {
      const commands = world.recordCommands();
      expect((await eve.get(`/tracks/${trackId}`)).status).toBe(404);
      commands.stop();
      return commands.all.length;
    };
    // A session is remembered from the second time on.
    for (let time = 0; time < 2; time += 1) await eve.get('/users/@me');
    expect([await cost(other.track), await cost(other.track)]).toEqual([5, 5]);
    await other.owner.delete(`/guilds/${other.id}`);
    expect([await cost(other.track), await cost(other.track)]).toEqual([5, 5]);
  });

  it('is not named by an invite to it, neither in the list nor in the event', async () => {
    const client = await mo.connect();
    const ownerClient = await guild.owner.connect();
    const { code } = of<{ code: string }>((await guild.owner.post(`/tracks/${hidden}/invites`, {})).body);
    expect(await ownerClient.next('INVITE_CREATE')).toMatchObject({ code, track_id: hidden });
    expect(await client.next('INVITE_CREATE')).toMatchObject({ code, track_id: null });
    const listed = async (person: Person): Promise<unknown> =>
      of<{ code: string }[]>((await person.get(`/guilds/${guild.id}/invites`)).body).find(
        (invite) => invite.code === code,
      );
    expect(await listed(guild.owner)).toMatchObject({ track_id: hidden });
    expect(await listed(mo)).toMatchObject({ track_id: null });
    for (const one of [client, ownerClient]) one.close();
  });

  it('is in no list, no number, no event and no READY', async () => {
    const client = await mo.connect();
    await guild.owner.patch(`/tracks/${hidden}`, { topic: 'secret' });
    await guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id: hidden, position: 1 }]);
    await guild.owner.post(`/tracks/${hidden}/messages`, { content: 'secret' });
    await world.settle();
    expect(JSON.stringify([client.events, (await mo.get(`/guilds/${guild.id}/tracks`)).body])).not.toContain(hidden);
    expect(
      of<{ position: number }[]>((await mo.get(`/guilds/${guild.id}/tracks`)).body).map(({ position }) => position),
    ).toEqual([1, 1]);
    client.close();
  });
});
