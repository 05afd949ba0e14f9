import { EventsService } from '../src/events/events.service';
import { parseDto } from '../src/common/dto/parse-dto';
import { MessageDto } from '../src/messages/message.dto';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewTrack, CreateMessage, ModifyGuild } = Permission;

const refusal = async (client: Client): Promise<{ data?: { code: number; retry_after?: number } }> =>
  client.ready.then(
    () => ({}),
    (error: unknown) => error as { data: { code: number } },
  );

describe('the gateway', () => {
  let world: World;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60' })));
  afterAll(() => world.stop());

  const hide = (guild: GuildWorld, from: string): Promise<{ status: number }> =>
    guild.owner.put(`/tracks/${guild.track}/overwrites/${from}`, { type: 'role', allow: '0', deny: String(ViewTrack) });

  it('sends READY first: the user, and the guilds with the tracks that the user may view', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: ['guest'] } });
    await hide(guild, guild.roles['guest']!);
    const client = await guild.members['mo']!.connect();
    const ready = await client.next('READY');
    expect(ready).toMatchObject({
      user: { id: guild.members['mo']!.id, email: guild.members['mo']!.email },
      guilds: [
        {
          id: guild.id,
          me: { role_ids: [guild.roles['guest']] },
          roles: [{ position: 1 }, { position: 2 }],
          tracks: [{ id: guild.category }],
        },
      ],
    });
    client.close();
  });

  it('rejects a client without a valid token before anything else', async () => {
    for (const auth of [{}, { token: 'nonsense' }, { token: 5 }, { token: { $ne: null } }, { token: 'A'.repeat(43) }]) {
      const client = new Client(world.url, auth);
      expect(await refusal(client)).toMatchObject({ data: { code: 4001 } });
      expect(client.events).toEqual([]);
    }
  });

  it('delivers a message to exactly the members who may see it', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: [], guest: ['guest'] } });
    const eve = await world.person('eve');
    await hide(guild, guild.roles['guest']!);
    const [mo, guest, stranger] = await Promise.all(
      [guild.members['mo']!, guild.members['guest']!, eve].map((person) => person.connect()),
    );
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'hello' });
    expect(await mo!.next('MESSAGE_CREATE')).toMatchObject({ content: 'hello', author_id: guild.owner.id });
    await world.settle();
    expect(guest!.names).toEqual(['READY']);
    expect(stranger!.names).toEqual(['READY']);
    for (const client of [mo, guest, stranger]) client!.close();
  });

  it('publishes at once that a track becomes visible or hidden, to the affected members only', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: [], guest: ['guest'] } });
    const [mo, guest] = await Promise.all([guild.members['mo']!.connect(), guild.members['guest']!.connect()]);
    await hide(guild, guild.roles['guest']!);
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'secret' });
    await guest.next('TRACK_DELETE');
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${guild.roles['guest']}`);
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'public' });
    await world.settle();
    expect(guest.received('TRACK_DELETE')).toEqual([{ guild_id: guild.id, track_id: guild.track }]);
    expect(guest.received('TRACK_CREATE')).toMatchObject([{ id: guild.track, name: 'general' }]);
    expect(guest.received('MESSAGE_CREATE')).toMatchObject([{ content: 'public' }]);
    expect(mo.received('TRACK_DELETE')).toEqual([]);
    expect(mo.received('MESSAGE_CREATE')).toMatchObject([{ content: 'secret' }, { content: 'public' }]);
    for (const client of [mo, guest]) client.close();
  });

  it('applies role changes, role edits and overwrites for one member to the next event', async () => {
    const guild = await world.guild({ roles: { guest: { deny: ViewTrack } }, members: { mo: [] } });
    const mo = guild.members['mo']!;
    const client = await mo.connect();
    const say = async (content: string): Promise<void> => {
      // A track that is revealed again before it was published as hidden needs no event.
      await world.settle();
      await guild.owner.post(`/tracks/${guild.track}/messages`, { content });
    };
    await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`);
    await say('hidden by role');
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['guest']}`, { deny: '0' });
    await say('seen 1');
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: '0',
      deny: String(ViewTrack),
    });
    await say('hidden by overwrite');
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${mo.id}`);
    await say('seen 2');
    await guild.owner.put(`/tracks/${guild.category}/overwrites/${guild.id}`, {
      type: 'role',
      allow: '0',
      deny: String(ViewTrack),
    });
    await say('hidden by category');
    await world.settle();
    expect(client.received('MESSAGE_CREATE').map((message) => of<{ content: string }>(message).content)).toEqual([
      'seen 1',
      'seen 2',
    ]);
    // What goes with one change goes in the order of the guild's tracks.
    expect(client.received('TRACK_DELETE').map((track) => of<{ track_id: string }>(track).track_id)).toEqual([
      guild.category,
      guild.track,
      guild.track,
      guild.category,
      guild.track,
    ]);
    client.close();
  });

  it('publishes joins, leaves, kicks and the deletion of a guild', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const eve = await world.person('eve');
    const [owner, client, newcomer] = await Promise.all([guild.owner.connect(), mo.connect(), eve.connect()]);
    await eve.post(`/invites/${guild.invite}`);
    expect(await newcomer.next('GUILD_CREATE')).toMatchObject({
      id: guild.id,
      me: { user_id: eve.id },
      tracks: [{}, { id: guild.track }],
    });
    expect(await owner.next('MEMBER_JOIN')).toMatchObject({ user_id: eve.id });
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'welcome' });
    expect(await newcomer.next('MESSAGE_CREATE')).toMatchObject({ content: 'welcome' });
    await guild.owner.delete(`/guilds/${guild.id}/members/${eve.id}`);
    expect(await newcomer.next('GUILD_DELETE')).toEqual({ id: guild.id });
    expect(await owner.next('MEMBER_LEAVE')).toEqual({ guild_id: guild.id, user_id: eve.id });
    newcomer.clear();
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'gone' });
    await guild.owner.delete(`/guilds/${guild.id}`);
    expect(await client.next('GUILD_DELETE')).toEqual({ id: guild.id });
    await world.settle();
    expect(newcomer.names).toEqual([]);
    for (const one of [owner, client, newcomer]) one.close();
  });

  it('hides hidden tracks in the order, and sends invites only to members with MODIFY_GUILD', async () => {
    const guild = await world.guild({
      roles: { guest: {}, manager: { allow: ModifyGuild } },
      members: { guest: ['guest'], manager: ['manager'] },
    });
    await hide(guild, guild.roles['guest']!);
    const [guest, manager] = await Promise.all([
      guild.members['guest']!.connect(),
      guild.members['manager']!.connect(),
    ]);
    const { id } = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'new' })).body);
    await guild.owner.patch(`/guilds/${guild.id}/tracks`, [{ id, position: 1 }]);
    await guild.owner.post(`/tracks/${id}/invites`, {});
    await world.settle();
    expect(guest.received('TRACKS_REORDER')).toEqual([
      {
        guild_id: guild.id,
        layout: [
          { id, parent_id: null, inherits: true },
          { id: guild.category, parent_id: null, inherits: true },
        ],
      },
    ]);
    expect(manager.received('TRACKS_REORDER')).toMatchObject([{ layout: [{}, {}, { id: guild.track }] }]);
    expect(guest.received('INVITE_CREATE')).toEqual([]);
    expect(manager.received('INVITE_CREATE')).toHaveLength(1);
    for (const client of [guest, manager]) client.close();
  });

  it('accepts messages and typing under the rules of REST, and acknowledges each', async () => {
    const guild = await world.guild({
      roles: { muted: { deny: CreateMessage } },
      members: { mo: [], muted: ['muted'] },
    });
    const [mo, muted] = await Promise.all([guild.members['mo']!.connect(), guild.members['muted']!.connect()]);
    expect(await mo.say('message.create', { track_id: guild.track, content: 'hi', nonce: 'a' })).toMatchObject({
      ok: true,
      data: { content: 'hi', nonce: 'a' },
    });
    expect(await mo.say('typing.start', { track_id: guild.track })).toEqual({ ok: true, data: null });
    expect(await muted.next('TYPING_START')).toMatchObject({ user_id: guild.members['mo']!.id, track_id: guild.track });
    expect(await muted.say('message.create', { track_id: guild.track, content: 'hm' })).toMatchObject({
      ok: false,
      error: { code: 'PERMISSIONS_MISSING', permissions: ['CREATE_MESSAGE'] },
    });
    expect(await muted.say('typing.start', { track_id: guild.track })).toMatchObject({
      ok: false,
      error: { code: 'PERMISSIONS_MISSING' },
    });
    expect(await mo.say('message.create', { track_id: '4242', content: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'TRACK_NOT_FOUND' },
    });
    for (const client of [mo, muted]) client.close();
  });

  it('delivers events in order, with an increasing seq', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const client = await guild.members['mo']!.connect();
    for (let n = 0; n < 20; n += 1) await guild.owner.post(`/tracks/${guild.track}/messages`, { content: `${n}` });
    await world.settle();
    expect(client.received('MESSAGE_CREATE').map((message) => of<{ content: string }>(message).content)).toEqual(
      Array.from({ length: 20 }, (_, n) => `${n}`),
    );
    const seqs = client.events.slice(1).map(({ seq }) => BigInt(seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => (a < b ? -1 : 1)));
    client.close();
  });

  it('neither misses nor duplicates events while a client connects', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const changing = (async () => {
      for (let n = 0; n < 15; n += 1) await guild.owner.post(`/guilds/${guild.id}/roles`, { name: `r${n}` });
    })();
    const clients = await Promise.all(Array.from({ length: 5 }, () => mo.connect()));
    await changing;
    await world.settle();
    for (const client of clients) {
      const [ready] = client.received('READY');
      const existing = of<{ guilds: { roles: { id: string }[] }[] }>(ready).guilds[0]!.roles.map(({ id }) => id);
      const sent = client.received('ROLE_CREATE').map((role) => of<{ id: string }>(role).id);
      expect(new Set([...existing, ...sent]).size).toBe(16);
      client.close();
    }
  });

  it('closes the connections of a revoked session, and no others', async () => {
    const ada = await world.person('ada');
    const login = of<{ token: string; session_id: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    const [kept, revoked] = await Promise.all([ada.connect(), ada.connect({ token: login.token })]);
    await ada.delete(`/auth/sessions/${login.session_id}`);
    await revoked.closed();
    expect(revoked.received('CLOSING')).toMatchObject([{ code: 4008 }]);
    expect(kept.socket.connected).toBe(true);
    await ada.post('/auth/logout');
    await kept.closed();
    expect(await refusal(new Client(world.url, { token: ada.token }))).toMatchObject({ data: { code: 4001 } });
  });
});

