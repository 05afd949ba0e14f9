import { type Json, of } from './support/answer';
import type { Client } from './support/client';
import { eventually } from './support/eventually';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

interface Row {
  readonly user_id: string;
  readonly username: string;
  readonly nick: string | null;
  readonly role_ids: readonly string[];
  readonly status: string;
}

interface Shown {
  readonly guild_id: string;
  readonly member_count: number;
  readonly members: readonly Row[];
}

interface Update {
  readonly guild_id: string;
  readonly member_count: number;
  readonly user_ids?: readonly string[];
  readonly changed: readonly Row[];
}

describe('a member list subscription', () => {
  let world: World;
  let guild: GuildWorld;
  let client: Client;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60', PRESENCE_GRACE_SECONDS: '0' })));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({ roles: { guest: {} }, members: { anna: [], Bert: [], carl: [], dora: [] } });
    client = await guild.owner.connect();
  });
  afterEach(() => client.close());

  const person = (name: string): Person => guild.members[name]!;
  const subscribe = async (members?: unknown, who = client, guildId = guild.id): Promise<Shown> => {
    await world.settle();
    return of<Shown>((await who.say('guild.subscribe', { guild_id: guildId, members })).data);
  };
  const refusal = async (members: unknown): Promise<unknown> =>
    client.say('guild.subscribe', { guild_id: guild.id, members });
  const nameOf = (id: string): string =>
    Object.entries(guild.members).find(([, member]) => member.id === id)?.[0] ??
    (id === guild.owner.id ? 'owner' : 'another');
  const namesIn = ({ members }: Shown): string[] => members.map(({ user_id }) => nameOf(user_id));
  const nick = (name: string, to: string | null): Promise<unknown> =>
    person(name).patch(`/guilds/${guild.id}/members/@me`, { nick: to });
  /** What a client shows that has followed every update since. */
  const followed = (shown: Shown, who = client): Shown =>
    who
      .received('MEMBER_LIST_UPDATE')
      .map((data) => of<Update>(data))
      .reduce<Shown>(({ guild_id, members }, { member_count, user_ids, changed }) => {
        const rows = new Map([...members, ...changed].map((row) => [row.user_id, row]));
        return {
          guild_id,
          member_count,
          members: (user_ids ?? members.map(({ user_id }) => user_id)).map((id) => rows.get(id)!),
        };
      }, shown);
  const comesTo = async (shown: Shown, names: readonly string[], who = client): Promise<Shown> => {
    await eventually(() => expect(namesIn(followed(shown, who))).toEqual(names));
    return followed(shown, who);
  };

  it('contains members in the order of their names, with their presence', async () => {
    await subscribe([0, 49]);
    const anna = await person('anna').connect();
    await client.next('PRESENCE_UPDATE', (data) => JSON.stringify(data).includes(person('anna').id));
    await nick('dora', 'ALFRED');
    const shown = await subscribe([0, 49]);
    expect(shown).toMatchObject({ guild_id: guild.id, member_count: 5 });
    expect(namesIn(shown)).toEqual(['dora', 'anna', 'Bert', 'carl', 'owner']);
    expect(shown.members.slice(0, 3)).toMatchObject([
      { nick: 'ALFRED', username: person('dora').username, status: 'offline' },
      {
        guild_id: guild.id,
        user_id: person('anna').id,
        nick: null,
        role_ids: [],
        username: person('anna').username,
        status: 'online',
      },
      { status: 'offline' },
    ]);
    expect(namesIn(await subscribe([1, 2]))).toEqual(['anna', 'Bert']);
    expect(await subscribe([90, 180])).toMatchObject({ member_count: 5, members: [] });
    anna.close();
  });

  it('receives joins and leaves, also outside its range', async () => {
    const shown = await subscribe([1, 2]);
    expect(namesIn(shown)).toEqual(['Bert', 'carl']);
    const newcomer = await world.person('aaron');
    await newcomer.post(`/invites/${guild.invite}`);
    expect(await comesTo(shown, ['anna', 'Bert'])).toMatchObject({ member_count: 6 });
    await newcomer.delete(`/users/@me/guilds/${guild.id}`);
    expect(await comesTo(shown, ['Bert', 'carl'])).toMatchObject({ member_count: 5 });
    await guild.owner.delete(`/guilds/${guild.id}/members/${person('carl').id}`);
    expect(await comesTo(shown, ['Bert', 'dora'])).toMatchObject({ member_count: 4 });
    client.clear();
    const last = await world.person('zoe');
    await last.post(`/invites/${guild.invite}`);
    expect(await client.next('MEMBER_LIST_UPDATE')).toEqual({ guild_id: guild.id, member_count: 5, changed: [] });
  });

  it('receives roles, nicks, usernames and presence', async () => {
    const shown = await subscribe([0, 4]);
    await guild.owner.put(`/guilds/${guild.id}/members/${person('Bert').id}/roles/${guild.roles['guest']}`);
    expect(await client.next('MEMBER_LIST_UPDATE')).toMatchObject({
      guild_id: guild.id,
      member_count: 5,
      changed: [{ user_id: person('Bert').id, role_ids: [guild.roles['guest']] }],
    });
    await nick('carl', 'aaaaa');
    await comesTo(shown, ['carl', 'anna', 'Bert', 'dora', 'owner']);
    await nick('carl', null);
    await comesTo(shown, ['anna', 'Bert', 'carl', 'dora', 'owner']);
    await person('anna').patch('/users/@me', { username: `zz-${person('anna').id}` });
    const renamed = await comesTo(shown, ['Bert', 'carl', 'dora', 'owner', 'anna']);
    expect(renamed.members.at(-1)).toMatchObject({ username: `zz-${person('anna').id}` });
    await person('anna').patch('/users/@me', { username: `ZZ-${person('anna').id}` });
    await client.next('MEMBER_LIST_UPDATE', (data) =>
      of<Update>(data).changed.some(({ username }) => username.startsWith('ZZ')),
    );
    const dora = await person('dora').connect();
    expect(await client.next('PRESENCE_UPDATE')).toEqual({
      guild_id: guild.id,
      presences: [{ user_id: person('dora').id, status: 'online' }],
    });
    dora.close();
    await client.next(
      'PRESENCE_UPDATE',
      (data) => of<{ presences: { status: string }[] }>(data).presences[0]!.status === 'offline',
    );
  });

  it('receives no presence of members outside its range', async () => {
    await subscribe([0, 1]);
    const wider = await guild.owner.connect();
    await subscribe([0, 4], wider);
    const [anna, carl] = [await person('anna').connect(), await person('carl').connect()];
    await client.next('PRESENCE_UPDATE');
    await wider.next('PRESENCE_UPDATE', (data) => JSON.stringify(data).includes(person('carl').id));
    await anna.say('presence.update', { status: 'dnd' });
    await client.next('PRESENCE_UPDATE', (data) => JSON.stringify(data).includes('dnd'));
    expect(JSON.stringify(client.received('PRESENCE_UPDATE'))).not.toContain(person('carl').id);
    for (const each of [wider, anna, carl]) each.close();
  });

  it('is replaced by a later one for the guild, and ended by unsubscribing', async () => {
    await subscribe([0, 1]);
    const shown = await subscribe([3, 4]);
    client.clear();
    await nick('anna', 'anne');
    await nick('dora', 'dorothy');
    await comesTo(shown, ['dora', 'owner']);
    await client.next('MEMBER_LIST_UPDATE');
    expect(
      client
        .received('MEMBER_LIST_UPDATE')
        .flatMap((data) => of<Update>(data).changed.map(({ user_id }) => nameOf(user_id))),
    ).toEqual(['dora']);
    // A second client stays subscribed to the same range. Its events are the markers.
    const subscribed = await guild.owner.connect();
    await subscribe([3, 4], subscribed);
    expect(await client.say('guild.unsubscribe', { guild_id: guild.id })).toEqual({ ok: true, data: null });
    client.clear();
    await nick('dora', null);
    const dora = await person('dora').connect();
    await Promise.all(['MEMBER_LIST_UPDATE', 'PRESENCE_UPDATE'].map((name) => subscribed.next(name)));
    await world.settle();
    expect([client.received('MEMBER_LIST_UPDATE'), client.received('PRESENCE_UPDATE')]).toEqual([[], []]);
    for (const each of [subscribed, dora]) each.close();
  });

  it('ends at once when the user is kicked, leaves or the guild is deleted', async () => {
    const [carl, dora] = [await person('carl').connect(), await person('dora').connect()];
    for (const each of [client, carl, dora]) await subscribe([0, 4], each);
    await guild.owner.delete(`/guilds/${guild.id}/members/${person('carl').id}`);
    await person('dora').delete(`/users/@me/guilds/${guild.id}`);
    for (const each of [carl, dora]) {
      await each.next('GUILD_DELETE');
      each.clear();
    }
    await nick('anna', 'anne');
    const anna = await person('anna').connect();
    await Promise.all(
      ['MEMBER_LIST_UPDATE', 'PRESENCE_UPDATE'].map((name) =>
        client.next(name, (data) => JSON.stringify(data).includes(person('anna').id)),
      ),
    );
    await world.settle();
    for (const each of [carl, dora]) {
      expect(each.names).toEqual([]);
      expect(await each.say('guild.subscribe', { guild_id: guild.id, members: [0, 4] })).toMatchObject({
        ok: false,
        error: { code: 'GUILD_NOT_FOUND' },
      });
      each.close();
    }
    await subscribe([0, 4], anna);
    await guild.owner.delete(`/guilds/${guild.id}`);
    await anna.next('GUILD_DELETE');
    anna.close();
  });

  it('is never created for a user who is kicked at the same time', async () => {
    await subscribe([0, 4]);
    for (let round = 0; round < 5; round += 1) {
      const eve = await world.person('eve');
      await eve.post(`/invites/${guild.invite}`);
      const socket = await eve.connect();
      const [, ...answers] = await Promise.all([
        guild.owner.delete(`/guilds/${guild.id}/members/${eve.id}`),
        ...Array.from({ length: 8 }, (_, n) =>
          socket.say('guild.subscribe', { guild_id: guild.id, members: [n, n + 4] }),
        ),
      ]);
      expect(
        answers.every(
          (answer) =>
            of<{ ok: boolean }>(answer).ok ||
            ['GUILD_NOT_FOUND', 'SUBSCRIPTION_REPLACED'].includes(of<{ error: { code: string } }>(answer).error.code),
        ),
      ).toBe(true);
      await socket.next('GUILD_DELETE');
      socket.clear();
      await nick('anna', `anne ${round}`);
      await client.next('MEMBER_LIST_UPDATE', (data) => JSON.stringify(data).includes(`anne ${round}`));
      await world.settle();
      expect(socket.names).toEqual([]);
      socket.close();
    }
  });

  it('sends events only to connections with the matching intents', async () => {
    const [members, presence] = await Promise.all(
      [['members'], ['presence']].map((intents) => guild.owner.connect({ token: guild.owner.token, intents })),
    );
    for (const each of [members!, presence!]) await subscribe([0, 4], each);
    await nick('anna', 'anne');
    const bert = await person('Bert').connect();
    await members!.next('MEMBER_LIST_UPDATE');
    await presence!.next('PRESENCE_UPDATE');
    await world.settle();
    expect(members!.received('PRESENCE_UPDATE')).toEqual([]);
    expect(presence!.names.filter((name) => name !== 'PRESENCE_UPDATE')).toEqual(['READY']);
    for (const each of [members!, presence!, bert]) each.close();
  });

  it.each([
    [[0, 100]],
    [[5, 4]],
    [[-1, 4]],
    [[0, 1_000]],
    [[0]],
    [[0, 1, 2]],
    [['0', '1']],
    [[0.5, 1]],
    ['0-1'],
    [{ 0: 0, 1: 1 }],
    [[0, null]],
  ])('rejects the range %j', async (members) => {
    expect(await refusal(members)).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
  });

  it('is limited in the number of guilds', async () => {
    const ids: string[] = [];
    for (let created = 0; created < 11; created += 1)
      ids.push(of<{ id: string }>((await guild.owner.post('/guilds', { name: `Guild ${created}` })).body).id);
    for (const id of ids.slice(0, 10)) expect(await subscribe([0, 9], client, id)).toMatchObject({ member_count: 1 });
    expect(await client.say('guild.subscribe', { guild_id: ids[10] })).toMatchObject({
      ok: false,
      error: { code: 'SUBSCRIPTION_LIMIT_REACHED', limit: 10 },
    });
    await client.say('guild.unsubscribe', { guild_id: ids[0] });
    expect(await client.say('guild.subscribe', { guild_id: ids[10] })).toMatchObject({ ok: true });
  });

  it('costs one read per change for any number of subscribers, and none for one more subscriber', async () => {
    const clients = await Promise.all(['anna', 'Bert', 'carl', 'dora'].map((name) => person(name).connect()));
    for (const each of clients) await subscribe([0, 49], each);
    // The marker is not a change of a client's own membership, which would be read again.
    await guild.owner.patch(`/guilds/${guild.id}/members/@me`, { nick: 'marker' });
    for (const each of clients)
      await each.next('MEMBER_LIST_UPDATE', (data) => JSON.stringify(data).includes('marker'));
    for (const each of clients) each.clear();
    const commands = world.recordCommands();
    for (const each of clients) await subscribe([0, 49], each);
    expect(commands.all.filter(({ collection }) => collection === 'members').length).toBe(0);
    await nick('anna', 'annabel');
    for (const each of clients) await each.next('MEMBER_LIST_UPDATE');
    commands.stop();
    const lists = commands.reads.filter(({ collection }) => collection === 'role_sets');
    expect(lists.length).toBe(world.urls.length);
    for (const each of clients) each.close();
  });
});

