import { CacheVersions, memberVersionKey, rolesVersionKey, tracksVersionKey } from '../src/cache/cache-versions';
import { ALL_PERMISSIONS, minus, Permission, union } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { Administrator, ViewTrack } = Permission;
const GUILD_PARAMETERS = ['guild_id', 'track_id', 'message_id', 'role_id', 'user_id', 'id', 'session_id'];

/** An object that exists and is not for the caller, and the same kind of object that does not exist. */
interface Comparison {
  readonly name: string;
  readonly parameter: string;
  readonly existing: string;
  /** The id to compare with; by default a new one each time, with which there is nothing. */
  readonly absent?: string;
  /** Further parameters that lead to the object. */
  readonly around?: Readonly<Record<string, string>>;
}

/** A response without what differs between any two requests. */
interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly commands: number;
}

/*
 * An object that the caller may not know and an id that does not exist must be indistinguishable on every documented route with an id: same status, same
 * body and the same number of database commands.
 */
describe('an object that exists and is hidden from the caller', () => {
  let world: World;
  let routes: Route[];
  let guild: GuildWorld;
  let foreign: GuildWorld;
  let mo: Person;
  let comparisons: Comparison[];
  let missing = 4_242_000_000;

  beforeAll(async () => {
    world = await World.start({}, 1);
    routes = await documentedRoutes(world);
    guild = await world.guild({
      roles: { low: {}, manager: { allow: minus(ALL_PERMISSIONS, union(Administrator, ViewTrack)) } },
      members: { mo: ['manager'] },
    });
    foreign = await world.guild({ roles: { other: {} }, members: { eve: [] } });
    mo = guild.members['mo']!;
    const hidden = await make(guild, {
      name: 'hidden',
      overwrites: [{ id: guild.id, type: 'role', allow: '0', deny: String(ViewTrack) }],
    });
    const [hiddenMessage, foreignMessage] = [await post(guild, hidden), await post(foreign, foreign.track)];
    const banned = await world.person('banned');
    await foreign.owner.put(`/guilds/${foreign.id}/bans/${banned.id}`, {});
    const loner = await world.person('loner');
    const session = of<{ id: string }[]>((await guild.owner.get('/auth/sessions')).body)[0]!.id;
    const [inGuild, inTrack] = [{ guild_id: guild.id }, { track_id: guild.track }];
    const inRole = { ...inGuild, user_id: mo.id };
    comparisons = [
      { name: 'a guild of others', parameter: 'guild_id', existing: foreign.id },
      { name: 'a hidden track', parameter: 'track_id', existing: hidden },
      { name: 'a track of a guild of others', parameter: 'track_id', existing: foreign.track },
      {
        name: 'a hidden track with an existing message',
        parameter: 'track_id',
        existing: hidden,
        around: { message_id: hiddenMessage },
      },
      {
        name: 'a track of others with an existing message',
        parameter: 'track_id',
        existing: foreign.track,
        around: { message_id: foreignMessage },
      },
      { name: 'a message in a hidden track', parameter: 'message_id', existing: hiddenMessage, around: inTrack },
      { name: 'a message in a guild of others', parameter: 'message_id', existing: foreignMessage, around: inTrack },
      { name: 'a role of others', parameter: 'role_id', existing: foreign.roles['other']!, around: inRole },
      { name: 'the id of a track in place of a role', parameter: 'role_id', existing: hidden, around: inRole },
      {
        name: 'a member of others',
        parameter: 'user_id',
        existing: foreign.members['eve']!.id,
        around: { ...inGuild, role_id: guild.roles['low']! },
      },
      {
        name: 'a user banned by others',
        parameter: 'user_id',
        existing: banned.id,
        around: { ...inGuild, role_id: guild.roles['low']! },
      },
      {
        name: 'a member of others instead of a user without guilds',
        parameter: 'user_id',
        existing: foreign.members['eve']!.id,
        absent: loner.id,
        around: { ...inGuild, role_id: guild.roles['low']! },
      },
      {
        name: 'a user banned by others instead of a user without guilds',
        parameter: 'user_id',
        existing: banned.id,
        absent: loner.id,
        around: { ...inGuild, role_id: guild.roles['low']! },
      },
      { name: 'a role of others', parameter: 'id', existing: foreign.roles['other']!, around: inTrack },
      { name: 'a member of others', parameter: 'id', existing: foreign.members['eve']!.id, around: inTrack },
      { name: 'a hidden track in place of a subject', parameter: 'id', existing: hidden, around: inTrack },
      { name: 'a session of another user', parameter: 'session_id', existing: session },
    ];
  });
  afterAll(() => world.stop());

  const make = async ({ owner, id }: GuildWorld, fields: object): Promise<string> =>
    of<{ id: string }>((await owner.post(`/guilds/${id}/tracks`, fields)).body).id;
  const post = async ({ owner }: GuildWorld, track: string): Promise<string> =>
    of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'secret' })).body).id;

  /** A valid body for each route that needs one to get as far as the object. */
  const bodyOf = ({ method, path, hasBody }: Route): unknown => {
    if (!hasBody) return undefined;
    if (path.endsWith('/overwrites/{id}')) return { type: 'role', allow: '0', deny: '0' };
    if (path.endsWith('/messages/{message_id}') || path.endsWith('/messages')) return { content: 'x' };
    if (path.endsWith('/bulk-delete')) return { message_ids: ['5', '6'] };
    if (path.endsWith('/read-state')) return { message_id: '5' };
    if (path.endsWith('/members/{user_id}')) return { nick: 'x' };
    if (method === 'patch' && (path.endsWith('/roles') || path.endsWith('/tracks'))) return [{ id: '5', position: 2 }];
    return path.endsWith('/bans/{user_id}') || path.endsWith('/invites') ? {} : { name: 'x' };
  };

  /** Empties the caches of both guilds and of these users' memberships, as ten seconds would. */
  const forget = (userIds: readonly string[]): Promise<unknown> => {
    const guildIds = [guild, foreign].map(({ id }) => BigInt(id));
    return world.app
      .get(CacheVersions)
      .bump(
        guildIds.flatMap((id) => [
          rolesVersionKey(id),
          tracksVersionKey(id),
          ...userIds.map((userId) => memberVersionKey(id, BigInt(userId))),
        ]),
      );
  };

  const outcomeOf = async (route: Route, values: Readonly<Record<string, string>>): Promise<Outcome> => {
    const query = route.path.endsWith('/search') ? '?q=secret' : '';
    const commands = world.recordCommands();
    const { status, body } = await world.ask(
      route.method,
      fillPath(route, { emoji: '👍', ...values }).replace('/api/v1', '') + query,
      bodyOf(route),
      { authorization: `Bearer ${mo.token}` },
    );
    commands.stop();
    const { request_id: _request, ...rest } = of<Record<string, unknown>>(body ?? {});
    return {
      status,
      body: Object.values(values).reduce((text, id) => text.replaceAll(id, 'ID'), JSON.stringify(rest)),
      commands: commands.all.length,
    };
  };

  const isDifferent = ([cold, warm, existingCold, existingWarm]: readonly Outcome[]): boolean =>
    JSON.stringify([cold, warm]) !== JSON.stringify([existingCold, existingWarm]);

  /**
   * Returns the outcomes for the absent object and for the existing one: first with empty caches, then with whatever the first request has cached.
   * Repeated when they differ, because caches also expire with time.
   */
  const compare = async (
    route: Route,
    existing: string,
    absent: string | undefined,
    valuesWith: (id: string) => Record<string, string>,
  ): Promise<Outcome[]> => {
    let outcomes: Outcome[] = [];
    for (let attempt = 0; attempt === 0 || (attempt < 8 && isDifferent(outcomes)); attempt += 1) {
      missing += 1;
      outcomes = [];
      // The account of the caller expires as well. Two nodes take turns.
      if (attempt > 0) for (let time = 0; time < 2; time += 1) await mo.get('/users/@me');
      for (const id of [absent ?? String(missing), existing]) {
        await forget([id, mo.id]);
        for (let time = 0; time < 2; time += 1) outcomes.push(await outcomeOf(route, valuesWith(id)));
      }
    }
    return outcomes;
  };

  /** Routes that answer about any existing user, because accounts are no secret of a guild. */
  const ABOUT_ACCOUNTS = new Set(['get /api/v1/users/{user_id}', 'put /api/v1/guilds/{guild_id}/bans/{user_id}']);
  /** Kicking a user without an account also repeats the cleanup of a deleted account. */
  const CLEANS_UP = 'delete /api/v1/guilds/{guild_id}/members/{user_id}';
  /** Unpinning a message that is not pinned is accepted. */
  const WITHOUT_EFFECT = new Set(['delete /api/v1/tracks/{track_id}/pins/{message_id}']);
  /** Every user with the code of an invite may read the invite. */
  const PUBLIC_PARAMETERS = ['code', 'emoji'];

  it('is answered by every documented route like a missing object, with the same number of database commands', async () => {
    const compared = new Set<string>();
    const differences: unknown[] = [];
    for (let time = 0; time < 2; time += 1) await mo.get('/users/@me');
    for (const { name, parameter, existing, absent, around = {} } of comparisons) {
      for (const route of routes.filter(({ path }) => path.includes(`{${parameter}}`))) {
        const label = `${route.method} ${route.path}`;
        if (parameter === 'user_id' && (ABOUT_ACCOUNTS.has(label) || (label === CLEANS_UP && absent === undefined)))
          continue;
        compared.add(label);
        const outcomes = await compare(route, existing, absent, (id) => ({ ...around, [parameter]: id }));
        if (isDifferent(outcomes)) differences.push([label, name, ...outcomes]);
        if (outcomes[2]!.status < 400 && !WITHOUT_EFFECT.has(label))
          differences.push([label, name, 'is not rejected', outcomes[2]]);
      }
    }
    expect(differences).toEqual([]);
    const withIds = routes
      .filter(({ path }) => GUILD_PARAMETERS.some((parameter) => path.includes(`{${parameter}}`)))
      .map(({ method, path }) => `${method} ${path}`);
    expect([...compared].toSorted()).toEqual(
      withIds.filter((label) => label !== 'get /api/v1/users/{user_id}').toSorted(),
    );
    const others = routes
      .flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))
      .filter((name) => !GUILD_PARAMETERS.includes(name));
    expect([...new Set(others)].toSorted()).toEqual(PUBLIC_PARAMETERS);
  });
});
