import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../src/database/database.module';
import { EVENTS } from '../src/event-catalog';
import { type EventName, isInternal } from '../src/events/event-map';
import { type Answer, of } from './support/answer';
import type { Client } from './support/client';
import { eventually } from './support/eventually';
import { ClientState, type GuildState } from './support/client-state';
import { readGuildLists } from './support/guild-lists';
import type { PausableProxy } from './support/pausable-proxy';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { Person } from './support/person';
import type { GuildWorld, World } from './support/world';

/** A request whose reply to a command is held, and the requests that overtake it. */
interface Race {
  readonly prepare?: () => Promise<Answer>;
  readonly late: () => Promise<Answer>;
  readonly reply: readonly [command: string, collection: string];
  readonly others: readonly (() => Promise<Answer>)[];
  /** Whether a node runs these requests one after another, so that only another node can overtake. */
  readonly isQueued?: true;
}

let held: HeldWorld;
let world: World;
let wire: PausableProxy;
let owner: Person;
let mo: Person;
let low: Person;
let eve: Person;
beforeAll(async () => {
  held = await startHeldWorld();
  ({ world, wire } = held);
  [owner, mo, low, eve] = (await Promise.all(['owner', 'mo', 'low', 'eve'].map((name) => world.person(name)))) as [
    Person,
    Person,
    Person,
    Person,
  ];
});
afterAll(() => held.stop());

let guild: GuildWorld;
let messageId: string;
let client: Client | undefined;
beforeEach(async () => {
  guild = await world.guild({ people: { owner, mo, low }, roles: { a: {}, b: {} }, members: { mo: [], low: [] } });
  messageId = await send('original');
});
afterEach(() => client?.close());

const inGuild = (path: string): string => `/guilds/${guild.id}${path}`;
const inTrack = (path: string): string => `/tracks/${guild.track}${path}`;
const idOf = ({ body }: Answer): string => of<{ id: string }>(body).id;
const send = async (content: string): Promise<string> => idOf(await mo.post(inTrack('/messages'), { content }));
const edit = (content: string): Promise<Answer> => mo.patch(inTrack(`/messages/${messageId}`), { content });
const reactions = (): string => inTrack(`/messages/${messageId}/reactions/${encodeURIComponent('👍')}`);
const react = (person: Person): Promise<Answer> => person.put(`${reactions()}/@me`);
const unreact = (person: Person): Promise<Answer> => person.delete(`${reactions()}/@me`);
const ban = (person: Person, reason: string): Promise<Answer> =>
  owner.put(inGuild(`/bans/${person.id}`), { reason, delete_message_seconds: 60 });
const unban = (person: Person): Promise<Answer> => owner.delete(inGuild(`/bans/${person.id}`));
const pin = (): Promise<Answer> => owner.put(inTrack(`/pins/${messageId}`));
const unpin = (): Promise<Answer> => owner.delete(inTrack(`/pins/${messageId}`));
const nick = (value: string): Promise<Answer> => owner.patch(inGuild(`/members/${mo.id}`), { nick: value });
const leave = (person: Person): Promise<Answer> => person.delete(`/users/@me/guilds/${guild.id}`);
const join = (person: Person): Promise<Answer> => person.post(`/invites/${guild.invite}`);
const sendLate = (): Promise<Answer> => mo.post(inTrack('/messages'), { content: 'late' });
const renameRole = (name: string): Promise<Answer> => owner.patch(inGuild(`/roles/${guild.roles['a']!}`), { name });
const renameTrack = (name: string): Promise<Answer> => owner.patch(inTrack(''), { name });

/** Returns the id of an object that a held request has stored. */
async function stored(name: string, filter: object): Promise<string> {
  const found = await world.app
    .get<Model<Record<string, unknown>>>(getModelToken(name))
    .findOne({ guild_id: BigInt(guild.id), ...filter })
    .lean();
  return String(found!['_id']);
}
const lateMessage = (): Promise<string> => stored(MODELS.message, { content: 'late' });
const withLateMessage = (run: (path: string) => Promise<Answer>) => async (): Promise<Answer> =>
  run(inTrack(`/messages/${await lateMessage()}`));

const EDIT = ['findAndModify', 'messages'] as const;
const MEMBER = ['findAndModify', 'members'] as const;
const COMMIT = ['update', 'guilds'] as const;
const BAN = ['findAndModify', 'bans'] as const;
// PINS_UPDATE is read from the database first; the race is with this read.
const PIN = ['find', 'pin_lists'] as const;

