import fc from 'fast-check';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

interface ReadState {
  readonly track_id: string;
  readonly last_read_id: string;
  readonly last_message_id: string | null;
  readonly unread_count: number;
  readonly mention_count: number;
}

describe('read states', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60' })));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({ members: { mo: [] } });
    mo = guild.members['mo']!;
  });

  const say = async (who: Person, content = 'x', track = guild.track): Promise<string> =>
    of<{ id: string }>((await who.post(`/tracks/${track}/messages`, { content })).body).id;
  const read = async (who: Person, message_id: string, more: object = {}): Promise<ReadState> =>
    of((await who.put(`/tracks/${guild.track}/read-state`, { message_id, ...more })).body);
  const all = async (who: Person): Promise<ReadState[]> => of((await who.get('/users/@me/read-states')).body);
  const stateOf = async (who: Person, track = guild.track): Promise<ReadState | undefined> =>
    (await all(who)).find(({ track_id }) => track_id === track);
  const unread = async (who: Person, track = guild.track): Promise<number | undefined> =>
    (await stateOf(who, track))?.unread_count;

  it('count the messages of other users after the read marker, and arrive right after READY', async () => {
    expect(await all(mo)).toEqual([]);
    const ids = [await say(guild.owner), await say(guild.owner, `<@${mo.id}>`), await say(guild.owner)];
    expect(await stateOf(mo)).toMatchObject({
      guild_id: guild.id,
      last_message_id: ids[2],
      unread_count: 3,
      mention_count: 1,
    });
    expect(await read(mo, ids[0]!)).toEqual({
      guild_id: guild.id,
      track_id: guild.track,
      last_read_id: ids[0],
      last_message_id: ids[2],
      unread_count: 2,
      mention_count: 1,
    });
    const client = await mo.connect();
    expect(await client.readStates).toEqual([await stateOf(mo)]);
    client.close();
    expect(await read(mo, ids[2]!)).toMatchObject({ unread_count: 0, mention_count: 0 });
    expect(await stateOf(mo)).toMatchObject({ last_read_id: ids[2], unread_count: 0, mention_count: 0 });
  });

  it('never count messages of the user', async () => {
    await say(guild.owner);
    await say(mo);
    await say(mo);
    expect(await unread(mo)).toBe(1);
    expect(await unread(guild.owner)).toBe(2);
    const last = await say(guild.owner);
    await read(mo, last);
    await say(mo);
    expect(await unread(mo)).toBe(0);
    await say(guild.owner);
    expect(await unread(mo)).toBe(1);
  });

  it('move forward only, unless the user requests to move back', async () => {
    const ids = [await say(guild.owner), await say(guild.owner), await say(mo), await say(guild.owner, '@everyone')];
    await read(mo, ids[3]!);
    expect(await read(mo, ids[0]!)).toMatchObject({ last_read_id: ids[3], unread_count: 0 });
    expect(await stateOf(mo)).toMatchObject({ last_read_id: ids[3], unread_count: 0 });
    expect(await read(mo, ids[0]!, { backwards: true })).toMatchObject({
      last_read_id: ids[0],
      unread_count: 2,
      mention_count: 1,
    });
    expect(await stateOf(mo)).toMatchObject({ last_read_id: ids[0], unread_count: 2, mention_count: 1 });
    await say(guild.owner);
    expect(await unread(mo)).toBe(3);
    expect(await read(mo, '0', { backwards: true })).toMatchObject({ last_read_id: '0', unread_count: 4 });
  });

  it('are sent to all sockets of the user on all nodes, and to no other user', async () => {
    const id = await say(guild.owner);
    const clients = await Promise.all(
      world.urls.flatMap((url) => [mo.connect(undefined, url), mo.connect(undefined, url)]),
    );
    const other = await guild.owner.connect();
    const answer = of<{ ok: boolean; data: ReadState }>(
      await clients[0]!.say('read_state.update', { track_id: guild.track, message_id: id }),
    );
    expect(answer).toMatchObject({ ok: true, data: { last_read_id: id, unread_count: 0 } });
    for (const client of clients) expect(await client.next('READ_STATE_UPDATE')).toEqual(answer.data);
    await read(mo, id);
    await world.settle();
    for (const client of clients) expect(client.received('READ_STATE_UPDATE')).toHaveLength(1);
    expect(other.received('READ_STATE_UPDATE')).toEqual([]);
    for (const client of [...clients, other]) client.close();
  });

  it('are for visible text tracks only, and change nothing elsewhere', async () => {
    const id = await say(guild.owner);
    const client = await mo.connect();
    expect((await mo.put(`/tracks/${guild.category}/read-state`, { message_id: id })).body).toMatchObject({
      code: 'NOT_A_TEXT_TRACK',
    });
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: '0',
      deny: String(Permission.ViewTrack),
    });
    expect((await mo.put(`/tracks/${guild.track}/read-state`, { message_id: id })).body).toMatchObject({
      code: 'TRACK_NOT_FOUND',
    });
    expect(await client.say('read_state.update', { track_id: guild.track, message_id: id })).toMatchObject({
      ok: false,
      error: { code: 'TRACK_NOT_FOUND' },
    });
    expect(await all(mo)).toEqual([]);
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${mo.id}`);
    expect(await unread(mo)).toBe(1);
    expect(await client.say('read_state.update', { track_id: guild.track, message_id: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION_FAILED' },
    });
    client.close();
  });

  it('cannot be ahead of later messages', async () => {
    await read(mo, String((1n << 63n) - 1n));
    await say(guild.owner);
    expect(await unread(mo)).toBe(1);
  });

  it('start with everything before the join read, for each join', async () => {
    const other = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'other' })).body).id;
    for (let n = 0; n < 3; n += 1) await say(guild.owner, '@everyone');
    const eve = await world.person('eve');
    const joined = async (): Promise<void> => {
      await eve.post(`/invites/${guild.invite}`);
      expect(await stateOf(eve)).toMatchObject({ unread_count: 0, mention_count: 0 });
      await say(eve);
      expect(await unread(eve)).toBe(0);
      await say(guild.owner, '@everyone');
      await say(guild.owner, 'x', other);
      expect(await stateOf(eve)).toMatchObject({ unread_count: 1, mention_count: 1 });
      expect(await unread(eve, other)).toBe(1);
    };
    await joined();
    await eve.delete(`/users/@me/guilds/${guild.id}`);
    expect(await all(eve)).toEqual([]);
    await joined();
  });

  it('are deleted with their track and guild', async () => {
    const other = await world.guild({});
    await guild.owner.post(`/invites/${other.invite}`);
    const track = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'other' })).body).id;
    await say(mo);
    await say(mo, 'x', track);
    await say(other.owner, 'x', other.track);
    const tracks = async (): Promise<string[]> => (await all(guild.owner)).map(({ track_id }) => track_id).sort();
    expect(await tracks()).toEqual([guild.track, track, other.track].sort());
    await guild.owner.delete(`/tracks/${track}`);
    expect(await tracks()).toEqual([guild.track, other.track].sort());
    await other.owner.delete(`/guilds/${other.id}`);
    expect(await tracks()).toEqual([guild.track]);
  });

  it('do not count a repeated message, and do not count a deleted message any more', async () => {
    const twice = { content: 'x', nonce: 'n' };
    await Promise.all(Array.from({ length: 4 }, () => guild.owner.post(`/tracks/${guild.track}/messages`, twice)));
    const last = await say(guild.owner);
    expect(await unread(mo)).toBe(2);
    await guild.owner.delete(`/tracks/${guild.track}/messages/${last}`);
    expect(await unread(mo)).toBe(1);
    const [first] = of<{ id: string }[]>((await mo.get(`/tracks/${guild.track}/messages`)).body);
    expect(await read(mo, first!.id)).toMatchObject({ unread_count: 0 });
    expect(await unread(mo)).toBe(0);
    await say(guild.owner);
    expect(await unread(mo)).toBe(1);
  });

  // Two devices and two people who write, one after the other or at the same time.
  const acts = fc.array(
    fc.array(
      fc.oneof(fc.constantFrom('write', 'write mine'), fc.record({ read: fc.nat({ max: 9 }), back: fc.boolean() })),
      { minLength: 1, maxLength: 4 },
    ),
    { maxLength: 6 },
  );
  it('are never negative, and are 0 once the newest message is read, for concurrent changes', () =>
    fc.assert(
      fc.asyncProperty(acts, async (rounds) => {
        guild = await world.guild({ members: { mo: [] } });
        mo = guild.members['mo']!;
        const said: { id: string; isMine: boolean }[] = [];
        const act = async (one: (typeof rounds)[number][number]): Promise<void> => {
          if (typeof one === 'string')
            said.push({ id: await say(one === 'write' ? guild.owner : mo), isMine: one !== 'write' });
          else if (said.length > 0)
            expect(
              (await read(mo, said[one.read % said.length]!.id, { backwards: one.back })).unread_count,
            ).toBeGreaterThanOrEqual(0);
        };
        for (const round of rounds) {
          await Promise.all(round.map(act));
          const state = await stateOf(mo);
          expect(state?.unread_count ?? 0).toBeGreaterThanOrEqual(0);
        }
        if (said.length === 0) return;
        const newest = said.map(({ id }) => BigInt(id)).reduce((a, b) => (a > b ? a : b));
        expect(await read(mo, String(newest))).toMatchObject({ unread_count: 0 });
        expect(await unread(mo)).toBe(0);
        await say(guild.owner);
        await say(mo);
        expect(await unread(mo)).toBe(1);
      }),
      { numRuns: 15 },
    ));

  it('leave no concurrent message out, and count none twice', async () => {
    const clients: Client[] = [];
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; n < 50; n += 1) await say(guild.owner, `${n}`);
      isOver = true;
    })();
    while (!isOver && clients.length < 15) clients.push(await mo.connect());
    await writing;
    await Promise.all(
      clients.map((client) => client.next('MESSAGE_CREATE', ({ content }) => content === '49').catch(() => undefined)),
    );
    for (const client of clients) {
      const [state] = of<ReadState[]>(await client.readStates);
      const later = client
        .received('MESSAGE_CREATE')
        .filter((message) => BigInt(of<{ id: string }>(message).id) > BigInt(state?.last_message_id ?? 0));
      expect((state?.unread_count ?? 0) + later.length).toBe(50);
      client.close();
    }
  });
});
