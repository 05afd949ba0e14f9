import { EventLog } from '../src/events/event-log';
import { EventsService } from '../src/events/events.service';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import { holdDispatch } from './support/held-dispatch';
import { ClientState } from './support/client-state';
import type { Person } from './support/person';
import { World } from './support/world';

interface Id {
  readonly id: string;
}

const idsOf = (all: unknown): string[] => of<Id[]>(all).map(({ id }) => id);
const toldBy = (client: Client): string[] => [
  ...idsOf(of<{ guilds: Id[] }>(client.received('READY')[0]).guilds),
  ...idsOf(client.received('GUILD_CREATE')),
];
const toComeFor = (client: Client): string[] =>
  of<{ pending_guild_ids: string[] }>(client.received('READY')[0]).pending_guild_ids;

describe('a user with many guilds', () => {
  const MANY = 30;
  const FEW_BYTES = '16384';
  let world: World;
  let ada: Person;
  let guildIds: string[];
  beforeAll(async () => {
    world = await World.start({
      GATEWAY_SEND_BUFFER_BYTES: FEW_BYTES,
      GATEWAY_SOCKETS_PER_USER: '0',
      GATEWAY_BUCKET: '0/60',
    });
    ada = await world.person('ada');
    guildIds = [];
    for (let n = 0; n < MANY; n += 1)
      guildIds.push(of<Id>((await ada.post('/guilds', { name: `Guild ${n}` })).body).id);
    await world.settle();
  });
  afterAll(() => world.stop());

  const trackOf = async (guildId: string): Promise<string> =>
    idsOf((await ada.get(`/guilds/${guildId}/tracks`)).body)[1]!;
  const tellMuch = async (guildId: string, trackId: string): Promise<void> => {
    const [guild_id, track_id] = [BigInt(guildId), BigInt(trackId)];
    for (let n = 1; n <= 500; n += 1)
      await world.app
        .get(EventsService)
        .publish(
          'MESSAGE_DELETE',
          { guildId: guild_id, trackId: track_id },
          { guild_id, track_id, message_id: BigInt(n), author_id: null, mentions: null },
        );
  };

  it('receives some guilds in READY and each of the others once, and then RESUMED', async () => {
    const client = new Client(world.url, { token: ada.token });
    await client.next('RESUMED');
    expect(toComeFor(client).length).toBeGreaterThan(MANY / 2);
    expect(idsOf(client.received('GUILD_CREATE'))).toEqual(toComeFor(client));
    expect(toldBy(client).toSorted()).toEqual(guildIds.toSorted());
    expect(client.received('RESUMED')).toMatchObject([
      { guild_ids: expect.arrayContaining(guildIds) as unknown, replayed: expect.any(Number) as unknown },
    ]);
    expect(
      client.events
        .filter(({ name }) => name === 'READY' || name === 'GUILD_CREATE')
        .every(({ seq }) => seq === undefined),
    ).toBe(true);
    await ada.patch(`/guilds/${guildIds.at(-1)}`, { name: 'Renamed' });
    expect(await client.next('GUILD_UPDATE')).toMatchObject({ id: guildIds.at(-1), name: 'Renamed' });
    client.close();
  });

  it('receives each guild once if there are few', async () => {
    const bob = await world.person('bob');
    await bob.post('/guilds', { name: 'The only one' });
    const client = await bob.connect();
    expect(client.names).toEqual(['READY']);
    expect(toComeFor(client)).toEqual([]);
    client.close();
  });

  it('receives the other guilds with any intents', async () => {
    const client = new Client(world.url, { token: ada.token, intents: ['typing'] });
    await client.next('RESUMED');
    expect(toldBy(client).toSorted()).toEqual(guildIds.toSorted());
    client.close();
  });

  it('misses and duplicates no event during the handshake', async () => {
    const [first, last] = [guildIds[0]!, guildIds.at(-1)!];
    const [one, other] = [await trackOf(first), await trackOf(last)];
    let [said, isOver] = [0, false];
    const saying = (async () => {
      for (; !isOver; said += 1) await ada.post(`/tracks/${said % 2 ? one : other}/messages`, { content: `${said}` });
    })();
    for (let round = 0; round < 5; round += 1) {
      const client = new Client(world.url, { token: ada.token });
      await client.ready;
      // The message in flight may have been delivered before.
      const since = said + 1;
      await client.next('RESUMED');
      await ada.patch(`/guilds/${last}`, { name: `Round ${round}` });
      const until = said;
      await client.next('MESSAGE_CREATE', ({ content }) => Number(content) > until);
      const heard = client.received('MESSAGE_CREATE').map(({ content }) => Number(content));
      expect(heard[0]).toBeLessThanOrEqual(since);
      expect(heard).toEqual(Array.from(heard, (_, n) => heard[0]! + n));
      expect(new ClientState(client, last).now().name).toBe(`Round ${round}`);
      client.close();
    }
    isOver = true;
    await saying;
  });

  it('receives changes of guilds that happen during the handshake', async () => {
    const eve = await world.person('eve');
    const [left, deleted, joined] = await Promise.all([world.guild(), world.guild(), world.guild()]);
    for (let n = 0; n < 10; n += 1) await eve.post('/guilds', { name: `Another ${n}` });
    for (const { invite } of [left, deleted]) await eve.post(`/invites/${invite}`);
    const client = new Client(world.url, { token: eve.token });
    await client.ready;
    await Promise.all([
      eve.delete(`/users/@me/guilds/${left.id}`),
      deleted.owner.delete(`/guilds/${deleted.id}`),
      eve.post(`/invites/${joined.invite}`),
    ]);
    await client.next('RESUMED');
    await client.next('GUILD_CREATE', ({ id }) => id === joined.id);
    const sent = new Set(of<{ guild_ids: string[] }>(client.received('RESUMED')[0]).guild_ids);
    for (const { id } of [left, deleted])
      expect(client.received('GUILD_DELETE').some((gone) => gone['id'] === id) || !sent.has(id)).toBe(true);
    client.close();
  });

  it('who is disconnected before the first seq starts anew', async () => {
    const client = new Client(world.url, { token: ada.token });
    client.socket.once('GUILD_CREATE', () => client.close());
    await client.ready;
    await client.next('GUILD_CREATE');
    expect(client.place['seq']).toBeUndefined();
    const again = new Client(world.url, { token: ada.token });
    await again.next('RESUMED');
    expect(toldBy(again).toSorted()).toEqual(guildIds.toSorted());
    again.close();
  });

  it('has all guilds once the first seq was received, and resumes from there', async () => {
    const guildId = guildIds[0]!;
    const trackId = await trackOf(guildId);
    // Events are dispatched and sockets admitted only after READY was sent: these events arrive before the admission is complete.
    const dispatch = holdDispatch(world.app);
    const telling = tellMuch(guildId, trackId);
    await eventually(() => world.app.get(EventLog).buffered.some(({ name }) => name === 'MESSAGE_DELETE'));
    const client = new Client(world.urls[0]!, { token: ada.token });
    client.socket.once('MESSAGE_DELETE', () => client.close());
    await client.ready;
    await Promise.all([dispatch.release(), telling]);
    await client.next('MESSAGE_DELETE');
    expect(client.names).not.toContain('RESUMED');
    expect(toldBy(client).toSorted()).toEqual(guildIds.toSorted());
    const again = await ada.resume(client);
    expect(again.received('GUILD_CREATE')).toEqual([]);
    const heard = [client, again].flatMap((each) =>
      each.received('MESSAGE_DELETE').map(({ message_id }) => Number(message_id)),
    );
    expect(heard).toEqual(Array.from(heard, (_, n) => n + 1));
    expect(heard).toHaveLength(500);
    again.close();
  });
});

