import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { World } from './support/world';

interface Mentions {
  readonly user_ids: readonly string[];
  readonly role_ids: readonly string[];
  readonly everyone: boolean;
}

interface Message {
  readonly id: string;
  readonly author_id: string;
  readonly mentions: Mentions;
}

/** The fields of the events that change counts. */
interface EventFields extends Message {
  readonly track_id: string;
  readonly message_id: string;
  readonly messages: readonly Message[];
  readonly mentions_before: Mentions;
}

interface Counts {
  last_read_id: string;
  last_message_id: string | null;
  unread_count: number;
  mention_count: number;
}

const OPERATIONS = Number(process.env['UNREAD_OPERATIONS'] ?? 60);

/** Deterministic random numbers from 0 to below 1. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
const randomFrom = (seed: number) => {
  let state = seed;
  return (): number => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
};

const isAbove = (id: string, other: string | null): boolean => BigInt(id) > BigInt(other ?? '0');

/** A client that derives its counts from READ_STATES and events, exactly as the AsyncAPI document describes. */
class CountingClient {
  readonly counts = new Map<string, Counts>();
  private taken = 0;

  constructor(
    private readonly client: Client,
    private readonly userId: string,
    private readonly roleIds: readonly string[],
    initial: readonly (Counts & { readonly track_id: string })[],
  ) {
    for (const state of initial) this.counts.set(state.track_id, { ...state });
  }

  /** Applies the events that arrived since the last call. */
  apply(): void {
    for (; this.taken < this.client.events.length; this.taken += 1) {
      const { name, data: received } = this.client.events[this.taken]!;
      const data = of<EventFields>(received);
      const state = this.counts.get(data.track_id);
      if (name === 'READ_STATE_UPDATE') this.counts.set(data.track_id, { ...of<Counts>(received) });
      else if (name === 'MESSAGE_CREATE') this.create(data);
      else if (state && name === 'MESSAGE_DELETE') this.delete(state, { ...data, id: data.message_id });
      else if (state && name === 'MESSAGES_DELETE') for (const message of data.messages) this.delete(state, message);
      else if (state && name === 'MESSAGE_MENTIONS_UPDATE') this.edit(state, { ...data, id: data.message_id });
    }
  }

  private create(message: EventFields): void {
    const state = this.counts.get(message.track_id) ?? {
      last_read_id: '0',
      last_message_id: null,
      unread_count: 0,
      mention_count: 0,
    };
    this.counts.set(message.track_id, state);
    if (!isAbove(message.id, state.last_message_id)) return;
    state.last_message_id = message.id;
    if (!this.isCounted(state, message)) return;
    state.unread_count += 1;
    if (this.isMentioned(message.mentions)) state.mention_count += 1;
  }

  private delete(state: Counts, message: Message): void {
    if (!this.isCounted(state, message)) return;
    state.unread_count -= 1;
    if (this.isMentioned(message.mentions)) state.mention_count -= 1;
  }

  private edit(state: Counts, message: EventFields): void {
    if (!this.isCounted(state, message)) return;
    state.mention_count +=
      Number(this.isMentioned(message.mentions)) - Number(this.isMentioned(message.mentions_before));
  }

  private isCounted(state: Counts, { id, author_id }: Message): boolean {
    return author_id !== this.userId && isAbove(id, state.last_read_id);
  }

  private isMentioned({ user_ids, role_ids, everyone }: Mentions): boolean {
    return everyone || user_ids.includes(this.userId) || role_ids.some((id) => this.roleIds.includes(id));
  }
}

