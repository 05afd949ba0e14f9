import { Logger } from '@nestjs/common';
import { EventsService } from '../src/events/events.service';
import { Attendance } from '../src/gateway/attendance';
import { unsentBytes } from '../src/gateway/engine';
import { messageDto } from '../src/messages/message.dto';
import { RawSocket } from './support/raw-socket';
import { Client, type GuildWorld, of, type Person, World } from './support/world';

const refusalOf = (client: Client): Promise<{ data?: { code: number } }> => client.ready.then(() => ({}), (error: unknown) => error as { data: { code: number } });

describe('a user’s bucket', () => {
  let world: World;
  let guild: GuildWorld;
  beforeAll(async () => {
    world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '0/1', GATEWAY_IDENTIFY: '2/60', GATEWAY_BUCKET: '10/2' });
    guild = await world.guild();
  });
  afterAll(() => world.stop());

  const type = (client: Client): Promise<unknown> => client.say('typing.start', { track_id: guild.track });

  it('warns the socket that fills it at four fifths, and again only when it was emptier meanwhile', async () => {
    const [one, other] = [await guild.owner.connect(), await guild.owner.connect()];
    await type(other);
    for (let n = 0; n < 6; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toEqual([]);
    for (let n = 0; n < 2; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toEqual([{ limit: 10, remaining: 2, reset_after: 2 }]);
    expect(other.received('BUCKET_WARNING')).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    for (let n = 0; n < 9; n += 1) await type(one);
    expect(one.received('BUCKET_WARNING')).toHaveLength(2);
    expect(one.socket.connected && other.socket.connected).toBe(true);
    for (const client of [one, other]) client.close();
  });

  it('can be looked at without putting anything in, and is all that being thrown off costs', async () => {
    const ada = await world.person('ada');
    const look = async (): Promise<unknown> => (await ada.get('/users/@me/limits')).body;
    const empty = (limit: number, window_seconds: number): object => ({ limit, window_seconds, remaining: limit, reset_after: 0 });
    expect(await look()).toEqual({ gateway: empty(10, 2), identify: empty(2, 60), identify_daily: empty(1_000, 86_400), resume: empty(60, 60) });
    expect(await look()).toEqual(await look());
    const client = await ada.connect();
    for (let n = 0; n < 11; n += 1) client.socket.emit('typing.start', { track_id: guild.track });
    await client.closed();
    expect(client.received('CLOSING')).toMatchObject([{ code: 4004, retry_after: 2 }]);
    expect(await look()).toMatchObject({ gateway: { remaining: 0, reset_after: 2 }, identify: { remaining: 1 }, identify_daily: { remaining: 999 } });
    expect((await ada.get('/users/@me')).status).toBe(200);
    const again = await ada.connect();
    expect(again.names).toEqual(['READY']);
    again.close();
  });
});

describe('more at once than fits into an empty bucket', () => {
  it('is not even looked at: the bucket is full, its client off, and nothing done', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '0/1', GATEWAY_BUCKET: '10/60' });
    const { owner, track } = await world.guild();
    const raw = await RawSocket.enter(world.url, owner.token);
    raw.sendAtOnce(Array.from({ length: 500 }, () => `42/gateway,["message.create",{"track_id":"${track}","content":"flood"}]`));
    await raw.closed;
    expect(raw.closingCode).toBe(4004);
    expect((await owner.get(`/tracks/${track}/messages`)).body).toEqual([]);
    expect((await owner.get('/users/@me/limits')).body).toMatchObject({ gateway: { remaining: 0, reset_after: 60 } });
    await world.stop();
  });
});

