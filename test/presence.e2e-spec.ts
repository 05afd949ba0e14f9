import { type Json, of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const GRACE_SECONDS = 2;

interface PresenceUpdate {
  readonly guild_id: string | null;
  readonly presences: readonly { readonly user_id: string; readonly status: string }[];
}

describe('presence', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let owner: Client;
  beforeAll(
    async () => (world = await World.start({ GATEWAY_BUCKET: '0/60', PRESENCE_GRACE_SECONDS: String(GRACE_SECONDS) })),
  );
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({ members: { mo: [], eve: [] } });
    mo = guild.members['mo']!;
    owner = await guild.owner.connect();
  });
  afterEach(() => owner.close());

  const look = async (client: Client, guildId = guild.id): Promise<Json> => {
    return of<{ data: Json }>(await client.say('guild.subscribe', { guild_id: guildId })).data;
  };
  const sent = (client: Client): PresenceUpdate[] =>
    client.received('PRESENCE_UPDATE').map((data) => of<PresenceUpdate>(data));
  /** The statuses of a user that a client received for this guild, in order. */
  const seen = (client: Client, who: Person, guildId: string | null = guild.id): string[] =>
    sent(client)
      .filter(({ guild_id }) => guild_id === guildId)
      .flatMap(({ presences }) => presences.filter(({ user_id }) => user_id === who.id).map(({ status }) => status));
  const until = (client: Client, who: Person, status: string, guildId: string | null = guild.id): Promise<Json> =>
    client.next(
      'PRESENCE_UPDATE',
      (data) =>
        of<PresenceUpdate>(data).guild_id === guildId &&
        of<PresenceUpdate>(data).presences.some(
          (presence) => presence.user_id === who.id && presence.status === status,
        ),
    );
  /** Lets eve come online, then go offline, and waits until the owner has received both: the presence updates that are due before have arrived, too. */
  const comeAndGo = async (): Promise<void> => {
    const eve = guild.members['eve']!;
    const marker = await eve.connect();
    await until(owner, eve, 'online');
    marker.close();
    await until(owner, eve, 'offline');
  };

  it('is sent to subscribers of a guild when members connect and disconnect', async () => {
    const early = await mo.connect();
    await world.settle();
    expect(await look(owner)).toMatchObject({ guild_id: guild.id, member_count: 3, members: null });
    const eve = await guild.members['eve']!.connect();
    await until(owner, guild.members['eve']!, 'online');
    early.close();
    await until(owner, mo, 'offline');
    expect(of<{ presences: unknown }>(await look(owner)).presences).toEqual(
      expect.arrayContaining([
        { user_id: guild.owner.id, status: 'online' },
        { user_id: guild.members['eve']!.id, status: 'online' },
      ]),
    );
    eve.close();
  });

  it('counts all sockets of a user, and does not change when the user reconnects at once', async () => {
    const [one, other] = [await mo.connect(), await mo.connect()];
    await look(owner);
    one.close();
    await comeAndGo();
    other.close();
    const again = await mo.connect();
    expect(seen(owner, mo)).not.toContain('offline');
    owner.clear();
    await comeAndGo();
    expect(seen(owner, mo)).not.toContain('offline');
    again.close();
    await until(owner, mo, 'offline');
  });

  it('is the status set over REST or the gateway, and is sent to all sockets of the user', async () => {
    await look(owner);
    const [one, other] = [await mo.connect(), await mo.connect()];
    expect(await one.say('presence.update', { status: 'idle' })).toEqual({
      ok: true,
      data: { user_id: mo.id, status: 'idle' },
    });
    await until(owner, mo, 'idle');
    await until(other, mo, 'idle', null);
    expect(await mo.put('/users/@me/presence', { status: 'dnd' })).toMatchObject({
      status: 200,
      body: { user_id: mo.id, status: 'dnd' },
    });
    await until(owner, mo, 'dnd');
    for (const client of [one, other]) await until(client, mo, 'dnd', null);
    expect(seen(owner, mo, null)).toEqual([]);
    for (const client of [one, other]) client.close();
  });

  it('is stored', async () => {
    await mo.put('/users/@me/presence', { status: 'dnd' });
    await look(owner);
    const client = await mo.connect();
    expect(client.received('READY')).toMatchObject([{ presence: 'dnd' }]);
    await until(owner, mo, 'dnd');
    expect(of<{ presences: unknown }>(await look(owner)).presences).toEqual(
      expect.arrayContaining([{ user_id: mo.id, status: 'dnd' }]),
    );
    client.close();
  });

  it("is offline for an invisible user, except for the user's own sockets", async () => {
    await mo.put('/users/@me/presence', { status: 'invisible' });
    await look(owner);
    const client = await mo.connect();
    expect(client.received('READY')).toMatchObject([{ presence: 'invisible' }]);
    expect(await look(owner)).toEqual({
      guild_id: guild.id,
      member_count: 3,
      members: null,
      presences: [{ user_id: guild.owner.id, status: 'online' }],
    });
    await client.say('typing.start', { track_id: guild.track });
    const eve = guild.members['eve']!;
    const marker = await eve.connect();
    await until(owner, eve, 'online');
    client.close();
    marker.close();
    await until(owner, eve, 'offline');
    expect(seen(owner, mo)).toEqual([]);
    const back = await mo.connect();
    await back.say('presence.update', { status: 'online' });
    await until(owner, mo, 'online');
    await back.say('presence.update', { status: 'invisible' });
    await until(owner, mo, 'offline');
    await until(back, mo, 'invisible', null);
    expect(JSON.stringify(owner.events)).not.toContain('invisible');
    back.close();
  });

  it('is sent to subscribers only, and for members of the guild only', async () => {
    const stranger = await world.person('stranger');
    const eve = await guild.members['eve']!.connect();
    await look(owner);
    const outside = await stranger.connect();
    const client = await mo.connect();
    await until(owner, mo, 'online');
    await world.settle();
    expect(sent(eve)).toEqual([]);
    expect(seen(owner, stranger)).toEqual([]);
    expect(await outside.say('guild.subscribe', { guild_id: guild.id })).toMatchObject({
      ok: false,
      error: { code: 'GUILD_NOT_FOUND' },
    });
    for (const each of [client, outside, eve]) each.close();
  });

  it('is sent at most once a second for any number of changes, and ends with the current status', async () => {
    await look(owner);
    const client = await mo.connect();
    await until(owner, mo, 'online');
    const [startedAt, before] = [performance.now(), seen(owner, mo).length];
    for (let n = 0; n < 30; n += 1) await client.say('presence.update', { status: n % 2 ? 'online' : 'dnd' });
    await client.say('presence.update', { status: 'idle' });
    await until(owner, mo, 'idle');
    await comeAndGo();
    expect(seen(owner, mo).at(-1)).toBe('idle');
    expect(seen(owner, mo).length - before).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / 1_000);
    client.close();
  });

  it('rejects invalid statuses, and changes nothing', async () => {
    const client = await mo.connect();
    for (const status of ['offline', 'away', '', null, 1, {}]) {
      expect([status, await client.say('presence.update', { status })]).toMatchObject([
        status,
        { ok: false, error: { code: 'VALIDATION_FAILED' } },
      ]);
      expect([status, await mo.put('/users/@me/presence', { status })]).toMatchObject([status, { status: 400 }]);
    }
    const again = await mo.connect();
    expect(again.received('READY')).toMatchObject([{ presence: 'online' }]);
    for (const each of [client, again]) each.close();
  });
});
