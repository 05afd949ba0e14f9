import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '../../test/support/eventually';
import { RawConnection } from '../../test/support/raw-http';
import { answerClientError } from '../common/client-errors';
import { ConnectionLimiter, type ConnectionLimits } from './connection-limiter';
import { createNodeServer } from './node-server';

const UNLIMITED: ConnectionLimits = { total: 0, perAddress: 0 };
const MANY_FILES = 100_000;
const LARGE = Buffer.alloc(64 * 1_048_576);

describe('the HTTP server', () => {
  let server: Server;
  let warnings: string[];
  let received: (string | undefined)[];
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const start = async (limits = UNLIMITED, { openFiles = MANY_FILES, isTrusted = false } = {}): Promise<string> => {
    warnings = [];
    received = [];
    const limiter = new ConnectionLimiter(limits, () => isTrusted, openFiles);
    server = createNodeServer(
      (request, response) => {
        received.push(request.headers['x-forwarded-for'] as string | undefined);
        request.on('data', () => undefined).once('end', () => response.end(request.url === '/large' ? LARGE : 'ok'));
      },
      { limiter, isBehindProxy: isTrusted, log: { warn: (text: string) => warnings.push(text) } as never },
      { requestMs: 200, responseMs: 400, checkMs: 20 },
    );
    server.on('clientError', answerClientError);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it.each([
    ['nothing', ''],
    ['half a request line', 'GET / HT'],
    ['half a header section', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    ['half a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345'],
  ])('closes connections that send %s, with 408', async (_, bytes) => {
    const connection = await RawConnection.open(await start());
    connection.send(bytes);
    expect(await connection.response()).toMatchObject({
      status: 408,
      headers: { 'content-type': 'application/problem+json' },
    });
    await connection.closed();
  });

  it('closes connections on which a response is not read', async () => {
    const connection = await RawConnection.open(await start());
    connection.socket.pause();
    connection.send('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    const peer = await new Promise<Socket>((resolve) =>
      server.once('request', ({ socket }: IncomingMessage) => resolve(socket)),
    );
    await once(peer, 'close');
    connection.close();
  });

  const openAll = async (url: string, count: number): Promise<RawConnection[]> =>
    Promise.all(Array.from({ length: count }, () => RawConnection.open(url)));
  const isServed = async (connection: RawConnection): Promise<boolean> => {
    connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return connection.response().then(
      ({ status }) => status === 200,
      () => false,
    );
  };

  it.each([
    ['per address', { total: 0, perAddress: 3 }, {}, 3],
    ['in total', { total: 2, perAddress: 0 }, {}, 2],
    [
      'in total, also of a trusted proxy, which has no limit per address',
      { total: 4, perAddress: 1 },
      { isTrusted: true },
      4,
    ],
    ['by the number of open files', UNLIMITED, { openFiles: 256 }, 48],
  ])('limits connections %s, and accepts new ones when others close', async (_, limits, options, expected) => {
    const url = await start(limits, options);
    const served = async (connections: RawConnection[]): Promise<number> =>
      (await Promise.all(connections.map(isServed))).filter(Boolean).length;
    const connections = await openAll(url, expected + 3);
    expect(await served(connections)).toBe(expected);
    for (const connection of connections) connection.close();
    const countOpen = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    await eventually(async () => (await countOpen()) === 0);
    expect(await served(await openAll(url, expected))).toBe(expected);
  });

  it('does not count a connection twice whose offer to upgrade is ignored', async () => {
    const [connection] = await openAll(await start({ total: 1, perAddress: 1 }), 1);
    for (let sent = 0; sent < 3; sent += 1) {
      connection!.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      expect((await connection!.response()).status).toBe(200);
    }
  });

  it('normalizes forwarded addresses and warns once if no proxy is trusted', async () => {
    const [connection] = await openAll(await start(), 1);
    for (const value of ['[2001:db8::1]:80', 'junk, 192.0.2.1']) {
      connection!.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${value}\r\n\r\n`);
      await connection!.response();
    }
    expect(received).toEqual(['2001:db8::1', '192.0.2.1']);
    expect(warnings).toEqual([expect.stringContaining('TRUST_PROXY')]);
  });
});
