import { Logger } from '@nestjs/common';
import { Client } from './support/client';
import type { Person } from './support/person';
import { RawSocket } from './support/raw-socket';
import { World } from './support/world';

describe('the Origin of a gateway handshake', () => {
  const allowed = ['https://app.example', 'http://localhost:5173', 'https://other.example:8443'];
  const rejected = [
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'null',
    'https://app.example/x',
    'https://other.example',
    'http://localhost',
    '*',
    '',
  ];

  const open = async (world: World, origin: string): Promise<boolean> => {
    try {
      (await RawSocket.open(world.url, { origin })).close();
      return true;
    } catch (error) {
      expect(String(error)).toContain('400');
      return false;
    }
  };
  /** Whether a browser would let a page of this origin read a response of the API. */
  const readsApi = async (world: World, origin: string): Promise<boolean> =>
    (await world.ask('get', '/health/live', undefined, { origin })).headers['access-control-allow-origin'] === origin;

  it('is one of CORS_ORIGINS, or missing, as for the API', async () => {
    const world = await World.start(
      { CORS_ORIGINS: 'https://App.example/, http://localhost:5173 ,https://OTHER.example:8443' },
      1,
    );
    for (const origin of allowed)
      expect([origin, await open(world, origin), await readsApi(world, origin)]).toEqual([origin, true, true]);
    for (const origin of rejected)
      expect([origin, await open(world, origin), await readsApi(world, origin)]).toEqual([origin, false, false]);
    (await RawSocket.open(world.url)).close();
    for (const path of ['/socket.io/?EIO=4&transport=polling', '/socket.io/?EIO=3&transport=polling'])
      expect((await fetch(`${world.url}${path}`)).status).toBe(404);
    await world.stop();
  });

  it('is rejected without CORS_ORIGINS, even if it is the origin of the API', async () => {
    const world = await World.start({ CORS_ORIGINS: '' }, 1);
    for (const origin of ['https://app.example', 'null', world.url])
      expect([origin, await open(world, origin), await readsApi(world, origin)]).toEqual([origin, false, false]);
    (await RawSocket.open(world.url)).close();
    await world.stop();
  });
});

describe('a node that stops', () => {
  it('spreads the reconnects of its clients over five seconds', async () => {
    const world = await World.start({ GATEWAY_SOCKETS_PER_USER: '0' }, 1);
    const ada = await world.person('ada');
    const clients = await Promise.all(Array.from({ length: 40 }, () => ada.connect()));
    await world.stop();
    const closings = clients.map(
      (client) => client.received('CLOSING')[0] as unknown as { code: number; retry_after: number },
    );
    expect(new Set(closings.map(({ code }) => code))).toEqual(new Set([4010]));
    const delays = closings.map(({ retry_after }) => retry_after);
    expect(delays.every((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 5)).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(2);
  });
});

describe('security events of the gateway', () => {
  let lines: Record<string, unknown>[];
  let spy: jest.SpyInstance;
  beforeEach(() => {
    lines = [];
    spy = jest.spyOn(Logger.prototype, 'log').mockImplementation((message: unknown) => {
      if (typeof message === 'object') lines.push(message as Record<string, unknown>);
    });
  });
  afterEach(() => spy.mockRestore());

  const actionsOf = (person?: Person): unknown[] =>
    lines
      .filter(({ user_id }) => user_id === person?.id)
      .map(({ action, detail }) => `${String(action)} ${String(detail)}`);
  const close = async (client: Client): Promise<void> => {
    await client.closed();
    await new Promise((resolve) => setImmediate(resolve));
  };

  it('are logged with user, address and action, and without tokens', async () => {
    const world = await World.start(
      { RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '0/1', GATEWAY_BUCKET: '5/60', GATEWAY_IDENTIFY: '2/60' },
      1,
    );
    const [flooder, revoked, confused, eager] = await Promise.all(
      ['flooder', 'revoked', 'confused', 'eager'].map((name) => world.person(name)),
    );
    lines.length = 0;

    const flood = await flooder!.connect();
    for (let n = 0; n < 6; n += 1) flood.socket.emit('typing.start', { track_id: '1' });
    await close(flood);
    expect(actionsOf(flooder)).toEqual(['rate_limited gateway:4004']);

    const open = await revoked!.connect();
    await revoked!.post('/auth/logout');
    await close(open);
    expect(actionsOf(revoked)).toContain('forced_disconnect gateway:4008');

    const garbled = await confused!.connect();
    garbled.socket.emit('no.such.event', {});
    await close(garbled);
    expect(actionsOf(confused)).toEqual(['packet_rejected gateway:4005']);

    for (let n = 0; n < 2; n += 1) (await eager!.connect()).close();
    await expect(eager!.connect()).rejects.toMatchObject({ data: { code: 4002 } });
    expect(actionsOf(eager)).toEqual(['rate_limited gateway:4002']);

    await expect(new Client(world.url, { token: 'x'.repeat(43) }).ready).rejects.toMatchObject({
      data: { code: 4001 },
    });
    await expect(RawSocket.open(world.url, { origin: 'https://evil.example' })).rejects.toThrow('400');
    expect(actionsOf()).toEqual(
      expect.arrayContaining(['handshake_rejected gateway:4001', 'handshake_rejected gateway:origin_not_allowed']),
    );

    const text = JSON.stringify(lines);
    for (const secret of [
      'x'.repeat(43),
      'evil',
      '?',
      ...[flooder!, revoked!, confused!, eager!].map(({ token }) => token),
    ])
      expect(text).not.toContain(secret);
    expect(lines.every(({ address }) => typeof address === 'string' || address === undefined)).toBe(true);
    expect(
      lines
        .filter(({ detail }) => String(detail).startsWith('gateway:'))
        .every(({ address }) => address === '127.0.0.1'),
    ).toBe(true);
    await world.stop();
  });

  it('are one line for a flood of rejected handshakes', async () => {
    const world = await World.start({}, 1);
    lines.length = 0;
    const startedAt = Date.now();
    for (let n = 0; n < 50; n += 1)
      await RawSocket.open(world.url, { origin: 'https://evil.example' }).catch(() => undefined);
    expect(lines.length).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - startedAt) / 1_000));
    await world.stop();
  });
});
