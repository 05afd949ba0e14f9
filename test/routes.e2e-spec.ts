import type { Answer } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

interface Operation {
  readonly summary?: string;
  readonly security?: unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly requestBody?: {
    readonly content: Record<
      string,
      {
        readonly schema: {
          readonly $ref?: string;
          readonly type?: string;
          readonly items?: { readonly $ref?: string };
        };
      }
    >;
  };
  readonly responses: Record<string, unknown>;
}

interface Route {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

/** What a member without any role may do besides looking, each with what it answers. */
const OPEN_TO_MEMBERS: Readonly<Record<string, number>> = {
  'get /guilds/{guild_id}': 200,
  // Nothing to look for is said.
  'get /guilds/{guild_id}/messages/search': 400,
  'get /guilds/{guild_id}/roles': 200,
  'get /guilds/{guild_id}/roles/{role_id}': 200,
  'get /guilds/{guild_id}/tracks': 200,
  'get /guilds/{guild_id}/members': 200,
  'get /guilds/{guild_id}/members/{user_id}': 200,
  'get /guilds/{guild_id}/permissions/@me': 200,
  'get /tracks/{track_id}': 200,
  'get /tracks/{track_id}/messages': 200,
  'get /tracks/{track_id}/pins': 200,
  'get /tracks/{track_id}/messages/{message_id}': 200,
  'get /tracks/{track_id}/messages/{message_id}/reactions/{emoji}': 200,
  'put /tracks/{track_id}/messages/{message_id}/reactions/{emoji}/@me': 204,
  'delete /tracks/{track_id}/messages/{message_id}/reactions/{emoji}/@me': 204,
  'post /tracks/{track_id}/messages': 201,
  'post /tracks/{track_id}/typing': 204,
  'put /tracks/{track_id}/read-state': 200,
  'post /tracks/{track_id}/invites': 201,
  'patch /guilds/{guild_id}/members/@me': 200,
  'get /users/@me/guilds/{guild_id}/invites': 200,
  'delete /users/@me/guilds/{guild_id}': 204,
};

describe('every route', () => {
  let world: World;
  let routes: Route[];
  let schemas: Record<string, { example?: unknown }>;
  beforeAll(async () => {
    world = await World.start();
    const document = (await world.ask('get', '/docs/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: typeof schemas };
    };
    schemas = document.components.schemas;
    routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method as Method,
        path: path.replace('/api/v1', ''),
        operation,
      })),
    );
  });
  afterAll(() => world.stop());

  const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
  const isPublic = ({ operation }: Route): boolean => operation.security === undefined;
  const inGuild = ({ path }: Route): boolean =>
    (path.includes('{guild_id}') || path.includes('{track_id}')) && !path.endsWith('/preview');
  const exampleBody = ({ operation }: Route, guild: GuildWorld): unknown => {
    const schema = operation.requestBody?.content['application/json']?.schema;
    const named = (ref: string | undefined): unknown => schemas[ref?.split('/').at(-1) ?? '']?.example;
    if (schema?.items)
      return nameIn(schema.items.$ref) === 'MoveTrack'
        ? [{ id: guild.track, position: 1 }]
        : [{ id: Object.values(guild.roles)[0], position: 2 }];
    return named(schema?.$ref);
  };
  const nameIn = (ref: string | undefined): string | undefined => ref?.split('/').at(-1);
  const ask = (who: Person | undefined, route: Route, guild: GuildWorld, message = '1'): Promise<Answer> => {
    const target = guild.members['other']?.id ?? guild.owner.id;
    const values: Record<string, string> = {
      guild_id: guild.id,
      track_id: guild.track,
      role_id: Object.values(guild.roles)[0] ?? guild.id,
      user_id: target,
      message_id: message,
      id: guild.id,
      session_id: '1',
      code: guild.invite,
      emoji: encodeURIComponent('👍'),
    };
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '1');
    return world.ask(route.method, path, exampleBody(route, guild), who && { authorization: `Bearer ${who.token}` });
  };

  it('is documented, with a summary, its parameters and all its responses', () => {
    expect(routes.length).toBeGreaterThan(40);
    for (const route of routes) {
      expect([nameOf(route), route.operation.summary]).toEqual([nameOf(route), expect.stringMatching(/.{10,}/)]);
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const documented = (route.operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect([nameOf(route), documented.toSorted()]).toEqual([nameOf(route), inPath.toSorted()]);
      const statuses = Object.keys(route.operation.responses);
      expect([nameOf(route), statuses.some((status) => status.startsWith('2'))]).toEqual([nameOf(route), true]);
      if (!isPublic(route))
        expect([nameOf(route), statuses]).toEqual([nameOf(route), expect.arrayContaining(['401', '429', '500'])]);
    }
  });

  it('answers 401 without a token and with a wrong one, unless it is public', async () => {
    const guild = await world.guild();
    const shut = routes.filter((route) => !isPublic(route));
    expect(routes.filter(isPublic).map(nameOf).sort()).toEqual([
      'get /docs/gateway',
      'get /health/live',
      'get /health/ready',
      'get /invites/{code}',
      'get /metrics',
      'post /auth/login',
      'post /auth/register',
    ]);
    for (const route of shut) {
      const anonymous = await ask(undefined, route, guild);
      expect([nameOf(route), anonymous.status, anonymous.body]).toMatchObject([
        nameOf(route),
        401,
        { code: 'TOKEN_INVALID' },
      ]);
    }
    // The metrics check METRICS_TOKEN in this header, if it is set.
    for (const route of routes.filter(({ path }) => path !== '/metrics')) {
      const answer = await world.ask(route.method, route.path.replace(/\{\w+\}/g, '1'), undefined, {
        authorization: `Bearer ${'x'.repeat(43)}`,
      });
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), 401]);
    }
  });

  it('of a guild answers strangers as if the guild did not exist', async () => {
    const guild = await world.guild({ roles: { any: {} } });
    const eve = await world.person('eve');
    for (const route of routes.filter(inGuild)) {
      const { status, body } = await ask(eve, route, guild);
      expect([nameOf(route), status, body]).toMatchObject([
        nameOf(route),
        404,
        { code: expect.stringMatching(/^(GUILD|TRACK)_NOT_FOUND$/) as unknown },
      ]);
    }
  });

  it('of a guild rejects members without the permission', async () => {
    const guild = await world.guild({ roles: { any: {} }, members: { mo: [], other: [] } });
    const mo = guild.members['mo']!;
    const message = (
      (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'x' })).body as { id?: string }
    ).id;
    const last = 'delete /users/@me/guilds/{guild_id}';
    const ordered = routes.filter(inGuild).toSorted((a, b) => Number(nameOf(a) === last) - Number(nameOf(b) === last));
    for (const route of ordered) {
      const { status, body } = await ask(mo, route, guild, message);
      expect([nameOf(route), status, body]).toMatchObject([nameOf(route), OPEN_TO_MEMBERS[nameOf(route)] ?? 403, {}]);
    }
  });

  it('has an example that is a valid request', async () => {
    const guild = await world.guild({ roles: { any: {} }, members: { other: [] } });
    const message = (
      (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'x' })).body as { id?: string }
    ).id;
    const isBan = (route: Route): number => Number(nameOf(route) === 'put /guilds/{guild_id}/bans/{user_id}');
    const changing = routes
      .filter(
        (route) => route.operation.requestBody && route.path !== '/auth/login' && nameOf(route) !== 'delete /users/@me',
      )
      .toSorted((a, b) => isBan(a) - isBan(b));
    expect(changing.length).toBeGreaterThan(12);
    for (const route of changing) {
      const { status, body } = await ask(guild.owner, route, guild, message);
      expect([nameOf(route), status < 300, body]).toMatchObject([nameOf(route), true, {}]);
    }
    const login = routes.find(({ path }) => path === '/auth/login')!;
    expect((await ask(undefined, login, guild)).status).toBe(200);
  });
});

describe('the AsyncAPI document', () => {
  it('describes every event and interaction', async () => {
    const world = await World.start();
    const { asyncapi, operations } = (await world.ask('get', '/docs/gateway')).body as unknown as {
      asyncapi: string;
      operations: object;
    };
    expect(asyncapi).toBe('3.0.0');
    expect(Object.keys(operations)).toEqual(
      expect.arrayContaining([
        'send:READY',
        'send:CLOSING',
        'send:MESSAGE_CREATE',
        'receive:message.create',
        'receive:typing.start',
      ]),
    );
    expect(Object.keys(operations)).not.toContain('send:SESSIONS_REVOKE');
    await world.stop();
  });
});
