import { Logger } from '@nestjs/common';
import { eventually } from './support/eventually';
import type { Person } from './support/person';
import { RawSocket } from './support/raw-socket';
import { World } from './support/world';

describe('a raw client', () => {
  let world: World;
  let person: Person;
  let complaints: jest.SpyInstance[];
  beforeAll(
    async () =>
      (world = await World.start({
        GATEWAY_PING_INTERVAL_SECONDS: '1',
        GATEWAY_PING_TIMEOUT_SECONDS: '3',
        GATEWAY_SOCKETS_PER_USER: '0',
      })),
  );
  beforeAll(async () => (person = await world.person('raw')));
  beforeEach(
    () =>
      (complaints = [
        jest.spyOn(console, 'error'),
        jest.spyOn(Logger.prototype, 'error'),
        jest.spyOn(Logger.prototype, 'warn'),
      ]),
  );
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => world.stop());

  const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

  it.each<[string, number | undefined, (raw: RawSocket) => void]>([
    ['a kind of packet that Engine.IO doesn’t have', undefined, (raw) => raw.send('x')],
    ['an empty frame', undefined, (raw) => raw.send('')],
    ['a ping in the wrong direction', undefined, (raw) => raw.send('2')],
    [
      'a frame over the size limit',
      undefined,
      (raw) => raw.send(`42/gateway,["typing.start",{"track_id":"${'1'.repeat(70_000)}"}]`),
    ],
    ['a kind of packet that Socket.IO doesn’t have', 4005, (raw) => raw.send('47/gateway,[]')],
    ['an acknowledgement of nothing', 4005, (raw) => raw.send('43/gateway,1[]')],
    [
      'a flood of acknowledgements',
      4005,
      (raw) => Array.from({ length: 500 }, (_, n) => raw.send(`43/gateway,${n}[]`)),
    ],
    ['a hundred namespaces', 4005, (raw) => Array.from({ length: 100 }, (_, n) => raw.send(`40/other${n},`))],
    ['a negative number to acknowledge by', 4000, (raw) => raw.send('42/gateway,-1["typing.start",{}]')],
    ['a refusal', 4005, (raw) => raw.send('44/gateway,{}')],
    ['an announced attachment', 4005, (raw) => raw.send('451-/gateway,["typing.start",{"_placeholder":true,"num":0}]')],
    [
      'a million announced attachments',
      4005,
      (raw) => raw.send('451000000-/gateway,["typing.start",{"_placeholder":true,"num":0}]'),
    ],
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
    [
      'an array that is 30,000 deep',
      4000,
      (raw) => raw.send(`42/gateway,["typing.start",${'['.repeat(30_000)}${']'.repeat(30_000)}]`),
    ],
    ['a second request to enter', 4005, (raw) => raw.send(`40/gateway,${JSON.stringify({ token: person.token })}`)],
    ['a request to enter another namespace', 4005, (raw) => raw.send('40/other,')],
    ['an interaction for another namespace', undefined, (raw) => raw.send('42/other,["typing.start",{}]')],
    ['a flood of signs of life', 4005, (raw) => Array.from({ length: 50 }, () => raw.send('3'))],
    ['a flood of pings', 4005, (raw) => Array.from({ length: 50 }, () => raw.ping())],
  ])('that sends %s is disconnected without an effect on the node', async (_, code, misbehave) => {
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
  ])('that begins with %s is disconnected', async (_, packet) => {
    const raw = await RawSocket.open(world.url);
    raw.send(packet);
    await raw.closed;
    expect(raw.received).toHaveLength(1);
    for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled();
  });

  it.each([
    ['/', '40'],
    ['/', '40{"token":"x"}'],
    ['/other', '40/other,'],
    ['/gateway?x', '40/gateway?x,{}'],
    ['/gatewayx', '40/gatewayx'],
  ])('that connects to %s (%s) is rejected and disconnected', async (namespace, packet) => {
    const raw = await RawSocket.open(world.url);
    raw.send(packet);
    await raw.closed;
    expect(raw.received.slice(1)).toEqual([expect.stringMatching(/^44.*"code":4005/)]);
    expect(raw.received[1]!.startsWith(namespace === '/' ? '44{' : `44${namespace},{`)).toBe(true);
  });

  it('that connects to no namespace is disconnected within seconds', async () => {
    const raw = await RawSocket.open(world.url);
    const openedAt = Date.now();
    await raw.has('"sid"');
    const pongs = setInterval(() => raw.send('3'), 1_500);
    await raw.closed;
    clearInterval(pongs);
    expect(Date.now() - openedAt).toBeGreaterThan(14_000);
  });

  it('has one attempt per connection', async () => {
    const raw = await RawSocket.open(world.url);
    for (let n = 0; n < 100; n += 1) raw.send('40/gateway,{"token":"wrong"}');
    await raw.closed;
    expect(raw.received.filter((text) => text.startsWith('44')).length).toBeLessThanOrEqual(1);
  });

  it('receives the reason of a rejection, and is disconnected', async () => {
    const raw = await RawSocket.open(world.url);
    raw.send('40/gateway,{"token":"wrong"}');
    await raw.closed;
    expect(raw.received[1]).toMatch(/^44\/gateway,.*"code":4001/);
  });

  it('that does not answer a closing handshake is disconnected nevertheless, and receives nothing until then', async () => {
    const raw = await RawSocket.enter(world.url, person.token);
    raw.send('42/gateway,["unknown",{}]');
    const flood = setInterval(() => raw.send(`42/gateway,["unknown","${'x'.repeat(60_000)}"]`), 1);
    await raw.closed;
    const closedAt = Date.now();
    await raw.gone;
    clearInterval(flood);
    // Later on a busy machine; but a closing handshake may take half a minute.
    expect(Date.now() - closedAt).toBeLessThan(10_000);
  });

  it('that sends an interaction before READY is disconnected, and gets no READY', async () => {
    const raw = await RawSocket.open(world.url);
    raw.send(`40/gateway,${JSON.stringify({ token: (await world.person('hasty')).token })}`);
    raw.send('42/gateway,["typing.start",{"track_id":"1"}]');
    await raw.closed;
    expect(raw.received.filter((text) => text.includes('READY'))).toEqual([]);
  });

  it('that does not answer pings is disconnected within interval and timeout', async () => {
    const startedAt = Date.now();
    const raw = await RawSocket.enter(world.url, person.token);
    await raw.closed;
    expect(Date.now() - startedAt).toBeGreaterThan(3_900);
    expect(raw.received.filter((text) => text === '2')).toHaveLength(1);
  });

  it('that answers pings stays connected', async () => {
    const raw = await RawSocket.enter(world.url, person.token);
    for (let n = 1; n <= 3; n += 1) {
      await eventually(() => raw.received.filter((text) => text === '2').length >= n);
      raw.send('3');
    }
    raw.send('41/gateway,');
    await raw.closed;
    expect(raw.closingCode).toBeUndefined();
  });
});
