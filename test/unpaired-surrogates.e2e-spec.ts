import { EVENTS } from '../src/event-catalog';
import { asyncApi } from '../src/gateway/protocol/async-api';
import { of } from './support/answer';
import type { Client } from './support/client';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import { type GuildWorld, World } from './support/world';

/** A schema of the OpenAPI or AsyncAPI document, as far as strings are found in it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

type Schemas = Readonly<Record<string, Schema>>;
type Path = readonly (string | 0)[];

const DETAIL = 'must not contain unpaired surrogates';
/** Each decodes to a text that UTF-8 cannot encode. */
const UNPAIRED = ['\uD800', 'correct horse \uDC00 battery', 'a\uD83Db', '\uDC4D\uD83D'];

/** Returns the path to each string in a schema; list items have the index 0. */
function stringsIn(schema: Schema, schemas: Schemas, path: Path = []): Path[] {
  if (schema.$ref !== undefined) return stringsIn(schemas[schema.$ref.split('/').at(-1)!]!, schemas, path);
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((each) =>
    stringsIn(each, schemas, path),
  );
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    stringsIn(field, schemas, [...path, name]),
  );
  const items = schema.items ? stringsIn(schema.items, schemas, [...path, 0]) : [];
  return [...([schema.type].flat().includes('string') ? [path] : []), ...alternatives, ...fields, ...items];
}

const unique = (paths: readonly Path[]): Path[] => [...new Map(paths.map((path) => [path.join('.'), path])).values()];

/** Returns a value whose only string is at a path. */
const valueAt = ([first, ...rest]: Path, text: string): unknown => {
  if (first === undefined) return text;
  const value = valueAt(rest, text);
  return first === 0 ? [value] : { [first]: value };
};

describe('a text with an unpaired surrogate', () => {
  let world: World;
  let guild: GuildWorld;
  let routes: Route[];
  let schemas: Schemas;
  beforeAll(async () => {
    world = await World.start({ GATEWAY_BUCKET: '0/60' });
    guild = await world.guild({ roles: { any: {} }, members: { other: [] } });
    routes = await documentedRoutes(world);
    schemas = of<{ components: { schemas: Schemas } }>((await world.ask('get', '/docs/openapi.json')).body).components
      .schemas;
  });
  afterAll(() => world.stop());

  const valuesOfPath = (): Record<string, string> => ({
    guild_id: guild.id,
    track_id: guild.track,
    role_id: guild.roles['any']!,
    user_id: guild.members['other']!.id,
    id: guild.id,
    code: guild.invite,
    emoji: '👍',
  });
  const send = (route: Route, path: string, body?: unknown): ReturnType<World['ask']> =>
    world.ask(route.method, path.replace('/api/v1', ''), body === undefined ? undefined : JSON.stringify(body), {
      authorization: `Bearer ${guild.owner.token}`,
    });

  it('is rejected in each string of each request body, and the problem names the field', async () => {
    const fields = routes.flatMap((route) =>
      route.bodySchema ? unique(stringsIn(route.bodySchema, schemas)).map((path) => ({ route, path })) : [],
    );
    expect(fields.length).toBeGreaterThan(40);
    for (const { route, path } of fields) {
      for (const text of UNPAIRED) {
        const { body } = await send(route, fillPath(route, valuesOfPath()), valueAt(path, text));
        expect([route.method, route.path, body]).toMatchObject([
          route.method,
          route.path,
          { code: 'VALIDATION_FAILED', errors: [{ field: path.join('.'), detail: DETAIL }] },
        ]);
      }
    }
  });

  it('is rejected as the name of a field', async () => {
    for (const route of routes.filter(({ bodySchema }) => bodySchema)) {
      const { body } = await send(route, fillPath(route, valuesOfPath()), { '\uD800': 1 });
      expect([route.method, route.path, body]).toMatchObject([route.method, route.path, { code: 'VALIDATION_FAILED' }]);
    }
  });

  it('is rejected in each parameter of a path or query', async () => {
    // The bytes that UTF-8 would have for U+D800.
    const encoded = '%ED%A0%80';
    for (const route of routes) {
      for (const { name, in: place } of route.parameters.filter(
        (parameter) => parameter.in === 'query' || parameter.in === 'path',
      )) {
        const path = fillPath(route, { ...valuesOfPath(), [name]: 'SURROGATE' }).replace('SURROGATE', encoded);
        const { status } = await send(route, place === 'path' ? path : `${path}?${name}=${encoded}`);
        expect([route.method, route.path, name, status]).toEqual([route.method, route.path, name, 400]);
      }
    }
  });

  it('is rejected in each string of each gateway interaction', async () => {
    const { channels, components, operations } = asyncApi(EVENTS) as {
      channels: { gateway: { messages: Record<string, { payload: Schema }> } };
      components: { schemas: Schemas };
      operations: Record<string, unknown>;
    };
    const names = Object.keys(operations).flatMap((operation) =>
      operation.startsWith('receive:') ? [operation.slice('receive:'.length)] : [],
    );
    expect(names.length).toBeGreaterThan(4);
    const ids: Readonly<Record<string, string>> = { guild_id: guild.id, track_id: guild.track };
    const places = (paths: readonly Path[]): object =>
      Object.fromEntries(
        paths.flatMap(([first]) => (typeof first === 'string' && first in ids ? [[first, ids[first]]] : [])),
      );
    for (const name of names) {
      const paths = unique(stringsIn(channels.gateway.messages[name]!.payload, components.schemas));
      expect([name, paths.length > 0]).toEqual([name, true]);
      const client: Client = await guild.owner.connect();
      for (const path of paths) {
        for (const text of UNPAIRED) {
          const field = path.join('.');
          // The guard that resolves permissions validates the id of the place first.
          const payload = { ...places(paths), ...(valueAt(path, text) as object) };
          const error = {
            code: 'VALIDATION_FAILED',
            errors: [{ field, detail: field in places(paths) ? (expect.any(String) as unknown) : DETAIL }],
          };
          expect([name, await client.say(name, payload)]).toMatchObject([name, { ok: false, error }]);
        }
      }
      client.close();
    }
  });

  it('does not log in, and no other password does in place of one', async () => {
    const account = { username: 'surrogate', email: 'surrogate@example.org', password: 'correct horse \uFFFD battery' };
    expect((await world.ask('post', '/auth/register', account)).status).toBe(201);
    const login = async (password: string): Promise<number> =>
      (await world.ask('post', '/auth/login', JSON.stringify({ email: account.email, password }))).status;
    expect([
      await login('correct horse \uD800 battery'),
      await login('correct horse \uDFFF battery'),
      await login(account.password),
    ]).toEqual([400, 400, 200]);
  });
});
