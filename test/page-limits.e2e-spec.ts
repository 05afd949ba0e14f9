import { type Json, of } from './support/answer';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import { type GuildWorld, World } from './support/world';

const ITEMS = 7;
const LIMIT_BOUNDS = /(\d+) to (\d+)/;

/** Every list, each with more items than the smaller limits. */
describe('a list', () => {
  let world: World;
  let guild: GuildWorld;
  let routes: Route[];
  let messageIds: string[];
  beforeAll(async () => {
    world = await World.start();
    routes = (await documentedRoutes(world)).filter(
      ({ method, parameters }) => method === 'get' && parameters.some(({ name }) => name === 'limit'),
    );
    guild = await world.guild({
      members: Object.fromEntries(Array.from({ length: ITEMS }, (_, index) => [`m${index}`, []])),
    });
    messageIds = [];
    for (let sent = 0; sent < ITEMS; sent += 1)
      messageIds.push(
        of<{ id: string }>(
          (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: `steam ${sent}` })).body,
        ).id,
      );
    for (const member of Object.values(guild.members))
      await member.put(`/tracks/${guild.track}/messages/${messageIds[0]}/reactions/${encodeURIComponent('👍')}/@me`);
    for (let banned = 0; banned < ITEMS; banned += 1)
      await guild.owner.put(`/guilds/${guild.id}/bans/${(await world.person('banned')).id}`, {});
  });
  afterAll(() => world.stop());

  const path = (route: Route): string =>
    fillPath(route, { guild_id: guild.id, track_id: guild.track, message_id: messageIds[0]!, emoji: '👍' }).replace(
      '/api/v1',
      '',
    );
  const lengthOf = (body: Json): number =>
    Array.isArray(body)
      ? body.length
      : Math.max(
          ...Object.values(body as Record<string, unknown>).map((value) => (Array.isArray(value) ? value.length : 0)),
        );
  // A cursor in the middle of all ids, and a word where the list requires one.
  const queries = (route: Route): string[] => {
    const names = route.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const word = route.path.endsWith('/search') ? '&q=steam' : '';
    const cursors = names
      .filter((name) => ['before', 'after', 'around'].includes(name))
      .map((name) => `&${name}=${messageIds[3]}${word}`);
    return [word, ...cursors, ...(names.includes('query') && word === '' ? ['&query=m'] : [])];
  };

  it('is covered by this spec for every list route', () =>
    expect(routes.map((route) => route.path).sort()).toEqual(
      expect.arrayContaining([
        '/api/v1/guilds/{guild_id}/audit-log',
        '/api/v1/guilds/{guild_id}/bans',
        '/api/v1/guilds/{guild_id}/members',
        '/api/v1/guilds/{guild_id}/messages/search',
        '/api/v1/tracks/{track_id}/messages',
        '/api/v1/tracks/{track_id}/messages/{message_id}/reactions/{emoji}',
      ]),
    ));

  it('is never longer than its limit with each cursor, from the lowest to the highest limit', async () => {
    const longest = new Map<string, number>();
    for (const route of routes) {
      const [, min, max] =
        LIMIT_BOUNDS.exec(route.parameters.find(({ name }) => name === 'limit')?.description ?? '') ?? [];
      for (const query of queries(route)) {
        for (const limit of [Number(min), 2, 3, 4, Number(max)]) {
          const { status, body } = await guild.owner.get(`${path(route)}?limit=${limit}${query}`);
          expect([route.path, query, limit, status, body]).toMatchObject([route.path, query, limit, 200, {}]);
          expect([route.path, query, limit, lengthOf(body) <= limit]).toEqual([route.path, query, limit, true]);
          longest.set(route.path, Math.max(longest.get(route.path) ?? 0, lengthOf(body)));
        }
        for (const limit of [Number(min) - 1, Number(max) + 1]) {
          const { status, body } = await guild.owner.get(`${path(route)}?limit=${limit}${query}`);
          expect([route.path, limit, status, body]).toMatchObject([
            route.path,
            limit,
            400,
            { errors: [{ field: 'limit' }] },
          ]);
        }
      }
    }
    // Otherwise the limits were not the reason.
    for (const [route, length] of longest) expect([route, length > 4]).toEqual([route, true]);
  });
});