describe('a client that misbehaves', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ members: { mo: [] } });
    mo = guild.members['mo']!;
  });
  afterAll(() => world.stop());

  it.each([
    ['an unknown event', 4005, (client: Client) => client.socket.emit('guild.destroy', {})],
    ['binary data', 4005, (client: Client) => client.socket.emit('typing.start', { track_id: Buffer.from('x') })],
    ['text for a payload', 4000, (client: Client) => client.socket.emit('typing.start', 'x')],
    ['no payload', 4000, (client: Client) => client.socket.emit('typing.start')],
    ['a $-operator', 4000, (client: Client) => client.socket.emit('typing.start', { track_id: { $ne: 1 } })],
    [
      '__proto__',
      4000,
      (client: Client) => client.socket.emit('typing.start', JSON.parse('{"track_id":"1","__proto__":{"x":1}}')),
    ],
    [
      'deep nesting',
      4000,
      (client: Client) => client.socket.emit('typing.start', JSON.parse(`${'{"a":'.repeat(30)}1${'}'.repeat(30)}`)),
    ],
  ])('with %s receives an error and is disconnected', async (_, code, misbehave) => {
    const person = await world.person('mis');
    const client = await person.connect();
    misbehave(client);
    await client.closed();
    expect(client.received('CLOSING')).toMatchObject([{ code }]);
  });

  it('with a packet over the size limit is disconnected', async () => {
    const client = await (await world.person('big')).connect();
    client.socket.emit('typing.start', { track_id: 'x'.repeat(100_000) });
    await client.closed();
  });

  it('with invalid fields receives an error, and stays connected', async () => {
    const client = await (await world.person('wrong')).connect();
    expect(await client.say('message.create', { track_id: guild.track })).toMatchObject({ ok: false });
    await mo.get('/users/@me');
    const member = await mo.connect();
    const say = (payload: unknown): Promise<unknown> => member.say('message.create', payload);
    expect(await say({ track_id: guild.track, content: 5 })).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION_FAILED', errors: [{ field: 'content' }] },
    });
    expect(await say({ track_id: guild.track, content: 'x'.repeat(2_001) })).toMatchObject({
      error: { errors: [{ field: 'content', limit: 2_000 }] },
    });
    expect(await say({ track_id: guild.track, content: 'x', admin: true })).toMatchObject({
      error: { errors: [{ field: 'admin' }] },
    });
    expect(await say({ track_id: '99999999999999999999', content: 'x' })).toMatchObject({
      error: { code: 'VALIDATION_FAILED', errors: [{ field: 'track_id' }] },
    });
    expect(await say({ track_id: 12, content: 'x' })).toMatchObject({ error: { errors: [{ field: 'track_id' }] } });
    expect(member.socket.connected).toBe(true);
    for (const one of [client, member]) one.close();
  });

  it('by flooding receives CLOSING and is disconnected within its bucket, while others are not affected', async () => {
    const flooder = await world.person('flooder');
    await flooder.post(`/invites/${guild.invite}`);
    const [flood, other] = await Promise.all([flooder.connect(), guild.owner.connect()]);
    for (let n = 0; n < 500; n += 1) flood.socket.emit('typing.start', { track_id: guild.track });
    await flood.closed();
    const [closing] = flood.received('CLOSING');
    expect(closing).toMatchObject({ code: 4004, retry_after: expect.any(Number) as unknown });
    await world.settle();
    expect(other.received('TYPING_START').length).toBeLessThanOrEqual(60);
    expect(await other.say('message.create', { track_id: guild.track, content: 'still here' })).toMatchObject({
      ok: true,
    });
    const again = await flooder.connect();
    again.socket.emit('typing.start', { track_id: guild.track });
    await again.closed();
    expect(again.received('CLOSING')).toMatchObject([{ code: 4004 }]);
    other.close();
  });

  it('that never reads is disconnected before the unsent events use much memory', async () => {
    const small = await World.start({ GATEWAY_SEND_BUFFER_BYTES: '65536', GATEWAY_BUCKET: '0/60' }, 1);
    const place = await small.guild({ members: { deaf: [] } });
    const deaf = await place.members['deaf']!.connect();
    const { _socket: tcp } = (
      deaf.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; destroy(): void } } }
    ).ws;
    tcp.pause();
    const metrics = async (): Promise<string> =>
      JSON.stringify(await fetch(`${small.url}/metrics`).then((answer) => answer.text()));
    // Traffic as from a busy guild; the system's own buffers hold some megabytes before anything waits.
    const { body } = await place.owner.post(`/tracks/${place.track}/messages`, { content: 'x'.repeat(2_000) });
    const message = parseDto(MessageDto, body);
    for (let n = 0; n < 6_000; n += 1)
      await small.app
        .get(EventsService)
        .publish('MESSAGE_CREATE', { guildId: message.guild_id, trackId: message.track_id }, message);
    await small.settle([deaf]);
    expect(await metrics()).toContain('derailed_gateway_sockets 0');
    expect(await metrics()).toContain('code=\\"4009\\"');
    tcp.destroy();
    await small.stop();
  });
});

