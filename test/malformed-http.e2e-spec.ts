import { documentedRoutes, fillPath } from './support/openapi';
import type { Person } from './support/person';
import { RawConnection, rawRequest, type RawResponse } from './support/raw-http';
import { World } from './support/world';

const HOST = 'Host: x\r\n';

describe('malformed HTTP', () => {
  let world: World;
  let ada: Person;
  beforeAll(async () => {
    world = await World.start();
    ada = await world.person('ada');
  });
  afterAll(() => world.stop());

  const expectProblem = (response: RawResponse, status: number, code: string): void => {
    expect([response.status, response.headers['content-type'], JSON.parse(response.body)]).toMatchObject([
      status,
      expect.stringContaining('application/problem+json'),
      { status, code, request_id: expect.any(String) as unknown },
    ]);
    expect(`${JSON.stringify(response.headers)}${response.body}`).not.toMatch(/fastify|FST_|HPE_|nest|express|node/i);
  };

  it.each([
    ['what is not HTTP', 'hello\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['HTTP/2 without negotiation', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['an unknown version', `GET / HTTP/9.9\r\n${HOST}\r\n`, 400, 'REQUEST_MALFORMED'],
    ['an unknown method', `BREW / HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_MALFORMED'],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['a header field without a name', `GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
    ['a control character in a header field', `GET / HTTP/1.1\r\n${HOST}X-A: a\x01b\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
    [
      'an invalid length',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: x\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'two lengths',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a length beside chunks',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'an invalid chunk',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a content coding',
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['too many header bytes', `GET / HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['a long path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['a long parameter', `GET /api/v1/invites/${'a'.repeat(300)} HTTP/1.1\r\n${HOST}\r\n`, 414, 'URI_TOO_LONG'],
    ['a long unknown path', `GET /${'a'.repeat(15_000)} HTTP/1.1\r\n${HOST}\r\n`, 404, 'ROUTE_NOT_FOUND'],
    ['an undecodable parameter', `GET /api/v1/invites/%ff HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_MALFORMED'],
    ['an undecodable path', `GET /%ff%fe HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_MALFORMED'],
    ['an incomplete escape', `GET /%e HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_MALFORMED'],
    ['a wrong method', `DELETE /api/v1/auth/login HTTP/1.1\r\n${HOST}\r\n`, 405, 'METHOD_NOT_ALLOWED'],
  ])('with %s is answered with a problem document', async (_, bytes, status, code) => {
    const response = await rawRequest(world.url, bytes);
    expectProblem(response, status, code);
    expect(response.body.length).toBeLessThan(1_000);
  });

  it('to a path that cannot be routed is answered with a response that must not be cached', async () => {
    const { headers } = await rawRequest(world.url, `GET /api/v1/invites/%ff HTTP/1.1\r\n${HOST}\r\n`);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
  });

  it('with a wrong method of a documented path is answered with 405 and the supported methods', async () => {
    const routes = await documentedRoutes(world);
    for (const path of new Set(routes.map((route) => route.path))) {
      // A more general path may support more methods: /members/{user_id} beside /members/@me.
      const isServedBy = (pattern: string): boolean =>
        new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
      const supported = routes.filter((route) => isServedBy(route.path)).map(({ method }) => method.toUpperCase());
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (each) => !supported.includes(each),
      )) {
        const response = await rawRequest(
          world.url,
          `${method} ${fillPath({ path })} HTTP/1.1\r\n${HOST}Authorization: Bearer ${ada.token}\r\n\r\n`,
        );
        expect([method, path, response.status]).toEqual([method, path, 405]);
        expect(response.headers['allow']!.split(', ').filter((each) => each !== 'HEAD')).toEqual(
          expect.arrayContaining(supported),
        );
        expect(response.headers['allow']!.split(', ')).not.toContain(method);
      }
    }
  });

  it('with an offer to upgrade to another protocol is answered as HTTP/1.1, with the body', async () => {
    const body = JSON.stringify({ email: ada.email, password: ada.password });
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    const connection = await RawConnection.open(world.url);
    connection.send(`GET /health/live HTTP/1.1\r\n${HOST}${offer}\r\n`);
    expect(await connection.response()).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    connection.send(
      `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}${offer}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    connection.send(body);
    expect((await connection.response()).status).toBe(200);
    connection.close();
    for (const upgrade of ['websocket', 'TLS/1.0', 'x']) {
      expect(
        (
          await rawRequest(
            world.url,
            `GET /api/v1/users/@me HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`,
          )
        ).status,
      ).toBe(200);
    }
    expect(
      (await rawRequest(world.url, `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${HOST}${offer}\r\n`)).status,
    ).toBeGreaterThanOrEqual(400);
    const client = await ada.connect();
    client.close();
  });

  it('is answered without caching, as are authenticated requests, rejections, and tokens', async () => {
    const login = await world.ask('post', '/auth/login', { email: ada.email, password: ada.password });
    const wrong = { authorization: 'Bearer x' };
    const responses = [
      login,
      await ada.get('/users/@me'),
      await ada.get('/nothing'),
      await ada.post('/guilds', {}),
      await ada.delete('/auth/sessions'),
      await world.ask('get', '/users/@me'),
      await world.ask('get', '/users/@me', undefined, wrong),
      await ada.get('/docs/openapi.json'),
      await ada.get('/docs/gateway'),
    ];
    for (const { headers } of responses) expect(headers['cache-control']).toBe('no-store');
  });
});
