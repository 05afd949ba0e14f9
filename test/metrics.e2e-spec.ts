import { MetricsServer } from '../src/metrics/metrics.server';
import { rawRequest } from './support/raw-http';
import { World } from './support/world';

const TOKEN = 'a-token-of-some-length';

describe('the metrics', () => {
  it('are open without METRICS_TOKEN', async () => {
    const world = await World.start({}, 1);
    expect((await fetch(`${world.url}/metrics`)).status).toBe(200);
    await world.stop();
  });

  it('require METRICS_TOKEN, which is no session token', async () => {
    const world = await World.start({ METRICS_TOKEN: TOKEN }, 1);
    const read = (authorization?: string) =>
      world.ask('get', '/metrics', undefined, authorization === undefined ? {} : { authorization });
    for (const wrong of [undefined, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${(await world.person()).token}`]) {
      expect(await read(wrong)).toMatchObject({ status: 401, body: { code: 'METRICS_TOKEN_INVALID' } });
    }
    const response = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('derailed_gateway_sockets 0');
    expect(
      (await fetch(`${world.url}/api/v1/users/@me`, { headers: { authorization: `Bearer ${TOKEN}` } })).status,
    ).toBe(401);
    await world.stop();
  });

  it('are served on METRICS_PORT only, which serves nothing else', async () => {
    const world = await World.start({ METRICS_PORT: '0', METRICS_TOKEN: TOKEN }, 1);
    const url = `http://127.0.0.1:${world.app.get(MetricsServer).port}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await world.ask('get', '/metrics', undefined, headers)).status).toBe(404);
    const response = await fetch(`${url}/metrics`, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/plain'),
    ]);
    expect(await response.text()).toContain('derailed_http_request_duration_seconds_bucket');
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { method: 'POST', headers })).status).toBe(405);
    for (const path of ['/', '/health/ready', '/api/v1/guilds', '/docs'])
      expect((await fetch(url + path, { headers })).status).toBe(404);
    const problemAt = async (path: string, init: RequestInit): Promise<unknown> => {
      const { headers: fields, ...answer } = await fetch(url + path, init).then(async (failed) => ({
        headers: failed.headers,
        status: failed.status,
        body: await failed.json(),
      }));
      return {
        ...answer,
        type: fields.get('content-type'),
        cache: fields.get('cache-control'),
        allow: fields.get('allow'),
        authenticate: fields.get('www-authenticate'),
      };
    };
    const problem = (status: number, code: string, others: object = {}): object => ({
      status,
      body: { status, code, request_id: expect.any(String) as unknown },
      type: 'application/problem+json',
      cache: 'no-store',
      ...others,
    });
    expect(await problemAt('/metrics', {})).toMatchObject(
      problem(401, 'METRICS_TOKEN_INVALID', { authenticate: 'Bearer' }),
    );
    expect(await problemAt('/metrics', { method: 'POST', headers })).toMatchObject(
      problem(405, 'METHOD_NOT_ALLOWED', { allow: 'GET' }),
    );
    expect(await problemAt('/', { headers })).toMatchObject(problem(404, 'ROUTE_NOT_FOUND'));
    for (const [bytes, code] of [
      ['nonsense\r\n\r\n', 'REQUEST_MALFORMED'],
      [`GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 'HEADERS_TOO_LARGE'],
    ] as const) {
      const malformed = await rawRequest(url, bytes);
      expect([malformed.headers['content-type'], JSON.parse(malformed.body)]).toMatchObject([
        'application/problem+json',
        { code },
      ]);
    }
    await world.stop();
    await expect(fetch(`${url}/metrics`)).rejects.toThrow();
  });
});
