import { documentedRoutes, fillPath } from './support/openapi';
import type { Person } from './support/person';
import { RawConnection, rawRequest, type RawResponse } from './support/raw-http';
import { World } from './support/world';

const ORIGIN = 'https://chat.example.org';
const HOST = 'Host: x\r\n';
const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';

describe('Requests of unusual clients', () => {
  let world: World;
  let ada: Person;
  let authorization: string;
  beforeAll(async () => {
    world = await World.start({ CORS_ORIGINS: ORIGIN });
    ada = await world.person('ada');
    authorization = `Authorization: Bearer ${ada.token}\r\n`;
  });
  afterAll(() => world.stop());

  const expectProblem = (response: RawResponse, status: number, code: string): void => {
    expect([response.status, response.headers, JSON.parse(response.body)]).toMatchObject([
      status,
      { 'content-type': expect.stringContaining('application/problem+json') as unknown, 'cache-control': 'no-store' },
      { status, code },
    ]);
  };

  it.each([
    ['an unknown expectation', `GET /health/ready HTTP/1.1\r\n${HOST}Expect: tea\r\n\r\n`, 200],
    ['a target in absolute form', `GET http://other.example/health/live?a=1 HTTP/1.1\r\n${HOST}\r\n`, 200],
    ['a target that is only an origin', `GET http://other.example HTTP/1.1\r\n${HOST}\r\n`, 404],
    [
      'a wrong method and a target in absolute form',
      `DELETE http://other.example/api/v1/auth/login HTTP/1.1\r\n${HOST}\r\n`,
      405,
    ],
    ['two Host fields', `GET /health/live HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n`, 400],
    ['CONNECT to a host', `CONNECT example.org:443 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['CONNECT to a path', `CONNECT /api/v1/users/@me HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['OPTIONS for all paths', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404],
    [
      'a path of the gateway without an upgrade',
      `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}\r\n`,
      404,
    ],
    [
      'a packet for the gateway without an upgrade',
      `POST /socket.io/?EIO=4&transport=polling&sid=1 HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\n40`,
      404,
    ],
    ['an offer to upgrade in HTTP/1.0', `GET /health/live HTTP/1.0\r\n${OFFER}\r\n`, 200],
  ])('with %s are answered, and errors are problem documents', async (_, bytes, status) => {
    const response = await rawRequest(world.url, bytes);
    expect([response.status, response.body]).toEqual([status, expect.stringContaining('{')]);
    if (status >= 400) expectProblem(response, status, (JSON.parse(response.body) as { code: string }).code);
  });

  it('are answered with 100 Continue only after authentication, and never for a body that is too long', async () => {
    const ask = (fields: string): Promise<RawResponse> =>
      rawRequest(
        world.url,
        `POST /api/v1/guilds HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Type: application/json\r\n${fields}\r\n`,
      );
    expectProblem(await ask('Content-Length: 12\r\n'), 401, 'TOKEN_INVALID');
    expectProblem(await ask(`Content-Length: 100000\r\n${authorization}`), 413, 'PAYLOAD_TOO_LARGE');
    expect(await ask(`Content-Length: 12\r\n${authorization}`)).toMatchObject({ status: 100 });
    const connection = await RawConnection.open(world.url);
    connection.send(
      `POST /api/v1/guilds HTTP/1.1\r\n${HOST}${authorization}Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n`,
    );
    expect((await connection.response()).status).toBe(100);
    connection.send('{"name":"x"}');
    expect((await connection.response()).status).toBe(201);
    connection.close();
  });

  it.each([
    [
      'an offer to upgrade',
      `GET /health/live HTTP/1.1\r\n${HOST}${OFFER}\r\nGET /health/live HTTP/1.1\r\n${HOST}\r\n`,
      [200, 200, 200, 200],
    ],
    ['CONNECT', `CONNECT example.org:443 HTTP/1.1\r\n${HOST}\r\n`, [200, 200, 400]],
  ])('are all answered before and after %s in a pipeline, in order', async (_, last, expected) => {
    const connection = await RawConnection.open(world.url);
    connection.send(`GET /api/v1/users/@me HTTP/1.1\r\n${HOST}${authorization}\r\n`.repeat(2) + last);
    const statuses: number[] = [];
    while (statuses.length < expected.length) statuses.push((await connection.response()).status);
    expect(statuses).toEqual(expected);
    connection.close();
  });

  it('close the connection after an ignored offer to upgrade if the client asks for it', async () => {
    const connection = await RawConnection.open(world.url);
    connection.send(`GET /health/live HTTP/1.1\r\n${HOST}Connection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n`);
    expect((await connection.response()).status).toBe(200);
    await connection.closed();
  });

  it('are survived if clients disconnect while earlier requests are answered', async () => {
    for (let count = 0; count < 20; count += 1) {
      const connection = await RawConnection.open(world.url);
      connection.send(
        `GET /api/v1/users/@me HTTP/1.1\r\n${HOST}${authorization}\r\nGET /health/live HTTP/1.1\r\n${HOST}${OFFER}\r\n`,
      );
      connection.socket.resetAndDestroy();
    }
    expect((await rawRequest(world.url, `GET /health/live HTTP/1.1\r\n${HOST}\r\n`)).status).toBe(200);
  });

  it.each(['%ff', '%', '%e4', '%ED%A0%80', 'a%2', '%C0%AF'])(
    'are rejected with %s in the query of every route that has a query',
    async (text) => {
      const routes = (await documentedRoutes(world)).filter(
        ({ method, parameters }) => method === 'get' && parameters.some((parameter) => parameter.in === 'query'),
      );
      expect(routes.length).toBeGreaterThan(5);
      for (const { path, parameters } of routes) {
        const { name } = parameters.find((parameter) => parameter.in === 'query')!;
        expectProblem(
          await rawRequest(
            world.url,
            `GET ${fillPath({ path })}?${name}=${text} HTTP/1.1\r\n${HOST}${authorization}\r\n`,
          ),
          400,
          'REQUEST_MALFORMED',
        );
      }
    },
  );

  it.each(['__proto__', 'constructor', '$where'])('are rejected with the query parameter %s', async (name) => {
    const { body: guild } = await ada.post('/guilds', { name: 'x' });
    expectProblem(
      await rawRequest(
        world.url,
        `GET /api/v1/guilds/${String(guild['id'])}/members?${name}=1 HTTP/1.1\r\n${HOST}${authorization}\r\n`,
      ),
      400,
      'VALIDATION_FAILED',
    );
  });

  it('are allowed from browsers of the configured origins to every documented route, with every response readable', async () => {
    const routes = await documentedRoutes(world);
    for (const { method, path } of routes) {
      const preflight = `Origin: ${ORIGIN}\r\nAccess-Control-Request-Method: ${method.toUpperCase()}\r\nAccess-Control-Request-Headers: authorization,content-type,if-match\r\n`;
      const { status, headers } = await rawRequest(
        world.url,
        `OPTIONS ${fillPath({ path })} HTTP/1.1\r\n${HOST}${preflight}\r\n`,
      );
      expect([method, path, status, headers['access-control-allow-origin']]).toEqual([method, path, 204, ORIGIN]);
      expect(headers['access-control-allow-methods']!.split(', ')).toContain(method.toUpperCase());
      expect(headers['access-control-allow-headers']).toBe('authorization,content-type,if-match');
    }
    for (const target of [
      '/api/v1/users/@me',
      '/nothing',
      '/api/v1/auth/login',
      '/api/v1/invites/%ff',
      `/api/v1/invites/${'a'.repeat(300)}`,
      '/health/live',
      '/docs/openapi.json',
    ]) {
      const { headers } = await rawRequest(world.url, `GET ${target} HTTP/1.1\r\n${HOST}Origin: ${ORIGIN}\r\n\r\n`);
      expect([target, headers['access-control-allow-origin'], headers['vary']]).toEqual([
        target,
        ORIGIN,
        expect.stringContaining('Origin'),
      ]);
      const other = await rawRequest(
        world.url,
        `GET ${target} HTTP/1.1\r\n${HOST}Origin: https://other.example\r\n\r\n`,
      );
      expect([target, other.headers['access-control-allow-origin']]).toEqual([target, undefined]);
    }
  });

  it('that are OPTIONS without a preflight are answered like any other method', async () => {
    expectProblem(
      await rawRequest(world.url, `OPTIONS /api/v1/auth/login HTTP/1.1\r\n${HOST}Origin: ${ORIGIN}\r\n\r\n`),
      405,
      'METHOD_NOT_ALLOWED',
    );
    expectProblem(await rawRequest(world.url, `OPTIONS /nothing HTTP/1.1\r\n${HOST}\r\n`), 404, 'ROUTE_NOT_FOUND');
  });
});
