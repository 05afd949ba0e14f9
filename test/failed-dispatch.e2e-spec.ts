import { type DomainEvent, EventLog, type NewEvent } from '../src/events/event-log';
import {
  CacheVersions,
  guildVersionKey,
  memberVersionKey,
  rolesVersionKey,
  tracksVersionKey,
} from '../src/cache/cache-versions';
import { EVENTS } from '../src/event-catalog';
import type { EventName } from '../src/events/event-map';
import { CLOSE } from '../src/gateway/protocol/close-codes';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import type { FailureKind, PausableProxy } from './support/pausable-proxy';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { Person } from './support/person';
import type { GuildWorld, World } from './support/world';

/*
 * The database fails while a node dispatches an event. Every socket either receives what it receives without the failure, or is closed with the code
 * that makes its client start afresh.
 */
const THUMB = encodeURIComponent('👍');

let held: HeldWorld;
let world: World;
let wire: PausableProxy;
beforeAll(async () => {
  held = await startHeldWorld({ GATEWAY_BUCKET: '0/60' });
  ({ world, wire } = held);
});
afterAll(() => held.stop());

const idOf = ({ body }: { readonly body: unknown }): string => of<{ id: string }>(body).id;

/** Makes this node forget a guild, as after a change by another node. */
const forget = ({ id, owner, members }: GuildWorld): Promise<void> => {
  const guild = BigInt(id);
  const users = [owner, ...Object.values(members)].map((person) => memberVersionKey(guild, BigInt(person.id)));
  return world.app
    .get(CacheVersions)
    .bump([guildVersionKey(guild), rolesVersionKey(guild), tracksVersionKey(guild), ...users]);
};

const closeCodeOf = (client: Client): number | undefined => of<{ code: number }[]>(client.received('CLOSING'))[0]?.code;

async function connect(person: Person): Promise<Client> {
  const client = new Client(world.url, { token: person.token });
  await client.ready;
  await client.readStates;
  return client;
}

/** Performs requests of every kind in a guild, and returns one event of each name that they publish. */
async function recordEvents(
  { id, track, owner, members: { mo }, invite }: GuildWorld,
  guest: Person,
): Promise<Map<EventName, DomainEvent>> {
  const events = new Map<EventName, DomainEvent>();
  world.app.get(EventLog).subscribe((event) => {
    if (!events.has(event.name)) events.set(event.name, event);
  });
  const path = `/guilds/${id}`;
  await owner.patch(path, { description: 'Recorded' });
  await guest.post(`/invites/${invite}`);
  await owner.patch(`${path}/members/${mo!.id}`, { nick: 'Moo' });
  await guest.delete(`/users/@me${path}`);
  await owner.put(`${path}/bans/${guest.id}`, {});
  await owner.delete(`${path}/bans/${guest.id}`);
  const role = idOf(await owner.post(`${path}/roles`, { name: 'short' }));
  await owner.patch(`${path}/roles/${role}`, { name: 'shorter', position: 2 });
  await owner.patch(`${path}/roles`, [{ id: role, position: 3 }]);
  const created = idOf(await owner.post(`${path}/tracks`, { name: 'short' }));
  await owner.patch(`/tracks/${created}`, { name: 'shorter' });
  await owner.patch(`${path}/tracks`, [{ id: created, position: 1 }]);
  const [first, second, third] = [
    idOf(await mo!.post(`/tracks/${track}/messages`, { content: 'a' })),
    idOf(await mo!.post(`/tracks/${track}/messages`, { content: 'b' })),
    idOf(await mo!.post(`/tracks/${track}/messages`, { content: 'c' })),
  ];
  await mo!.patch(`/tracks/${track}/messages/${first}`, { content: `<@${owner.id}>` });
  await mo!.put(`/tracks/${track}/messages/${first}/reactions/${THUMB}/@me`);
  await mo!.delete(`/tracks/${track}/messages/${first}/reactions/${THUMB}/@me`);
  await owner.put(`/tracks/${track}/pins/${first}`);
  await owner.put(`/tracks/${track}/read-state`, { message_id: first });
  await mo!.post(`/tracks/${track}/typing`);
  await owner.delete(`/tracks/${track}/messages/${first}`);
  await owner.post(`/tracks/${track}/messages/bulk-delete`, { message_ids: [second, third] });
  const { code } = of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, {})).body);
  await owner.delete(`/invites/${code}`);
  await owner.delete(`/tracks/${created}`);
  await owner.delete(`${path}/roles/${role}`);
  await mo!.put('/users/@me/presence', { status: 'idle' });
  await mo!.patch('/users/@me', { username: `renamed-${mo!.id}` });
  const { token } = of<{ token: string }>(
    (await world.ask('post', '/auth/login', { email: mo!.email, password: mo!.password })).body,
  );
  await world.ask('post', '/auth/logout', undefined, { authorization: `Bearer ${token}` });
  await world.settle();
  const guildId = BigInt(id);
  const composed: Partial<Record<EventName, NewEvent>> = {
    GUILD_DELETE: { name: 'GUILD_DELETE', audience: { guildId }, data: { id: guildId } },
    MEMBER_LEAVE: { name: 'MEMBER_LEAVE', audience: { guildId }, data: { guild_id: guildId, user_id: BigInt(mo!.id) } },
    GUILD_RESYNC: { name: 'GUILD_RESYNC', audience: { guildId }, data: { guild_id: guildId } },
    PRESENCE_ANNOUNCE: {
      name: 'PRESENCE_ANNOUNCE',
      audience: { userIds: [] },
      data: { node_id: 'another', is_all: false, asks: false, online: [], idle: [], dnd: [], offline: [] },
    },
    HEARTBEAT: { name: 'HEARTBEAT', audience: { userIds: [] }, data: {} },
    EVENTS_LOST: { name: 'EVENTS_LOST', audience: { userIds: [] }, data: { user_ids: [BigInt(mo!.id)] } },
  };
  return new Map([...events, ...Object.entries(composed)] as [EventName, DomainEvent][]);
}