describe('unread counts', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  // The source of truth is the list of messages that the owner reads over REST.
  const expected = (
    messages: readonly Message[],
    lastReadId: string,
    userId: string,
    roleIds: readonly string[],
  ): [number, number] => {
    const unread = messages.filter(({ id, author_id }) => author_id !== userId && isAbove(id, lastReadId));
    const isMentioned = ({ mentions }: Message): boolean =>
      mentions.everyone || mentions.user_ids.includes(userId) || mentions.role_ids.some((id) => roleIds.includes(id));
    return [unread.length, unread.filter(isMentioned).length];
  };

  it.each([1, 2, 3])(
    'equal the counts of existing messages after any sequence of sending, editing, deleting, banning and reading (seed %i)',
    async (seed) => {
      const random = randomFrom(seed);
      const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
      const guild = await world.guild({ roles: { helper: {} }, members: { mo: ['helper'], eve: [], bad: [] } });
      const { mo, eve, bad } = guild.members as Record<string, Person> & { mo: Person; eve: Person; bad: Person };
      await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['helper']}`, { mentionable: true });
      const other = of<{ id: string }>(
        (await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'other' })).body,
      ).id;
      const tracks = [guild.track, other];
      const roles = { [mo.id]: [guild.roles['helper']!], [eve.id]: [] as string[] };
      const clients = new Map<string, CountingClient>();
      for (const reader of [mo, eve]) {
        const client = await reader.connect();
        clients.set(reader.id, new CountingClient(client, reader.id, roles[reader.id]!, of(await client.readStates)));
      }
      const sent: { id: string; track: string; author: Person }[] = [];
      const content = (): string =>
        pick([
          'plain',
          `<@${mo.id}>`,
          `<@${eve.id}> hello`,
          `<@&${guild.roles['helper']}>`,
          '@everyone',
          `text ${random()}`,
        ]);
      const send = async (): Promise<void> => {
        const [track, author] = [pick(tracks), pick([guild.owner, mo, eve, bad])];
        const { status, body } = await author.post(`/tracks/${track}/messages`, { content: content() });
        if (status === 201) sent.push({ id: of<{ id: string }>(body).id, track, author });
      };
      const edit = async (): Promise<void> => {
        const { id, track, author } = pick(sent);
        await author.patch(`/tracks/${track}/messages/${id}`, { content: content() });
      };
      const remove = async (): Promise<void> => {
        const { id, track, author } = pick(sent);
        await pick([guild.owner, author]).delete(`/tracks/${track}/messages/${id}`);
      };
      const removeSeveral = async (): Promise<void> => {
        const track = pick(tracks);
        const ids = sent.filter((message) => message.track === track && random() < 0.2).map(({ id }) => id);
        if (ids.length >= 2) await guild.owner.post(`/tracks/${track}/messages/bulk-delete`, { message_ids: ids });
      };
      const ban = async (): Promise<void> => {
        await guild.owner.put(`/guilds/${guild.id}/bans/${bad.id}`, { delete_message_seconds: 3_600 });
        await guild.owner.delete(`/guilds/${guild.id}/bans/${bad.id}`);
        await bad.post(`/invites/${guild.invite}`);
      };
      const read = async (): Promise<void> => {
        const { id, track } = pick(sent);
        await pick([mo, eve]).put(`/tracks/${track}/read-state`, { message_id: id, backwards: random() < 0.3 });
      };
      await send();
      const operations = [send, send, send, send, edit, edit, remove, removeSeveral, ban, read];
      for (let n = 0; n < OPERATIONS; n += 1) {
        const operation = pick(operations);
        await operation();
        if (n % 4 !== 3) continue;
        await world.settle();
        for (const reader of [mo, eve]) {
          const listed = of<(Counts & { track_id: string })[]>((await reader.get('/users/@me/read-states')).body);
          const client = clients.get(reader.id)!;
          client.apply();
          for (const track of tracks) {
            const messages = of<Message[]>((await guild.owner.get(`/tracks/${track}/messages?limit=100`)).body);
            const state = listed.find(({ track_id }) => track_id === track);
            if (!state) continue;
            const truth = expected(messages, state.last_read_id, reader.id, roles[reader.id]!);
            expect([n, operation.name, state.unread_count, state.mention_count]).toEqual([n, operation.name, ...truth]);
            const derived = client.counts.get(track);
            expect([n, operation.name, derived?.unread_count, derived?.mention_count]).toEqual([
              n,
              operation.name,
              ...truth,
            ]);
          }
        }
      }
    },
  );

  it('cost two more commands per deletion, for any number of members who read the track', async () => {
    const guild = await world.guild({ members: { mo: [], eve: [] } });
    const deletion = async (): Promise<string[]> => {
      const { id } = of<{ id: string }>(
        (await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'x' })).body,
      );
      const commands = world.recordCommands();
      await guild.owner.delete(`/tracks/${guild.track}/messages/${id}`);
      commands.stop();
      return commands.all.map(({ name, collection }) => `${name} ${collection}`).sort();
    };
    await deletion();
    const before = await deletion();
    for (const reader of Object.values(guild.members))
      await reader.put(`/tracks/${guild.track}/read-state`, { message_id: '1' });
    expect(await deletion()).toEqual(before);
    expect(before).toEqual(expect.arrayContaining(['update deleted_messages', 'update positions']));
  });
});
