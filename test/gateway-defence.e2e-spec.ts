import { EventLog } from '../src/events/event-log';
import { EventsService } from '../src/events/events.service';
import { SocketRegistry } from '../src/gateway/dispatch/socket-registry.service';
import { unsentBytes } from '../src/gateway/transport/engine-io';
import { parseDto } from '../src/common/dto/parse-dto';
import { MessageDto } from '../src/messages/message.dto';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import { RawSocket } from './support/raw-socket';
import { World } from './support/world';

const refusalOf = (client: Client): Promise<{ data?: { code: number } }> =>
  client.ready.then(
    () => ({}),
    (error: unknown) => error as { data: { code: number } },
  );

/** What may be left of so many seconds: those that have passed since are gone. */
const left = (seconds: number, sinceMs: number): number[] =>
  Array.from({ length: 1 + Math.ceil((Date.now() - sinceMs) / 1_000) }, (_, gone) => seconds - gone);

describe('the bucket of a user', () => {
  const settings = { RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '0/1', GATEWAY_IDENTIFY: '2/60' };

  it('sends a warning to the socket that fills it to four fifths, and again only after it was emptier', async () => {
    const world = await World.start({ ...settings, GATEWAY_BUCKET: '10/5' });
    const guild = await world.guild();
    const type = (client: Client): Promise<unknown> => client.say('typing.start', { track_id: guild.track });
    const [one, other] = [await guild.owner.connect(), await guild.owner.connect()];
    await type(other);
    for (let n = 0; n < 6; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toEqual([]);
    for (let n = 0; n < 2; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toEqual([{ limit: 10, remaining: 2, reset_after: 5 }]);
    expect(other.received('BUCKET_WARNING')).toEqual([]);
    await eventually(async () =>
      expect(await guild.owner.get('/users/@me/limits')).toMatchObject({ body: { gateway: { remaining: 10 } } }),
    );
    for (let n = 0; n < 9; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toHaveLength(2);
    expect(one.socket.connected && other.socket.connected).toBe(true);
    for (const client of [one, other]) client.close();
    await world.stop();
  });

  it('can be read without counting, and is the only bucket that a flood fills', async () => {
    const world = await World.start({ ...settings, GATEWAY_BUCKET: '10/60' });
    const ada = await world.person('ada');
    const look = async (): Promise<{ gateway: { reset_after: number } }> =>
      of((await ada.get('/users/@me/limits')).body);
    const empty = (limit: number, window_seconds: number): object => ({
      limit,
      window_seconds,
      remaining: limit,
      reset_after: 0,
    });
    expect(await look()).toEqual({
      gateway: empty(10, 60),
      identify: empty(2, 60),
      identify_daily: empty(1_000, 86_400),
      resume: empty(60, 60),
    });
    expect(await look()).toEqual(await look());
    const client = await ada.connect();
    const floodedAt = Date.now();
    for (let n = 0; n < 11; n += 1) client.socket.emit('typing.start', { track_id: '1' });
    await client.closed();
    expect(client.received('CLOSING')).toMatchObject([{ code: 4004, retry_after: expect.any(Number) as unknown }]);
    expect(left(60, floodedAt)).toContain(of<{ retry_after: number }>(client.received('CLOSING')[0]).retry_after);
    const limits = await look();
    expect(limits).toMatchObject({
      gateway: { remaining: 0 },
      identify: { remaining: 1 },
      identify_daily: { remaining: 999 },
    });
    expect(left(60, floodedAt)).toContain(limits.gateway.reset_after);
    expect((await ada.get('/users/@me')).status).toBe(200);
    const again = await ada.connect();
    expect(again.names).toEqual(['READY']);
    again.close();
    await world.stop();
  });
});

describe('an oversized burst of interactions', () => {
  it('fills the bucket, closes the client and executes nothing', async () => {
    const world = await World.start({
      RATE_LIMITS: 'on',
      RATE_REGISTER: '0/1',
      RATE_USER: '0/1',
      GATEWAY_BUCKET: '10/60',
    });
    const { owner, track } = await world.guild();
    const raw = await RawSocket.enter(world.url, owner.token);
    const floodedAt = Date.now();
    raw.sendAtOnce(
      Array.from({ length: 500 }, () => `42/gateway,["message.create",{"track_id":"${track}","content":"flood"}]`),
    );
    await raw.closed;
    expect(raw.closingCode).toBe(4004);
    expect((await owner.get(`/tracks/${track}/messages`)).body).toEqual([]);
    const { gateway } = of<{ gateway: { remaining: number; reset_after: number } }>(
      (await owner.get('/users/@me/limits')).body,
    );
    expect(gateway.remaining).toBe(0);
    expect(left(60, floodedAt)).toContain(gateway.reset_after);
    await world.stop();
  });
});

describe('interactions of a socket', () => {
  it('are executed in order, also if they arrive together', async () => {
    const world = await World.start({ GATEWAY_BUCKET: '0/1', GATEWAY_IN_FLIGHT: '0' });
    const { owner, track } = await world.guild();
    const raw = await RawSocket.enter(world.url, owner.token);
    const say = (n: number, more = ''): string =>
      `42/gateway,${n}["message.create",{"track_id":"${track}","content":"${n}"${more}}]`;
    // More than may wait before it is read on, so that reading pauses; it is refused, which takes no time.
    raw.sendAtOnce([
      ...Array.from({ length: 60 }, (_, n) => say(n, `,"x":"${'x'.repeat(10_000)}"`)),
      ...Array.from({ length: 20 }, (_, n) => say(60 + n)),
    ]);
    await raw.has('43/gateway,79[{"ok":true');
    const answered = raw.received.flatMap((text) => /^43\/gateway,(\d+)/.exec(text)?.[1] ?? []).map(Number);
    expect(answered).toEqual(Array.from({ length: 80 }, (_, n) => n));
    raw.close();
    await world.stop();
  });

  it('are limited at the same time, and unlimited one after another', async () => {
    const world = await World.start({ GATEWAY_BUCKET: '0/1', GATEWAY_IN_FLIGHT: '5' });
    const guild = await world.guild({ members: { mo: [] } });
    const [pushy, patient] = await Promise.all([guild.members['mo']!.connect(), guild.owner.connect()]);
    for (let n = 0; n < 20; n += 1)
      expect(await patient.say('message.create', { track_id: guild.track, content: `${n}` })).toMatchObject({
        ok: true,
      });
    for (let n = 0; n < 20; n += 1) patient.socket.emit('typing.start', { track_id: '1' });
    await patient.closed();
    expect(patient.received('CLOSING')).toMatchObject([{ code: 4011 }]);
    for (let n = 0; n < 50; n += 1) pushy.socket.emit('message.create', { track_id: guild.track, content: 'many' });
    await pushy.closed();
    expect(pushy.received('CLOSING')).toMatchObject([{ code: 4011 }]);
    const { body } = await guild.owner.get(`/tracks/${guild.track}/messages?limit=100`);
    expect(of<{ content: string }[]>(body).filter(({ content }) => content === 'many').length).toBeLessThanOrEqual(5);
    await world.stop();
  });
});

describe('connection slots of a node', () => {
  it('never exceed the limit for concurrent connections, and are released when connections end', async () => {
    const world = await World.start({ GATEWAY_SOCKETS_PER_USER: '5' }, 1);
    const ada = await world.person('ada');
    for (let round = 0; round < 3; round += 1) {
      const clients = Array.from({ length: 20 }, () => new Client(world.url, { token: ada.token }));
      const refusals = await Promise.all(clients.map(refusalOf));
      expect(refusals.filter(({ data }) => data === undefined)).toHaveLength(5);
      expect(refusals.filter(({ data }) => data?.code === 4007)).toHaveLength(15);
      for (const client of clients) client.close();
      await world.settle();
    }
    // Some go before their handshake is through.
    for (let n = 0; n < 10; n += 1) {
      const raw = await RawSocket.open(world.url);
      raw.send(`40/gateway,${JSON.stringify({ token: ada.token })}`);
      raw.close();
    }
    await world.settle();
    const clients = await Promise.all(Array.from({ length: 5 }, () => ada.connect()));
    for (const client of clients) client.close();
    await world.stop();
  });

  it('of one address are limited to twice the limit for connections that send nothing', async () => {
    const world = await World.start({ GATEWAY_SOCKETS_PER_ADDRESS: '3' }, 1);
    const silent = await Promise.all(Array.from({ length: 6 }, () => RawSocket.open(world.url)));
    await expect(RawSocket.open(world.url)).rejects.toThrow('400');
    for (const raw of silent) raw.close();
    await world.settle();
    (await (await world.person('ada')).connect()).close();
    await world.stop();
  });
});

describe('the address of a client', () => {
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  const isTakenIn = async (world: World, token: string, address: string): Promise<boolean> => {
    const raw = await RawSocket.open(world.url, from(address));
    raw.send(`40/gateway,${JSON.stringify({ token })}`);
    const taken = await Promise.race([raw.has('"READY"').then(() => true), raw.closed.then(() => false)]);
    raw.close();
    return taken;
  };

  const invalid = 'x'.repeat(43);
  /** Returns the close code of a handshake. */
  const codeOf = async (world: World, token: string, address: string): Promise<number> => {
    const raw = await RawSocket.open(world.url, from(address));
    raw.send(`40/gateway,${JSON.stringify({ token })}`);
    await raw.closed;
    return Number(/"code":(\d+)/.exec(raw.received.at(-1)!)?.[1]);
  };

  it('is the one that a trusted proxy reports: an IPv6 network counts as one address', async () => {
    const world = await World.start({ TRUST_PROXY: 'loopback', GATEWAY_ADDRESS_CONNECTIONS: '3/60' });
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:DB8:1:2::3'])
      expect(await codeOf(world, invalid, address)).toBe(4001);
    expect(await codeOf(world, invalid, '2001:db8:1:2::4')).toBe(4002);
    expect(await codeOf(world, invalid, '2001:db8:1:3::1')).toBe(4001);
    for (let n = 1; n <= 4; n += 1) expect(await codeOf(world, invalid, '192.0.2.7')).toBe(n < 4 ? 4001 : 4002);
    expect(await codeOf(world, invalid, '::ffff:192.0.2.8')).toBe(4001);
    await world.stop();
  });

  it('cannot be chosen by a client', async () => {
    const world = await World.start({ GATEWAY_ADDRESS_CONNECTIONS: '3/60' });
    for (let n = 1; n <= 4; n += 1) expect(await codeOf(world, invalid, `192.0.2.${n}`)).toBe(n < 4 ? 4001 : 4002);
    await world.stop();
  });

  it('is limited for invalid tokens without locking out valid tokens, and valid tokens do not use up its limit', async () => {
    const world = await World.start({ GATEWAY_ADDRESS_CONNECTIONS: '3/60' });
    const [ada, bob] = [await world.person('ada'), await world.person('bob')];
    for (let n = 0; n < 5; n += 1) expect(await isTakenIn(world, ada.token, '')).toBe(true);
    const { token: revoked } = of<{ token: string }>(
      (await world.ask('post', '/auth/login', { email: bob.email, password: bob.password })).body,
    );
    await bob.delete('/auth/sessions');
    for (const [n, token] of [invalid, revoked, `${ada.token.slice(0, -6)}AAAAAA`, invalid, revoked].entries())
      expect(await codeOf(world, token, '')).toBe(n < 3 ? 4001 : 4002);
    for (const { token } of [ada, bob]) expect(await isTakenIn(world, token, '')).toBe(true);
    await world.stop();
  });

  it('is not limited for handshakes without a token or with a wrong one, which cost no query', async () => {
    const world = await World.start({
      RATE_LIMITS: 'on',
      RATE_REGISTER: '0/1',
      GATEWAY_ADDRESS_CONNECTIONS: '0/1',
      TRUST_PROXY: 'loopback',
    });
    const codes: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const raw = await RawSocket.open(world.url, from('192.0.2.7'));
      raw.send(n % 2 === 0 ? '40/gateway,' : `40/gateway,{"token":"${'x'.repeat(43)}"}`);
      await raw.closed;
      codes.push(Number(/"code":(\d+)/.exec(raw.received.at(-1)!)?.[1]));
    }
    expect(codes).toEqual([4001, 4001, 4001, 4001, 4001]);
    const { token } = await world.person('ada');
    expect(await isTakenIn(world, token, '192.0.2.7')).toBe(true);
    await world.stop();
  });
});

describe('limits of 0', () => {
  it('are off', async () => {
    const off = {
      GATEWAY_BUCKET: '0/1',
      GATEWAY_IDENTIFY: '0/1',
      GATEWAY_IDENTIFY_DAILY: '0/1',
      GATEWAY_ADDRESS_CONNECTIONS: '0/1',
      GATEWAY_SOCKETS_PER_USER: '0',
      HTTP_CONNECTIONS: '0',
      HTTP_CONNECTIONS_PER_ADDRESS: '0',
      GATEWAY_SOCKETS_PER_ADDRESS: '0',
      GATEWAY_IN_FLIGHT: '0',
      GATEWAY_SEND_BUFFER_BYTES: '0',
    };
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', ...off });
    const ada = await world.person('ada');
    const clients = await Promise.all(Array.from({ length: 130 }, () => ada.connect()));
    const [one] = clients;
    const answers = await Promise.all(Array.from({ length: 200 }, () => one!.say('typing.start', { track_id: '1' })));
    expect(answers.every(({ ok }) => ok === false)).toBe(true);
    expect(one!.received('BUCKET_WARNING')).toEqual([]);
    expect(clients.every(({ socket }) => socket.connected)).toBe(true);
    for (const client of clients) client.close();
    await world.stop();
  });
});

describe('a client that does not read', () => {
  // The system's own buffers take some megabytes before anything waits here.
  const [LONG, MANY] = ['x'.repeat(2_000), 8_000];

  it('is closed within a turn of the event loop when more than the limit is unsent, without closing others in its guild', async () => {
    const limit = 262_144;
    const world = await World.start({ GATEWAY_SEND_BUFFER_BYTES: String(limit) }, 1);
    const { track, owner, members } = await world.guild({ members: { deaf: [], mo: [] } });
    const [deaf, mo] = [await RawSocket.enter(world.url, members['deaf']!.token), await members['mo']!.connect()];
    deaf.stopReading();
    const message = parseDto(MessageDto, (await owner.post(`/tracks/${track}/messages`, { content: LONG })).body);
    const waiting = (): number =>
      Math.max(0, ...[...world.app.get(SocketRegistry).openSockets].map(({ conn }) => unsentBytes(conn)));
    let most = 0;
    let sent = 0;
    for (; sent < MANY && [...world.app.get(SocketRegistry).openSockets].length === 2; sent += 1) {
      await world.app
        .get(EventsService)
        .publish('MESSAGE_CREATE', { guildId: message.guild_id, trackId: message.track_id }, message);
      if (sent % 8 === 0) {
        await world.app.get(EventLog).drain();
        await new Promise(setImmediate);
      }
      most = Math.max(most, waiting());
    }
    expect(sent).toBeLessThan(MANY);
    expect(most).toBeGreaterThan(limit / 2);
    expect(most).toBeLessThan(limit + 32 * 2 * LONG.length);
    await world.settle();
    expect(mo.socket.connected).toBe(true);
    expect(mo.received('MESSAGE_CREATE')).toHaveLength(sent + 1);
    deaf.readOn();
    await deaf.gone;
    mo.close();
    await world.stop();
  });
});