/** Races of requests whose events clients of a guild apply to what they have, by the event of the held request. */
const guildRaces: Partial<Record<EventName, Record<string, Race>>> = {
  GUILD_UPDATE: {
    'a later name': {
      late: () => owner.patch(inGuild(''), { name: 'lost' }),
      reply: COMMIT,
      others: [() => owner.patch(inGuild(''), { name: 'won' })],
      isQueued: true,
    },
  },
  ROLE_CREATE: {
    'another role': {
      late: () => owner.post(inGuild('/roles'), { name: 'late' }),
      reply: COMMIT,
      others: [() => owner.post(inGuild('/roles'), { name: 'new' })],
      isQueued: true,
    },
  },
  ROLE_UPDATE: {
    'a later name': {
      late: () => renameRole('lost'),
      reply: COMMIT,
      others: [() => renameRole('won')],
      isQueued: true,
    },
    'its deletion': {
      late: () => renameRole('lost'),
      reply: COMMIT,
      others: [() => owner.delete(inGuild(`/roles/${guild.roles['a']!}`))],
      isQueued: true,
    },
  },
  ROLE_DELETE: {
    'a new role': {
      late: () => owner.delete(inGuild(`/roles/${guild.roles['a']!}`)),
      reply: COMMIT,
      others: [() => owner.post(inGuild('/roles'), { name: 'new' })],
      isQueued: true,
    },
  },
  ROLES_REORDER: {
    'another order': {
      late: () => owner.patch(inGuild('/roles'), [{ id: guild.roles['b'], position: 2 }]),
      reply: COMMIT,
      others: [() => owner.patch(inGuild('/roles'), [{ id: guild.roles['a'], position: 2 }])],
      isQueued: true,
    },
  },
  TRACK_CREATE: {
    'another track': {
      late: () => owner.post(inGuild('/tracks'), { name: 'late', position: 1 }),
      reply: COMMIT,
      others: [() => owner.post(inGuild('/tracks'), { name: 'new', position: 1 })],
      isQueued: true,
    },
  },
  TRACK_UPDATE: {
    'a later name': {
      late: () => renameTrack('lost'),
      reply: COMMIT,
      others: [() => renameTrack('won')],
      isQueued: true,
    },
  },
  TRACK_DELETE: {
    'a new track': {
      late: () => owner.delete(`/tracks/${guild.category}`),
      reply: COMMIT,
      others: [() => owner.post(inGuild('/tracks'), { name: 'new' })],
      isQueued: true,
    },
  },
  TRACKS_REORDER: {
    'another place': {
      late: () => owner.patch(inTrack(''), { parent_id: null }),
      reply: COMMIT,
      others: [() => owner.patch(inTrack(''), { parent_id: guild.category })],
      isQueued: true,
    },
  },
  MEMBER_JOIN: {
    'a kick': {
      late: () => join(eve),
      reply: ['insert', 'members'],
      others: [() => owner.delete(inGuild(`/members/${eve.id}`))],
      isQueued: true,
    },
    'a nick': {
      late: () => join(eve),
      reply: ['insert', 'members'],
      others: [() => owner.patch(inGuild(`/members/${eve.id}`), { nick: 'won' })],
      isQueued: true,
    },
  },
  MEMBER_UPDATE: {
    'a later nick': { late: () => nick('lost'), reply: MEMBER, others: [() => nick('won')], isQueued: true },
    'a role': {
      late: () => nick('late'),
      reply: MEMBER,
      others: [() => owner.put(inGuild(`/members/${mo.id}/roles/${guild.roles['a']!}`))],
      isQueued: true,
    },
    'the end of the membership': { late: () => nick('lost'), reply: MEMBER, others: [() => leave(mo)], isQueued: true },
  },
  MEMBER_LEAVE: {
    'a new membership': {
      late: () => leave(mo),
      reply: ['delete', 'members'],
      others: [() => join(mo)],
      isQueued: true,
    },
  },
  BAN_CREATE: {
    'its end': { late: () => ban(eve, 'lost'), reply: BAN, others: [() => unban(eve)] },
    'another reason': { late: () => ban(eve, 'lost'), reply: BAN, others: [() => ban(eve, 'won')] },
  },
  BAN_DELETE: {
    'a new ban': {
      prepare: () => ban(eve, 'first'),
      late: () => unban(eve),
      reply: ['delete', 'bans'],
      others: [() => ban(eve, 'won')],
    },
  },
  MESSAGE_CREATE: {
    'its deletion': {
      late: sendLate,
      reply: ['insert', 'messages'],
      others: [withLateMessage((path) => mo.delete(path))],
    },
    'a bulk deletion': {
      late: sendLate,
      reply: ['insert', 'messages'],
      others: [
        async () => owner.post(inTrack('/messages/bulk-delete'), { message_ids: [messageId, await lateMessage()] }),
      ],
    },
    'a ban': { late: sendLate, reply: ['insert', 'messages'], others: [() => ban(mo, 'spam')] },
    'an edit': {
      late: sendLate,
      reply: ['insert', 'messages'],
      others: [withLateMessage((path) => mo.patch(path, { content: 'won' }))],
    },
    'a reaction': {
      late: sendLate,
      reply: ['insert', 'messages'],
      others: [withLateMessage((path) => low.put(`${path}/reactions/${encodeURIComponent('👍')}/@me`))],
    },
  },
  MESSAGE_UPDATE: {
    'a later edit': { late: () => edit('lost'), reply: EDIT, others: [() => edit('won')] },
    'two later edits': { late: () => edit('lost'), reply: EDIT, others: [() => edit('middle'), () => edit('won')] },
    'the deletion': {
      late: () => edit('lost'),
      reply: EDIT,
      others: [() => mo.delete(inTrack(`/messages/${messageId}`))],
    },
    'a reaction': { late: () => edit('late'), reply: EDIT, others: [() => react(low)] },
    'a removed reaction': {
      prepare: () => react(low),
      late: () => edit('late'),
      reply: EDIT,
      others: [() => unreact(low)],
    },
  },
  REACTION_ADD: {
    'its removal': { late: () => react(mo), reply: ['insert', 'reactions'], others: [() => unreact(mo)] },
    'other reactions': {
      prepare: () => react(owner),
      late: () => react(mo),
      reply: ['insert', 'reactions'],
      others: [() => react(low)],
    },
    'the removal of all reactions': {
      late: () => react(mo),
      reply: ['insert', 'reactions'],
      others: [() => owner.delete(reactions())],
    },
    'the deletion of the message': {
      late: () => react(mo),
      reply: ['insert', 'reactions'],
      others: [() => mo.delete(inTrack(`/messages/${messageId}`))],
    },
  },
  REACTION_REMOVE: {
    'a new reaction': { prepare: () => react(mo), late: () => unreact(mo), reply: EDIT, others: [() => react(mo)] },
    'other reactions': {
      prepare: () => react(mo),
      late: () => unreact(mo),
      reply: EDIT,
      others: [() => react(low), () => react(owner)],
    },
    'a reaction after the removal of all': {
      prepare: () => react(mo),
      late: () => owner.delete(reactions()),
      reply: ['update', 'messages'],
      others: [() => react(low)],
    },
  },
  PINS_UPDATE: {
    'its end': { late: pin, reply: PIN, others: [unpin] },
    'a new pin': { prepare: pin, late: unpin, reply: PIN, others: [pin] },
    'the deletion of the message': {
      late: pin,
      reply: PIN,
      others: [() => mo.delete(inTrack(`/messages/${messageId}`))],
    },
    'the pin of another message': {
      late: pin,
      reply: PIN,
      others: [async () => owner.put(inTrack(`/pins/${await send('other')}`))],
    },
  },
  INVITE_CREATE: {
    'its end': {
      late: () => mo.post(inTrack('/invites'), {}),
      reply: ['insert', 'invites'],
      others: [async () => owner.delete(`/invites/${await stored(MODELS.invite, { inviter_id: BigInt(mo.id) })}`)],
    },
  },
};

