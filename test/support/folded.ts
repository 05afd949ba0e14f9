import type { Client, Received } from './world';

type Fields = Readonly<Record<string, unknown>>;

/** What a client knows of a guild. */
export interface GuildState {
  readonly name: unknown;
  readonly roles: readonly unknown[];
  readonly tracks: readonly unknown[];
  readonly members: readonly unknown[];
  readonly messages: readonly unknown[];
}

interface Known {
  guild: Fields;
  roles: Fields[];
  tracks: Fields[];
  readonly members: Map<unknown, Fields>;
  readonly messages: Map<unknown, Fields>;
}

/** What a client makes of READY and the events that follow, for one guild that it is in. */
export class Folded {
  private readonly created = new Map<unknown, number>();

  constructor(
    private readonly client: Client,
    private readonly guildId: string,
    private readonly members: readonly Fields[] = [],
  ) {}

  /** How many events have come. */
  get heard(): number {
    return this.client.events.length;
  }

  /** The messages that came as new more than once. */
  get createdTwice(): unknown[] {
    return [...this.created].filter(([, count]) => count > 1).map(([id]) => id);
  }

  /** The guild as the client knows it now. */
  now(): GuildState {
    const known: Known = { guild: {}, roles: [], tracks: [], members: new Map(this.members.map((member) => [member['user_id'], member])), messages: new Map() };
    this.created.clear();
    for (const event of this.client.events) this.fold(known, event);
    return stateOf(known);
  }

  /** The same of what is read: the guild as the client knows it, these members and these messages. */
  state(members: readonly Fields[], messages: readonly Fields[]): GuildState {
    const known: Known = { guild: {}, roles: [], tracks: [], members: new Map(members.map((member) => [member['user_id'], member])), messages: new Map(messages.map((message) => [message['id'], message])) };
    for (const event of this.client.events) this.fold(known, event);
    return stateOf(known);
  }

  private fold(known: Known, { name, data: sent }: Received): void {
    const data: Fields = sent;
    const guild = name === 'READY' ? (data['guilds'] as Fields[]).find(({ id }) => id === this.guildId) : name === 'GUILD_CREATE' ? data : undefined;
    if (guild) {
      known.guild = guild;
      known.roles = guild['roles'] as Fields[];
      known.tracks = guild['tracks'] as Fields[];
    }
    if (name === 'GUILD_UPDATE') known.guild = { ...known.guild, ...data };
    if (name === 'ROLE_CREATE') known.roles = without(known.roles, data['id']).toSpliced(Number(data['position']) - 1, 0, data);
    if (name === 'ROLE_UPDATE') known.roles = known.roles.map((role) => (role['id'] === data['id'] ? data : role));
    if (name === 'ROLE_DELETE') known.roles = without(known.roles, data['role_id']);
    if (name === 'ROLES_REORDER') known.roles = (data['role_ids'] as string[]).flatMap((wanted) => known.roles.filter(({ id }) => id === wanted));
    if (name === 'TRACK_CREATE') known.tracks = [...without(known.tracks, data['id']), data];
    if (name === 'TRACK_UPDATE') known.tracks = known.tracks.map((track) => (track['id'] === data['id'] ? data : track));
    if (name === 'TRACKS_REORDER') {
      const places = new Map((data['layout'] as Fields[]).map(({ id, ...place }) => [id, place]));
      known.tracks = known.tracks.map((track) => ({ ...track, ...places.get(track['id']) }));
    }
    if (name === 'TRACK_DELETE') known.tracks = without(known.tracks, data['track_id']);
    if (name === 'MEMBER_JOIN' || name === 'MEMBER_UPDATE') known.members.set(data['user_id'], data);
    if (name === 'MEMBER_LEAVE') known.members.delete(data['user_id']);
    if (name === 'MESSAGE_CREATE') this.created.set(data['id'], (this.created.get(data['id']) ?? 0) + 1);
    if (name === 'MESSAGE_CREATE' || name === 'MESSAGE_UPDATE') known.messages.set(data['id'], data);
    if (name === 'MESSAGE_DELETE') known.messages.delete(data['message_id']);
  }
}

const without = (all: readonly Fields[], gone: unknown): Fields[] => all.filter(({ id }) => id !== gone);

// Positions and the guild's version follow from what else is known.
function stateOf({ guild, roles, tracks, members, messages }: Known): GuildState {
  const byId = (one: Fields, other: Fields): number => String(one['id'] ?? one['user_id']).localeCompare(String(other['id'] ?? other['user_id']));
  return {
    name: guild['name'],
    roles: roles.map(({ position: _position, ...role }) => role),
    tracks: tracks.map(({ position: _position, ...track }) => track).sort(byId),
    members: [...members.values()].sort(byId),
    messages: [...messages.values()].sort(byId),
  };
}
