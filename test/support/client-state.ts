import type { Client, Received } from './client';

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

/** The lists of a guild that READY does not contain. */
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
export class ClientState {
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
    const existing: Known = {
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
    for (const event of this.client.events) this.fold(existing, event);
    return stateOf(existing);
  }

  private fold(existing: Known, { name, data: sent }: Received): void {
    const data: Fields = sent;
    const guild =
      name === 'READY'
        ? (data['guilds'] as Fields[]).find(({ id }) => id === this.guildId)
        : name === 'GUILD_CREATE'
          ? data
          : undefined;
    if (guild) {
      existing.guild = guild;
      existing.roles = guild['roles'] as Fields[];
      existing.tracks = guild['tracks'] as Fields[];
    }
    if (name === 'GUILD_UPDATE') existing.guild = { ...existing.guild, ...data };
    if (name === 'ROLE_CREATE')
      existing.roles = without(existing.roles, data['id']).toSpliced(Number(data['position']) - 1, 0, data);
    if (name === 'ROLE_UPDATE')
      existing.roles = existing.roles.map((role) => (role['id'] === data['id'] ? data : role));
    if (name === 'ROLE_DELETE') forgetRole(existing, data['role_id']);
    if (name === 'ROLES_REORDER')
      existing.roles = (data['role_ids'] as string[]).flatMap((requested) =>
        existing.roles.filter(({ id }) => id === requested),
      );
    if (name === 'TRACK_CREATE') existing.tracks = [...without(existing.tracks, data['id']), data];
    if (name === 'TRACK_UPDATE')
      existing.tracks = existing.tracks.map((track) => (track['id'] === data['id'] ? data : track));
    if (name === 'TRACKS_REORDER') {
      const places = new Map((data['layout'] as Fields[]).map(({ id, ...place }) => [id, place]));
      existing.tracks = existing.tracks.map((track) => ({ ...track, ...places.get(track['id']) }));
    }
    if (name === 'TRACK_DELETE') existing.tracks = without(existing.tracks, data['track_id']);
    if (name === 'MEMBER_JOIN' || name === 'MEMBER_UPDATE') existing.members.set(data['user_id'], data);
    if (name === 'MEMBER_LEAVE') existing.members.delete(data['user_id']);
    if (name === 'MESSAGE_CREATE') this.created.set(data['id'], (this.created.get(data['id']) ?? 0) + 1);
    if (name === 'MESSAGE_CREATE' || name === 'MESSAGE_UPDATE') existing.messages.set(data['id'], data);
    if (name === 'MESSAGE_DELETE') existing.messages.delete(data['message_id']);
    if (name === 'MESSAGES_DELETE') for (const id of data['message_ids'] as string[]) existing.messages.delete(id);
    if (name === 'REACTION_ADD' || name === 'REACTION_REMOVE') this.count(existing, data);
    if (name === 'PINS_UPDATE') existing.pinnedIds = data['message_ids'] as string[];
    if (name === 'BAN_CREATE') existing.bans.set(data['user_id'], data);
    if (name === 'BAN_DELETE') existing.bans.delete(data['user_id']);
    if (name === 'INVITE_CREATE') existing.inviteCodes.add(data['code']);
    if (name === 'INVITE_DELETE') existing.inviteCodes.delete(data['code']);
  }

  private count(existing: Known, { message_id: id, emoji, count }: Fields): void {
    const message = existing.messages.get(id);
    if (!message) return;
    const reactions = message['reactions'] as { readonly emoji: unknown }[];
    const at = reactions.findIndex((reaction) => reaction.emoji === emoji);
    const counted = count === 0 ? [] : [{ emoji, count }];
    existing.messages.set(id, {
      ...message,
      reactions: at === -1 ? [...reactions, ...counted] : reactions.toSpliced(at, 1, ...counted),
    });
  }
}

function forgetRole(existing: Known, roleId: unknown): void {
  existing.roles = without(existing.roles, roleId);
  existing.tracks = existing.tracks.map((track) => ({
    ...track,
    overwrites: without(track['overwrites'] as Fields[], roleId),
  }));
  for (const [userId, member] of existing.members)
    existing.members.set(userId, {
      ...member,
      role_ids: (member['role_ids'] as unknown[]).filter((id) => id !== roleId),
    });
}

const NOTHING: GuildLists = { members: [], messages: [], bans: [], inviteCodes: [], pinnedIds: [] };

const without = (all: readonly Fields[], gone: unknown): Fields[] => all.filter(({ id }) => id !== gone);

// Positions and the guild's version follow from what else is known.
function stateOf({ guild, roles, tracks, members, messages, bans, inviteCodes, pinnedIds }: Known): GuildState {
  const byId = (a: Fields, b: Fields): number =>
    String(a['id'] ?? a['user_id']).localeCompare(String(b['id'] ?? b['user_id']));
  return {
    name: guild['name'],
    roles: roles.map(({ position: _position, ...role }) => role),
    tracks: tracks.map(({ position: _position, ...track }) => track).sort(byId),
    members: [...members.values()].sort(byId),
    // Whether one reacted oneself is in what one reads, and in no event.
    messages: [...messages.values()].sort(byId).map(({ reactions, ...message }) => ({
      ...message,
      reactions: (reactions as Fields[]).map(({ emoji, count }) => ({ emoji, count })),
    })),
    bans: [...bans.values()].sort(byId),
    inviteCodes: [...inviteCodes].sort(),
    pinnedIds,
  };
}