describe('limits on connecting', () => {
  it('are one connection per 5 s for a user, and contain the time to retry', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1' });
    const ada = await world.person('ada');
    const clients = [world.url, world.url].map((url) => new Client(url, { token: ada.token }));
    const refusals = await Promise.all(clients.map(refusal));
    expect(refusals).toContainEqual({});
    expect(refusals.find(({ data }) => data)).toMatchObject({ data: { code: 4002, retry_after: 5 } });
    expect((await (await world.person('bob')).connect()).socket.connected).toBe(true);
    for (const client of clients) client.close();
    await world.stop();
  });

  it('are a number of connections per day for a user', async () => {
    const world = await World.start({
      RATE_LIMITS: 'on',
      RATE_REGISTER: '0/1',
      GATEWAY_IDENTIFY: '0/1',
      GATEWAY_IDENTIFY_DAILY: '2/86400',
    });
    const ada = await world.person('ada');
    for (let n = 0; n < 2; n += 1) (await ada.connect()).close();
    expect(await refusal(new Client(world.url, { token: ada.token }))).toMatchObject({ data: { code: 4003 } });
    await world.stop();
  });

  it('are so many sockets of a node for a user and an address, and so many attempts without a valid token', async () => {
    const world = await World.start(
      { GATEWAY_SOCKETS_PER_USER: '2', GATEWAY_SOCKETS_PER_ADDRESS: '3', GATEWAY_ADDRESS_CONNECTIONS: '1/60' },
      1,
    );
    const [ada, bob] = [await world.person('ada'), await world.person('bob')];
    const clients = [await ada.connect(), await ada.connect()];
    expect(await refusal(new Client(world.url, { token: ada.token }))).toMatchObject({ data: { code: 4007 } });
    clients.push(await bob.connect());
    expect(await refusal(new Client(world.url, { token: bob.token }))).toMatchObject({ data: { code: 4007 } });
    expect(await refusal(new Client(world.url, { token: 'bad' }))).toMatchObject({ data: { code: 4007 } });
    clients.pop()!.close();
    await eventually(async () =>
      expect(await refusal(new Client(world.url, { token: 'bad' }))).toMatchObject({ data: { code: 4001 } }),
    );
    const commands = world.recordCommands();
    expect(await refusal(new Client(world.url, { token: 'bad' }))).toMatchObject({ data: { code: 4002 } });
    expect(commands.all).toEqual([]);
    for (const client of clients) client.close();
    await world.stop();
  });
});
