import type { Snowflake } from '../common/snowflake';
import type { MemberDocument } from '../members/member.schema';
import { namedIn } from '../permissions/guild-state';
import type { VisibleTracks } from '../read-states/read-states.service';
import { Audience, audienceKeyOf, changes } from './audiences';
import { type ClientSocket, wants } from './connection';
import type { GuildView } from './sight';

/** What became of the tracks that somebody sees. */
export interface Visibility {
  /** The Socket.IO rooms of those whom it became so for and who want to know. */
  readonly rooms: readonly string[];
  /** The tracks that they see now. */
  readonly trackIds: ReadonlySet<Snowflake>;
  readonly appeared: readonly Snowflake[];
  readonly disappeared: readonly Snowflake[];
}

interface Place {
  readonly member: MemberDocument;
  readonly audience: Audience;
}

const NOTHING: ReadonlySet<Snowflake> = new Set();

/** The sockets on this node whose users are in one guild, by what they may see. */
export class GuildRoom {
  private readonly audiences = new Map<string, Audience>();
  private readonly places = new Map<ClientSocket, Place>();

  constructor(private seen: GuildView) {}

  /** The guild as it was looked at last. */
  get view(): GuildView {
    return this.seen;
  }

  get isEmpty(): boolean {
    return this.places.size === 0;
  }

  /** Every socket that is in the guild. */
  get sockets(): Iterable<ClientSocket> {
    return this.places.keys();
  }

  /** Every socket that is in the guild, with the membership of its user. */
  get members(): Iterable<readonly [ClientSocket, MemberDocument]> {
    return [...this.places].map(([socket, { member }]) => [socket, member] as const);
  }

  has(socket: ClientSocket): boolean {
    return this.places.has(socket);
  }

  /** Every group of sockets with the same permissions. */
  get groups(): Iterable<Audience> {
    return this.audiences.values();
  }

  /** The tracks that the user of a socket may view; undefined when it isn't in. */
  visibleTo(socket: ClientSocket): VisibleTracks | undefined {
    const place = this.places.get(socket);
    return place && { member: place.member, trackIds: place.audience.sight.trackIds };
  }

  /** Takes a socket in, as this member. */
  enter(socket: ClientSocket, member: MemberDocument): void {
    this.leave(socket);
    const audience = this.audienceOf(member);
    audience.enter(socket);
    this.places.set(socket, { member, audience });
  }

  /** Lets a socket go. */
  leave(socket: ClientSocket): void {
    const place = this.places.get(socket);
    if (!place) return;
    this.places.delete(socket);
    place.audience.leave(socket);
    if (place.audience.isEmpty) this.audiences.delete(place.audience.key);
  }

  /** Sees somebody's membership as it now is. @returns what that changed for their sockets */
  update(sockets: Iterable<ClientSocket>, member: MemberDocument): Visibility[] {
    return [...sockets].map((socket) => {
      const before = this.places.get(socket)?.audience.sight.trackIds ?? NOTHING;
      this.enter(socket, member);
      return visibility(roomsOf(socket), before, this.seenBy(socket));
    });
  }

  /** Sees the guild as it now is. @returns what that changed, for each group of sockets */
  look(view: GuildView): Visibility[] {
    const old = this.view;
    if (view.state === old.state && view.tracks === old.tracks) return [];
    this.seen = view;
    const before = new Map([...this.audiences.values()].map((audience) => [audience, audience.sight.trackIds]));
    for (const audience of this.audiences.values()) audience.look(view);
    const strays = [...this.strays(old)].map(([socket, { member, audience }]) => {
      this.enter(socket, member);
      return visibility(roomsOf(socket), before.get(audience) ?? NOTHING, this.seenBy(socket));
    });
    const groups = [...before].map(([audience, seen]) => visibility(audience.roomsFor('tracks'), seen, audience.sight.trackIds));
    return [...groups, ...strays].filter(({ appeared, disappeared }) => appeared.length + disappeared.length > 0);
  }

  // Another owner, or an overwrite for a member, makes or ends an audience of one. Only then is everybody looked at.
  private strays(old: GuildView): Iterable<[ClientSocket, Place]> {
    const isSame = old.state.guild.owner_id === this.view.state.guild.owner_id && sameIds(namedIn(old.tracks), namedIn(this.view.tracks));
    return isSame ? [] : [...this.places].filter(([, { member, audience }]) => audienceKeyOf(member, this.view) !== audience.key);
  }

  private seenBy(socket: ClientSocket): ReadonlySet<Snowflake> {
    return this.places.get(socket)?.audience.sight.trackIds ?? NOTHING;
  }

  private audienceOf(member: MemberDocument): Audience {
    const key = audienceKeyOf(member, this.view);
    const known = this.audiences.get(key) ?? new Audience(key, member, this.view);
    this.audiences.set(key, known);
    return known;
  }
}

const visibility = (rooms: readonly string[], before: ReadonlySet<Snowflake>, trackIds: ReadonlySet<Snowflake>): Visibility => ({ rooms, trackIds, ...changes(before, trackIds) });

const roomsOf = (socket: ClientSocket): string[] => (wants(socket, 'tracks') ? [socket.id] : []);

const sameIds = (one: ReadonlySet<Snowflake>, other: ReadonlySet<Snowflake>): boolean => one.size === other.size && [...one].every((id) => other.has(id));
