import { Permission } from '../src/permissions/compute-permissions';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const CODE = 'NOT_A_TEXT_TRACK';
/** A payload that every interaction and route in a text track accepts, unknown fields aside. */
const BODIES: Readonly<Record<string, object>> = {
  'message.create': { content: 'hello' },
  'typing.start': {},
  'read_state.update': { message_id: '1' },
};

interface Operation {
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

/*
 * Whether a handler works in text tracks only is declared beside its permission. Every documented route and interaction with NOT_A_TEXT_TRACK is called
 * with a visible category, a hidden category and a missing track.
 */
describe('a handler for text tracks', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let client: Client;
  let hidden: string;
  let routes: Route[];
  let interactions: string[];

  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ members: { mo: [] } });
    mo = guild.members['mo']!;
    client = await mo.connect();
    const deny = { id: guild.id, type: 'role', allow: '0', deny: String(Permission.ViewTrack) };
    const category = await guild.owner.post(`/guilds/${guild.id}/tracks`, {
      name: 'hidden',
      type: 'category',
      overwrites: [deny],
    });
    hidden = of<{ id: string }>(category.body).id;
    const { paths } = (await world.ask('get', '/docs/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, Operation>>;
    };
    routes = (await documentedRoutes(world)).filter(({ path, method }) =>
      paths[path]![method]!.responses['400']?.description.includes(CODE),
    );
    const { channels } = (await world.ask('get', '/docs/gateway')).body as unknown as {
      channels: { gateway: { messages: Record<string, { 'x-problems'?: string[] }> } };
    };
    interactions = Object.entries(channels.gateway.messages).flatMap(([name, message]) =>
      message['x-problems']?.includes(CODE) ? [name] : [],
    );
  });
  afterAll(() => {
    client.close();
    return world.stop();
  });

  const call = async (route: Route, trackId: string): Promise<object> => {
    const path = fillPath(route, { track_id: trackId }).replace('/api/v1', '');
    const { request_id: _, ...body } = (await mo[route.method](path, {})).body as Record<string, unknown>;
    return body;
  };

  it('is documented as such in OpenAPI and AsyncAPI', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'post /api/v1/tracks/{track_id}/invites',
      'post /api/v1/tracks/{track_id}/messages',
      'post /api/v1/tracks/{track_id}/typing',
      'put /api/v1/tracks/{track_id}/read-state',
    ]);
    expect(interactions.sort()).toEqual(Object.keys(BODIES).sort());
  });

  it('rejects a visible category, and answers a hidden category like a missing track', async () => {
    for (const route of routes) {
      expect(await call(route, guild.category)).toMatchObject({ status: 400, code: CODE });
      const missing = await call(route, '1');
      expect(missing).toMatchObject({ status: 404, code: 'TRACK_NOT_FOUND' });
      expect(await call(route, hidden)).toEqual(missing);
    }
    for (const name of interactions) {
      const say = (trackId: string): Promise<object> => client.say(name, { ...BODIES[name], track_id: trackId });
      expect(await say(guild.category)).toMatchObject({ ok: false, error: { code: CODE } });
      const missing = await say('1');
      expect(missing).toMatchObject({ ok: false, error: { code: 'TRACK_NOT_FOUND' } });
      expect(await say(hidden)).toEqual(missing);
    }
  });

  it('answers a missing permission before the type of the track', async () => {
    const permissions = String(Permission.CreateMessage | Permission.CreateInvites);
    await guild.owner.put(`/tracks/${guild.category}/overwrites/${mo.id}`, {
      type: 'member',
      allow: '0',
      deny: permissions,
    });
    const restricted = routes.filter(({ path }) => !path.endsWith('read-state'));
    for (const route of restricted)
      expect(await call(route, guild.category)).toMatchObject({ code: 'PERMISSIONS_MISSING' });
  });
});