/** Races of requests whose event has one stored value of the user, and how the stored value is read. */
const ownRaces: Partial<Record<EventName, Record<string, Race & { readonly read: () => Promise<unknown> }>>> = {
  USER_UPDATE: {
    'a later name': {
      late: () => mo.patch('/users/@me', { username: `lost${mo.id}` }),
      reply: ['findAndModify', 'users'],
      others: [() => mo.patch('/users/@me', { username: `won${mo.id}` })],
      read: async () => (await mo.get('/users/@me')).body,
    },
  },
  PRESENCE_UPDATE: {
    'a later choice': {
      late: () => mo.put('/users/@me/presence', { status: 'idle' }),
      reply: ['update', 'users'],
      others: [() => mo.put('/users/@me/presence', { status: 'dnd' })],
      read: async () => ({ guild_id: null, presences: [{ user_id: mo.id, status: await storedPresence() }] }),
    },
  },
  READ_STATE_UPDATE: Object.fromEntries(
    [false, true].map((backwards) => [
      backwards ? 'an earlier marker' : 'a later marker',
      {
        late: () => mark(backwards ? 'newer' : 'older'),
        reply: ['findAndModify', 'positions'] as const,
        others: [() => mark(backwards ? 'older' : 'newer', backwards)],
        read: async () =>
          of<{ track_id: string }[]>((await mo.get('/users/@me/read-states')).body).find(
            ({ track_id }) => track_id === guild.track,
          ),
      },
    ]),
  ),
};

