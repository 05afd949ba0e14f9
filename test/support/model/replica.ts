/** A role as clients receive it. */
export interface Role {
  readonly id: string;
  readonly position: number;
  readonly allow: string;
  readonly deny: string;
}

/** An overwrite as clients receive it. */
export interface Overwrite {
  readonly id: string;
  readonly type: 'role' | 'member';
  readonly allow: string;
  readonly deny: string;
}

/** A track as clients receive it. */
export interface Track {
  readonly id: string;
  readonly type: 'text' | 'category';
  readonly parent_id: string | null;
  readonly position: number;
  readonly inherits: boolean;
  readonly overwrites: readonly Overwrite[];
}

/** A membership as clients receive it. */
export interface Member {
  readonly user_id: string;
  readonly role_ids: readonly string[];
  readonly timed_out_until: string | null;
}

/** Fields of a guild, without its roles and tracks. */
export type GuildFields = Readonly<Record<string, unknown>> & { readonly id: string; readonly owner_id: string };

/** A guild as one user sees it. */
export interface GuildState {
  readonly guild: GuildFields;
  /** Lowest first. */
  readonly roles: readonly Role[];
  /** In display order: each category is followed by its tracks. */
  readonly tracks: readonly Track[];
  readonly me: Member;
}

type Snapshot = GuildFields & {
  readonly roles: readonly Role[];
  readonly tracks: readonly Track[];
  readonly me: Member;
};

/**
 * One guild, rebuilt by a client from READY and events alone. It makes exactly the inferences that the AsyncAPI document states, and keeps positions
 * only as the order of lists.
 */
export class Replica {
  private state: GuildState | undefined;

  constructor(
    private readonly guildId: string,
    private readonly userId: string,
  ) {}

  /** The guild as the client knows it, with positions counted; undefined when the user is not a member. */
  get current(): GuildState | undefined {
    if (!this.state) return undefined;
    const { guild, roles, tracks, me } = this.state;
    const ordered = inDisplayOrder(tracks);
    return {
      guild,
      roles: roles.map((role, index) => ({ ...role, position: index + 1 })),
      tracks: ordered.map((track) => ({
        ...track,
        position: ordered.filter(({ parent_id }) => parent_id === track.parent_id).indexOf(track) + 1,
      })),
      me,
    };
  }

  /** Applies an event. */
  apply(name: string, data: unknown): void {
    if (name === 'READY') this.ready((data as { guilds: Snapshot[] }).guilds);
    else if (name === 'RESUMED') this.forgetUnless((data as { guild_ids: string[] }).guild_ids.includes(this.guildId));
    else if (name === 'GUILD_CREATE') this.replace(data as Snapshot);
    else if (name === 'GUILD_DELETE') this.forgetUnless((data as { id: string }).id !== this.guildId);
    else if (this.state && this.concerns(data)) this.state = reduce(this.state, name, data, this.userId);
  }

  private ready(guilds: readonly Snapshot[]): void {
    this.state = undefined;
    for (const guild of guilds) this.replace(guild);
  }

  private replace({ roles, tracks, me, ...guild }: Snapshot): void {
    if (guild.id === this.guildId) this.state = { guild, roles, tracks, me };
  }

  private forgetUnless(isMember: boolean): void {
    if (!isMember) this.state = undefined;
  }

  private concerns(data: unknown): boolean {
    const { id, guild_id: guildId } = data as { id?: string; guild_id?: string };
    return (guildId ?? id) === this.guildId;
  }
}

type Reducer = (state: GuildState, data: never, userId: string) => GuildState;

const ownMember = (state: GuildState, member: Member, userId: string): GuildState =>
  member.user_id === userId ? { ...state, me: member } : state;

const REDUCERS: Readonly<Record<string, Reducer>> = {
  GUILD_UPDATE: (state, fields: GuildFields) => ({ ...state, guild: { ...state.guild, ...fields } }),
  ROLE_CREATE: (state, role: Role) => ({
    ...state,
    roles: without(state.roles, role.id).toSpliced(role.position - 1, 0, role),
  }),
  ROLE_UPDATE: (state, role: Role) => ({
    ...state,
    roles: state.roles.map((existing) => (existing.id === role.id ? role : existing)),
  }),
  ROLE_DELETE: ({ guild, roles, tracks, me }, { role_id: roleId }: { role_id: string }) => ({
    guild,
    roles: without(roles, roleId),
    tracks: tracks.map((track) => ({
      ...track,
      overwrites: track.overwrites.filter(({ type, id }) => type !== 'role' || id !== roleId),
    })),
    me: { ...me, role_ids: me.role_ids.filter((id) => id !== roleId) },
  }),
  ROLES_REORDER: (state, { role_ids: ids }: { role_ids: string[] }) => ({
    ...state,
    roles: ids.flatMap((id) => state.roles.filter((role) => role.id === id)),
  }),
  TRACK_CREATE: (state, track: Track) => ({ ...state, tracks: insert(without(state.tracks, track.id), track) }),
  TRACK_UPDATE: (state, track: Track) => ({
    ...state,
    tracks: state.tracks.map((existing) =>
      existing.id === track.id ? { ...track, parent_id: existing.parent_id } : existing,
    ),
  }),
  TRACK_DELETE: (state, { track_id: id }: { track_id: string }) => ({ ...state, tracks: without(state.tracks, id) }),
  TRACKS_REORDER: (state, { layout }: { layout: Pick<Track, 'id' | 'parent_id' | 'inherits'>[] }) => ({
    ...state,
    tracks: layout.flatMap((entry) =>
      state.tracks.filter(({ id }) => id === entry.id).map((track) => ({ ...track, ...entry })),
    ),
  }),
  MEMBER_JOIN: ownMember,
  MEMBER_UPDATE: ownMember,
};

const reduce = (state: GuildState, name: string, data: unknown, userId: string): GuildState =>
  (REDUCERS[name] as ((state: GuildState, data: unknown, userId: string) => GuildState) | undefined)?.(
    state,
    data,
    userId,
  ) ?? state;

const without = <Item extends { readonly id: string }>(items: readonly Item[], id: string): Item[] =>
  items.filter((item) => item.id !== id);

/** Inserts a track at its position among the tracks of its category; the tracks from this position on move down by one. */
function insert(tracks: readonly Track[], track: Track): Track[] {
  const next = tracks.filter(({ parent_id }) => parent_id === track.parent_id)[track.position - 1];
  return tracks.toSpliced(next ? tracks.indexOf(next) : tracks.length, 0, track);
}

function inDisplayOrder(tracks: readonly Track[]): Track[] {
  const childrenOf = (id: string | null): Track[] => tracks.filter(({ parent_id }) => parent_id === id);
  const roots = childrenOf(null).flatMap((track) => [track, ...childrenOf(track.id)]);
  // A track whose category is unknown is an error; it stays visible so that the comparison shows it.
  return [...roots, ...tracks.filter((track) => !roots.includes(track))];
}
