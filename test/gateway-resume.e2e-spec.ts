import { LIMITS } from '../src/common/limits';
import { EventsService } from '../src/events/events.service';
import { seqAt, timeOf } from '../src/events/seq';
import { parseDto } from '../src/common/dto/parse-dto';
import { MessageDto } from '../src/messages/message.dto';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewTrack, ViewMessageHistory, ModifyGuild } = Permission;
const RESUME_SECONDS = 3;

const refusalOf = (client: Client): Promise<{ data?: { code: number; retry_after?: number } }> =>
  client.ready.then(
    () => ({}),
    (error: unknown) => error as { data: { code: number } },
  );

describe('a client that resumes', () => {
  let world: World;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60', GATEWAY_SOCKETS_PER_USER: '0' })));
  afterAll(() => world.stop());

  const say = async (guild: GuildWorld, content: string, track = guild.track): Promise<string> =>
    of<{ id: string }>((await guild.owner.post(`/tracks/${track}/messages`, { content })).body).id;
  const saidTo = (client: Client): string[] =>
    client.received('MESSAGE_CREATE').map((message) => of<{ content: string }>(message).content);
  const overwrite = (
    guild: GuildWorld,
    id: string,
    type: 'role' | 'member',
    allow: bigint,
    deny: bigint,
    track = guild.track,
  ): Promise<unknown> =>
    guild.owner.put(`/tracks/${track}/overwrites/${id}`, { type, allow: String(allow), deny: String(deny) });
  const join = (person: Person, guild: GuildWorld): Promise<unknown> => person.post(`/invites/${guild.invite}`);
  /** Returns a client of `person` that has resumed after something happened while it was disconnected. */
  const away = async (
    person: Person,
    during: () => Promise<unknown>,
    auth: Record<string, unknown> = {},
  ): Promise<Client> => {
    const before = await person.connect({ token: person.token, ...auth });
    await world.settle();
    before.close();
    await during();
    const client = await person.resume(before, world.url, auth);
    client.close();
    return client;
  };

  it('receives the missed events, once, in order and with their seq, and then RESUMED', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const [owner, mo] = [await guild.owner.connect(), guild.members['mo']!];
    const before = await mo.connect();
    await say(guild, '1');
    await before.next('MESSAGE_CREATE');
    before.close();
    for (const n of ['2', '3', '4']) await say(guild, n);
    const { id } = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'new' })).body);
    await owner.next('ROLE_CREATE');
    const client = await mo.resume(before);
    await say(guild, '5');
    await client.next('MESSAGE_CREATE', ({ content }) => content === '5');
    await owner.next('MESSAGE_CREATE', ({ content }) => content === '5');
    expect(client.names).toEqual([
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'ROLE_CREATE',
      'RESUMED',
      'MESSAGE_CREATE',
    ]);
    expect(client.events.filter(({ name }) => name !== 'RESUMED')).toEqual(
      owner.events.filter(({ name, data }) => name !== 'READY' && data['content'] !== '1'),
    );
    expect(client.received('RESUMED')).toEqual([
      {
        session_id: of<string>(before.place['session_id']),
        replayed: 4,
        guild_ids: [guild.id],
        intents: before.received('READY')[0]!['intents'],
      },
    ]);
    expect(client.received('ROLE_CREATE')).toMatchObject([{ id }]);
    for (const each of [owner, client]) each.close();
  });

  it('can resume repeatedly, from the last event received', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    let client = await mo.connect();
    const heard: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      client.close();
      await say(guild, `${n}`);
      client = await mo.resume(client);
      heard.push(...saidTo(client));
    }
    client.close();
    expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
  });

  it('receives more events than fit into one turn, while others are published', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const said = Array.from({ length: 300 }, (_, n) => `${n}`);
    const before = await guild.members['mo']!.connect();
    before.close();
    for (const content of said.slice(0, 250)) await say(guild, content);
    const going = (async () => {
      for (const content of said.slice(250)) await say(guild, content);
    })();
    const client = await guild.members['mo']!.resume(before);
    await going;
    await client.next('MESSAGE_CREATE', ({ content }) => content === said.at(-1));
    expect(saidTo(client)).toEqual(said);
    const [resumed] = client.received('RESUMED');
    expect(of<{ replayed: number }>(resumed).replayed).toBe(client.names.indexOf('RESUMED'));
    client.close();
  });

  it('receives only events of its intents, and no typing', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const during = async (): Promise<void> => {
      await say(guild, 'hello');
      await guild.owner.post(`/tracks/${guild.track}/typing`);
      await guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'new' });
    };
    expect((await away(guild.members['mo']!, during)).names).toEqual(['MESSAGE_CREATE', 'ROLE_CREATE', 'RESUMED']);
    expect((await away(guild.members['mo']!, during, { intents: ['roles', 'typing'] })).names).toEqual([
      'ROLE_CREATE',
      'RESUMED',
    ]);
  });

  it('receives changes of the guilds that the user joined and left', async () => {
    const [left, joined, kept, back] = await Promise.all([world.guild(), world.guild(), world.guild(), world.guild()]);
    const mo = await world.person('mo');
    for (const guild of [left, kept, back]) await join(mo, guild);
    const client = await away(mo, async () => {
      await say(left, 'before they left');
      await say(joined, 'before they joined');
      await mo.delete(`/users/@me/guilds/${left.id}`);
      await say(left, 'after they left');
      await join(mo, joined);
      await say(joined, 'after they joined');
      await mo.delete(`/users/@me/guilds/${back.id}`);
      await say(back, 'while they were not there');
      await join(mo, back);
      await say(back, 'when they were back');
    });
    expect(client.received('GUILD_DELETE')).toEqual([{ id: left.id }]);
    expect(
      client
        .received('GUILD_CREATE')
        .map(({ id }) => of<string>(id))
        .sort(),
    ).toEqual([joined.id, back.id].sort());
    expect(saidTo(client)).toEqual(['after they joined', 'when they were back']);
    expect(client.names.findLastIndex((name) => name === 'GUILD_CREATE')).toBeLessThan(
      client.names.indexOf('MESSAGE_CREATE'),
    );
    expect(of<{ guild_ids: string[] }>(client.received('RESUMED')[0]).guild_ids.toSorted()).toEqual(
      [joined.id, kept.id, back.id].sort(),
    );
  });

  it('does not have a deleted guild, and other users receive nothing of it', async () => {
    const [guild, other] = await Promise.all([
      world.guild({ members: { mo: [] } }),
      world.guild({ members: { eve: [] } }),
    ]);
    const [mo, eve] = [guild.members['mo']!, other.members['eve']!];
    const strangers = await eve.connect();
    const client = await away(mo, () => guild.owner.delete(`/guilds/${guild.id}`));
    expect(client.received('RESUMED')).toMatchObject([{ guild_ids: [] }]);
    strangers.close();
    const stranger = await eve.resume(strangers);
    expect(stranger.names).toEqual(['RESUMED']);
    expect(stranger.received('RESUMED')).toMatchObject([{ guild_ids: [other.id], replayed: 0 }]);
    stranger.close();
  });

  it('receives nothing of tracks that the user cannot see any more, and the current guild', async () => {
    const guild = await world.guild({ roles: { guest: { deny: ViewTrack } }, members: { mo: [], eve: [] } });
    const [mo, eve] = [guild.members['mo']!, guild.members['eve']!];
    const hidden = await away(mo, async () => {
      await say(guild, 'seen by who was there');
      await overwrite(guild, mo.id, 'member', 0n, ViewTrack);
      await say(guild, 'hidden');
    });
    expect(saidTo(hidden)).toEqual([]);
    expect(hidden.received('GUILD_CREATE')).toMatchObject([{ id: guild.id, tracks: [{ id: guild.category }] }]);
    expect(JSON.stringify(hidden.events)).not.toContain(guild.track);
    const demoted = await away(eve, async () => {
      await say(guild, 'before');
      await guild.owner.put(`/guilds/${guild.id}/members/${eve.id}/roles/${guild.roles['guest']}`);
    });
    expect(saidTo(demoted)).toEqual([]);
    expect(demoted.received('GUILD_CREATE')).toMatchObject([{ tracks: [], me: { role_ids: [guild.roles['guest']] } }]);
  });

  it('receives a track before the messages in it', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const client = await away(mo, async () => {
      const { id } = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'new' })).body);
      await say(guild, 'in the new one', id);
      await guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id, position: 1 }]);
    });
    expect(client.names).toEqual(['GUILD_CREATE', 'MESSAGE_CREATE', 'TRACKS_REORDER', 'RESUMED']);
    expect(client.received('GUILD_CREATE')).toMatchObject([{ tracks: [{ name: 'new', position: 1 }, {}, {}] }]);
  });

  it('receives earlier messages of a track that became visible only with VIEW_MESSAGE_HISTORY', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const reveal = (allow: bigint, deny: bigint) => async (): Promise<void> => {
      await overwrite(guild, guild.id, 'role', 0n, ViewTrack);
      await say(guild, 'secret');
      await overwrite(guild, guild.id, 'role', allow, deny);
    };
    expect(saidTo(await away(mo, reveal(ViewTrack, ViewMessageHistory)))).toEqual([]);
    expect(saidTo(await away(mo, reveal(ViewTrack | ViewMessageHistory, 0n)))).toEqual(['secret']);
  });

  it('receives an order without hidden tracks, and invites only with MODIFY_GUILD', async () => {
    const guild = await world.guild({
      roles: { manager: { allow: ModifyGuild } },
      members: { mo: [], eve: ['manager'] },
    });
    const [mo, eve] = [guild.members['mo']!, guild.members['eve']!];
    await overwrite(guild, mo.id, 'member', 0n, ViewTrack);
    let changes = 0;
    const during = async (): Promise<void> => {
      changes += 1;
      await guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id: guild.category, position: 1 }]);
      await guild.owner.post(`/tracks/${guild.track}/invites`, {});
      await guild.owner.patch(`/tracks/${guild.track}`, { topic: `secret ${changes}` });
    };
    const client = await away(mo, during);
    // What the member can view has the same order as before.
    expect(client.received('TRACKS_REORDER')).toEqual([]);
    expect(JSON.stringify(client.events)).not.toContain(guild.track);
    const manager = await away(eve, during);
    expect(manager.received('INVITE_CREATE')).toHaveLength(1);
    expect(manager.received('TRACK_UPDATE')).toMatchObject([{ topic: 'secret 2' }]);
    const former = await away(eve, async () => {
      await during();
      await guild.owner.delete(`/guilds/${guild.id}/members/${eve.id}/roles/${guild.roles['manager']}`);
    });
    expect(former.received('INVITE_CREATE')).toEqual([]);
  });

  it('receives events of the user alone', async () => {
    const ada = await world.person('ada');
    const bob = await world.person('bob');
    const client = await away(ada, async () => {
      await ada.patch('/users/@me', { username: `${ada.username}x` });
      await bob.patch('/users/@me', { username: `${bob.username}x` });
    });
    expect(client.names).toEqual(['USER_UPDATE', 'RESUMED']);
    expect(client.received('USER_UPDATE')).toMatchObject([{ id: ada.id, username: `${ada.username}x` }]);
  });

  it('is rejected with an invalid seq or another session', async () => {
    const ada = await world.person('ada');
    const before = await ada.connect();
    const { token } = of<{ token: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    before.close();
    const { session_id, seq } = before.place;
    const codeOf = async (auth: object): Promise<number | undefined> =>
      (await refusalOf(new Client(world.url, { token: ada.token, ...auth }))).data?.code;
    for (const auth of [
      { session_id },
      { seq },
      { session_id, seq: 5 },
      { session_id, seq: '-1' },
      { session_id, seq: '1e9' },
      { session_id: null, seq },
      { session_id: { $ne: 1 }, seq },
    ])
      expect([auth, await codeOf(auth)]).toEqual([auth, 4000]);
    expect(await codeOf({ token, session_id, seq })).toBe(4017);
    expect(await codeOf({ session_id: '42', seq })).toBe(4017);
    for (const unknown of ['1', '9000000000000000000', String(BigInt(of<string>(seq)) - 7n)])
      expect([unknown, await codeOf({ session_id, seq: unknown })]).toEqual([unknown, unknown === '1' ? 4014 : 4015]);
    await ada.post('/auth/logout');
    expect(await codeOf({ session_id, seq })).toBe(4001);
  });

  it('costs the database six commands at most', async () => {
    const ada = await world.person('ada');
    for (let n = 0; n < 12; n += 1) await ada.post('/guilds', { name: `Guild ${n}` });
    const before = await ada.connect();
    before.close();
    const [{ id }] = of<[{ id: string }]>((await ada.get('/users/@me/guilds')).body);
    await ada.patch(`/guilds/${id}`, { name: 'Renamed' });
    await world.settle();
    const commands = world.recordCommands();
    const client = await ada.resume(before);
    commands.stop();
    expect(client.received('GUILD_CREATE')).toMatchObject([{ name: 'Renamed' }]);
    expect(commands.all.length).toBeLessThanOrEqual(6);
    client.close();
  });
});