describe('an event whose dispatch fails', () => {
  let guild: GuildWorld;
  let recorded: Map<EventName, DomainEvent>;
  let people: Person[];
  let outsider: Person;
  let elsewhere: GuildWorld;
  const clients = new Map<Person, Client>();
  beforeAll(async () => {
    guild = await world.guild({
      roles: { quiet: { deny: Permission.ViewMessageHistory } },
      members: { mo: [], eve: ['quiet'] },
    });
    elsewhere = await world.guild();
    outsider = elsewhere.owner;
    people = [guild.owner, ...Object.values(guild.members), outsider];
    const observer = await connect(guild.owner);
    recorded = await recordEvents(guild, await world.person('guest'));
    observer.close();
  });
  afterAll(() => clients.forEach((client) => client.close()));

  /** Connects everybody whose socket is closed or no longer receives the events of its guilds. */
  const reconnect = async (): Promise<void> => {
    for (const person of people) {
      const client = clients.get(person);
      if (client?.socket.connected && !client.received('GUILD_DELETE')[0]) continue;
      client?.close();
      clients.set(person, await connect(person));
    }
    await world.settle();
    for (const client of clients.values()) client.clear();
  };

  /** What each socket received of an event, or the code with which it was closed. */
  type Outcomes = (number | string)[];

  /** Publishes an event while reads of a collection fail, and returns what became of each socket. */
  async function publish(
    name: EventName,
    failing?: { readonly collection: string; readonly kind: FailureKind },
  ): Promise<{ outcomes: Outcomes; failures: number }> {
    await reconnect();
    await forget(guild);
    const failure = failing && wire.fail('find', failing.collection, failing.kind);
    await world.app.get(EventLog).append(recorded.get(name)!);
    await world.settle();
    failure?.mend();
    const markers = new Map<Person, string>();
    const sent = [
      idOf(await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'marker' })),
      idOf(await outsider.post(`/tracks/${elsewhere.track}/messages`, { content: 'marker' })),
    ];
    for (const person of people) markers.set(person, person === outsider ? sent[1]! : sent[0]!);
    await world.settle();
    const received = (client: Client): string =>
      client.names.filter((each) => each !== 'PRESENCE_UPDATE' || name === 'PRESENCE_UPDATE').join();
    return {
      outcomes: people.map((person) => closeCodeOf(clients.get(person)!) ?? received(clients.get(person)!)),
      failures: failure?.count ?? 0,
    };
  }

  it('covers every event', () => expect([...recorded.keys()].sort()).toEqual(Object.keys(EVENTS).sort()));

  it.each(Object.keys(EVENTS) as EventName[])(
    '%s reaches every socket as without the failure, or closes the sockets of its guild or user',
    async (name) => {
      const { outcomes: expected } = await publish(name);
      // The guild is read together with its roles and tracks.
      for (const collection of ['roles', 'members'] as const) {
        const { outcomes } = await publish(name, { collection, kind: 'error' });
        const allowed = people.map((person, index) =>
          person === outsider || outcomes[index] !== CLOSE.eventsLost.code ? expected[index] : CLOSE.eventsLost.code,
        );
        expect({ collection, outcomes }).toEqual({ collection, outcomes: allowed });
      }
    },
  );

  it.each(['guilds', 'roles', 'tracks'])(
    'closes the sockets of the guild if %s cannot be read, and lets sockets of other guilds continue',
    async (collection) => {
      for (const kind of ['error', 'disconnect'] as const) {
        const { outcomes, failures } = await publish('ROLE_UPDATE', { collection, kind });
        expect(failures).toBeGreaterThan(0);
        expect(outcomes).toEqual([...people.slice(0, -1).map(() => CLOSE.eventsLost.code), 'MESSAGE_CREATE']);
      }
    },
  );

  it('is received after the client has connected again', async () => {
    await publish('ROLE_UPDATE', { collection: 'roles', kind: 'error' });
    const [mo] = Object.values(guild.members);
    const fresh = await connect(mo!);
    expect(of<{ guilds: { id: string }[] }>(fresh.received('READY')[0]).guilds.map(({ id }) => id)).toEqual([guild.id]);
    fresh.close();
  });
});

