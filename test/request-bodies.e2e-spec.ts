import { of } from './support/answer';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import { rawRequest, type RawResponse } from './support/raw-http';
import { type GuildWorld, World } from './support/world';

const MAX_RESPONSE_BYTES = 16_384;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const keys = (count: number, length = 1): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}`.padEnd(length, 'ä'), index]));

/** Bodies that no route accepts. */
const REJECTED: Readonly<
  Record<string, { readonly body: Buffer; readonly type?: string; readonly status: number; readonly code: string }>
> = {
  'a form': {
    body: Buffer.from('name=x'),
    type: 'application/x-www-form-urlencoded',
    status: 415,
    code: 'MEDIA_TYPE_UNSUPPORTED',
  },
  'plain text': { body: Buffer.from('{}'), type: 'text/plain', status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
  multipart: {
    body: Buffer.from('--a--'),
    type: 'multipart/form-data; boundary=a',
    status: 415,
    code: 'MEDIA_TYPE_UNSUPPORTED',
  },
  'an unreadable content type': { body: Buffer.from('{}'), type: '???', status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
  'invalid UTF-8': {
    body: Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
    status: 400,
    code: 'REQUEST_MALFORMED',
  },
  'incomplete JSON': { body: Buffer.from('{"name":'), status: 400, code: 'REQUEST_MALFORMED' },
  'deep nesting': { body: Buffer.from('['.repeat(8_000)), status: 400, code: 'VALIDATION_FAILED' },
  'many keys': { body: json(keys(1_500)), status: 400, code: 'VALIDATION_FAILED' },
  'a long list': { body: json(new Array(3_000).fill(0)), status: 400, code: 'VALIDATION_FAILED' },
  'too many bytes': { body: json('x'.repeat(70_000)), status: 413, code: 'PAYLOAD_TOO_LARGE' },
};

/** Bodies that most routes reject, with as many and as long errors as possible. */
const VERBOSE: Readonly<Record<string, Buffer>> = {
  'long unknown keys': json(keys(50, 140)),
  'one very long key': json(keys(1, 7_000)),
  'invalid items': json(new Array(500).fill({ id: 1 })),
  'invalid items in a field': json({
    overwrites: new Array(300).fill({ id: 1, type: 2 }),
    message_ids: new Array(400).fill('x'),
  }),
  'a long text': json({ name: 'ä'.repeat(8_000), content: 1 }),
};

describe('request bodies', () => {
  let world: World;
  let guild: GuildWorld;
  let routes: Route[];
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ roles: { any: {} }, members: { other: [] } });
    routes = (await documentedRoutes(world)).filter(({ method }) => method !== 'get');
  });
  afterAll(() => world.stop());

  const pathOf = (route: Route): string =>
    fillPath(route, {
      guild_id: guild.id,
      track_id: guild.track,
      role_id: guild.roles['any']!,
      user_id: guild.members['other']!.id,
      id: guild.id,
      code: guild.invite,
      emoji: '👍',
    });
  const send = (route: Route, body: Buffer, type = 'application/json'): Promise<RawResponse> =>
    rawRequest(
      world.url,
      Buffer.concat([
        Buffer.from(
          `${route.method.toUpperCase()} ${pathOf(route)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${guild.owner.token}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]),
    );

  it.each(Object.entries(REJECTED))('with %s are rejected on every route', async (_, { body, type, status, code }) => {
    for (const route of routes) {
      const response = await send(route, body, type);
      expect([route.method, route.path, response.status, JSON.parse(response.body)]).toMatchObject([
        route.method,
        route.path,
        status,
        { code },
      ]);
      expect(response.body.length).toBeLessThan(1_000);
    }
  });

  it.each(Object.entries(VERBOSE))('with %s get at most 20 errors and 16 KiB', async (_, body) => {
    for (const route of routes.filter(({ hasBody }) => hasBody)) {
      const response = await send(route, body);
      expect([route.path, response.status < 500, Buffer.byteLength(response.body) <= MAX_RESPONSE_BYTES]).toEqual([
        route.path,
        true,
        true,
      ]);
      if (response.status === 400)
        expect(of<{ errors: unknown[] }>(JSON.parse(response.body)).errors.length).toBeLessThanOrEqual(20);
    }
  });

  it('may have a content type and no content', async () => {
    const { owner } = guild;
    expect(
      (await owner.put(`/guilds/${guild.id}/members/${guild.members['other']!.id}/roles/${guild.roles['any']}`, ''))
        .status,
    ).toBe(200);
    expect((await owner.post(`/tracks/${guild.track}/typing`, '')).status).toBe(204);
    expect(
      (await owner.delete(`/guilds/${guild.id}/members/${guild.members['other']!.id}/roles/${guild.roles['any']}`, ''))
        .status,
    ).toBe(200);
  });

  it('may be absent if all fields are optional, and name the missing fields otherwise', async () => {
    const { owner } = guild;
    for (const body of [undefined, '', {}])
      expect((await owner.post(`/tracks/${guild.track}/invites`, body)).status).toBe(201);
    for (const body of [undefined, '', {}]) expect((await owner.patch(`/guilds/${guild.id}`, body)).status).toBe(200);
    for (const body of [undefined, '', {}])
      expect((await owner.post('/guilds', body)).body).toMatchObject({ status: 400, errors: [{ field: 'name' }] });
    expect((await owner.patch(`/guilds/${guild.id}/roles`)).body).toMatchObject({
      status: 400,
      errors: [{ field: 'body' }],
    });
  });

  it('may contain null in optional fields, also in nested ones', async () => {
    const { owner } = guild;
    expect(
      (await owner.post(`/tracks/${guild.track}/messages`, { content: 'x', nonce: null, reply_to_id: null })).status,
    ).toBe(201);
    expect(
      (await owner.patch(`/guilds/${guild.id}/roles/${guild.roles['any']}`, { name: null, color: 5 })).body,
    ).toMatchObject({ name: 'any', color: 5 });
    const moved = await owner.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.track, position: 1, inherits: null }]);
    expect(moved.status).toBe(200);
    expect((await owner.post('/guilds', { name: null })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'name' }],
    });
  });

  it('may be as long as a move of all tracks', async () => {
    const moves = Array.from({ length: 500 }, (_, index) => ({
      id: String(9_000_000_000_000_000_000n + BigInt(index)),
      position: 500,
      parent_id: '9000000000000000000',
      inherits: false,
    }));
    const { body } = await guild.owner.patch(`/guilds/${guild.id}/tracks`, moves);
    expect(body).toMatchObject({ code: 'TRACK_NOT_FOUND' });
  });
});