describe('a large guild', () => {
  // Three bytes each.
  const TOPIC = '話'.repeat(1_000);

  it('is sent track by track: after READY, to a new member, and after a resume', async () => {
    const world = await World.start();
    const [ada, mo] = [await world.person('ada'), await world.person('mo')];
    const { id: guildId } = of<Id>((await ada.post('/guilds', { name: 'Long' })).body);
    for (let n = 0; n < 90; n += 1) await ada.post(`/guilds/${guildId}/tracks`, { name: `t${n}`, topic: TOPIC });
    const tracks = of<Id[]>((await ada.get(`/guilds/${guildId}/tracks`)).body);
    const { code } = of<{ code: string }>((await ada.post(`/tracks/${tracks[1]!.id}/invites`, {})).body);
    await world.settle();

    const client = new Client(world.url, { token: ada.token });
    await client.next('RESUMED');
    expect(client.received('READY')).toMatchObject([{ guilds: [], pending_guild_ids: [guildId] }]);
    expect(client.received('GUILD_CREATE')).toMatchObject([{ id: guildId, tracks: [] }]);
    expect(client.received('TRACK_CREATE')).toEqual(tracks);

    const joiner = await mo.connect();
    await mo.post(`/invites/${code}`);
    await joiner.next('MEMBER_JOIN');
    expect(joiner.received('GUILD_CREATE')).toMatchObject([{ id: guildId, tracks: [] }]);
    expect(joiner.received('TRACK_CREATE')).toEqual(tracks);

    await world.settle();
    for (const each of [client, joiner]) each.close();
    await ada.patch(`/guilds/${guildId}/tracks`, [{ id: tracks.at(-1)!.id, position: 1 }]);
    const back = await mo.resume(joiner);
    expect(back.received('GUILD_CREATE')).toMatchObject([{ id: guildId, tracks: [] }]);
    expect(idsOf(back.received('TRACK_CREATE'))).toEqual(idsOf((await mo.get(`/guilds/${guildId}/tracks`)).body));
    back.close();
    await world.stop();
  });
});
