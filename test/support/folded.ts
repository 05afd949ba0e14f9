import type { Client, Received } from './world';

type Fields = Readonly<Record<string, unknown>>;

/** What a client knows of a guild. */
export interface GuildState {
  readonly name: unknown;
  readonly roles: readonly unknown[];
  readonly tracks: readonly unknown[];
  readonly members: readonly unknown[];
  readonly messages: readonly unknown[];
  readonly bans: readonly unknown[];
  readonly inviteCodes: readonly unknown[];
  readonly pinnedIds: readonly unknown[];
}

/** What is read of a guild beside what READY says. */
export interface GuildLists {
  readonly members: readonly Fields[];
  readonly messages: readonly Fields[];
  readonly bans: readonly Fields[];
  readonly inviteCodes: readonly unknown[];
  readonly pinnedIds: readonly unknown[];
}

interface Known {
  guild: Fields;
  roles: Fields[];
  tracks: Fields[];
  readonly members: Map<unknown, Fields>;
  readonly messages: Map<unknown, Fields>;
  readonly bans: Map<unknown, Fields>;
  readonly inviteCodes: Set<unknown>;
  pinnedIds: readonly unknown[];
}

/** What a client makes of READY and the events that follow, for one guild that it is in. */
export class Folded {
  private readonly created = new Map<unknown, number>();

  constructor(
    private readonly client: Client,
    private readonly guildId: string,
    private readonly start: GuildLists = NOTHING,
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
    const { members, messages, bans, inviteCodes, pinnedIds } = this.start;
    const known: Known = {
      guild: {},
      roles: [],
      tracks: [],
      members: new Map(members.map((member) => [member['user_id'], member])),
      messages: new Map(messages.map((message) => [message['id'], message])),
      bans: new Map(bans.map((ban) => [ban['user_id'], ban])),
      inviteCodes: new Set(inviteCodes),
      pinnedIds,
    };
    this.created.clear();
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
    if (name === 'ROLE_DELETE') forgetRole(known, data['role_id']);
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
    if (name === 'REACTION_ADD') this.count(known, data, 1);
    if (name === 'REACTION_REMOVE') this.count(known, data, -1);
    if (name === 'PINS_UPDATE') known.pinnedIds = data['message_ids'] as string[];
    if (name === 'BAN_CREATE') known.bans.set(data['user_id'], data);
    if (name === 'BAN_DELETE') known.bans.delete(data['user_id']);
    if (name === 'INVITE_CREATE') known.inviteCodes.add(data['code']);
    if (name === 'INVITE_DELETE') known.inviteCodes.delete(data['code']);
  }

  private count(known: Known, { message_id: id, emoji }: Fields, by: 1 | -1): void {
    const message = known.messages.get(id);
    if (!message) return;
    const before = message['reactions'] as { readonly emoji: unknown; readonly count: number }[];
    const { count = 0 } = before.find((reaction) => reaction.emoji === emoji) ?? {};
    const others = before.filter((reaction) => reaction.emoji !== emoji);
    known.messages.set(id, { ...message, reactions: count + by === 0 ? others : [...others, { emoji, count: count + by }] });
  }
}

function forgetRole(known: Known, roleId: unknown): void {
  known.roles = without(known.roles, roleId);
  known.tracks = known.tracks.map((track) => ({ ...track, overwrites: without(track['overwrites'] as Fields[], roleId) }));
  for (const [userId, member] of known.members) known.members.set(userId, { ...member, role_ids: (member['role_ids'] as unknown[]).filter((id) => id !== roleId) });
}

const NOTHING: GuildLists = { members: [], messages: [], bans: [], inviteCodes: [], pinnedIds: [] };

const without = (all: readonly Fields[], gone: unknown): Fields[] => all.filter(({ id }) => id !== gone);

// Positions and the guild's version follow from what else is known.
function stateOf({ guild, roles, tracks, members, messages, bans, inviteCodes, pinnedIds }: Known): GuildState {
  const byId = (one: Fields, other: Fields): number => String(one['id'] ?? one['user_id']).localeCompare(String(other['id'] ?? other['user_id']));
  return {
    name: guild['name'],
    roles: roles.map(({ position: _position, ...role }) => role),
    tracks: tracks.map(({ position: _position, ...track }) => track).sort(byId),
    members: [...members.values()].sort(byId),
    // Whether one reacted oneself is in what one reads, and in no event.
    messages: [...messages.values()].sort(byId).map(({ reactions, ...message }) => ({ ...message, reactions: (reactions as Fields[]).map(({ emoji, count }) => ({ emoji, count })) })),
    bans: [...bans.values()].sort(byId),
    inviteCodes: [...inviteCodes].sort(),
    pinnedIds,
  };
}
