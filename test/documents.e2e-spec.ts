import { rawRequest } from './support/raw-http';
import { World } from './support/world';

const DOCUMENTS = [
  '/docs',
  '/docs/openapi.json',
  '/docs/openapi.yaml',
  '/docs/gateway',
  '/docs/swagger-ui-init.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
];

describe('documents', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const get = async (
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: Headers; bytes: Buffer }> => {
    const response = await fetch(`${world.urls[0]}${path}`, { headers: { 'accept-encoding': 'identity', ...headers } });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  it.each(DOCUMENTS)(
    '%s is served from memory with a validator: the first response equals the later ones',
    async (path) => {
      const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => get(path)));
      for (const other of [...others, await get(path), await get(`${path}?version=2`)]) {
        expect([
          other.status,
          other.bytes.equals(first!.bytes),
          other.headers.get('etag'),
          other.headers.get('content-type'),
        ]).toEqual([200, true, first!.headers.get('etag'), first!.headers.get('content-type')]);
      }
      expect(first!.headers.get('cache-control')).toBe('no-cache');
      const etag = first!.headers.get('etag')!;
      for (const condition of [etag, `"x", W/${etag}`, '*'])
        expect(await get(path, { 'if-none-match': condition })).toMatchObject({ status: 304, bytes: Buffer.alloc(0) });
      expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
    },
  );

  it.each(DOCUMENTS)('%s is compressed as the client accepts', async (path) => {
    const raw = async (accepted: string): Promise<{ coding: string | undefined; length: number }> => {
      const { headers } = await rawRequest(
        world.urls[0]!,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${accepted}\r\n\r\n`,
      );
      expect(headers['vary']).toContain('Accept-Encoding');
      return { coding: headers['content-encoding'], length: Number(headers['content-length']) };
    };
    const { bytes } = await get(path);
    expect(await raw('gzip, br')).toMatchObject({ coding: 'br' });
    expect(await raw('br;q=0, gzip;q=0.5')).toMatchObject({ coding: 'gzip' });
    expect(await raw('*')).toMatchObject({ coding: 'br' });
    expect(await raw('zstd')).toEqual({ coding: undefined, length: bytes.length });
    if (bytes.length > 10_000) expect((await raw('br')).length * 3).toBeLessThan(bytes.length);
  });

  it('are equal to the uncompressed text', async () => {
    const { bytes } = await get('/docs/openapi.json');
    const encoded = async (coding: string): Promise<Buffer> =>
      Buffer.from(
        await (
          await fetch(`${world.urls[0]}/docs/openapi.json`, { headers: { 'accept-encoding': coding } })
        ).arrayBuffer(),
      );
    expect([(await encoded('br')).equals(bytes), (await encoded('gzip')).equals(bytes)]).toEqual([true, true]);
  });

  it('that do not exist are not found, however often they are requested', async () => {
    for (let n = 0; n < 3; n += 1) expect((await get('/docs/nothing.css')).status).toBe(404);
    expect((await get('/docs/LICENSE')).status).toBe(404);
    expect((await get('/docs/LICENSE')).status).toBe(404);
  });
});