describe('a change that hides messages from a member', () => {
  it.each([
    {
      cause: 'an overwrite',
      write: 'update',
      collection: 'guilds',
      change: (guild: GuildWorld, mo: Person) =>
        guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
          type: 'member',
          allow: '0',
          deny: String(Permission.ViewTrack),
        }),
    },
    {
      cause: 'a kick',
      write: 'delete',
      collection: 'members',
      change: (guild: GuildWorld, mo: Person) => guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}`),
    },
    {
      cause: 'a role',
      write: 'findAndModify',
      collection: 'members',
      change: (guild: GuildWorld, mo: Person) =>
        guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['blind']!}`),
    },
  ] as const)(
    'closes the sockets of the guild if it cannot be dispatched: $cause',
    async ({ write, collection, change }) => {
      const guild = await world.guild({ roles: { blind: { deny: Permission.ViewTrack } }, members: { mo: [] } });
      const mo = guild.members['mo']!;
      const client = await mo.connect();
      const writing = wire.hold(write, collection);
      const changing = change(guild, mo);
      await writing.arrived;
      await forget(guild);
      const failure = wire.fail('find', 'roles');
      writing.release();
      await changing;
      await eventually(() => expect(client.socket.connected).toBe(false));
      failure.mend();
      await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'secret' });
      await world.settle();
      expect(closeCodeOf(client)).toBe(CLOSE.eventsLost.code);
      expect(client.received('MESSAGE_CREATE')).toEqual([]);
      client.close();
    },
  );
});

describe('a join whose dispatch fails', () => {
  it('closes the sockets of the user, who would not receive the guild', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const guest = await world.person('guest');
    const client = await guest.connect();
    const inserting = wire.hold('insert', 'members');
    const joining = guest.post(`/invites/${guild.invite}`);
    await inserting.arrived;
    const failure = wire.fail('find', 'members');
    inserting.release();
    await joining;
    await eventually(() => expect(client.socket.connected).toBe(false));
    failure.mend();
    expect(closeCodeOf(client)).toBe(CLOSE.eventsLost.code);
    client.close();
  });
});