/** Events without a race, and why their order does not matter. */
const orderless: Partial<Record<EventName, string>> = {
  GUILD_DELETE: 'the id of a guild is never used again',
  MESSAGE_DELETE: 'the id of a message is never used again',
  MESSAGES_DELETE: 'the id of a message is never used again',
  INVITE_DELETE: 'the code of an invite is never used again',
  MESSAGE_MENTIONS_UPDATE: 'differences add up in any order',
  TYPING_START: 'nothing is stored',
};

async function storedPresence(): Promise<string> {
  const fresh = await mo.connect();
  const [ready] = fresh.received('READY');
  fresh.close();
  return of<{ presence: string }>(ready).presence;
}

async function mark(which: 'older' | 'newer', backwards = false): Promise<Answer> {
  const [newer, older] = of<{ id: string }[]>((await low.get(inTrack('/messages'))).body);
  return mo.put(inTrack('/read-state'), { message_id: (which === 'newer' ? newer : older)!.id, backwards });
}

async function readGuild(): Promise<GuildState> {
  const fresh = await owner.connect();
  const state = new ClientState(fresh, guild.id, await readGuildLists(guild)).now();
  fresh.close();
  return state;
}

/** Holds the reply of the late request until the others are answered; on one node, until the others wait. */
async function run({ late, reply, others, isQueued }: Race): Promise<void> {
  const gate = wire.holdReply(...reply);
  const answer = late();
  await gate.arrived;
  const overtaking = (async () => {
    for (const other of others) expect((await other()).status).toBeLessThan(300);
  })();
  await (isQueued && world.urls.length === 1 ? world.settle() : overtaking);
  gate.release();
  // A request that finds its object deleted by then is answered 404.
  expect((await answer).status).toBeLessThan(500);
  await overtaking;
}

async function expectFolded(folded: ClientState): Promise<void> {
  const now = await readGuild();
  await eventually(() => expect(folded.now()).toEqual(now));
  await world.settle();
  expect(folded.now()).toEqual(now);
}

const namesOf = (races: Partial<Record<EventName, Record<string, unknown>>>): [EventName, string][] =>
  Object.entries(races).flatMap(([event, named]) =>
    Object.keys(named).map((name): [EventName, string] => [event as EventName, name]),
  );

it('every event that clients receive has a race here, or needs none', () => {
  const names = Object.keys(EVENTS) as EventName[];
  expect(
    [
      ...new Set([...namesOf(guildRaces), ...namesOf(ownRaces)].map(([event]) => event)),
      ...Object.keys(orderless),
    ].sort(),
  ).toEqual(names.filter((name) => !isInternal(name)).sort());
});

describe('a client has the stored state', () => {
  const connect = async (): Promise<ClientState> => {
    const lists = await readGuildLists(guild);
    const socket = await owner.connect();
    client = socket;
    return new ClientState(socket, guild.id, lists);
  };

  it.each(namesOf(guildRaces))('if %s is overtaken by %s', async (event, name) => {
    const race = guildRaces[event]![name]!;
    await race.prepare?.();
    const folded = await connect();
    await run(race);
    await expectFolded(folded);
  });

  it('after many concurrent reactions, removals and edits', async () => {
    const folded = await connect();
    await Promise.all(
      [mo, low, owner].flatMap((person) => [
        react(person),
        unreact(person),
        react(person),
        edit(`by ${person.username}`),
      ]),
    );
    await expectFolded(folded);
  });
});

describe('the last event of a user has the stored value', () => {
  it.each(namesOf(ownRaces))('if %s is overtaken by %s', async (event, name) => {
    const { read, ...race } = ownRaces[event]![name]!;
    await low.post(inTrack('/messages'), { content: 'newer' });
    const socket = await mo.connect();
    client = socket;
    await run(race);
    const now = await read();
    await eventually(() => expect(socket.received(event).at(-1)).toEqual(now));
    await world.settle();
    expect(socket.received(event).at(-1)).toEqual(now);
  });
});