describe('resuming', () => {
  it('has its own bucket, and does not count for those of identifying', async () => {
    const world = await World.start({
      RATE_LIMITS: 'on',
      RATE_REGISTER: '0/1',
      GATEWAY_IDENTIFY: '1/60',
      GATEWAY_RESUME: '2/60',
    });
    const ada = await world.person('ada');
    let client = await ada.connect();
    for (let n = 0; n < 2; n += 1) {
      client.close();
      client = await ada.resume(client);
    }
    client.close();
    expect(await refusalOf(new Client(world.url, client.place))).toMatchObject({
      data: { code: 4002, retry_after: expect.any(Number) as unknown },
    });
    expect((await ada.get('/users/@me/limits')).body).toMatchObject({
      identify: { remaining: 0 },
      identify_daily: { remaining: 999 },
      resume: { limit: 2, remaining: 0 },
    });
    await world.stop();
  });

  it('works after the client was closed for a full bucket', async () => {
    const world = await World.start({ GATEWAY_BUCKET: '3/1' });
    const guild = await world.guild();
    const before = await guild.owner.connect();
    for (let n = 0; n < 5; n += 1) before.socket.emit('typing.start', { track_id: guild.track });
    await before.closed();
    expect(before.received('CLOSING')).toMatchObject([{ code: 4004 }]);
    const client = await guild.owner.resume(before);
    expect(client.names).toEqual(['RESUMED']);
    client.close();
    await world.stop();
  });

  it('works after the client was closed for reading too slowly', async () => {
    const world = await World.start({ GATEWAY_SEND_BUFFER_BYTES: '262144' }, 1);
    const guild = await world.guild({ members: { mo: [] } });
    const before = await guild.members['mo']!.connect();
    const { _socket: tcp } = (
      before.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }
    ).ws;
    tcp.pause();
    const {
      guild_id: guildId,
      track_id: trackId,
      ...message
    } = parseDto(MessageDto, (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'hello' })).body);
    // The system's own buffers take some megabytes before anything waits.
    const said = Array.from({ length: 6_000 }, (_, n) => `${n} `.padEnd(2_000, 'x'));
    for (const content of said)
      await world.app
        .get(EventsService)
        .publish('MESSAGE_CREATE', { guildId, trackId }, { ...message, guild_id: guildId, track_id: trackId, content });
    await world.settle([before]);
    expect(await fetch(`${world.url}/metrics`).then((answer) => answer.text())).toContain('code="4009"');
    tcp.resume();
    await before.closed();
    const client = await guild.members['mo']!.resume(before);
    expect(client.received('RESUMED')).toMatchObject([{ replayed: client.received('MESSAGE_CREATE').length }]);
    expect([before, client].flatMap((each) => each.received('MESSAGE_CREATE')).map(({ content }) => content)).toEqual([
      'hello',
      ...said,
    ]);
    client.close();
    await world.stop();
  });

  it('is rejected after more missed events than are replayed', async () => {
    const world = await World.start();
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const before = await mo.connect();
    before.close();
    const [guildId, trackId] = [BigInt(guild.id), BigInt(guild.track)];
    const events = world.app.get(EventsService);
    await Promise.all(
      Array.from({ length: LIMITS.replayed + 1 }, (_, n) =>
        events.publish(
          'MESSAGE_DELETE',
          { guildId, trackId },
          { guild_id: guildId, track_id: trackId, message_id: BigInt(n + 1), author_id: null, mentions: null },
        ),
      ),
    );
    await world.settle();
    const client = new Client(world.url, before.place);
    await client.next('CLOSING');
    expect(client.events).toMatchObject([{ name: 'CLOSING', data: { code: 4016 } }]);
    client.close();
    (await mo.connect()).close();
    await world.stop();
  });

  it('is to be retried if the node has not received the seq yet', async () => {
    const world = await World.start();
    const ada = await world.person('ada');
    const before = await ada.connect();
    before.close();
    const later = BigInt(seqAt(timeOf(of<string>(before.place['seq'])) + 60_000, 0));
    expect(await refusalOf(new Client(world.url, { ...before.place, seq: String(later) }))).toMatchObject({
      data: { code: 4018, retry_after: 1 },
    });
    const client = await ada.resume(before);
    expect(client.names).toEqual(['RESUMED']);
    client.close();
    await world.stop();
  });

  it('is rejected after the resume window, and works within it in a guild without events', async () => {
    const world = await World.start({ RESUME_SECONDS: String(RESUME_SECONDS) });
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const quiet = await mo.connect();
    const atFirst = of<string>(quiet.place['seq']);
    await eventually(() => timeOf(of<string>(quiet.place['seq'])) > timeOf(atFirst) + RESUME_SECONDS * 1_000);
    quiet.close();
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'hello' });
    const client = await mo.resume(quiet);
    expect(client.names).toEqual(['MESSAGE_CREATE', 'RESUMED']);
    client.close();
    await eventually(async () => {
      const attempt = new Client(world.url, client.place);
      const refusal = await refusalOf(attempt);
      attempt.close();
      expect(refusal).toMatchObject({ data: { code: 4014 } });
    });
    expect(Date.now()).toBeGreaterThan(timeOf(of<string>(client.place['seq'])) + RESUME_SECONDS * 1_000);
    (await mo.connect()).close();
    await world.stop();
  });
});