describe('members.request', () => {
  let world: World;
  let guild: GuildWorld;
  let client: Client;
  beforeAll(async () => {
    world = await World.start({ GATEWAY_BUCKET: '0/60' });
    guild = await world.guild({ members: { anna: [], annika: [], bert: [] } });
    client = await guild.owner.connect();
  });
  afterAll(async () => {
    client.close();
    await world.stop();
  });
  beforeEach(() => client.clear());

  const ask = (request: object): Promise<Json> => client.say('members.request', { guild_id: guild.id, ...request });
  const chunks = (): { nonce?: string; index: number; count: number; members: Row[]; not_found: string[] }[] =>
    client.received('MEMBERS_CHUNK').map((data) => of(data));

  it('finds members by the beginning of their name, with their presence', async () => {
    await client.say('guild.subscribe', { guild_id: guild.id, members: [0, 9] });
    const anna = await guild.members['anna']!.connect();
    await client.next('PRESENCE_UPDATE', (data) => JSON.stringify(data).includes(guild.members['anna']!.id));
    expect(await ask({ query: 'AN', limit: 10, nonce: 'n1' })).toEqual({ ok: true, data: { chunks: 1, members: 2 } });
    expect(chunks()).toMatchObject([
      {
        nonce: 'n1',
        index: 0,
        count: 1,
        not_found: [],
        members: [
          { user_id: guild.members['anna']!.id, status: 'online' },
          { user_id: guild.members['annika']!.id, status: 'offline' },
        ],
      },
    ]);
    anna.close();
  });

  it('finds members by their ids, and lists ids of users who are not members', async () => {
    const eve = await world.person('eve');
    await ask({ user_ids: [guild.owner.id, eve.id, guild.members['bert']!.id] });
    expect(chunks()).toMatchObject([{ not_found: [eve.id] }]);
    expect(
      chunks()[0]!
        .members.map(({ user_id }) => user_id)
        .sort(),
    ).toEqual([guild.owner.id, guild.members['bert']!.id].sort());
  });

  it('sends chunks before the acknowledgement', async () => {
    await ask({ limit: 3 });
    expect(chunks()).toMatchObject([{ index: 0, count: 1, members: [{}, {}, {}] }]);
    expect(client.names).toEqual(['MEMBERS_CHUNK']);
    client.clear();
    expect(await ask({ query: 'nobody' })).toEqual({ ok: true, data: { chunks: 1, members: 0 } });
    expect(chunks()).toMatchObject([{ index: 0, count: 1, members: [] }]);
  });

  it('rejects large requests, a query together with ids, and users who are not members', async () => {
    const ids = Array.from({ length: 101 }, (_, n) => String(n + 1));
    for (const request of [
      { limit: 1_001 },
      { limit: 0 },
      { user_ids: ids },
      { user_ids: [] },
      { query: 'a', user_ids: ['1'] },
      { query: '' },
      { nonce: 'x'.repeat(65) },
    ]) {
      expect([request, await ask(request)]).toMatchObject([
        request,
        { ok: false, error: { code: 'VALIDATION_FAILED' } },
      ]);
    }
    const eve = await (await world.person('eve')).connect();
    expect(await eve.say('members.request', { guild_id: guild.id })).toMatchObject({
      ok: false,
      error: { code: 'GUILD_NOT_FOUND' },
    });
    expect(eve.names).toEqual(['READY']);
    eve.close();
  });
});