describe('interactions of a socket', () => {
  it('are done in order, however many arrive together', async () => {
    const world = await World.start({ GATEWAY_BUCKET: '0/1', GATEWAY_IN_FLIGHT: '0' });
    const { owner, track } = await world.guild();
    const raw = await RawSocket.enter(world.url, owner.token);
    const say = (n: number, more = ''): string => `42/gateway,${n}["message.create",{"track_id":"${track}","content":"${n}"${more}}]`;
    // More than may wait before it is read on, so that reading pauses; it is refused, which takes no time.
    raw.sendAtOnce([...Array.from({ length: 60 }, (_, n) => say(n, `,"x":"${'x'.repeat(10_000)}"`)), ...Array.from({ length: 20 }, (_, n) => say(60 + n))]);
    await raw.has('43/gateway,79[{"ok":true');
    const answered = raw.received.flatMap((text) => /^43\/gateway,(\d+)/.exec(text)?.[1] ?? []).map(Number);
    expect(answered).toEqual(Array.from({ length: 80 }, (_, n) => n));
    raw.close();
    await world.stop();
  });

  it('are so many at the same time, and any number one after the other', async () => {
    const world = await World.start({ GATEWAY_BUCKET: '0/1', GATEWAY_IN_FLIGHT: '5' });
    const guild = await world.guild({ members: { mo: [] } });
    const [pushy, patient] = await Promise.all([guild.members['mo']!.connect(), guild.owner.connect()]);
    for (let n = 0; n < 20; n += 1) expect(await patient.say('message.create', { track_id: guild.track, content: `${n}` })).toMatchObject({ ok: true });
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

describe('seats of a node', () => {
  it('are never more than the limit, however many connect at once, and are free again when connections end', async () => {
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

  it('from one address are given to twice the limit of connections that say nothing, and no more', async () => {
    const world = await World.start({ GATEWAY_SOCKETS_PER_ADDRESS: '3' }, 1);
    const silent = await Promise.all(Array.from({ length: 6 }, () => RawSocket.open(world.url)));
    await expect(RawSocket.open(world.url)).rejects.toThrow('400');
    for (const raw of silent) raw.close();
    await world.settle();
    (await (await world.person('ada')).connect()).close();
    await world.stop();
  });
});

describe('an address', () => {
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  const isTakenIn = async (world: World, token: string, address: string): Promise<boolean> => {
    const raw = await RawSocket.open(world.url, from(address));
    raw.send(`40/gateway,${JSON.stringify({ token })}`);
    const taken = await Promise.race([raw.has('"READY"').then(() => true), raw.closed.then(() => false)]);
    raw.close();
    return taken;
  };

  it('is what a trusted proxy says, an IPv6 network counts as one, and all its connections count', async () => {
    const world = await World.start({ TRUST_PROXY: 'loopback', GATEWAY_ADDRESS_CONNECTIONS: '3/60' });
    const { token } = await world.person('ada');
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:DB8:1:2::3']) expect(await isTakenIn(world, token, address)).toBe(true);
    expect(await isTakenIn(world, token, '2001:db8:1:2::4')).toBe(false);
    expect(await isTakenIn(world, token, '2001:db8:1:3::1')).toBe(true);
    for (let n = 1; n <= 4; n += 1) expect(await isTakenIn(world, token, '192.0.2.7')).toBe(n < 4);
    expect(await isTakenIn(world, token, '::ffff:192.0.2.8')).toBe(true);
    await world.stop();
  });

  it('is nothing that a client can choose', async () => {
    const world = await World.start({ GATEWAY_ADDRESS_CONNECTIONS: '3/60' });
    const { token } = await world.person('ada');
    for (let n = 1; n <= 4; n += 1) expect(await isTakenIn(world, token, `192.0.2.${n}`)).toBe(n < 4);
    await world.stop();
  });

  it('pays for handshakes without a token, and with a wrong one', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', GATEWAY_ADDRESS_CONNECTIONS: '0/1', RATE_BAD_TOKEN: '3/60', TRUST_PROXY: 'loopback' });
    const codes: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const raw = await RawSocket.open(world.url, from('192.0.2.7'));
      raw.send(n % 2 === 0 ? '40/gateway,' : `40/gateway,{"token":"${'x'.repeat(43)}"}`);
      await raw.closed;
      codes.push(Number(/"code":(\d+)/.exec(raw.received.at(-1)!)?.[1]));
    }
    expect(codes).toEqual([4001, 4001, 4001, 4002, 4002]);
    const { token } = await world.person('ada');
    expect(await isTakenIn(world, token, '192.0.2.8')).toBe(true);
    await world.stop();
  });
});

describe('limits that are 0', () => {
  it('are off', async () => {
    const off = { GATEWAY_BUCKET: '0/1', GATEWAY_IDENTIFY: '0/1', GATEWAY_IDENTIFY_DAILY: '0/1', GATEWAY_ADDRESS_CONNECTIONS: '0/1', GATEWAY_SOCKETS_PER_USER: '0', GATEWAY_SOCKETS_PER_ADDRESS: '0', GATEWAY_IN_FLIGHT: '0', GATEWAY_SEND_BUFFER_BYTES: '0' };
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

describe('a client that doesn’t read', () => {
  // The system's own buffers take some megabytes before anything waits here.
  const [LONG, MANY] = ['x'.repeat(2_000), 8_000];

  it('is off when more than the limit waits for it, within a turn of the event loop; others in its guild are not', async () => {
    const limit = 262_144;
    const world = await World.start({ GATEWAY_SEND_BUFFER_BYTES: String(limit) }, 1);
    const { track, owner, members } = await world.guild({ members: { deaf: [], mo: [] } });
    const [deaf, mo] = [await RawSocket.enter(world.url, members['deaf']!.token), await members['mo']!.connect()];
    deaf.stopReading();
    const message = messageDto.parse((await owner.post(`/tracks/${track}/messages`, { content: LONG })).body);
    const waiting = (): number => Math.max(0, ...[...world.app.get(Attendance).open].map(({ conn }) => unsentBytes(conn)));
    let most = 0;
    let sent = 0;
    for (; sent < MANY && [...world.app.get(Attendance).open].length === 2; sent += 1) {
      await world.app.get(EventsService).publish('MESSAGE_CREATE', { guildId: message.guild_id, trackId: message.track_id }, message);
      if (sent % 8 === 0) await new Promise(setImmediate);
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

describe('a raw client', () => {
  let world: World;
  let person: Person;
  let complaints: jest.SpyInstance[];
  beforeAll(async () => (world = await World.start({ GATEWAY_PING_INTERVAL_SECONDS: '1', GATEWAY_PING_TIMEOUT_SECONDS: '1', GATEWAY_SOCKETS_PER_USER: '0' })));
  beforeAll(async () => (person = await world.person('raw')));
  beforeEach(() => (complaints = [jest.spyOn(console, 'error'), jest.spyOn(Logger.prototype, 'error'), jest.spyOn(Logger.prototype, 'warn')]));
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => world.stop());

  const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

  it.each<[string, number | undefined, (raw: RawSocket) => void]>([
    ['a kind of packet that Engine.IO doesn’t have', undefined, (raw) => raw.send('x')],
    ['an empty frame', undefined, (raw) => raw.send('')],
    ['a ping in the wrong direction', undefined, (raw) => raw.send('2')],
    ['a frame over the size limit', undefined, (raw) => raw.send(`42/gateway,["typing.start",{"track_id":"${'1'.repeat(70_000)}"}]`)],
    ['a kind of packet that Socket.IO doesn’t have', 4005, (raw) => raw.send('47/gateway,[]')],
    ['an acknowledgement of nothing', 4005, (raw) => raw.send('43/gateway,1[]')],
    ['a flood of acknowledgements', 4005, (raw) => Array.from({ length: 500 }, (_, n) => raw.send(`43/gateway,${n}[]`))],
    ['a hundred namespaces', 4005, (raw) => Array.from({ length: 100 }, (_, n) => raw.send(`40/other${n},`))],
    ['a negative number to acknowledge by', 4000, (raw) => raw.send('42/gateway,-1["typing.start",{}]')],
    ['a refusal', 4005, (raw) => raw.send('44/gateway,{}')],
    ['an announced attachment', 4005, (raw) => raw.send('451-/gateway,["typing.start",{"_placeholder":true,"num":0}]')],
    ['a million announced attachments', 4005, (raw) => raw.send('451000000-/gateway,["typing.start",{"_placeholder":true,"num":0}]')],
    ['a binary frame', 4005, (raw) => raw.sendBinary(Buffer.from('hello'))],
    ['base64', 4005, (raw) => raw.send('bAQID')],
    ['half a JSON', 4000, (raw) => raw.send('42/gateway,["typing.start",{"track_id"')],
    ['no JSON at all', 4005, (raw) => raw.send('42/gateway,')],
    ['an object for a packet', 4000, (raw) => raw.send('42/gateway,{"a":1}')],
    ['a name that is reserved', 4000, (raw) => raw.send('42/gateway,["disconnect"]')],
    ['a number for a name', 4005, (raw) => raw.send('42/gateway,[7,{}]')],
    ['an object for a name', 4000, (raw) => raw.send('42/gateway,[{},{}]')],
    ['a name from Object.prototype', 4005, (raw) => raw.send('42/gateway,["hasOwnProperty",{}]')],
    ['a payload too many', 4000, (raw) => raw.send('42/gateway,["typing.start",{"track_id":"1"},{}]')],
    ['a payload that is 10,000 deep', 4000, (raw) => raw.send(`42/gateway,["typing.start",${deep(10_000)}]`)],
    ['an array that is 30,000 deep', 4000, (raw) => raw.send(`42/gateway,["typing.start",${'['.repeat(30_000)}${']'.repeat(30_000)}]`)],
    ['a second request to enter', 4005, (raw) => raw.send(`40/gateway,${JSON.stringify({ token: person.token })}`)],
    ['a request to enter another namespace', 4005, (raw) => raw.send('40/other,')],
    ['an interaction for another namespace', undefined, (raw) => raw.send('42/other,["typing.start",{}]')],
    ['a flood of signs of life', 4005, (raw) => Array.from({ length: 50 }, () => raw.send('3'))],
    ['a flood of pings', 4005, (raw) => Array.from({ length: 50 }, () => raw.ping())],
  ])('that sends %s is off, and the node goes on without a word', async (_, code, misbehave) => {
    const raw = await RawSocket.enter(world.url, person.token);
    misbehave(raw);
    await raw.closed;
    expect(raw.closingCode).toBe(code);
    for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled();
    (await RawSocket.enter(world.url, person.token)).close();
  });

  it.each([
    ['an interaction', '42/gateway,["typing.start",{"track_id":"1"}]'],
    ['a request to enter that is no JSON', '40/gateway,{"token":'],
    ['a request to enter with a list', '40/gateway,[]'],
    ['garbage', '\u0000\u0001'],
  ])('that begins with %s is off', async (_, packet) => {
    const raw = await RawSocket.open(world.url);
    raw.send(packet);
    await raw.closed;
    expect(raw.received).toHaveLength(1);
    for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled();
  });

  it.each([['/', '40'], ['/', '40{"token":"x"}'], ['/other', '40/other,'], ['/gateway?x', '40/gateway?x,{}'], ['/gatewayx', '40/gatewayx']])('that asks for %s (%s) is told that there is nothing else, and off', async (namespace, packet) => {
    const raw = await RawSocket.open(world.url);
    raw.send(packet);
    await raw.closed;
    expect(raw.received.slice(1)).toEqual([expect.stringMatching(/^44.*"code":4005/)]);
    expect(raw.received[1]!.startsWith(namespace === '/' ? '44{' : `44${namespace},{`)).toBe(true);
  });

  it('that asks for nothing is off within seconds', async () => {
    const raw = await RawSocket.open(world.url);
    const openedAt = Date.now();
    await raw.has('"sid"');
    const pongs = setInterval(() => raw.send('3'), 1_500);
    await raw.closed;
    clearInterval(pongs);
    expect(Date.now() - openedAt).toBeGreaterThan(14_000);
  }, 40_000);

  it('gets one attempt for a connection', async () => {
    const raw = await RawSocket.open(world.url);
    for (let n = 0; n < 100; n += 1) raw.send('40/gateway,{"token":"wrong"}');
    await raw.closed;
    expect(raw.received.filter((text) => text.startsWith('44')).length).toBeLessThanOrEqual(1);
  });

  it('is told why it is refused, and off', async () => {
    const raw = await RawSocket.open(world.url);
    raw.send('40/gateway,{"token":"wrong"}');
    await raw.closed;
    expect(raw.received[1]).toMatch(/^44\/gateway,.*"code":4001/);
  });

  it('that takes no part in a closing handshake is gone all the same, and costs nothing until then', async () => {
    const raw = await RawSocket.enter(world.url, person.token);
    raw.send('42/gateway,["unknown",{}]');
    const flood = setInterval(() => raw.send(`42/gateway,["unknown","${'x'.repeat(60_000)}"]`), 1);
    await raw.closed;
    const closedAt = Date.now();
    await raw.gone;
    clearInterval(flood);
    expect(Date.now() - closedAt).toBeLessThan(2_000);
  });

  it('that interacts before it is in is off, and gets no READY', async () => {
    const raw = await RawSocket.open(world.url);
    raw.send(`40/gateway,${JSON.stringify({ token: (await world.person('hasty')).token })}`);
    raw.send('42/gateway,["typing.start",{"track_id":"1"}]');
    await raw.closed;
    expect(raw.received.filter((text) => text.includes('READY'))).toEqual([]);
  });

  it('that gives no sign of life is off within interval and time-out', async () => {
    const raw = await RawSocket.enter(world.url, person.token);
    const enteredAt = Date.now();
    await raw.closed;
    expect(Date.now() - enteredAt).toBeGreaterThan(900);
    expect(raw.received.filter((text) => text === '2')).toHaveLength(1);
  });

  it('that gives signs of life when asked stays', async () => {
    const raw = await RawSocket.enter(world.url, person.token);
    for (let n = 1; n <= 3; n += 1) {
      while (raw.received.filter((text) => text === '2').length < n) await new Promise((resolve) => setTimeout(resolve, 20));
      raw.send('3');
    }
    raw.send('41/gateway,');
    await raw.closed;
    expect(raw.closingCode).toBeUndefined();
  });
});
