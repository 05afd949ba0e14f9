import { documentedRoutes, fillPath, type Route } from './support/openapi';
import type { Person } from './support/person';
import { rawRequest, type RawResponse } from './support/raw-http';
import { World } from './support/world';

const WRONG_TOKEN = 'x'.repeat(43);
const WITHOUT_CONTROLLER = [
  'GET /docs',
  'GET /docs/openapi.json',
  'GET /docs/openapi.yaml',
  'GET /docs/swagger-ui-init.js',
  'GET /docs/swagger-ui.css',
  'GET /nothing',
  'POST /api/v1/nothing',
  'DELETE /',
  'PUT /api/v1/users/%ff',
  `GET /api/v1/users/${'9'.repeat(300)}`,
];

describe('a rejection before the body is read', () => {
  let world: World;
  let routes: Route[];
  beforeAll(async () => {
    world = await World.start();
    // The metrics have a token of their own.
    routes = (await documentedRoutes(world)).filter(({ path }) => path !== '/metrics');
  });
  afterAll(() => world.stop());

  /** Announces a body and never sends it. */
  const withoutBody = (line: string, token?: string): Promise<RawResponse> =>
    rawRequest(
      world.url,
      `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`,
    );
  const lineOf = (route: Route): string => `${route.method.toUpperCase()} ${fillPath(route)}`;

  it('has status 401 on every route that requires a token, without a token', async () => {
    for (const route of routes.filter(({ isPublic }) => !isPublic)) {
      const { status, body } = await withoutBody(lineOf(route));
      expect([lineOf(route), status, JSON.parse(body)]).toMatchObject([lineOf(route), 401, { code: 'TOKEN_INVALID' }]);
    }
  });

  it('has status 401 on every path, with a wrong token', async () => {
    for (const line of [...routes.map(lineOf), ...WITHOUT_CONTROLLER]) {
      const { status } = await withoutBody(line, WRONG_TOKEN);
      expect([line, status]).toEqual([line, 401]);
    }
  });

  it('has status 404 on unknown paths', async () => {
    for (const line of ['GET /nothing', 'POST /api/v1/nothing', 'DELETE /']) {
      const { status, body } = await withoutBody(line);
      expect([line, status, JSON.parse(body)]).toMatchObject([line, 404, { code: 'ROUTE_NOT_FOUND' }]);
    }
  });
});

describe('a rejection with 429 before the body is read', () => {
  let world: World;
  let routes: Route[];
  let ada: Person;
  beforeAll(async () => {
    world = await World.start({ RATE_LIMITS: 'on', RATE_ADDRESS: '4/600', RATE_USER: '4/600', RATE_TRACK: '0/1' });
    ada = await world.person('ada');
    // The metrics have a token of their own.
    routes = (await documentedRoutes(world)).filter(({ path }) => path !== '/metrics');
    const exhaust = (token?: Person): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 5 * world.urls.length }, () =>
          token ? token.get('/users/@me') : world.ask('get', '/nothing'),
        ),
      );
    await exhaust();
    await exhaust(ada);
  });
  afterAll(() => world.stop());

  const withoutBody = (line: string, authorization = ''): Promise<RawResponse> =>
    rawRequest(
      world.url,
      `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n${authorization}\r\n`,
    );
  const lines = (): string[] => [
    ...routes
      .filter(({ path }) => !path.startsWith('/health/'))
      .map((route) => `${route.method.toUpperCase()} ${fillPath(route)}`),
    ...WITHOUT_CONTROLLER,
  ];

  it.each([
    ['of its address, without a token', () => '', 'address'],
    ['of its address, with a wrong token', () => `Authorization: Bearer ${WRONG_TOKEN}\r\n`, 'address'],
    ['of its user', () => `Authorization: Bearer ${ada.token}\r\n`, 'user'],
  ])('%s, on every path', async (_, authorization, policy) => {
    const responses = await Promise.all(
      lines().map(async (line) => ({ line, ...(await withoutBody(line, authorization())) })),
    );
    for (const { line, status, body, headers } of responses) {
      expect([line, status, JSON.parse(body), headers['retry-after']]).toMatchObject([
        line,
        429,
        { code: 'RATE_LIMITED', policy },
        expect.stringMatching(/^[1-9]\d*$/),
      ]);
    }
  });

  it('does not exist for health routes', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const { status, headers } = await world.ask('get', path);
      expect([path, status, headers['ratelimit']]).toEqual([path, 200, undefined]);
    }
  });
});
