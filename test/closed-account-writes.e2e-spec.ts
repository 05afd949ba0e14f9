import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../src/database/database.module';
import { Permission, union } from '../src/permissions/compute-permissions';
import { type Answer, of } from './support/answer';
import type { Client } from './support/client';
import { eventually } from './support/eventually';
import { ClientState, type GuildState } from './support/client-state';
import type { PausableProxy } from './support/pausable-proxy';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import { readGuildLists } from './support/guild-lists';
import type { Person } from './support/person';
import type { GuildWorld, World } from './support/world';

const MODERATOR = union(Permission.BanMembers, Permission.PinMessages);

let held: HeldWorld;
let world: World;
let wire: PausableProxy;
let people: Record<string, Person>;
beforeAll(async () => {
  held = await startHeldWorld();
  ({ world, wire } = held);
  people = Object.fromEntries(
    await Promise.all(['owner', 'eve', 'banned'].map(async (name) => [name, await world.person(name)] as const)),
  );
});
afterAll(() => held.stop());

/** A request that stores something, and the command with which it does. */
interface Write {
  readonly prepare?: () => Promise<Answer>;
  readonly run: () => Promise<Answer>;
  readonly command: readonly [name: string, collection: string];
}

let guild: GuildWorld;
let mo: Person;
let client: Client;
let messageId: string;
beforeEach(async () => {
  guild = await world.guild({
    people,
    roles: { mod: { allow: MODERATOR } },
    members: { mo: ['mod'], eve: [], banned: [] },
  });
  mo = guild.members['mo']!;
  messageId = of<{ id: string }>((await mo.post(`/tracks/${guild.track}/messages`, { content: 'before' })).body).id;
  await guild.owner.put(`/guilds/${guild.id}/bans/${guild.members['banned']!.id}`, { reason: 'before' });
});
afterEach(() => client.close());

const writes: Record<string, Write> = {
  'sends a message': {
    run: () => mo.post(`/tracks/${guild.track}/messages`, { content: 'late' }),
    command: ['insert', 'messages'],
  },
  'sends a message with a nonce': {
    run: () => mo.post(`/tracks/${guild.track}/messages`, { content: 'late', nonce: 'n' }),
    command: ['insert', 'messages'],
  },
  'edits a message': {
    run: () => mo.patch(`/tracks/${guild.track}/messages/${messageId}`, { content: 'late <@&1>' }),
    command: ['findAndModify', 'messages'],
  },
  reacts: {
    run: () => mo.put(`/tracks/${guild.track}/messages/${messageId}/reactions/${encodeURIComponent('👍')}/@me`),
    command: ['insert', 'reactions'],
  },
  'pins a message': { run: () => mo.put(`/tracks/${guild.track}/pins/${messageId}`), command: ['update', 'pin_lists'] },
  'moves a read marker': {
    run: () => mo.put(`/tracks/${guild.track}/read-state`, { message_id: messageId }),
    command: ['findAndModify', 'positions'],
  },
  'creates an invite': { run: () => mo.post(`/tracks/${guild.track}/invites`, {}), command: ['insert', 'invites'] },
  'bans a user': {
    run: () => mo.put(`/guilds/${guild.id}/bans/${guild.members['eve']!.id}`, {}),
    command: ['findAndModify', 'bans'],
  },
  'changes the reason of a ban': {
    run: () => mo.put(`/guilds/${guild.id}/bans/${guild.members['banned']!.id}`, { reason: 'late' }),
    command: ['findAndModify', 'bans'],
  },
};

/** What members see of the guild, apart from who is a member. */
async function read(): Promise<unknown> {
  const { members: _, ...lists } = await readGuildLists(guild);
  const readStates = of<{ track_id: string; unread_count: number }[]>(
    (await guild.owner.get('/users/@me/read-states')).body,
  );
  return { ...lists, unread: readStates.find(({ track_id }) => track_id === guild.track)?.unread_count };
}

/** How many documents the user has that no request of another user returns. */
async function countPrivate(): Promise<number[]> {
  const count = (name: string): Promise<number> =>
    world.app
      .get<Model<unknown>>(getModelToken(name))
      .countDocuments({ guild_id: BigInt(guild.id), user_id: BigInt(mo.id) });
  return Promise.all([count(MODELS.reaction), count(MODELS.position)]);
}

// The account is closed before the command reaches the database, and after the command, before its reply reaches the node.
const cases = Object.keys(writes).flatMap((name) =>
  (['hold', 'holdReply'] as const).map((moment) => [name, moment === 'hold' ? 'before' : 'after', moment] as const),
);

describe('an account that is closed', () => {
  it.each(cases)('while it %s is answered 401 and leaves nothing, closed %s the write', async (name, _, moment) => {
    const before = await read();
    client = await guild.owner.connect();
    const folded = new ClientState(client, guild.id, await readGuildLists(guild));
    const { run, command } = writes[name]!;
    const gate = wire[moment](...command);
    const late = run();
    await gate.arrived;
    expect((await mo.delete('/users/@me', { current_password: mo.password })).status).toBe(204);
    gate.release();
    expect((await late).body).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    expect([await read(), await countPrivate()]).toEqual([before, [0, 0]]);
    const fresh = await guild.owner.connect();
    const stored: GuildState = new ClientState(fresh, guild.id, await readGuildLists(guild)).now();
    fresh.close();
    await eventually(() => expect(folded.now()).toEqual(stored));
  });
});
